import { make, problemLine } from "./dom.js";

/**
 * A box for JSON with what belongs below it and a button. `send` resolves to what was wrong, with
 * where in the text that is; the line that tells of it stays until the next try.
 */
export class JsonForm {
  /**
   * @param {string} name @param {string} verb
   * @param {(text: string) => Promise<{ error?: string, at?: number | null }>} send
   * @param {...HTMLElement} fields
   */
  constructor(name, verb, send, ...fields) {
    this.send = send;
    this.text = make("textarea", {
      "aria-label": name,
      rows: "4",
      spellcheck: "false",
      keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    });
    this.button = make("button", { type: "button", class: "cnb-do", click: () => this.submit() }, verb);
    this.problem = make("div");
    this.done = make("span", { class: "cnb-done", role: "status" });
    this.node = make(
      "div",
      { class: "cnb-form" },
      this.text,
      this.problem,
      make("div", { class: "cnb-bar" }, ...fields, this.done, this.button),
    );
  }

  /** Ctrl+Enter sends; what is typed here is no shortcut of the notebook's. @param {KeyboardEvent} event */
  key(event) {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit();
  }

  async submit() {
    this.button.disabled = true;
    this.done.textContent = "";
    const { error, at } = await this.send(this.text.value);
    this.button.disabled = false;
    this.problem.replaceChildren(
      ...(error ? [problemLine({ message: error }, () => this.problem.replaceChildren())] : []),
    );
    if (!error) this.done.textContent = "Sent";
    if (typeof at === "number") {
      this.text.focus();
      this.text.setSelectionRange(at, at + 1);
    }
  }
}

/** A list to choose from. @param {string} name @param {Record<string, string>} options @param {() => void} change */
export function choose(name, options, change) {
  const entries = Object.entries(options).map(([value, label]) => make("option", { value }, label));
  return make("select", { "aria-label": name, change }, ...entries);
}
