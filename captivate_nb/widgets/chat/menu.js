import { iconButton, make } from "../common/dom.js";
import { JsonForm } from "../common/json_form.js";

const EDGE = 10; // pixels between the menu and the panel's lower edge
const LEAST = 120; // pixels that the menu is high at least

/** Other ways to start anew, as a new user or with other metadata; and the networks to rehearse on. */
export class MoreMenu {
  /**
   * @param {import("../common/dom.js").Model<import("../common/messages.js").FromHeader>} model
   * @param {import("../common/questions.js").Questions<import("../common/messages.js").FromHeader>} questions
   */
  constructor(model, questions) {
    this.model = model;
    this.questions = questions;
    this.button = iconButton("more", "More", () => this.toggle(!!this.list.hidden));
    this.button.setAttribute("aria-haspopup", "menu");
    this.list = make(
      "div",
      {
        class: "cnb-menu",
        role: "menu",
        "aria-label": "More",
        hidden: true,
        keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
        focusout: (/** @type {FocusEvent} */ event) => this.left(event),
      },
      this.item("Restart as the same user", () => questions.ask({ kind: "restart" })),
      this.item("Restart as a new user", () => questions.ask({ kind: "restart", user: "new" })),
      this.item("Restart with other metadata…", () => this.ask()),
      ...this.networks(model.get("networks") ?? []),
    );
    const cancel = make("button", { type: "button", class: "cnb-do", click: () => this.end() }, "Cancel");
    this.form = new JsonForm(
      "Metadata to start with, as JSON",
      "Restart",
      (text) => this.send(text),
      make("span", { class: "cnb-hint" }, "Metadata to start with"),
      cancel,
    );
    this.form.node.hidden = true;
    this.toggle(false);
    model.on("change:network", () => this.check());
  }

  /** @param {string} name @param {() => void} press */
  item(name, press) {
    const act = () => {
      this.toggle(false);
      press();
    };
    return make("button", { type: "button", role: "menuitem", tabindex: "-1", click: act }, name);
  }

  /** @param {[string, string][]} networks */
  networks(networks) {
    if (!networks.length) return [];
    const heading = make("div", { class: "cnb-menu-title", "aria-hidden": "true" }, "Network");
    return [
      make(
        "div",
        { role: "group", "aria-label": "Network" },
        heading,
        ...networks.map(([name, about]) => this.network(name, about)),
      ),
    ];
  }

  /** @param {string} name @param {string} about */
  network(name, about) {
    const item = this.item(name, () => this.model.send({ kind: "network", name }));
    item.setAttribute("role", "menuitemradio");
    item.dataset.network = name;
    item.title = about;
    return item;
  }

  /** @param {boolean} open */
  toggle(open) {
    this.check();
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const panel = this.list.closest(".cnb-panel"); // which shows nothing beyond its edge
    const room = panel ? panel.getBoundingClientRect().bottom - this.list.getBoundingClientRect().top - EDGE : 0;
    this.list.style.maxHeight = `${Math.max(room, LEAST)}px`;
    /** @type {HTMLElement} */ (this.list.firstElementChild).focus();
  }

  /** Mark the network of now. */
  check() {
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll("[data-network]")))
      item.setAttribute("aria-checked", String(item.dataset.network === this.model.get("network")));
  }

  /** @param {FocusEvent} event */
  left(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (!this.list.contains(to) && to !== this.button) this.toggle(false);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("button")]);
    const here = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") {
      this.toggle(false);
      this.button.focus();
    } else if (next === undefined) return;
    else items.at(next % items.length)?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  ask() {
    this.form.text.value = this.model.get("started_with");
    this.form.node.hidden = false;
    this.form.text.focus();
  }

  /** @param {string} metadata */
  async send(metadata) {
    const answer = await this.questions.ask({ kind: "restart", metadata });
    if (!answer.error) this.end();
    return answer;
  }

  end() {
    this.form.node.hidden = true;
    this.form.done.textContent = "";
    this.form.problem.replaceChildren();
    this.button.focus();
  }
}
