import { make } from "../common/dom.js";
import { choose, JsonForm } from "../common/json_form.js";
import { jsonTree } from "./json_tree.js";

/** The metadata as a tree, a box to set some, and what each event changed. */
export class MetadataTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.store = inspector.store;
    this.drawn = "";
    /** @type {Set<string>} the branches that the reader has folded */
    this.folded = new Set();
    this.tree = make("div", {});
    this.changes = make("ol", { class: "cnb-changes" });
    this.node = make(
      "div",
      { class: "cnb-tab cnb-pages" },
      make(
        "div",
        { class: "cnb-page", role: "region", "aria-label": "Metadata", tabindex: "0" },
        this.tree,
        make("h3", {}, "What changed"),
        this.changes,
      ),
    );
    if (inspector.live) this.node.append(this.editor());
  }

  editor() {
    const names = Object.fromEntries(
      this.inspector.model.get("targets").map((/** @type {string} */ name) => [name, `target: ${name}`]),
    );
    this.target = choose("Target", names, () => {});
    this.form = new JsonForm(
      "Metadata to set, as JSON",
      "Set",
      (text) => this.inspector.store.questions.ask({ kind: "set", text, target: this.target?.value ?? "" }),
      this.target,
    );
    this.form.text.value = "{}";
    return make("details", { class: "cnb-send-box", open: true }, make("summary", {}, "Set metadata"), this.form.node);
  }

  rows() {
    if (this.inspector.tab === "metadata") this.list();
  }

  state() {
    if (this.inspector.tab === "metadata") this.open();
  }

  open() {
    const { metadata } = this.store.state;
    if (metadata !== this.drawn) {
      this.drawn = metadata;
      const value = JSON.parse(metadata);
      const empty = make("p", { class: "cnb-none" }, "No metadata yet.");
      const edit = this.form && ((/** @type {string} */ key) => this.edit(key));
      this.tree.replaceChildren(Object.keys(value).length ? jsonTree(value, { folded: this.folded, edit }) : empty);
    }
    this.list();
  }

  /** The server merges at the top level, so the whole of it is what can be set. @param {string} key */
  edit(key) {
    if (!this.form) return;
    this.form.text.value = JSON.stringify({ [key]: JSON.parse(this.drawn)[key] }, null, 2);
    this.form.text.focus();
  }

  list() {
    const rows = this.store.list.filter((row) => row?.changes && this.store.isShown(row));
    this.changes.replaceChildren(...rows.map((row) => this.change(row)));
    if (!rows.length) this.changes.append(make("li", { class: "cnb-none" }, "Nothing so far."));
  }

  /** @param {import("./event_store.js").Row} row */
  change(row) {
    const lines = (row.changes ?? []).map(([path, before, after]) => {
      const line = make("div", {}, make("span", { class: "cnb-key", dir: "auto" }, path));
      if (before !== null) line.append(make("del", { dir: "auto" }, before));
      line.append(after === null ? " removed" : make("ins", {}, make("bdi", {}, after)));
      return line;
    });
    const link = make(
      "button",
      { type: "button", class: "cnb-link", click: () => this.inspector.reveal(row.n) },
      `event ${row.n}`,
    );
    return make("li", {}, link, make("div", {}, ...lines));
  }

  close() {}
}
