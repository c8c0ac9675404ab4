import { initials, make } from "../common/dom.js";
import { FollowingList } from "../common/following_list.js";
import { Awaited } from "./awaited.js";
import { Doubts, markOf } from "./delivery.js";
import { holdFocus } from "./focus.js";
import { bubble, clock, drawPart, words } from "./message.js";
import { Store } from "./message_store.js";
import { Notices } from "./notices.js";
import { Options } from "./options.js";
import { Search } from "./search.js";
import { ownKeys } from "./shortcuts.js";
import { Speakers } from "./speakers.js";
import { standing } from "./standing.js";
import { Tools } from "./toolbar.js";

// The conversation. A Store per model keeps the items and asks Python for those it lacks; a View per
// place where the widget is displayed draws them, the newest first, a few milliseconds at a time.
// Neither does anything whose cost grows with the length of the conversation.

/**
 * @typedef {import("../common/dom.js").Model} Model
 * @typedef {import("./message.js").Item} Item
 * @typedef {import("./message_store.js").Batch} Batch
 */

const BLOCK = 100; // messages in one block of the page's layout
const SLICE = 8; // milliseconds of drawing before the page may do something else
const SPOKEN = 3000; // milliseconds for which what is read out stays in the page
const BELOW = 40; // pixels from the upper edge to a message that is jumped to

export class View {
  /** @param {Store} store @param {Model} model @param {HTMLElement} root */
  constructor(store, model, root) {
    this.store = store;
    this.model = model;
    this.speakers = new Speakers(model);
    this.agents = this.speakers.agents;
    /** @type {[number, number][]} ranges to draw, the next one last */
    this.todo = [];
    /** @type {HTMLElement | undefined} */
    this.linked = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.working = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.speaking = undefined;

    this.list = make("div", { class: "cnb-list", click: (/** @type {MouseEvent} */ event) => this.click(event) });
    this.queue = make("div", { class: "cnb-block" });
    this.awaited = new Awaited(this);
    this.empty = make("div", { class: "cnb-line cnb-empty" });
    this.note = make("div", { class: "cnb-line cnb-note" });
    this.retry = make(
      "button",
      { type: "button", class: "cnb-do cnb-retry", hidden: true, click: () => model.send({ kind: "reconnect" }) },
      "Try now",
    );
    const offline = "This chat has no kernel behind it. Run its cell again to start a new one.";
    this.scroller = make(
      "div",
      {
        class: "cnb-scroll",
        role: "log",
        "aria-live": "off",
        "aria-label": "Conversation",
        "aria-keyshortcuts": "/ Alt+ArrowUp Alt+ArrowDown",
        tabindex: "0",
      },
      this.empty,
      this.list,
      this.queue,
      this.awaited.node,
      this.note,
      this.retry,
      make("div", { class: "cnb-line cnb-offline" }, offline),
    );
    this.column = new FollowingList(this.scroller, this.list, {
      look: "cnb-block",
      span: BLOCK,
      moved: () => this.scrolled(),
    });
    this.spoken = make("div", { class: "cnb-spoken", "aria-live": "polite" });
    this.fresh = make(
      "button",
      { type: "button", class: "cnb-fresh", hidden: true, click: () => this.follow() },
      "↓ New messages",
    );
    this.notices = new Notices(this, (id) => model.send({ kind: "dismiss", id }));
    const instead = `#${model.get("fallback") || "none"} { display: none; }`; // what a page without us shows
    root.classList.add("cnb-log");
    root.classList.toggle("cnb-agents", this.agents);
    this.doubts = new Doubts(this);
    this.options = new Options(this, root);
    this.tools = new Tools(this);
    this.search = new Search(this);
    this.freeKeys = ownKeys(root);
    root.append(
      this.search.bar,
      this.scroller,
      make("div", { class: "cnb-dock" }, this.fresh),
      this.notices.node,
      this.spoken,
      make("style", {}, instead),
    );

    this.column.watch(this.scroller, this.list, this.queue, this.note);
    for (const name of ["note", "empty"]) model.on(`change:${name}`, () => this.drawLines());
    model.on("change:status", () => this.drawStanding());
    model.on("comm_live_update", () => setTimeout(() => this.drawStanding())); // when the panel around us knows it too
    setTimeout(() => this.drawStanding()); // once we stand in the panel
    root.addEventListener("cnb-find", () => this.search.open());
    this.scroller.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("cnb-lines", (event) => /** @type {CustomEvent} */ (event).detail.push(...this.lines()));
    root.addEventListener("cnb-seek", (event) => this.seek(/** @type {CustomEvent} */ (event).detail));
    for (const name of ["click", "focusin"])
      this.list.addEventListener(name, (event) => this.pick(/** @type {Element} */ (event.target)));
    store.views.add(this);
    this.draw(0, store.items.length);
    this.notices.draw();
  }

