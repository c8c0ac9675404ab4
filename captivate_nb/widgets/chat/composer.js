import { iconButton, make, problemLine, size } from "../common/dom.js";
import { hear, Questions } from "../common/questions.js";
import { InputHistory } from "./input_history.js";

const KEPT = 100; // lines that ArrowUp brings back
const LONG = 1e5; // characters from which on it takes seconds to measure a text, or to find its lines' directions
const COMPOSED = 50; // milliseconds in which an Enter still belongs to the input method

/** Where the user writes. The text stays until Python says that it was sent. */
class Composer {
  /** @param {import("../common/dom.js").Model} model @param {HTMLElement} root @param {Map<string, string[]>} said */
  constructor(model, root, said) {
    this.model = model;
    this.root = root;
    this.said = said;
    /** @type {File[]} */
    this.files = [];
    this.sending = false;
    /** @type {Questions<import("../common/messages.js").FromComposer>} */
    this.questions = new Questions(model);
    /** @type {Map<string, { text: string, files: File[] }>} what is written for other topics */
    this.drafts = new Map();
    this.topic = model.get("topic") ?? "";
    this.text = make("textarea", {
      rows: "1",
      dir: "auto",
      "aria-label": "Message",
      "aria-keyshortcuts": "ArrowUp ArrowDown",
      keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      input: () => this.fit(),
      compositionend: () => (this.composed = performance.now()),
      paste: (/** @type {ClipboardEvent} */ event) => this.receive(event, event.clipboardData),
    });
    this.composed = -Infinity;
    this.history = new InputHistory(this.text, () => this.lines());
    this.picker = make("input", {
      type: "file",
      multiple: true,
      hidden: true,
      "aria-label": "Files",
      tabindex: "-1",
      change: () => this.pick(),
    });
    this.attach = iconButton("attach", "Attach a file", () => this.picker.click());
    this.button = iconButton("send", "Send", () => this.send());
    this.button.classList.add("cnb-send");
    this.chips = make("div", { class: "cnb-chips" });
    this.problem = make("div");
    this.row = make("div", { class: "cnb-row" }, this.attach, this.text, this.button);
    root.classList.add("cnb-composer");
    root.append(this.problem, this.chips, this.row, this.picker);
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => this.receive(event, event.dataTransfer));
    /** @type {import("../common/questions.js").Handlers<import("../common/messages.js").ToComposer>} */
    const handlers = { answer: (answer) => this.questions.take(answer) };
    hear(model, handlers);
    for (const name of ["enabled", "hint"]) model.on(`change:${name}`, () => this.draw());
    model.on("change:topic", () => this.turn());
    this.draw();
  }

  draw() {
    const enabled = this.model.get("enabled");
    const busy = this.sending;
    this.text.placeholder = enabled ? "Write a message…" : this.model.get("hint");
    this.text.readOnly = busy;
    for (const control of [this.text, this.attach, this.button]) {
      control.disabled = !enabled;
      const about = control === this.text ? "" : (control.getAttribute("aria-label") ?? "");
      control.title = enabled ? about : this.model.get("hint");
    }
    this.button.disabled = !enabled || busy;
    this.row.setAttribute("aria-busy", String(busy));
    this.chips.replaceChildren(...this.files.map((file) => this.chip(file)));
  }

  /** Put away what is written for one topic, and take out what is for the other. */
  turn() {
    this.drafts.set(this.topic, { text: this.text.value, files: this.files });
    this.topic = this.model.get("topic");
    const draft = this.drafts.get(this.topic) ?? { text: "", files: [] };
    this.history.forget();
    this.text.value = draft.text;
    this.files = draft.files;
    this.tell("");
    this.draw();
    this.fit();
  }

  /** @param {File} file */
  chip(file) {
    const remove = iconButton("close", `Remove ${file.name}`, () => {
      this.files = this.files.filter((other) => other !== file);
      this.draw();
    });
    return make("span", { class: "cnb-chip" }, make("bdi", {}, file.name), make("small", {}, size(file.size)), remove);
  }

  /** Shift+Enter breaks the line; the keys of an input method are its own. @param {KeyboardEvent} event */
  key(event) {
    event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      // Safari ends the composition before it tells of the Enter that ended it
      if (performance.now() - this.composed > COMPOSED) this.send();
    } else if (!this.text.readOnly && this.history.key(event)) {
      event.preventDefault();
      this.fit();
    } else if (event.key === "ArrowDown" && !this.text.value && this.choose()) event.preventDefault();
  }

  /** Go to the options on offer, if there are any. */
  choose() {
    return this.above()?.dispatchEvent(new CustomEvent("cnb-choose", { cancelable: true })) === false;
  }

  /** The conversation that is written in. */
  above() {
    return this.root.closest(".cnb-panel")?.querySelector(".cnb-log");
  }

  /** What the user has said, the newest last: what was written here, and what the chat above shows. */
  lines() {
    /** @type {string[]} */
    const shown = [];
    this.above()?.dispatchEvent(new CustomEvent("cnb-lines", { detail: shown }));
    return this.remember(shown);
  }

  /** Keep what was said for ArrowUp, each line once. @param {string[]} lines @param {string} [topic] */
  remember(lines, topic = this.topic) {
    const all = [...(this.said.get(topic) ?? []), ...lines].filter(Boolean).reverse();
    const kept = [...new Set(all)].slice(0, KEPT).reverse();
    this.said.set(topic, kept);
    return kept;
  }

  fit() {
    const long = this.text.value.length > LONG;
    this.text.dir = long ? "ltr" : "auto";
    this.text.style.height = long ? "100vh" : "auto"; // which the stylesheet bounds
    if (!long) this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }

  pick() {
    this.add([...(this.picker.files ?? [])]);
    this.picker.value = "";
  }

  /** Take the files of a paste or a drop; any text goes its usual way, also where an office program
   * adds a picture of it. @param {Event} event @param {DataTransfer | null} data */
  receive(event, data) {
    const files = [...(data?.files ?? [])];
    const text = ["text/plain", "text/html"].every((type) => data?.types.includes(type));
    if (!files.length || text) return;
    event.preventDefault();
    if (this.model.get("enabled") && !this.sending) this.add(files);
  }

  /** @param {File[]} files */
  add(files) {
    const all = [...this.files, ...files];
    const total = all.reduce((sum, file) => sum + file.size, 0);
    const limit = this.model.get("limit");
    if (total > limit)
      return this.tell(
        `${size(total)} of files is too much: one message takes ${size(limit)}. Put them on the web and send a link.`,
      );
    this.files = all;
    this.tell("");
    this.draw();
    this.text.focus();
  }

  /** @param {string} message */
  tell(message) {
    this.problem.replaceChildren(...(message ? [problemLine({ message }, () => this.tell(""))] : []));
  }

  async send() {
    const text = this.text.value;
    if (this.sending || !(text.trim() || this.files.length)) return;
    const [bytes, limit] = [new Blob([text]).size, this.model.get("text_limit")];
    if (bytes > limit)
      return this.tell(
        `Nothing was sent: the text has ${size(bytes)}, and one message takes at most ${size(limit)}. Shorten it, or attach it as a file.`,
      );
    this.sending = true;
    const { topic } = this;
    this.text.focus();
    this.tell("");
    this.draw();
    const error = await this.handOver(topic, text);
    this.sending = false;
    if (error) this.tell(error);
    else if (topic !== this.topic) this.drafts.delete(topic);
    else {
      this.remember([this.text.value]);
      this.history.forget();
      this.text.value = "";
      this.files = [];
      this.fit();
    }
    this.draw();
  }

  /** Give a message to Python; resolves to what was wrong, if anything. @param {string} topic @param {string} text */
  async handOver(topic, text) {
    const files = this.files.map(({ name, type }) => ({ name, type }));
    try {
      const buffers = await Promise.all(this.files.map((file) => file.arrayBuffer()));
      return (await this.questions.ask({ kind: "send", topic, text, files }, { buffers })).error;
    } catch (error) {
      return `A file could not be read: ${error}`;
    }
  }
}

export default () => {
  /** @type {Map<string, string[]>} what the user has said, by topic, for all places that show this */
  const said = new Map();
  return {
    /** @param {{ model: import("../common/dom.js").Model, el: HTMLElement }} context */
    render({ model, el }) {
      new Composer(model, el, said);
    },
  };
};
