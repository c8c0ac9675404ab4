import { hear, Questions } from "../common/questions.js";

/**
 * @typedef {import("../common/messages.js").FromInspector} FromInspector
 * @typedef {{ n: number, out: boolean, at: number, type: string, about: string, size: number,
 *   chat: number, problem?: string, id?: string, changes?: [string, string | null, string | null][],
 *   actions?: [string, string][], turn?: [number, string, number | null] }} Row
 * @typedef {{ past: number | null, chat: number, metadata: string, agent: string | null,
 *   errors: number, median: number | null, p95: number | null }} State
 * @typedef {object} Watcher
 * @property {(start: number, stop: number) => void} rows
 * @property {() => void} state
 */

/** The rows of one model, from `low` on without a gap; what is lacking is asked for. */
export class EventStore {
  /** @param {import("../common/dom.js").Model<FromInspector>} model */
  constructor(model) {
    this.model = model;
    /** @type {Questions<FromInspector>} */
    this.questions = new Questions(model);
    /** @type {Row[]} */
    this.list = [];
    this.low = -1;
    /** @type {State} */
    this.state = { past: null, chat: 0, metadata: "{}", agent: null, errors: 0, median: null, p95: null };
    /** @type {Set<Watcher>} */
    this.watchers = new Set();
    /** @type {import("../common/questions.js").Handlers<import("../common/messages.js").ToInspector>} */
    const handlers = {
      rows: (batch) => this.put(batch),
      state: (state) => this.show(state),
      answer: (answer) => this.questions.take(answer),
    };
    hear(model, handlers);
    model.send({ kind: "need" });
  }

  /** @param {import("../common/messages.js").State} state */
  show(state) {
    this.state = { ...this.state, ...state };
    for (const watcher of this.watchers) watcher.state();
  }

  /** @param {{ start: number, rows: Row[], total: number }} batch */
  put({ start, rows, total }) {
    const stop = start + rows.length;
    const high = this.list.length;
    if (this.low < 0 || (start <= high && stop > high)) {
      const from = this.low < 0 ? start : high;
      if (this.low < 0) this.low = start;
      rows.slice(from - start).forEach((row) => (this.list[row.n] = row));
      this.tell(from, stop);
    } else if (stop === this.low) {
      rows.forEach((row) => (this.list[row.n] = row));
      this.low = start;
      this.tell(start, stop);
    }
    if (this.list.length < total) this.model.send({ kind: "need", start: this.list.length });
    else if (this.low > 0 && start <= this.low) this.model.send({ kind: "need", stop: this.low });
  }

  /** @param {number} start @param {number} stop */
  tell(start, stop) {
    for (const watcher of this.watchers) watcher.rows(start, stop);
  }

  /** The number of the event that is shown last. */
  get at() {
    return this.state.past ?? this.list.length - 1;
  }

  /** Whether a row belongs to the conversation that is shown, and had come by then. @param {Row} row */
  isShown(row) {
    return row.chat === this.state.chat && row.n <= this.at;
  }
}