  close() {
    this.store.views.delete(this);
    this.column.close();
    this.search.clear();
    this.freeKeys();
    this.awaited.hide();
    for (const timer of [this.working, this.speaking]) clearTimeout(timer);
  }

  /** Draw the items from `start` to `stop`, and what depends on them. @param {number} start @param {number} stop */
  draw(start, stop) {
    this.todo.push([start, stop]);
    if (this.working === undefined) this.work();
  }

  work() {
    const end = performance.now() + SLICE;
    this.hold(() => {
      while (this.todo.length && performance.now() < end) {
        const range = this.todo[this.todo.length - 1];
        if (range[0] < range[1]) this.place(--range[1]);
        else this.todo.pop();
      }
    });
    this.working = this.todo.length ? setTimeout(() => this.work()) : undefined;
    this.drawLines();
    this.options.draw();
    if (this.column.following && !this.todo.length) this.column.toEnd(); // until then it does so itself, once a frame
  }

  /** Change what is drawn, and keep the reader where they are. @param {() => void} change */
  hold(change) {
    holdFocus([this.scroller, this.notices.node], this.scroller, change);
  }

  /** @param {number} index */
  place(index) {
    const item = this.store.items[index];
    if (!item) return;
    const node = this.message(item, index);
    this.column.put(index, node);
    for (const near of [index - 1, index, index + 1]) this.fit(near);
    this.options.drawn(item, index);
  }

  /** Say whether a message opens or ends its group. @param {number} index */
  fit(index) {
    const node = this.column.nodes[index];
    if (!node) return;
    node.classList.toggle("cnb-first", !this.together(index - 1, index));
    node.classList.toggle("cnb-last", !this.together(index, index + 1));
  }

  /** @param {number} a @param {number} b */
  together(a, b) {
    const [above, below] = [this.store.items[a], this.store.items[b]];
    return !!above && !!below && above.from === below.from && above.name === below.name;
  }

  /** @param {number} total */
  cut(total) {
    this.column.cut(total);
    if (!total) this.follow();
  }

  drawLines() {
    this.empty.textContent = this.store.items.length || this.store.outbox.length ? "" : this.model.get("empty");
    this.note.textContent = this.model.get("note");
    this.retry.hidden = this.stands() !== "reconnecting";
  }

  stands() {
    return standing(this.model, this.list);
  }

  /** Draw what hangs on how the connection is: what is typed, checked, and can be decided. */
  drawStanding() {
    if (this.stands() !== "open") this.awaited.hide();
    this.drawLines();
    this.doubts.draw();
    this.options.fit();
    for (const index of this.store.unsettled.keys()) this.draw(index, index + 1);
  }

  /** What a batch means for the reader who knew so many messages: what is queued, spoken, awaited, and followed. @param {Batch} batch @param {number} known */
  notice(batch, known) {
    if (batch.outbox)
      this.hold(() => this.queue.replaceChildren(...(batch.outbox ?? []).map((item) => this.message(item, -1))));
    this.notices.draw();
    this.drawLines();
    this.search.changed();
    if (batch.kind !== "append") return;
    const fresh = batch.items.slice(Math.max(0, known - batch.start));
    if (fresh.some((item) => this.speakers.own(item)) || batch.outbox?.length) this.follow();
    else if (!this.column.following && fresh.length) this.fresh.hidden = false;
    const said = batch.items.filter((item) => !this.speakers.own(item)).slice(-5);
    if (said.length) this.speak(said.map((item) => `${this.speakers.name(item)}: ${words(item)}`).join("\n"));
    const last = batch.start + batch.items.length === batch.total && batch.items.at(-1);
    if (last && !this.agents) this.awaited.show(last);
  }

