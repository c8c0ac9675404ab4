import { make, size } from "../common/dom.js";

// What the parts of an item look like.

/**
 * @typedef {{ n: number, label: string, url?: string }} Option
 * @typedef {{ title?: string, text?: string, image?: string, link?: string, options?: Option[] }} Card
 * @typedef {{ name: string, type?: string, size?: number, url?: string, image?: string }} File
 * @typedef {{ kind: "text", text: string }
 *   | { kind: "html", html: string }
 *   | { kind: "options", title: string, options: Option[] }
 *   | { kind: "cards", cards: Card[] }
 *   | { kind: "files", title: string, files: File[] }
 *   | { kind: "pause", ms: number }
 *   | { kind: "source", title: string, data: string }} Part
 * @typedef {{ id: string, from: "user" | "bot" | "agent" | "system", parts: Part[], at?: number,
 *   name?: string, delivery?: import("./delivery.js").Delivery, answers?: [number, number] }} Item
 */

const TODAY = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const BEFORE = new Intl.DateTimeFormat([], {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** @param {number} seconds */
export function clock(seconds) {
  const date = new Date(seconds * 1000);
  return (date.toDateString() === new Date().toDateString() ? TODAY : BEFORE).format(date);
}

/** What a person reads of an item, the pieces of each part together. @param {Item} item @returns {string[][]} */
export function pieces(item) {
  return item.parts.map(read).map((said) => said.flatMap((piece) => piece || []));
}

/** @param {Part} part @returns {(string | undefined)[]} */
function read(part) {
  const labels = (/** @type {Option[]} */ options = []) => options.map((option) => option.label);
  switch (part.kind) {
    case "text":
      return [part.text];
    case "html":
      return [new DOMParser().parseFromString(part.html, "text/html").body.textContent?.trim()];
    case "options":
      return [part.title, ...labels(part.options)];
    case "cards":
      return part.cards.flatMap((card) => [card.title, card.text, ...labels(card.options)]);
    case "files":
      return [part.title, ...part.files.map((file) => file.name)];
    case "pause":
      return [];
    case "source":
      return [part.data];
    default:
      return unknown(part);
  }
}

/** What a page that is older than its kernel makes of a part; the compiler knows that there is none. @param {never} _part @returns {never[]} */
function unknown(_part) {
  return [];
}

/** What is read out of an item. @param {Item} item */
export function words(item) {
  const said = pieces(item).map((piece, at) => {
    const part = item.parts[at];
    if (part.kind === "options" && !part.title) return `Options: ${piece.join(", ")}`;
    return part.kind === "options" ? `${piece[0]}: ${piece.slice(1).join(", ")}` : piece.join(", ");
  });
  return said.filter(Boolean).join(". ").slice(0, 500);
}

/** @typedef {(image: HTMLImageElement, url: string) => HTMLElement} Load what draws a picture, or what stands for it */

/** @param {Part} part @param {HTMLElement} node @param {Load} load */
export function drawPart(part, node, load) {
  switch (part.kind) {
    case "text":
      return node.append(bubble(...linked(part.text)));
    case "html":
      return node.append(drawHtml(part.html, load));
    case "options":
      return drawOptions(part, node);
    case "cards":
      return node.append(drawCards(part.cards, load));
    case "files":
      return node.append(
        ...(part.title ? [bubble(part.title)] : []),
        ...part.files.map((file) => drawFile(file, load)),
      );
    case "pause":
      return node.append(make("div", { class: "cnb-pause" }, `pause ${part.ms / 1000} s`));
    case "source":
      return node.append(drawSource(part.title, part.data));
    default:
      return node.append(...unknown(part));
  }
}

/** @param {Card[]} cards @param {Load} load */
function drawCards(cards, load) {
  return make(
    "div",
    { class: "cnb-cards", dir: "auto", role: "list", "aria-label": "Cards", tabindex: "0", keydown: slide },
    ...cards.map((card) => drawCard(card, load)),
  );
}

/** @param {string} title @param {string} data */
function drawSource(title, data) {
  return make("details", { class: "cnb-bubble cnb-source" }, make("summary", {}, title), make("pre", {}, data));
}

/** @param {...(Node | string)} children */
export function bubble(...children) {
  return make("div", { class: "cnb-bubble", dir: "auto" }, ...children);
}

/** The text, its addresses as links. @param {string} text */
function linked(text) {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]])/)
    .map((piece, odd) => (odd % 2 ? link(piece, {}, piece) : piece));
}

