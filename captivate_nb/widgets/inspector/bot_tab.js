import { copy, make } from "../common/dom.js";
import { jsonTree } from "./json_tree.js";

/** @typedef {{ n: number, said: string, ms: number, error: string, printed: boolean, push: boolean }} Turn */

/** What the bot was asked in each turn, what it did, and what went wrong. */
export class BotTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.questions = inspector.store.questions;
    this.drawn = "";
    this.list = make("ol", { class: "cnb-changes cnb-bot-turns" });
    const rerun = async () => {
      this.rerun.disabled = true;
      await inspector.ask({ kind: "rerun" });
      this.rerun.disabled = false;
    };
    this.rerun = make(
      "button",
      { type: "button", class: "cnb-do", title: "In a new conversation, against the bot as it is now", click: rerun },
      "Do all again",
    );
    this.node = make(
      "div",
      { class: "cnb-tab cnb-pages" },
      make("div", { class: "cnb-bar" }, this.rerun),
      make("div", { class: "cnb-page", role: "region", "aria-label": "Bot", tabindex: "0" }, this.list),
    );
  }

  rows() {
    this.state();
  }

  state() {
    if (this.inspector.tab === "bot") this.open();
  }

  async open() {
    const { text = "[]", error } = await this.questions.ask({ kind: "botturns" });
    if (this.drawn === text && !error) return;
    this.drawn = text;
    /** @type {Turn[]} */
    const turns = JSON.parse(text);
    const opened = new Set([...this.list.querySelectorAll("details[open]")].map((node) => node.id));
    this.list.replaceChildren(
      ...turns.map((turn) => {
        const node = this.turn(turn);
        if (opened.has(node.id)) node.open = true;
        return make("li", {}, node);
      }),
    );
    if (!turns.length)
      this.list.append(make("li", { class: "cnb-none" }, error ?? "The bot has had no turn in this conversation yet."));
  }

  /** @param {Turn} turn */
  turn(turn) {
    const body = make("div", {});
    const facts = `${turn.ms} ms${turn.printed ? " · printed" : ""}${turn.error ? " · failed" : ""}`;
    const node = make(
      "details",
      { id: `${this.inspector.name}-turn-${turn.n}`, toggle: () => node.open && this.fill(body, turn) },
      make(
        "summary",
        { class: "cnb-turn" },
        make("span", { dir: "auto" }, `${turn.n} · ${turn.said}`),
        make("span", { class: "cnb-size" }, facts),
      ),
      make("div", { class: turn.error ? "cnb-problem" : "", dir: "auto" }, turn.error),
      body,
    );
    return node;
  }

  /** @param {HTMLElement} body @param {Turn} turn */
  async fill(body, turn) {
    const { text = "[]", error } = await this.questions.ask({ kind: "botturn", n: turn.n });
    /** @type {[string, string, any][]} */
    const parts = JSON.parse(text);
    body.replaceChildren(
      make("div", { class: "cnb-bar" }, ...(turn.push ? [] : this.tools(turn))),
      ...parts.map(([title, shown, value]) =>
        make(
          "details",
          { open: title !== "Request" && title !== "Answer" },
          make("summary", {}, title),
          value ? jsonTree(value) : make("pre", { tabindex: "0", dir: "auto" }, shown),
        ),
      ),
      ...(error ? [make("div", { class: "cnb-problem" }, error)] : []),
    );
  }

  /** @param {Turn} turn */
  tools({ n }) {
    /** @param {string} name @param {(button: HTMLElement) => unknown} work */
    const tool = (name, work) => {
      const button = make("button", { type: "button", class: "cnb-do", click: () => work(button) }, name);
      return button;
    };
    /** @param {string} form @param {HTMLElement} button */
    const code = async (form, button) => {
      const { text } = await this.inspector.ask({ kind: "botcode", n, form });
      if (text) copy(text, button);
    };
    return [
      tool("Send again", () => this.inspector.ask({ kind: "sendturn", turn: n })),
      tool("Start here", () => this.inspector.ask({ kind: "starthere", n })),
      tool("Copy as Python", (button) => code("python", button)),
      tool("Copy as curl", (button) => code("curl", button)),
    ];
  }

  close() {}
}
