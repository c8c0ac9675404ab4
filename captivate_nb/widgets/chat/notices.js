import { counted, make, problemLine } from "../common/dom.js";

/** What went wrong, as lines that can be dismissed: the newest, and the others when they are asked for. */
export class Notices {
  /** @param {(id: number) => void} dismiss */
  constructor(dismiss) {
    this.dismiss = dismiss;
    this.folded = true;
    /** @type {any} */
    this.drawn = undefined;
    this.node = make("div", { class: "cnb-problems" });
  }

  /** @param {any[]} problems */
  draw(problems) {
    if (this.drawn === problems) return;
    this.drawn = problems;
    const lines = problems.map((problem) => problemLine(problem, () => this.dismiss(problem.id)));
    const earlier = lines.slice(0, -1);
    const more = make("button", { type: "button", class: "cnb-more-problems", click: () => fold(!this.folded) });
    const fold = (/** @type {boolean} */ folded) => {
      this.folded = folded;
      for (const line of earlier) line.hidden = folded;
      more.setAttribute("aria-expanded", String(!folded));
      more.textContent = folded ? `${counted(earlier.length, "earlier notice")}…` : "Show only the newest";
    };
    fold(this.folded);
    this.node.replaceChildren(...(earlier.length ? [more] : []), ...lines);
  }
}