/** @param {string | undefined} url @param {Record<string, any>} attributes @param {...(Node | string)} children */
function link(url, attributes, ...children) {
  if (!url || !/^(https?:|mailto:)/i.test(url)) return make("span", attributes, ...children);
  return make("a", { ...attributes, href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** HTML that Python has made safe; the only markup that is ever taken as such. @param {string} html @param {Load} load */
function drawHtml(html, load) {
  const node = make("div", { class: "cnb-bubble cnb-html", dir: "auto" });
  const inert = make("template");
  inert.innerHTML = html; // where nothing is loaded
  const images = [...inert.content.querySelectorAll("img")];
  const urls = images.map((image) => image.getAttribute("src"));
  for (const image of images) {
    image.removeAttribute("src");
    if (!image.alt) image.alt = "";
  }
  node.append(inert.content);
  images.forEach((image, at) => urls[at] && load(image, urls[at]));
  if (node.querySelector("table, pre")) node.setAttribute("tabindex", "0");
  return node;
}

/** The options join the bubble above them. @param {{ title: string, options: Option[] }} part @param {HTMLElement} node */
function drawOptions({ title, options }, node) {
  const above = node.lastElementChild;
  const home = above?.matches(".cnb-bubble:not(details)") ? above : node.appendChild(bubble(...(title ? [title] : [])));
  if (title && home === above) home.append(make("div", { class: "cnb-title" }, title));
  const group = { class: "cnb-ask cnb-choices", role: "group", "aria-label": title || "Options" };
  home.append(make("div", group, ...options.map((option) => drawOption(option))));
}

/** @param {Option} option @param {string} [of] what it is an option of, where that is not read with it */
function drawOption({ n, label, url }, of) {
  const data = { class: "cnb-pill", "data-n": n, "data-label": label, "aria-label": of && `${label}, ${of}` };
  return url ? link(url, data, label) : make("button", { ...data, type: "button" }, label);
}

/** Go from card to card with the arrow keys, Home and End; cards in Arabic begin at the right. @param {KeyboardEvent} event */
function slide(event) {
  const cards = /** @type {HTMLElement} */ (event.currentTarget);
  const starts = [...cards.children].map((card) => /** @type {HTMLElement} */ (card).offsetLeft);
  const [on, back, way] =
    getComputedStyle(cards).direction === "rtl" ? ["ArrowLeft", "ArrowRight", -1] : ["ArrowRight", "ArrowLeft", 1];
  const far = (/** @type {number} */ card) =>
    way * (starts[Math.max(0, Math.min(card, starts.length - 1))] - starts[0]);
  const at = way * cards.scrollLeft;
  const here = starts.findLastIndex((_, card) => far(card) <= at + 1);
  const next = { [on]: here + 1, [back]: far(here) < at - 1 ? here : here - 1, Home: 0, End: starts.length }[event.key];
  if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  cards.focus({ preventScroll: true });
  cards.scrollLeft = way * far(next);
}

/** @param {Card} card @param {Load} load */
function drawCard({ title = "", text, image, link: url, options = [] }, load) {
  const body = make("div", { class: "cnb-body" });
  if (title) body.append(make("div", { class: "cnb-card-title" }, link(url, {}, title)));
  if (text) body.append(make("div", { class: "cnb-card-text" }, text));
  if (url && !title) body.append(link(url, {}, url));
  body.append(...options.map((option) => drawOption(option, title)));
  return make(
    "div",
    { class: "cnb-card", role: "listitem" },
    ...(image ? [picture(image, title || "Picture of the card", load)] : []),
    body,
  );
}

/** @param {File} file @param {Load} load */
function drawFile(file, load) {
  if (file.image)
    return link(
      file.url,
      { class: "cnb-file cnb-picture", "data-name": file.name },
      picture(file.image, file.name, load),
    );
  const [kind] = /[^.]+$/.exec(file.name.includes(".") ? file.name : file.type || "file") ?? ["file"];
  const facts = [file.size === undefined ? "" : size(file.size), file.type].filter(Boolean).join(" · ");
  return link(
    file.url,
    { class: "cnb-file", "data-name": file.name },
    make("span", { class: "cnb-kind" }, kind.split("/")[0].slice(0, 4)),
    make("span", {}, make("bdi", {}, file.name), make("small", {}, facts)),
  );
}

/** @param {string} url @param {string} alt @param {Load} load */
function picture(url, alt, load) {
  return load(make("img", { alt, loading: "lazy", referrerpolicy: "no-referrer" }), url);
}
