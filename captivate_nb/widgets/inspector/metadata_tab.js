import { make } from "../common/dom.js";
import { choose, JsonForm } from "../common/json_form.js";

/** The metadata as a tree, a box to set some, and what each event changed. */
export class MetadataTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.store = inspector.store;
    this.drawn = "";
    /** @type {Set<string>} the branches that the reader has folded */
    this.folded = new Set();
    this.tree = make("div", { class: "cnb-tree" });
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
      this.tree.replaceChildren(Object.keys(value).length ? this.branch(value, []) : empty);
    }
    this.list();
  }

  /** @param {any} value @param {string[]} path @returns {HTMLElement} */
  branch(value, path) {
    const entries = Object.entries(value).map(([key, inner]) => make("li", {}, this.entry(key, inner, [...path, key])));
    return make("ul", {}, ...entries);
  }

  /** @param {string} key @param {any} value @param {string[]} path */
  entry(key, value, path) {
    const name = make("span", { class: "cnb-key", dir: "auto" }, key);
    if (value === null || typeof value !== "object" || !Object.keys(value).length) {
      const shown = [
        name,
        make("span", { class: `cnb-value cnb-${typeof value}`, dir: "auto" }, JSON.stringify(value)),
      ];
      return this.form
        ? make(
            "button",
            { type: "button", class: "cnb-leaf", title: "Edit this value", click: () => this.edit(path[0]) },
            ...shown,
          )
        : make("span", { class: "cnb-leaf" }, ...shown);
    }
    const place = JSON.stringify(path);
    const size = Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value).length}}`;
    const node = make(
      "details",
      { open: !this.folded.has(place) },
      make("summary", {}, name, make("span", { class: "cnb-about" }, size)),
      this.branch(value, path),
    );
    node.addEventListener("toggle", () => (node.open ? this.folded.delete(place) : this.folded.add(place)));
    return node;
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
