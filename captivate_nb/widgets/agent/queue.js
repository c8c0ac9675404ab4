import { clock } from "../chat/message.js";
import { iconButton, initials, make } from "../common/dom.js";
import { hear, Questions } from "../common/questions.js";

/**
 * @typedef {{ id: string, name: string, reason: string, since: number, agent: string | null,
 *   present: boolean, last: string, unread: number }} Visitor
 * @typedef {import("../common/messages.js").FromDesk} FromDesk
 */

/** The top of the agent's panel, who is at the desk, and above the log whose chat it is. */
class Desk {
  /** @param {import("../common/dom.js").Model<FromDesk>} model @param {HTMLElement} root */
  constructor(model, root) {
    this.model = model;
    this.root = root;
    /** @type {Questions<FromDesk>} */
    this.questions = new Questions(model);
    this.pending = ""; // what was asked for and is not done yet
    /** @type {Visitor | undefined} whose chat was on show last */
    this.last = undefined;
    this.state = make("div", { class: "cnb-state", role: "status" });
    this.name = make("div", { class: "cnb-heading", dir: "auto" });
    this.avatar = make("div", { class: "cnb-avatar", "aria-hidden": "true" });
    this.free = make(
      "button",
      {
        type: "button",
        class: "cnb-switch",
        role: "switch",
        click: () => this.ask({ kind: "available", on: !model.get("available") }),
      },
      make("span", {}, "Available"),
    );
    this.end = iconButton("close", "Close the agent's panel", () => model.send({ kind: "close" }));
    this.waiting = make("div", { class: "cnb-visitors", role: "list", "aria-label": "Waiting" });
    this.chats = make("div", { class: "cnb-visitors", role: "list", "aria-label": "In a chat" });
    this.hint = make("div", { class: "cnb-hint" });
    this.bar = make("div", { class: "cnb-bar" });
    root.classList.add("cnb-desk-parts");
    root.append(
      make(
        "div",
        { class: "cnb-header" },
        this.avatar,
        make("div", { class: "cnb-who" }, this.name, this.state),
        this.free,
        this.end,
      ),
      make(
        "div",
        { class: "cnb-queue", role: "region", "aria-label": "Visitors" },
        this.waiting,
        this.chats,
        this.hint,
      ),
      this.bar,
    );
    for (const trait of ["name", "available", "running", "visitors", "shown", "facts"])
      model.on(`change:${trait}`, () => this.draw());
    /** @type {import("../common/questions.js").Handlers<import("../common/messages.js").ToDesk>} */
    const handlers = { answer: (answer) => this.questions.take(answer) };
    hear(model, handlers);
    model.on("comm_live_update", () => setTimeout(() => this.draw())); // when the panel around us knows it too
    this.draw();
    setTimeout(() => this.draw()); // once we stand in the panel
  }

  /** Ask for one thing at a time. @param {Parameters<Questions<FromDesk>["ask"]>[0]} question */
  async ask(question) {
    if (this.pending) return;
    this.pending = JSON.stringify(question);
    this.draw();
    await this.questions.ask(question);
    this.pending = "";
    this.draw();
  }

  draw() {
    const dead = !!this.root.closest(".jupyter-widgets-disconnected");
    const running = this.model.get("running") && !dead;
    const name = this.model.get("name");
    const free = this.model.get("available");
    /** @type {Visitor[]} */
    const visitors = this.model.get("visitors");
    this.name.textContent = name;
    this.avatar.textContent = initials(name);
    this.state.textContent = dead ? "no kernel" : this.model.get("facts").join(" · ");
    this.state.dataset.status = !running ? "closed" : free ? "open" : "busy";
    this.free.setAttribute("aria-checked", String(free));
    this.free.disabled = !running || this.pending !== "";
    this.end.disabled = dead;
    const focused = this.focused();
    this.list(
      this.waiting,
      "Waiting",
      visitors.filter((visitor) => visitor.agent === null),
    );
    this.list(
      this.chats,
      "In a chat",
      visitors.filter((visitor) => visitor.agent !== null),
    );
    this.hint.textContent = visitors.length ? "" : this.model.get("hint");
    this.drawBar(
      visitors.find((visitor) => visitor.id === this.model.get("shown")),
      running,
    );
    if (focused) this.focus(focused);
  }

  /** @param {HTMLElement} list @param {string} title @param {Visitor[]} visitors */
  list(list, title, visitors) {
    list.hidden = !visitors.length;
    const heading = make(
      "div",
      { class: "cnb-list-title", "aria-hidden": "true" },
      title,
      make("span", { class: "cnb-count" }, String(visitors.length)),
    );
    list.replaceChildren(heading, ...visitors.map((visitor) => this.visitor(visitor)));
  }