  /** Have it read out; what was read is not left for a reader to find again. @param {string} text */
  speak(text) {
    clearTimeout(this.speaking);
    this.spoken.textContent = text;
    this.speaking = setTimeout(() => this.spoken.replaceChildren(), SPOKEN);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.search.open();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {Element} */ (event.target);
    this.store.files.follow(event);
    const pill = target.closest("button.cnb-pill");
    const message = target.closest(".cnb-message");
    if (pill && message && event.detail < 2) this.options.click(pill, message);
  }

  /** Tell the inspector, if there is one, which message the reader is at. @param {Element} target */
  pick(target) {
    const index = target.closest(".cnb-message")?.getAttribute("data-index");
    const item = this.store.items[Number(index ?? -1)];
    if (!item) return;
    this.link(Number(index));
    this.scroller.dispatchEvent(new CustomEvent("cnb-pick", { bubbles: true, detail: item.id }));
  }

  /** What the reader has said of late, for the composer. */
  lines() {
    const newest = [...this.store.items.slice(-1000), ...this.store.outbox];
    const own = newest.filter((item) => item && this.speakers.own(item));
    return own
      .map((item) => item?.parts.map((part) => (part.kind === "text" ? part.text : "")).join("\n") ?? "")
      .slice(-100);
  }

  /** Highlight the message that the inspector's reader is at. @param {string} id */
  seek(id) {
    const index = this.store.items.findLastIndex((item) => item?.id === id);
    this.link(index);
    if (index >= 0) this.reveal(index);
  }

  /** Bring a message into view. @param {number} index */
  reveal(index) {
    this.column.following = false;
    this.column.reveal(index, () => BELOW);
  }

  /** @param {number} index */
  link(index) {
    this.linked?.classList.remove("cnb-linked");
    this.linked = this.column.nodes[index];
    this.linked?.classList.add("cnb-linked");
  }

  scrolled() {
    if (this.column.following) this.fresh.hidden = true;
  }

  follow() {
    this.fresh.hidden = true;
    this.column.follow();
  }

  /** @param {Item} item @param {number} index */
  message(item, index) {
    const name = this.speakers.name(item);
    const time = item.at === undefined ? "" : clock(item.at);
    const [mark, sent] = markOf(item, index >= 0, this.stands());
    const node = make("div", {
      class: `cnb-message cnb-${this.speakers.look(item)} ${sent && `cnb-${item.delivery}`}`,
      role: "group",
      "aria-label": [name, time, sent.toLowerCase()].filter(Boolean).join(", "),
      "data-index": index,
      "data-initials": initials(name),
    });
    const title = this.speakers.title(item);
    if (title) node.append(make("div", { class: "cnb-name" }, title));
    for (const part of item.parts) drawPart(part, node, (image, url) => this.store.files.load(image, url));
    if (!item.parts.length) node.append(bubble("(empty message)"));
    const last = [...node.children].findLast((child) => child.matches(".cnb-bubble, .cnb-file"));
    const beside = item.delivery === "queued" ? mark : `${time} ${mark}`.trim();
    if (beside) last?.setAttribute("data-time", beside);
    if (sent) last?.setAttribute("title", sent);
    node.append(...this.doubts.below(item));
    return node;
  }
}

export default () => {
  /** @type {Store} */
  let store;
  return {
    /** @param {{ model: Model }} context */
    initialize({ model }) {
      store = new Store(model);
      return () => store.close();
    },
    /** @param {{ model: Model, el: HTMLElement }} context */
    render({ model, el }) {
      const view = new View(store, model, el);
      return () => view.close();
    },
  };
};
