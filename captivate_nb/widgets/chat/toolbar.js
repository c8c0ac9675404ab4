import { icon, iconButton, make, toClipboard } from "../common/dom.js";
import { pieces } from "./message.js";

// What can be done with one message. One toolbar for all of them: it stands beside the message that
// the pointer is on, or that the reader of the log is at, and is not there before.

const COPIED = 1500; // milliseconds for which a button says that it has copied

export class Tools {
  /** @param {import("./log.js").View} view */
  constructor(view) {
    this.view = view;
    this.at = -1;
    /** @type {HTMLElement | undefined} */
    this.bar = undefined;
    const { list, scroller } = view;
    list.addEventListener("pointerover", (event) => this.over(/** @type {Element} */ (event.target)));
    list.addEventListener("focusin", (event) => this.over(/** @type {Element} */ (event.target)));
    scroller.addEventListener("pointerleave", () => this.leave());
    scroller.addEventListener("focusout", () => setTimeout(() => this.leave()));
    scroller.addEventListener("focus", () => scroller.matches(":focus-visible") && this.show(this.here()));
    scroller.addEventListener("scroll", () => this.place(), { passive: true });
    scroller.addEventListener("keydown", (event) => this.key(event));
  }

  build() {
    this.bar = make(
      "div",
      { class: "cnb-tools", role: "toolbar", "aria-label": "This message", hidden: true },
      iconButton("copy", "Copy as text", (event) => this.copy(event, () => this.text())),
      iconButton("json", "Copy as JSON", (event) => this.copy(event, () => this.view.store.raw(this.at))),
      iconButton("up", "Previous turn of the user (Alt+↑)", () => this.turn(-1)),
      iconButton("down", "Next turn of the user (Alt+↓)", () => this.turn(1)),
    );
    for (const button of [...this.bar.children].slice(1)) button.setAttribute("tabindex", "-1");
    this.view.scroller.prepend(make("div", { class: "cnb-tools-home" }, this.bar));
    return this.bar;
  }

  /** @param {Element} target */
  over(target) {
    const index = target.closest(".cnb-message")?.getAttribute("data-index");
    if (index) this.show(Number(index));
  }

  /** Go when neither the pointer nor the focus is in the log. */
  leave() {
    const { scroller } = this.view;
    if (this.bar && !scroller.matches(":hover, :focus-visible") && !scroller.contains(document.activeElement))
      this.bar.hidden = true;
  }

  /** @param {number} index */
  show(index) {
    if (!this.view.column.nodes[index]) return;
    this.at = index;
    (this.bar ?? this.build()).hidden = false;
    this.place();
  }

  /** Stand beside the message's first bubble, or over its upper corner where there is no room. */
  place() {
    const node = this.view.column.nodes[this.at];
    if (!this.bar || this.bar.hidden || !node) return;
    const box = this.view.scroller.getBoundingClientRect();
    const bubble = [...node.children].find((child) => !child.matches(".cnb-name")) ?? node;
    const at = bubble.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.bar;
    const room = this.view.scroller.clientWidth - offsetWidth - 4;
    const beside = node.matches(".cnb-user")
      ? Math.max(4, at.left - box.left - offsetWidth - 6)
      : at.right - box.left + 6;
    const top = at.top - box.top - offsetHeight + 8;
    this.bar.style.left = `${Math.min(beside, room)}px`;
    this.bar.style.top = `${Math.max(2, Math.min(top, box.height - offsetHeight - 2))}px`;
  }

  /** The message that the reader is at: the chosen one while it is in view, else the last one that is. */
  here() {
    const box = this.view.scroller.getBoundingClientRect();
    const seen = (/** @type {number} */ index) => {
      const at = this.view.column.nodes[index]?.getBoundingClientRect();
      return at && at.bottom > box.top && at.top < box.bottom;
    };
    if (seen(this.at)) return this.at;
    let [low, high] = [0, this.view.column.nodes.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const at = this.view.column.nodes[middle]?.getBoundingClientRect();
      if (at && at.top < box.bottom) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Go to the next message of the user's in a direction. @param {1 | -1} step */
  turn(step) {
    const { items } = this.view.store;
    let index = this.here() + step;
    while (items[index] && items[index]?.from !== "user") index += step;
    if (!items[index]) return this.view.speak(step < 0 ? "This is the first turn." : "This is the last turn.");
    this.view.link(index);
    this.view.reveal(index);
    this.show(index);
    this.view.speak(
      pieces(/** @type {import("./message.js").Item} */ (items[index]))
        .flat()
        .join(". "),
    );
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key, altKey } = event;
    const buttons = /** @type {HTMLElement[]} */ ([...(this.bar?.children ?? [])]);
    const on = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowRight: on + 1, ArrowLeft: on - 1 + buttons.length }[key];
    if (altKey && (key === "ArrowUp" || key === "ArrowDown")) this.turn(key === "ArrowUp" ? -1 : 1);
    else if (on >= 0 && next !== undefined) buttons[next % buttons.length].focus();
    else if (on >= 0 && key === "Escape") this.view.scroller.focus();
    else return;
    event.preventDefault();
  }

  text() {
    const item = this.view.store.items[this.at];
    return item ? pieces(item).flat().join("\n") : "";
  }

  /** @param {MouseEvent} event @param {() => string | Promise<string>} get */
  async copy({ currentTarget }, get) {
    const button = /** @type {HTMLElement} */ (currentTarget);
    const before = [...button.childNodes];
    if (!(await toClipboard(await get(), button))) return this.view.speak("This page may not copy.");
    this.view.speak("Copied");
    if (button.dataset.done) return;
    button.dataset.done = "yes";
    button.replaceChildren(icon("check"));
    setTimeout(() => {
      button.replaceChildren(...before);
      delete button.dataset.done;
    }, COPIED);
  }
}