  /** @param {Visitor} visitor */
  visitor(visitor) {
    const { id, name, present, unread } = visitor;
    const waits = visitor.agent === null;
    const shown = id === this.model.get("shown");
    const line = visitor.last || visitor.reason || (waits ? "waits for an agent" : "");
    const facts = [clock(visitor.since), present ? "" : "away"].filter(Boolean).join(" · ");
    const row = make(
      "button",
      {
        type: "button",
        class: "cnb-visitor-row",
        "data-key": `show ${id}`,
        "aria-pressed": String(shown),
        "aria-label": [name, waits ? "waiting" : "in a chat", present ? "" : "away", unread ? `${unread} new` : ""]
          .filter(Boolean)
          .join(", "),
        title: visitor.reason || name,
        click: () => this.model.send({ kind: "show", id }),
      },
      make("span", { class: "cnb-avatar", "aria-hidden": "true" }, initials(name)),
      make(
        "span",
        { class: "cnb-visitor-text" },
        make("span", { class: "cnb-visitor-name" }, make("span", { dir: "auto" }, name), make("small", {}, facts)),
        make("span", { class: "cnb-visitor-line", dir: "auto" }, line),
      ),
    );
    if (unread) row.append(make("span", { class: "cnb-unread" }, String(unread)));
    const node = make(
      "div",
      { class: `cnb-visitor-item${shown ? " cnb-shown" : ""}${present ? "" : " cnb-away"}`, role: "listitem" },
      row,
    );
    if (waits)
      node.append(
        make(
          "div",
          { class: "cnb-visitor-acts" },
          this.button("accept", "Accept", visitor),
          this.button("refuse", "Refuse", visitor),
        ),
      );
    return node;
  }

  /** @param {"accept" | "refuse" | "leave"} kind @param {string} label @param {Visitor} visitor */
  button(kind, label, { id, name }) {
    const pending = this.pending === JSON.stringify({ kind, id });
    /** A second click of a double click would hit who has moved up. @param {MouseEvent} event */
    const click = (event) => {
      if (event.detail < 2) this.ask({ kind, id });
    };
    const full = kind === "leave" ? `Leave the chat with ${name}` : `${label} ${name}`;
    return make(
      "button",
      {
        type: "button",
        class: `cnb-act cnb-${kind}${pending ? " cnb-pending" : ""}`,
        "data-key": `${kind} ${id}`,
        "aria-label": full,
        title: full,
        "aria-busy": String(pending),
        disabled: !this.model.get("running"),
        click,
      },
      label,
    );
  }

  /** Whose chat it is, or was. @param {Visitor | undefined} visitor @param {boolean} running */
  drawBar(visitor, running) {
    if (visitor) this.last = visitor;
    const who = visitor ?? (this.last?.id === this.model.get("shown") ? this.last : undefined);
    this.bar.hidden = !who;
    if (!who) return;
    const when = !visitor
      ? "not at the desk any more"
      : who.agent === null
        ? `waits since ${clock(who.since)}`
        : `with ${who.agent}`;
    const facts = [when, visitor && !who.present ? "away" : "", who.reason].filter(Boolean).join(" · ");
    const head = make(
      "div",
      { class: "cnb-who" },
      make("div", { class: "cnb-heading", dir: "auto" }, who.name),
      make("div", { class: "cnb-about", title: facts }, facts),
    );
    this.bar.replaceChildren(
      head,
      ...(visitor && running && who.agent !== null ? [this.button("leave", "Leave", who)] : []),
    );
  }

  /** What is focused here, and what it is called, to find it again when all is drawn anew. */
  focused() {
    const active = document.activeElement;
    return this.root.contains(active) ? active?.getAttribute("data-key") : undefined;
  }

  /** A button that is gone leaves the focus to its visitor. @param {string} key */
  focus(key) {
    const named = (/** @type {string} */ wanted) =>
      [...this.root.querySelectorAll("[data-key]")].find((node) => node.getAttribute("data-key") === wanted);
    const node = named(key) ?? named(key.replace(/^\w+/, "show")) ?? this.free;
    /** @type {HTMLElement} */ (node).focus({ preventScroll: true });
  }
}

export default {
  /** @param {{ model: import("../common/dom.js").Model, el: HTMLElement }} context */
  render({ model, el }) {
    new Desk(model, el);
  },
};
