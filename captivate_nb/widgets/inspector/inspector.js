import { counted, icon, iconButton, make, problemLine } from "../common/dom.js";
import { ActionsTab } from "./actions_tab.js";
import { BotTab } from "./bot_tab.js";
import { CodeTab } from "./code_tab.js";
import { EventStore } from "./event_store.js";
import { EventsTab } from "./events_tab.js";
import { MetadataTab } from "./metadata_tab.js";
import { TimingTab } from "./timing_tab.js";

// The inspector. An EventStore per model keeps the rows; an Inspector per place where it is displayed draws
// them. Bubbles and events know each other by the message's id, through DOM events of the panel.

const WIDE = 780; // pixels of the panel from which two columns have room
const WIDER = 1160; // ... and three

let made = 0;

export class Inspector {
  /** @param {EventStore} store @param {import("../common/dom.js").Model<import("../common/messages.js").FromInspector>} model @param {HTMLElement} root */
  constructor(store, model, root) {
    this.store = store;
    this.model = model;
    this.root = root;
    this.live = model.get("live");
    this.tab = model.get("tab");
    this.name = `cnb-inspector-${(made += 1)}`;
    /** @type {number | null | undefined} */
    this.wanted = undefined;
    this.going = false;
    this.events = new EventsTab(this);
    this.code = new CodeTab(this);
    /** @type {Record<string, { node: HTMLElement, rows: (start: number, stop: number) => void, state: (state: any) => void, open: () => void, close: () => void }>} */
    this.tabs = {
      events: this.events,
      metadata: new MetadataTab(this),
      actions: new ActionsTab(this),
      timing: new TimingTab(this),
      bot: new BotTab(this),
      code: this.code,
    };
    this.facts = make("div", { class: "cnb-state" });
    this.problems = make("div");
    root.classList.add("cnb-inspector");
    root.setAttribute("role", "complementary");
    root.setAttribute("aria-label", "Inspector");
    root.append(
      make(
        "div",
        { class: "cnb-header" },
        make("div", { class: "cnb-who" }, make("div", { class: "cnb-heading" }, "Inspector"), this.facts),
        iconButton("close", "Close the inspector", () => model.send({ kind: "close" })),
      ),
      this.tablist(),
      ...Object.values(this.tabs).map((tab) => tab.node),
      this.problems,
      make(
        "div",
        { class: "cnb-line cnb-offline" },
        "No kernel is behind this inspector. Run the cell again to inspect a live chat.",
      ),
      this.foot(),
    );
    this.sizes = new ResizeObserver(() => this.arrange());
    this.picked = (/** @type {Event} */ event) => this.pick(/** @type {CustomEvent} */ (event));
    document.addEventListener("cnb-pick", this.picked);
    model.on("change:tab", () => this.show(model.get("tab")));
    store.watchers.add(this);
    if (store.low >= 0) this.rows(store.low, store.list.length);
    this.state();
    this.show(this.tab);
    setTimeout(() => this.arrange()); // once we stand in the panel
  }

  close() {
    this.store.watchers.delete(this);
    this.sizes.disconnect();
    document.removeEventListener("cnb-pick", this.picked);
    for (const tab of Object.values(this.tabs)) tab.close();
  }

  get panel() {
    return this.root.closest(".cnb-panel");
  }

  /** Say how much room the panel has; where the inspector then stands is the stylesheet's business. */
  arrange() {
    const { panel } = this;
    if (!panel) return;
    this.sizes.observe(panel);
    const { width } = panel.getBoundingClientRect();
    panel.classList.toggle("cnb-wide", width >= WIDE);
    panel.classList.toggle("cnb-wider", width >= WIDER);
  }

  // --- tabs ----------------------------------------------------------------------------------

  tablist() {
    this.buttons = Object.entries(this.tabs).map(([name, tab]) => {
      tab.node.id = `${this.name}-${name}`;
      tab.node.setAttribute("role", "tabpanel");
      tab.node.setAttribute("aria-labelledby", `${this.name}-${name}-tab`);
      return make(
        "button",
        {
          type: "button",
          role: "tab",
          id: `${this.name}-${name}-tab`,
          "aria-controls": tab.node.id,
          "data-tab": name,
          click: () => this.choose(/** @type {import("../common/messages.js").Tab} */ (name)),
        },
        name[0].toUpperCase() + name.slice(1),
      );
    });
    return make(
      "div",
      {
        class: "cnb-tabs",
        role: "tablist",
        "aria-label": "Inspector",
        keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      },
      ...this.buttons,
    );
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const names = Object.keys(this.tabs);
    const here = names.indexOf(this.tab);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(/** @type {import("../common/messages.js").Tab} */ (names.at(next % names.length)));
    this.buttons?.find((button) => button.dataset.tab === this.tab)?.focus();
  }

  /** @param {import("../common/messages.js").Tab} name */
  choose(name) {
    this.show(name);
    this.model.send({ kind: "tab", tab: name });
  }

