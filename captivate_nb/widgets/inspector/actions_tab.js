import { make } from "../common/dom.js";
import { JsonForm } from "../common/json_form.js";

/** The actions of both sides, and a form to send one. */
export class ActionsTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.store = inspector.store;
    this.list = make("ol", { class: "cnb-changes" });
    this.node = make(
      "div",
      { class: "cnb-tab cnb-pages" },
      make("div", { class: "cnb-page", role: "region", "aria-label": "Actions", tabindex: "0" }, this.list),
    );
    if (inspector.live) this.node.append(this.sender());
  }

  sender() {
    const name = make("input", {
      "aria-label": "Action id",
      placeholder: "id, such as escalateToHuman",
      spellcheck: "false",
      keydown: (/** @type {KeyboardEvent} */ event) => event.stopPropagation(),
    });
    const form = new JsonForm("Data of the action, as JSON", "Send", (text) => {
      if (name.value.trim()) return this.inspector.store.questions.ask({ kind: "act", name: name.value.trim(), text });
      name.focus();
      return Promise.resolve({ error: "An action needs an id." });
    });
    form.text.value = "{}";
    form.text.rows = 2;
    form.node.prepend(name);
    return make("details", { class: "cnb-send-box", open: true }, make("summary", {}, "Send an action"), form.node);
  }

  rows() {
    this.state();
  }

  state() {
    if (this.inspector.tab === "actions") this.open();
  }

  open() {
    const rows = this.store.list.filter((row) => row?.actions && this.store.isShown(row));
    this.list.replaceChildren(
      ...rows.flatMap((row) =>
        (row.actions ?? []).map(([id, data]) =>
          make(
            "li",
            {},
            make(
              "button",
              { type: "button", class: "cnb-link", click: () => this.inspector.reveal(row.n) },
              `event ${row.n}, ${row.out ? "sent" : "received"}`,
            ),
            make(
              "div",
              {},
              make("span", { class: "cnb-key", dir: "auto" }, id),
              make("span", { class: "cnb-value", dir: "auto" }, data),
            ),
          ),
        ),
      ),
    );
    if (!rows.length)
      this.list.append(
        make(
          "li",
          { class: "cnb-none" },
          "No actions yet. Those that the bot sends, and those sent to it, are listed here.",
        ),
      );
  }

  close() {}
}
