import { make } from "../common/dom.js";

const NS = "http://www.w3.org/2000/svg";
const SHOWN_TURNS = 60; // the newest, one bar each
const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [480, 150, 56, 12, 6];

/** How long the bot took to begin each reply. */
export class TimingTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.store = inspector.store;
    this.chart = make("div", { class: "cnb-chart" });
    this.facts = make("p", { class: "cnb-facts" });
    this.list = make("ol", { class: "cnb-changes" });
    this.node = make(
      "div",
      { class: "cnb-tab cnb-pages" },
      make(
        "div",
        { class: "cnb-page", role: "region", "aria-label": "Timing", tabindex: "0" },
        this.facts,
        this.chart,
        this.list,
      ),
    );
  }

  rows() {}

  state() {
    if (this.inspector.tab === "timing") this.open();
  }

  /** The turns, the newest last, with the seconds of those that were answered. */
  turns() {
    /** @type {Map<number, [number, string, number | null]>} */
    const turns = new Map();
    for (const row of this.store.list) if (row?.turn && row.n <= this.store.at) turns.set(row.turn[0], row.turn);
    return [...turns.values()];
  }

  open() {
    const turns = this.turns();
    const { median, p95 } = this.store.state;
    this.facts.replaceChildren(
      ...(median === null || p95 === null
        ? ["No reply has been timed yet."]
        : [
            "median ",
            make("b", {}, ms(median)),
            " · 95th percentile ",
            make("b", {}, ms(p95)),
            ` · ${turns.length} turns`,
          ]),
    );
    const answered = turns.filter((turn) => turn[2] !== null).slice(-SHOWN_TURNS);
    this.chart.replaceChildren(
      ...(answered.length && median !== null && p95 !== null ? [this.draw(answered, median, p95)] : []),
    );
    this.list.replaceChildren(
      ...turns
        .slice(-SHOWN_TURNS)
        .map(([n, text, seconds]) =>
          make(
            "li",
            {},
            make("button", { type: "button", class: "cnb-link", click: () => this.inspector.reveal(n) }, `event ${n}`),
            make(
              "div",
              { class: "cnb-turn" },
              make("span", { dir: "auto" }, text),
              make("span", { class: "cnb-size" }, seconds === null ? "no answer yet" : ms(seconds)),
            ),
          ),
        ),
    );
  }

  /** @param {[number, string, number | null][]} turns @param {number} median @param {number} p95 */
  draw(turns, median, p95) {
    const most = Math.max(...turns.map((turn) => turn[2] ?? 0), p95, 0.001);
    const y = (/** @type {number} */ seconds) => HEIGHT - BOTTOM - (seconds / most) * (HEIGHT - TOP - BOTTOM);
    const step = Math.min(36, (WIDTH - LEFT) / turns.length);
    const svg = shape("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `Seconds until a reply, ${turns.length} turns: median ${ms(median)}, 95th percentile ${ms(p95)}`,
    });
    turns.forEach(([n, text, seconds], index) => {
      const height = Math.max(2, HEIGHT - BOTTOM - y(seconds ?? 0));
      const bar = shape("rect", {
        class: "cnb-bar-of",
        x: LEFT + index * step + step * 0.15,
        y: HEIGHT - BOTTOM - height,
        width: step * 0.7,
        height,
        rx: Math.min(3, step * 0.3),
      });
      const title = shape("title", {});
      title.textContent = `event ${n}: ${text}, ${ms(seconds ?? 0)}`;
      bar.append(title);
      svg.append(bar);
    });
    svg.append(shape("line", { class: "cnb-axis", x1: LEFT, x2: WIDTH, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }));
    const apart = Math.abs(y(median) - y(p95)) > 14;
    for (const [name, seconds, up] of /** @type {[string, number, boolean][]} */ ([
      ["p95", p95, true],
      ["median", median, apart],
    ])) {
      svg.append(shape("line", { class: "cnb-level", x1: LEFT, x2: WIDTH, y1: y(seconds), y2: y(seconds) }));
      const label = shape("text", { x: LEFT - 6, y: up ? y(seconds) + 4 : y(seconds) + 16, "text-anchor": "end" });
      label.textContent = name;
      svg.append(label);
    }
    return svg;
  }

  close() {}
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
function shape(tag, attributes) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, `${value}`);
  return node;
}

/** @param {number} seconds */
function ms(seconds) {
  return seconds < 10 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}