  /** @param {string} name */
  show(name) {
    this.tab = name;
    for (const [other, tab] of Object.entries(this.tabs)) tab.node.hidden = other !== name;
    for (const button of this.buttons ?? []) {
      const chosen = button.dataset.tab === name;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    this.tabs[name].open();
  }

  // --- what comes ----------------------------------------------------------------------------

  /** Ask Python for something, and tell what was wrong with it. @param {Parameters<EventStore["questions"]["ask"]>[0]} question */
  async ask(question) {
    const answer = await this.store.questions.ask(question);
    if (answer.error) this.tell(answer.error);
    return answer;
  }

  /** @param {number} start @param {number} stop */
  rows(start, stop) {
    for (const tab of Object.values(this.tabs)) tab.rows(start, stop);
    this.drawFoot();
  }

  state() {
    const { state } = this.store;
    for (const tab of Object.values(this.tabs)) tab.state(state);
    this.drawFoot();
  }

  /** @param {string} [error] */
  tell(error) {
    this.problems.replaceChildren(...(error ? [problemLine({ message: error }, () => this.tell())] : []));
  }

  // --- bubbles and events --------------------------------------------------------------------

  /** Highlight a message's bubble. @param {string} id */
  seek(id) {
    this.panel?.querySelector(".cnb-log")?.dispatchEvent(new CustomEvent("cnb-seek", { detail: id }));
  }

  /** A bubble was chosen: show its event. @param {CustomEvent} event */
  pick(event) {
    const target = /** @type {Element} */ (event.target);
    const n = this.events.byMessage.get(event.detail);
    if (target.closest(".cnb-panel") !== this.panel || n === undefined) return;
    this.events.mark(n);
    if (this.tab === "events") this.events.reveal(n);
    else this.events.column.following = false;
  }

  /** Show an event in its tab. @param {number} n */
  reveal(n) {
    this.choose("events");
    this.events.reveal(n);
    this.events.column.nodes[n]?.querySelector("summary")?.focus();
  }

  // --- time ----------------------------------------------------------------------------------

  foot() {
    this.first = iconButton("first", "To the start", () => this.go(0));
    this.slider = make("input", {
      type: "range",
      min: "0",
      "aria-label": "Event up to which all is shown",
      input: () => this.slid(),
      keydown: (/** @type {KeyboardEvent} */ event) => event.stopPropagation(),
    });
    this.where = make("output", { class: "cnb-where" });
    this.now = make("button", { type: "button", class: "cnb-do", hidden: true, click: () => this.go(null) }, "Now");
    this.fork = make(
      "button",
      {
        type: "button",
        class: "cnb-do",
        title: "Open a new conversation, replayed to here",
        click: () => this.branch(),
      },
      icon("branch"),
      "Branch here",
    );
    const parts = [this.first, this.where, this.slider, this.now];
    return make("div", { class: "cnb-foot" }, ...parts, ...(this.live ? [this.fork] : []));
  }

  drawFoot() {
    const last = this.store.list.length - 1;
    const { past } = this.store.state;
    if (!this.slider || !this.where || !this.now || !this.fork || !this.first) return;
    this.slider.max = `${Math.max(last, 0)}`;
    if (!this.going) this.slider.value = `${this.store.at}`;
    const at =
      past === null && this.live
        ? `live · event ${Math.max(last, 0)}`
        : last < 0
          ? "no event"
          : `event ${this.store.at} of ${last}`;
    this.where.textContent = at;
    this.slider.setAttribute("aria-valuetext", at);
    this.now.hidden = past === null || !this.live;
    this.first.disabled = this.store.at <= 0;
    const { errors } = this.store.state;
    const problems = errors ? ` · ${counted(errors, "error")}` : "";
    const follows = this.live ? (past === null ? " · follows the chat" : ` · shows event ${past}`) : " · recorded";
    this.facts.textContent = `${counted(last + 1, "event")}${problems}${follows}`;
    this.facts.dataset.status = past === null ? "open" : "past";
  }

  slid() {
    const n = Number(this.slider?.value);
    this.go(n === this.store.list.length - 1 && this.live ? null : n);
  }

  /** Show all as it stood after event `n`, or now; one move at a time, the last one wanted. @param {number | null} n */
  async go(n) {
    this.wanted = n;
    if (this.going) return;
    this.going = true;
    while (this.wanted !== undefined) {
      const next = this.wanted;
      this.wanted = undefined;
      this.tell();
      await this.ask({ kind: "go", n: next });
    }
    this.going = false;
    this.drawFoot();
  }

  async branch() {
    if (!this.fork) return;
    this.fork.disabled = true;
    this.fork.setAttribute("aria-busy", "true");
    this.tell();
    await this.ask({ kind: "branch", n: this.store.at });
    this.fork.disabled = false;
    this.fork.removeAttribute("aria-busy");
  }
}

export default () => {
  /** @type {EventStore} */
  let store;
  return {
    /** @param {{ model: import("../common/dom.js").Model }} context */
    initialize({ model }) {
      store = new EventStore(model);
    },
    /** @param {{ model: import("../common/dom.js").Model, el: HTMLElement }} context */
    render({ model, el }) {
      const view = new Inspector(store, model, el);
      return () => view.close();
    },
  };
};
