import { make } from "../common/dom.js";
import { words } from "./message.js";
import { whyNot } from "./standing.js";

// How far a message of the user's is, and what its writer can decide where that is in doubt.

/**
 * @typedef {"queued" | "sent" | "confirmed" | "failed" | "unknown"} Delivery
 * @typedef {import("../common/messages.js").Decision} Decision
 */

/** Beside the bubble, and in words. @type {Record<Delivery, [string, string]>} */
const MARKS = {
  queued: ["waiting to be sent", "Waiting to be sent"],
  sent: ["✓", "Sent"],
  confirmed: ["✓✓", "Arrived"],
  failed: ["!", "Not delivered"],
  unknown: ["?", "Not known whether it arrived"],
};

/** Of one that was sent before and may be lost, by how the connection is. @type {Record<string, [string, string]>} */
const CHECKS = {
  open: ["checking…", "Checking whether it arrived; if not, it is sent again"],
  reconnecting: [
    "waiting for the connection",
    "Not known yet whether it arrived: that is checked once there is a connection; if not, it is sent again",
  ],
};

/** The same where nobody will check it. @type {[string, string]} */
const UNCHECKED = ["not checked", "Not known whether it arrived"];

/** How far a message is, beside its bubble and in words. @param {import("./message.js").Item} item @param {boolean} said whether it stands in the transcript @param {string} stands how the connection is */
export function markOf(item, said, stands) {
  if (item.delivery === "queued" && said) return CHECKS[stands === "connecting" ? "reconnecting" : stands] ?? UNCHECKED;
  return item.delivery ? MARKS[item.delivery] : ["", ""];
}

/** Below the bubble, and what can be decided. @type {Partial<Record<Delivery, [string, Decision[]]>>} */
const DOUBTS = {
  failed: ["Not delivered", ["again"]],
  unknown: ["Not known whether this arrived", ["again", "arrived"]],
};

/** @type {Record<Decision, string>} */
const LABELS = { again: "Send again", arrived: "It arrived" };

const BEGINNING = 40; // characters of a message that tell it from others

/** What tells a message from others. @param {import("./message.js").Item} item */
export function beginning(item) {
  const said = [...words(item)];
  return said.slice(0, BEGINNING).join("") + (said.length > BEGINNING ? "…" : "");
}

/** The lines below the messages in doubt of one view. */
export class Doubts {
  /** @param {import("./log.js").View} view */
  constructor(view) {
    this.view = view;
    view.model.on("change:live", () => this.draw());
  }

  /** What stands below a message, if it is in doubt. @param {import("./message.js").Item} item @returns {HTMLElement[]} */
  below(item) {
    const doubt = item.delivery && DOUBTS[item.delivery];
    if (!doubt) return [];
    const [said, decisions] = doubt;
    const buttons = decisions.map((how) => this.button(item, how));
    return [make("div", { class: "cnb-doubt" }, make("span", {}, said), ...buttons)];
  }

  /** @param {import("./message.js").Item} item @param {Decision} how */
  button(item, how) {
    const label = LABELS[how];
    const button = make(
      "button",
      {
        type: "button",
        class: "cnb-decide",
        "data-id": item.id,
        "data-how": how,
        "aria-label": `${label}: ${beginning(item)}`,
        click: () => this.view.store.decide(item.id, how),
      },
      label,
    );
    this.fit(button);
    return button;
  }

  draw() {
    for (const place of [this.view.scroller, this.view.notices.node])
      for (const button of place.querySelectorAll("button.cnb-decide"))
        this.fit(/** @type {HTMLButtonElement} */ (button));
  }

  /** Say whether a button is pressed, and whether it can be. @param {HTMLButtonElement} button */
  fit(button) {
    const { id = "", how } = button.dataset;
    const decided = this.view.store.decided.get(id);
    const why = whyNot(this.view.model, this.view.list);
    button.title = why;
    button.disabled = !!why || (decided !== undefined && decided !== how);
    button.classList.toggle("cnb-pending", decided === how);
    button.setAttribute("aria-busy", String(decided === how));
  }
}
