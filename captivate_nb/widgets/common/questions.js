/**
 * @typedef {import("./messages.js").Answer} Answer
 */

/**
 * What is to be done with each kind of message from Python.
 * @template {{ kind: string }} Told
 * @typedef {{ [K in Told["kind"]]: (message: Extract<Told, { kind: K }>, buffers: DataView[]) => void }} Handlers
 */

/** Do what is to be done with each message from Python. @param {import("./dom.js").Model} model @param {Record<string, any>} handlers */
export function hear(model, handlers) {
  model.on("msg:custom", (message, buffers) => handlers[message.kind]?.(message, buffers ?? []));
}

/**
 * Asks Python, and gives each answer to who asked; every place that shows a model hears them all.
 * @template {{ kind: string }} Asked
 */
export class Questions {
  /** @param {import("./dom.js").Model} model */
  constructor(model) {
    this.model = model;
    /** @type {Map<string, (answer: Answer & { buffers: DataView[] }) => void>} */
    this.waiting = new Map();
  }

  /**
   * Ask, and again after so many milliseconds, if it is said how many; after twice as long the answer
   * is an error.
   * @template {Asked extends { ask: string } ? Omit<Asked, "ask"> : never} Question
   * @param {Question} question @param {{ again?: number, buffers?: ArrayBuffer[] }} [how]
   * @returns {Promise<Answer & { buffers: DataView[] }>}
   */
  ask(question, { again, buffers } = {}) {
    const ask = Math.random().toString(36).slice(2);
    const send = () => this.model.send({ ...question, ask }, undefined, buffers);
    return new Promise((resolve) => {
      this.waiting.set(ask, resolve);
      send();
      if (again === undefined) return;
      setTimeout(() => this.waiting.has(ask) && send(), again);
      setTimeout(() => this.take({ kind: "answer", ask, error: "Nobody answered." }), 2 * again);
    });
  }

  /** @param {Answer} answer @param {DataView[]} [buffers] */
  take(answer, buffers = []) {
    this.waiting.get(answer.ask)?.({ ...answer, buffers });
    this.waiting.delete(answer.ask);
  }
}
