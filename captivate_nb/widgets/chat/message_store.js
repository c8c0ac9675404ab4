import { hear, Questions } from "../common/questions.js";
import { Files } from "./images.js";

/**
 * @typedef {import("../common/dom.js").Model} Model
 * @typedef {import("./message.js").Item} Item
 * @typedef {import("../common/messages.js").FromLog} FromLog
 * @typedef {import("../common/messages.js").ToLog} ToLog
 * @typedef {import("../common/messages.js").ProblemLine} Problem
 * @typedef {import("../common/messages.js").Append | import("../common/messages.js").Fill} Batch
 * @typedef {object} Viewer
 * @property {(start: number, stop: number) => void} draw
 * @property {(total: number) => void} cut
 * @property {(change: () => void) => void} hold
 * @property {(batch: Batch, known: number) => void} notice
 * @property {{ draw: () => void }} notices
 * @property {{ draw: () => void }} doubts
 * @property {{ mark: (index: number, option: number) => void }} options
 */

const CHUNK = 500; // items asked for at once
const PATIENCE = 3000; // milliseconds until a question is asked again
const SOON = 1500; // ... where there is something to show in place of the answer
const RETRIES = 5;
const UNSETTLED = new Set(["queued", "failed", "unknown"]);

/** The items of one model, whatever order they come in; what is lacking is asked for. */
export class Store {
  /** @param {import("../common/dom.js").Model<FromLog>} model */
  constructor(model) {
    this.model = model;
    /** @type {Questions<FromLog>} */
    this.questions = new Questions(model);
    this.files = new Files(model, this.questions);
    /** @type {(Item | undefined)[]} */
    this.items = [];
    /** @type {[number, number][]} ranges that are not here yet, in order */
    this.gaps = [];
    /** @type {Map<number, Item>} those of which it is not known whether they arrived, by their places */
    this.unsettled = new Map();
    /** @type {Item[]} */
    this.outbox = [];
    /** @type {Problem[]} */
    this.problems = [];
    /** @type {Set<string>} options that were clicked and not yet sent */
    this.pressed = new Set();
    /** @type {Map<string, import("./delivery.js").Decision>} what was decided on messages, by id, until it is done */
    this.decided = new Map();
    /** @type {Set<Viewer>} */
    this.views = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.asked = undefined;
    /** @type {number | undefined} where what was asked for ends; undefined is the end of all */
    this.upTo = undefined;
    this.tries = 0;
    /** @type {import("../common/questions.js").Handlers<ToLog>} */
    const handlers = {
      append: (batch) => this.batch(batch),
      fill: (batch) => this.batch(batch),
      problems: (message) => this.list(message.problems),
      answer: (answer, buffers) => this.questions.take(answer, buffers),
    };
    hear(model, handlers);
    model.on("change:saved", () => this.keep());
    this.keep();
    this.ask(this.items.length);
  }

  /**
   * Take what the saved state has, and make its list ours: a notebook saved from this page has the
   * whole conversation, and no message is needed to keep it so.
   */
  keep() {
    const saved = this.model.get("saved");
    if (saved.items === this.items) return;
    const lacking = saved.items.findIndex((/** @type {Item | null} */ item) => item);
    const known = saved.items.slice(Math.max(lacking, 0));
    const start = saved.start + Math.max(lacking, 0);
    if (!this.items.length) this.put({ kind: "fill", start, items: known, total: start + known.length });
    saved.items = this.items;
    saved.start = 0;
  }

  /** @param {Problem[]} problems */
  list(problems) {
    this.problems = problems;
    for (const view of this.views) view.notices.draw();
  }

  /** @param {Batch} batch */
  batch(batch) {
    if (this.answered(batch)) {
      clearTimeout(this.asked);
      this.asked = undefined;
    }
    this.tries = 0;
    if (batch.outbox) this.outbox = batch.outbox;
    if (batch.problems?.at(-1)?.id !== this.problems.at(-1)?.id) this.problems = batch.problems ?? this.problems;
    const known = this.items.length;
    const held = [...this.views].reduce(
      (change, view) => () => view.hold(change),
      () => this.put(batch),
    );
    held();
    for (const view of this.views) view.notice(batch, known);
    this.ask();
  }

