import { iconButton, make } from "../common/dom.js";
import { pieces } from "./message.js";

// Find in the conversation. All messages are looked through, the newest first, a few milliseconds at
// a time; what is found is marked by the browser itself, with no node of ours.

const PART = 8; // milliseconds of looking before the page may do something else
const MARKED = 2000; // places marked at the most
const CALM = 300; // milliseconds of quiet after which new messages are looked through

/** Marks of one kind, which all conversations of a page share. @param {string} name @returns {Set<AbstractRange>} */
function marks(name) {
  if (!("highlights" in CSS)) return new Set();
  if (!CSS.highlights.has(name)) CSS.highlights.set(name, new Highlight());
  return /** @type {any} */ (CSS.highlights.get(name));
}

export class Search {
  /** @param {import("./log.js").View} view */
  constructor(view) {
    this.view = view;
    /** @type {number[]} messages that have it, the newest first */
    this.found = [];
    this.here = -1; // the index of the message that is shown
    this.seen = 0; // messages still to look through
    /** @type {AbstractRange[]} */
    this.ranges = [];
    /** @type {AbstractRange[]} */
    this.lit = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.looking = undefined;
    this.field = make("input", {
      type: "search",
      dir: "auto",
      "aria-label": "Find in this conversation",
      placeholder: "Find in this conversation",
      input: () => this.start(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    });
    this.count = make("span", { class: "cnb-count", role: "status" });
    this.bar = make(
      "div",
      { class: "cnb-find", role: "search", hidden: true },
      this.field,
      this.count,
      iconButton("up", "Previous match (Shift+Enter)", () => this.step(1)),
      iconButton("down", "Next match (Enter)", () => this.step(-1)),
      iconButton("close", "Close the search", () => this.close()),
    );
  }

  open() {
    this.bar.hidden = false;
    this.field.select();
    this.field.focus();
    if (this.field.value) this.start();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    event.stopPropagation();
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape") this.close();
    else this.step(event.shiftKey ? 1 : -1);
  }

  close() {
    const focused = this.bar.contains(document.activeElement);
    this.clear();
    this.bar.hidden = true;
    if (focused) this.view.scroller.focus();
  }

  clear() {
    clearTimeout(this.looking);
    this.found = [];
    this.unmark("cnb-found", this.ranges);
    this.unmark("cnb-here", this.lit);
    this.view.link(-1);
    this.count.textContent = "";
  }

  /** @param {string} name @param {AbstractRange[]} ranges */
  unmark(name, ranges) {
    for (const range of ranges.splice(0)) marks(name).delete(range);
  }

  /** Look anew for what is written in the field, and show the newest match. */
  start() {
    this.clear();
    this.here = -1;
    this.words = this.field.value.trim().toLocaleLowerCase();
    this.seen = this.view.store.items.length;
    if (this.words) this.look();
  }

  /** The conversation has changed: look anew, and stay where the reader is. */
  changed() {
    if (this.bar.hidden || !this.words) return;
    clearTimeout(this.looking);
    this.looking = setTimeout(() => {
      const { here } = this;
      this.clear();
      this.here = here;
      this.seen = this.view.store.items.length;
      this.look();
    }, CALM);
  }

  look() {
    const end = performance.now() + PART;
    while (this.seen > 0 && performance.now() < end) this.check(--this.seen);
    if (this.here < 0 && this.found.length) this.show(0);
    this.looking = this.seen ? setTimeout(() => this.look()) : undefined;
    this.tell();
  }

  /** @param {number} index */
  check(index) {
    const item = this.view.store.items[index];
    if (
      !item ||
      !pieces(item)
        .flat()
        .join("\n")
        .toLocaleLowerCase()
        .includes(this.words ?? "")
    )
      return;
    this.found.push(index);
    if (this.ranges.length < MARKED) this.mark("cnb-found", this.ranges, index);
    if (index === this.here) this.mark("cnb-here", this.lit, index);
  }

  /** Mark all places in a message. @param {string} name @param {AbstractRange[]} ranges @param {number} index */
  mark(name, ranges, index) {
    const node = this.view.column.nodes[index];
    if (!node || !this.words) return;
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const said = (text.nodeValue ?? "").toLocaleLowerCase();
      for (let at = said.indexOf(this.words); at >= 0; at = said.indexOf(this.words, at + this.words.length)) {
        if (at + this.words.length > (text.nodeValue ?? "").length) break;
        const range = new StaticRange({
          startContainer: text,
          startOffset: at,
          endContainer: text,
          endOffset: at + this.words.length,
        });
        ranges.push(range);
        marks(name).add(range);
      }
    }
  }

  /** Go to an older (1) or newer (-1) match, and round at the end. @param {1 | -1} step */
  step(step) {
    if (!this.found.length) return;
    const at = this.found.indexOf(this.here);
    this.show((at + step + this.found.length) % this.found.length);
    this.tell();
  }

  /** @param {number} at */
  show(at) {
    this.here = this.found[at];
    this.unmark("cnb-here", this.lit);
    this.mark("cnb-here", this.lit, this.here);
    this.view.link(this.here);
    this.view.reveal(this.here);
  }

  tell() {
    const [at, all] = [this.found.length - this.found.indexOf(this.here), this.found.length];
    if (!this.words) this.count.textContent = "";
    else if (this.seen) this.count.textContent = "looking…";
    else this.count.textContent = all ? `${at} of ${all}` : "Not found";
  }
}
