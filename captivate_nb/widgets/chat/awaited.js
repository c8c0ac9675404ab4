import { make } from "../common/dom.js";

const AWAITED = 10000; // milliseconds for which a reply is awaited visibly

/** The dots that show that something is coming, and the way to wait no more. */
export class Awaited {
  /** @param {import("./log.js").View} view */
  constructor(view) {
    this.view = view;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    const title = "Stops the wait here. The bot may still answer.";
    const stop = make("button", { type: "button", class: "cnb-stop", title, click: () => this.stop() }, "Stop waiting");
    const dots = make("div", { class: "cnb-typing" }, ...[0, 1, 2].map(() => make("span")));
    this.node = make("div", { class: "cnb-awaited", hidden: true }, dots, stop);
  }

  /** Show it for what the newest message leaves open. @param {import("./message.js").Item} last */
  show(last) {
    const time = this.view.stands() === "open" ? this.time(last) : 0;
    this.hide();
    this.node.hidden = !time;
    this.timer = setTimeout(() => this.hide(), time);
  }

  /** How long something may be coming: the bot pauses, or has not answered yet. @param {import("./message.js").Item} last */
  time(last) {
    const part = last.parts.at(-1);
    if (part?.kind === "pause") return part.ms;
    const doubtful = last.delivery === "unknown" || last.delivery === "failed";
    const other = this.view.store.items.findLast((item) => item?.from === "agent" || item?.from === "bot");
    return last.from === "user" && !doubtful && other?.from !== "agent" ? AWAITED : 0;
  }

  hide() {
    clearTimeout(this.timer);
    this.node.hidden = true;
  }

  /** No longer wait for a reply, here and in the cells that do. */
  stop() {
    this.hide();
    this.view.model.send({ kind: "stop" });
    this.view.speak("No longer waiting. The bot may still answer.");
    this.view.scroller.focus();
  }
}