  /**
   * Whether a batch ends the wait for what was asked last. A second answer to an earlier question
   * does not: it would have all that follows asked for twice.
   * @param {Batch} batch
   */
  answered({ kind, start, items, first }) {
    if (this.upTo === undefined || first !== undefined) return true;
    return kind === "fill" && start < this.upTo && this.upTo <= start + items.length;
  }

  /** Put items in their places, after forgetting all from `first` on. @param {Batch} batch */
  put({ start, items, total, first = total }) {
    const known = Math.min(this.items.length, first, total);
    if (known < this.items.length) {
      this.items.length = known;
      for (const index of this.unsettled.keys()) if (index >= known) this.unsettled.delete(index);
      for (const view of this.views) view.cut(known);
    }
    this.have(known, Infinity);
    this.have(start, start + items.length);
    if (known < start) this.gaps.push([known, start]);
    items.forEach((item, offset) => this.hold(start + offset, item));
    if (this.items.length < total) this.gaps.push([this.items.length, total]);
    this.items.length = total;
    for (const view of this.views) view.draw(start, start + items.length);
  }

  /** @param {number} index @param {Item} item */
  hold(index, item) {
    this.items[index] = item;
    if (item?.delivery && UNSETTLED.has(item.delivery)) this.unsettled.set(index, item);
    else this.unsettled.delete(index);
  }

  /** The messages that are to be decided about, in order. */
  doubts() {
    const said = [...this.unsettled].sort(([a], [b]) => a - b).map(([, item]) => item);
    return [...said, ...this.outbox].filter((item) => item.delivery !== "queued");
  }

  /** @param {number} start @param {number} stop */
  have(start, stop) {
    this.gaps = this.gaps
      .flatMap(
        ([a, b]) =>
          /** @type {[number, number][]} */ ([
            [a, Math.min(b, start)],
            [Math.max(a, stop), b],
          ]),
      )
      .filter(([a, b]) => a < b);
  }

  /** Ask for the newest items that are lacking, or for all from `start` on. @param {number} [start] */
  ask(start) {
    if (this.asked || this.tries > RETRIES) return;
    const gap = this.gaps.at(-1);
    if (start === undefined && !gap) return;
    this.tries += 1;
    const [a, b] = gap ?? [start, undefined];
    this.upTo = b;
    this.model.send({ kind: "need", start: b ? Math.max(a ?? 0, b - CHUNK) : (a ?? 0), stop: b });
    this.asked = setTimeout(() => {
      this.asked = undefined;
      this.ask(start);
    }, PATIENCE);
  }

  /** Mark an option as clicked or as settled. @param {number} index @param {number} option @param {boolean} on */
  press(index, option, on) {
    const key = `${index}.${option}`;
    if (on) this.pressed.add(key);
    else this.pressed.delete(key);
    for (const view of this.views) view.options.mark(index, option);
  }

  /** Choose an option, unless one of the same message is on its way. @param {number} index @param {number} option */
  async choose(index, option) {
    if ([...this.pressed].some((key) => key.startsWith(`${index}.`))) return;
    this.press(index, option, true);
    await this.questions.ask({ kind: "click", index, id: this.items[index]?.id ?? "", option });
    this.press(index, option, false);
  }

  /** Ask for what the user has decided on a message in doubt. @param {string} id @param {import("./delivery.js").Decision} how */
  async decide(id, how) {
    if (this.decided.has(id)) return;
    this.decided.set(id, how);
    for (const view of this.views) view.doubts.draw();
    await this.questions.ask({ kind: "decide", id, how });
    this.decided.delete(id);
    for (const view of this.views) view.doubts.draw();
  }

  /** A message as the wire had it, or as it is drawn where nobody is there to tell. @param {number} index @returns {Promise<string>} */
  async raw(index) {
    const item = this.items[index];
    const { text } = await this.questions.ask({ kind: "raw", index, id: item?.id ?? "" }, { again: SOON });
    return text ?? JSON.stringify(item, null, 2);
  }

  /** The index of the message whose options are on offer. */
  offer() {
    let last = this.items.length - 1;
    while (last >= 0 && this.items[last]?.from === "system") last -= 1;
    return last;
  }

  close() {
    clearTimeout(this.asked);
    this.tries = RETRIES + 1;
    this.files.close();
  }
}
