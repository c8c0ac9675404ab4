import { counted, make, problemLine } from "../common/dom.js";
import { beginning } from "./delivery.js";

const LISTED = 50; // messages in doubt that are listed at the most

/** What went wrong, as lines that can be dismissed: the newest error, or else the newest line, and the others when they are asked for; and in one line the messages in doubt, if there are several. */
export class Notices {
  /** @param {import("./log.js").View} view @param {(id: number) => void} dismiss */
  constructor(view, dismiss) {
    this.view = view;
    this.dismiss = dismiss;
    this.folded = true;
    this.listed = false;
    this.lines = make("div");
    this.doubts = make("div");
    this.node = make("div", { class: "cnb-problems" }, this.lines, this.doubts);
    /** @type {Map<HTMLElement, string>} what each part was drawn for */
    this.drawn = new Map();
  }

  draw() {
    const { store } = this.view;
    const doubts = store.doubts();
    const several = doubts.length > 1 ? doubts : [];
    const summed = new Set(several.map((item) => item.id));
    const problems = store.problems.filter((problem) => problem.good || !summed.has(problem.about ?? ""));
    this.put(
      this.lines,
      problems.map(({ id }) => id),
      () => this.told(problems),
    );
    this.put(
      this.doubts,
      several.map(({ id, delivery }) => [id, delivery]),
      () => (several.length ? [this.summary(several)] : []),
    );
  }

  /** Draw a part anew if it is for something else than before: what is drawn is read out. @param {HTMLElement} part @param {any[]} what @param {() => HTMLElement[]} nodes */
  put(part, what, nodes) {
    const key = JSON.stringify(what);
    if (this.drawn.get(part) === key) return;
    this.drawn.set(part, key);
    this.view.hold(() => part.replaceChildren(...nodes()));
  }

  /** @param {import("./message_store.js").Problem[]} problems */
  told(problems) {
    const worst = problems.findLast((problem) => !problem.good) ?? problems.at(-1);
    const last = problems.filter((problem) => problem !== worst).concat(worst ?? []);
    const lines = last.map((problem) => {
      const line = problemLine(problem, () => this.dismiss(problem.id));
      const { turn } = problem;
      if (turn) line.insertBefore(this.offer("Send this turn again", { kind: "sendturn", turn }), line.lastChild);
      if (problem.restart) line.insertBefore(this.offer("Restart", { kind: "restart" }), line.lastChild);
      return line;
    });
    const earlier = lines.slice(0, -1);
    const more = make("button", { type: "button", class: "cnb-more-problems", click: () => fold(!this.folded) });
    const fold = (/** @type {boolean} */ folded) => {
      this.folded = folded;
      for (const line of earlier) line.hidden = folded;
      more.setAttribute("aria-expanded", String(!folded));
      more.textContent = folded ? `${counted(earlier.length, "earlier notice")}…` : "Show only one";
    };
    fold(this.folded);
    return [...(earlier.length ? [more] : []), ...lines];
  }

  /** @param {string} name @param {{ kind: "sendturn", turn: number } | { kind: "restart" }} question */
  offer(name, question) {
    const click = async () => {
      button.disabled = true;
      await this.view.store.questions.ask(question);
      button.disabled = false;
    };
    const button = make("button", { type: "button", class: "cnb-do", click }, name);
    return button;
  }

  /** @param {import("./message.js").Item[]} doubts */
  summary(doubts) {
    const failed = doubts.every((item) => item.delivery === "failed");
    const what = `${counted(doubts.length, "message")} ${failed ? "were not delivered" : "may not have arrived"}`;
    const rows = doubts
      .slice(0, LISTED)
      .map((item) =>
        make(
          "li",
          { class: `cnb-${item.delivery}` },
          make("bdi", {}, beginning(item)),
          ...this.view.doubts.below(item),
        ),
      );
    if (doubts.length > LISTED) rows.push(make("li", {}, `and ${doubts.length - LISTED} more, in session.outbox`));
    const list = make(
      "details",
      { open: this.listed, toggle: () => (this.listed = list.open) },
      make("summary", {}, what),
      make("ul", {}, ...rows),
    );
    return make("div", { class: "cnb-problem cnb-doubts", role: "status" }, list);
  }
}
