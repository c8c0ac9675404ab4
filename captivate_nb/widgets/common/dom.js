// What the three modules share. The Python side puts it in front of each of them, as anywidget takes
// one file per widget.

/**
 * The part of anywidget's model that we use.
 * @template [Sent=any]
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, callback: (message: any, buffers?: DataView[]) => void) => void} on
 * @property {(message: Sent, callbacks?: undefined, buffers?: ArrayBuffer[]) => void} send
 */

/**
 * An element. A function is a listener, `true` an empty attribute, and undefined or false none.
 * Text among the children stays text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const ICONS = {
  attach: "M15.5 8.2 9.3 14.4a2.4 2.4 0 0 1-3.4-3.4l6.7-6.7a3.7 3.7 0 0 1 5.2 5.2l-6.9 6.9a5 5 0 0 1-7-7L10 3.3",
  branch: "M6 3.5v13M6 12c0-3 8-2 8-6.5M4 5.5l2-2 2 2m4 2 2-2 2 2",
  check: "M4 10.5l4 4 8-9",
  close: "M5.5 5.5l9 9m0-9-9 9",
  copy: "M7.5 7.5h8v8h-8zM5 12.5H4.5v-8h8V5",
  down: "M10 4v12m-5-5 5 5 5-5",
  find: "M8.8 14.1a5.3 5.3 0 1 1 0-10.6 5.3 5.3 0 0 1 0 10.6M12.8 12.8l3.7 3.7",
  first: "M5 4.5v11M15 5l-7 5 7 5z",
  inspect: "M3.5 4.5h13v11h-13zM12 4.5v11",
  json: "M8 4.5c-2 0-2 1-2 2.5s0 3-2 3c2 0 2 1.5 2 3s0 2.5 2 2.5m4-11c2 0 2 1 2 2.5s0 3 2 3c-2 0-2 1.5-2 3s0 2.5-2 2.5",
  more: "M3.9 10a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0m5.3 0a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0m5.3 0a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0",
  newcomer: "M8 10a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 8 10M2.5 16.4c0-5.2 11-5.2 11 0M15.5 6.5v5M13 9h5",
  restart: "M4.2 7.2A6.5 6.5 0 1 1 3.5 10M4 3.2v4.3h4.3",
  send: "M10 16V4M5 9l5-5 5 5",
  up: "M10 16V4M5 9l5-5 5 5",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "cnb-icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A round button with an icon; `name` is what it is called and its tooltip.
 * @param {keyof typeof ICONS} look
 * @param {string} name
 * @param {(event: MouseEvent) => void} press
 */
export function iconButton(look, name, press) {
  const button = make("button", { type: "button", class: "cnb-round", "aria-label": name, title: name, click: press });
  button.append(icon(look));
  return button;
}

/**
 * A line that tells of an error, with its details on demand and a button to be rid of it; a quiet one
 * if it is `good` news.
 * @param {{ message: string, detail?: string, good?: boolean }} problem
 * @param {() => void} dismiss
 */
export function problemLine(problem, dismiss) {
  const text = problem.detail
    ? make("details", {}, make("summary", {}, problem.message), make("pre", { tabindex: "0" }, problem.detail))
    : make("span", {}, problem.message);
  const look = problem.good
    ? { class: "cnb-problem cnb-good", role: "status" }
    : { class: "cnb-problem", role: "alert" };
  return make("div", look, text, iconButton("close", "Dismiss", dismiss));
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 9950) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** "1 event", "2 events". @param {number} number @param {string} noun */
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** "Captivate Bot" is CB, "Maya" is M. @param {string} name */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return (
    words
      .slice(0, 2)
      .map((word) => [...word][0].toUpperCase())
      .join("") || "?"
  );
}

/** Copy text, also in a page without a clipboard of its own; resolves to whether it could be. @param {string} text @param {HTMLElement} near */
export async function toClipboard(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { "aria-hidden": "true" });
    area.value = text;
    near.after(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    near.focus();
    return done;
  }
}

/** Copy text, and say so on the button. @param {string} text @param {HTMLElement} button */
export async function copy(text, button) {
  await toClipboard(text, button);
  const name = button.textContent ?? "";
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = name), 1500);
}
