import { make } from "../common/dom.js";

// Pictures and files of other hosts: whether they may be loaded, and how where the reader's browser
// cannot reach them, because they lie on the kernel's machine and that is another one.

const TYPES = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/; // what a page may draw
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/i;
const AGAIN = 5000; // milliseconds until a file is asked for once more

/** Where an address is: its host, none where it is in no web, and whether that is this machine's own. @param {string} url */
function place(url) {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return { host: "", local: false };
  const { host, hostname } = new URL(url);
  return { host, local: LOOPBACK.test(hostname) };
}

/** What all places that show one log share: hosts that may be asked, and files that Python fetched. */
export class Files {
  /** @param {import("../common/dom.js").Model} model @param {import("../common/questions.js").Questions<import("../common/messages.js").FromLog>} questions */
  constructor(model, questions) {
    this.model = model;
    this.questions = questions;
    /** @type {Set<string>} */
    this.allowed = new Set(model.get("trusted"));
    /** @type {Map<string, Promise<string>>} */
    this.asked = new Map();
    /** @type {Promise<unknown>} the last one asked for: the notebook's server takes one at a time */
    this.last = Promise.resolve();
  }

  /** A file as an address that this page can reach. @param {string} url @returns {Promise<string>} */
  get(url) {
    const found = this.asked.get(url) ?? this.last.then(() => this.ask(url));
    this.asked.set(url, found);
    this.last = found.catch(() => undefined);
    return found;
  }

  /** @param {string} url @returns {Promise<string>} */
  async ask(url) {
    const { error, text = "", buffers } = await this.questions.ask({ kind: "file", url }, { again: AGAIN });
    if (!buffers.length) throw new Error(error);
    const type = TYPES.test(text) ? text : "application/octet-stream";
    return URL.createObjectURL(new Blob([/** @type {BlobPart} */ (buffers[0])], { type }));
  }

  close() {
    for (const found of this.asked.values())
      found.then(
        (url) => URL.revokeObjectURL(url),
        () => undefined,
      );
  }

  /** Whether a picture waits until its reader allows its host. @param {string} url */
  waits(url) {
    const { host } = place(url);
    return !!host && this.model.get("remote_images") === "ask" && !this.allowed.has(host);
  }

  /** Load a picture, or put a button in its place. @param {HTMLImageElement} image @param {string} url */
  load(image, url) {
    const { host, local } = place(url);
    if (this.waits(url)) {
      const show = (/** @type {MouseEvent} */ event) => {
        event.preventDefault();
        event.stopPropagation();
        this.allowed.add(host);
        for (const ask of document.querySelectorAll("button.cnb-show")) ask.dispatchEvent(new Event("cnb-allowed"));
      };
      const ask = make(
        "button",
        {
          type: "button",
          class: "cnb-show",
          click: show,
          "cnb-allowed": () => {
            if (this.waits(url)) return;
            ask.replaceWith(image);
            this.load(image, url);
          },
        },
        `Show pictures from ${host}`,
      );
      image.replaceWith(ask);
      return ask;
    }
    const fetched = () =>
      this.get(url).then(
        (here) => (image.src = here),
        () => undefined,
      );
    if (local && !LOOPBACK.test(location.hostname)) fetched();
    else {
      if (local) image.addEventListener("error", fetched, { once: true });
      image.src = url;
    }
    return image;
  }

  /** Follow a link to a file on the kernel's machine: as a link where it can be reached, else as a download. @param {MouseEvent} event */
  async follow(event) {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || !place(link.href).local || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const here = LOOPBACK.test(location.hostname) && fetch(link.href, { mode: "no-cors" }).then(() => link.href);
    const url = await (here || Promise.reject()).catch(() => this.get(link.href)).catch(() => link.href);
    const to =
      url === link.href ? { target: "_blank", rel: "noopener noreferrer" } : { download: link.dataset.name || "file" };
    make("a", { href: url, ...to }).click();
  }
}
