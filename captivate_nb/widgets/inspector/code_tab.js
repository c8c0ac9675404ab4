import { copy, make } from "../common/dom.js";

const FORMS = { python: "Python", magic: "%captivate", botium: "BotiumScript" };

/** The conversation as code to paste. */
export class CodeTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.form = "python";
    this.forms = Object.entries(FORMS).map(([form, name]) =>
      make("button", { type: "button", class: "cnb-do", "data-form": form, click: () => this.pick(form) }, name),
    );
    this.text = make("pre", { tabindex: "0", role: "region", "aria-label": "This conversation as code" });
    const button = make(
      "button",
      { type: "button", class: "cnb-do", click: () => copy(this.text.textContent ?? "", button) },
      "Copy",
    );
    this.cell = make("code");
    this.node = make(
      "div",
      { class: "cnb-tab" },
      make(
        "div",
        { class: "cnb-bar", role: "group", "aria-label": "Form" },
        ...this.forms,
        make("span", { class: "cnb-done" }),
        button,
      ),
      this.text,
      make("p", { class: "cnb-hint" }, this.cell, " puts it in the next cell"),
    );
    this.cell.hidden = !inspector.live;
    if (!inspector.live) this.node.lastElementChild?.remove();
  }

  /** @param {string} form */
  pick(form) {
    this.form = form;
    this.open();
  }

  rows() {}

  state() {
    if (this.inspector.tab === "code") this.open();
  }

  open() {
    for (const button of this.forms) button.setAttribute("aria-pressed", String(button.dataset.form === this.form));
    this.cell.textContent = `%captivate code ${this.form}`;
    this.show(this.form);
  }

  /** @param {string} form */
  async show(form) {
    const { text = "" } = await this.inspector.ask({ kind: "code", form });
    if (form === this.form) this.text.textContent = text;
  }

  close() {}
}
