import { copy, counted, make, size } from "../common/dom.js";
import { FollowingList } from "../common/following_list.js";
import { choose, JsonForm } from "../common/json_form.js";

/**
 * @typedef {import("./event_store.js").Row} Row
 * @typedef {import("./event_store.js").State} State
 */

const SPAN = 50; // rows in one block of the page's layout
const QUIET = 200; // milliseconds without a key until what is looked for is looked for in the frames
const SECONDS = new Intl.DateTimeFormat([], {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** Every frame, in and out. */
export class EventsTab {
  /** @param {import("./inspector.js").Inspector} inspector */
  constructor(inspector) {
    this.inspector = inspector;
    this.store = inspector.store;
    /** @type {Map<string, number>} the first event of each message */
    this.byMessage = new Map();
    /** @type {Set<string>} */
    this.types = new Set();
    /** @type {Set<number>} events whose frames have what is looked for */
    this.found = new Set();
    this.at = Infinity;
    this.chosen = -1;
    this.filtered = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pause = undefined;

    this.type = choose("Type", { "": "all types" }, () => this.filter());
    this.way = choose("Direction", { "": "in + out", in: "↓ in", out: "↑ out", skipped: "! skipped" }, () =>
      this.filter(),
    );
    this.text = make("input", {
      type: "search",
      dir: "auto",
      placeholder: "find…",
      "aria-label": "Find in events",
      input: () => this.find(),
      keydown: (/** @type {KeyboardEvent} */ event) => event.stopPropagation(),
    });
    this.count = make("span", { class: "cnb-spoken", role: "status" });
    this.list = make("div", {
      class: "cnb-events",
      role: "region",
      "aria-label": "Events",
      tabindex: "0",
      keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      focusin: (/** @type {Event} */ event) => this.focused(event),
    });
    this.list.addEventListener(
      "toggle",
      (event) => this.toggled(/** @type {HTMLDetailsElement} */ (event.target)),
      true,
    );
    this.none = make("div", { class: "cnb-none" }, "No event is like that.");
    this.node = make(
      "div",
      { class: "cnb-tab" },
      make("div", { class: "cnb-bar cnb-filter" }, this.type, this.way, this.text),
      this.count,
      this.list,
    );
    this.list.append(this.none);
    if (inspector.live) this.node.append(this.sender());
    this.column = new FollowingList(this.list, this.list, { look: "cnb-rows", span: SPAN, behind: this.none });
    this.column.watch(this.list);
  }

  sender() {
    this.last = choose("Template", { "": "from last sent" }, () => this.template());
    this.form = new JsonForm("Event to send, as JSON", "Send", (text) => this.send(text), this.last);
    return make("details", { class: "cnb-send-box", open: true }, make("summary", {}, "Send an event"), this.form.node);
  }

  /** @param {string} text */
  async send(text) {
    const done = await this.store.questions.ask({ kind: "send", text });
    const id = /"client_msg_id":\s*"([^"]+)"/.exec(text)?.[1];
    if (!done.error && id && this.form)
      this.form.text.value = text.replaceAll(id, crypto.randomUUID?.() ?? `${Math.random()}`);
    return done;
  }

  /** Put an event that was sent into the form, by default the one chosen there. */
  async template(n = this.last?.value ? Number(this.last.value) : null) {
    const { text } = await this.inspector.ask({ kind: "template", n });
    if (this.form && text !== undefined) this.form.text.value = text;
  }

  // --- rows ----------------------------------------------------------------------------------

  /** @param {number} start @param {number} stop */
  rows(start, stop) {
    for (const row of this.store.list.slice(start, stop)) {
      this.place(row);
      this.note(row);
    }
    if (this.text.value) this.look(start);
    this.tally();
    if (this.column.following) this.column.toEnd();
  }

  /** @param {Row} row */
  place(row) {
    const node = this.draw(row);
    node.hidden = !this.fits(row);
    node.classList.toggle("cnb-future", row.n > this.at);
    this.column.put(row.n, node);
  }

  /** @param {Row} row */
  draw(row) {
    const mark = row.problem ? "!" : row.out ? "↑" : "↓";
    const way = row.problem ? "skipped" : row.out ? "out" : "in";
    const what = make("span", { class: "cnb-what" }, row.problem ? `skipped: ${row.problem}` : row.type);
    if (row.about) what.append(make("span", { class: "cnb-about" }, " · ", make("bdi", {}, row.about)));
    return make(
      "details",
      { class: `cnb-event cnb-way-${way}`, "data-n": row.n },
      make(
        "summary",
        { title: `session.events[${row.n}]` },
        make("span", { class: "cnb-mark", role: "img", "aria-label": way }, mark),
        make("span", { class: "cnb-when" }, SECONDS.format(row.at * 1000)),
        what,
        make("span", { class: "cnb-size" }, size(row.size)),
      ),
    );
  }

  /** @param {Row} row */
  note(row) {
    const known = row.id === undefined ? undefined : this.byMessage.get(row.id);
    if (row.id !== undefined && (known === undefined || known > row.n)) this.byMessage.set(row.id, row.n);
    if (row.type && !this.types.has(row.type)) {
      this.types.add(row.type);
      this.type.append(make("option", { value: row.type }, row.type));
    }
    if (!row.out || row.problem || !this.last) return;
    const known_ = [...this.last.options].find((option) => option.text === `last ${row.type}`);
    if (!known_) this.last.append(make("option", { value: row.n }, `last ${row.type}`));
    else if (Number(known_.value) < row.n) known_.value = `${row.n}`;
  }

  // --- looking for some ----------------------------------------------------------------------

  /** @param {Row} row */
  fits(row) {
    const way = row.problem ? "skipped" : row.out ? "out" : "in";
    if (this.type.value && row.type !== this.type.value) return false;
    if (this.way.value && way !== this.way.value) return false;
    const wanted = this.text.value.toLowerCase();
    return (
      !wanted || this.found.has(row.n) || `${row.type} ${row.about} ${row.problem ?? ""}`.toLowerCase().includes(wanted)
    );
  }

  filter() {
    this.column.nodes.forEach((node, n) => (node.hidden = !this.fits(this.store.list[n])));
    this.tally();
  }

  tally() {
    const filtered = this.type.value || this.way.value || this.text.value;
    const shown = filtered ? this.column.nodes.filter((node) => !node.hidden).length : this.column.nodes.length;
    this.none.hidden = !filtered || shown > 0;
    if (filtered) this.count.textContent = counted(shown, "event");
    if (!filtered && !this.filtered) return;
    this.filtered = Boolean(filtered); // a block without rows would still take the room it is said to take
    for (const block of this.column.blocks)
      if (block) block.hidden = this.filtered && !block.querySelector(".cnb-event:not([hidden])");
  }

  find() {
    this.found.clear();
    this.filter();
    clearTimeout(this.pause);
    if (this.text.value) this.pause = setTimeout(() => this.look(0), QUIET);
  }

  /** Have the frames looked through, which are not all here. @param {number} start */
  async look(start) {
    const text = this.text.value;
    const { found = [] } = await this.inspector.ask({ kind: "find", text, start });
    if (text !== this.text.value) return;
    for (const n of found) {
      this.found.add(n);
      if (this.column.nodes[n]) this.column.nodes[n].hidden = !this.fits(this.store.list[n]);
    }
    this.tally();
  }

  // --- one of them ---------------------------------------------------------------------------

  /** @param {HTMLDetailsElement} node */
  toggled(node) {
    if (!node.open || !node.matches(".cnb-event") || node.querySelector(".cnb-frame")) return;
    const n = Number(node.getAttribute("data-n"));
    const row = this.store.list[n];
    const text = make("pre", { tabindex: "0", "aria-label": `Event ${n}` }, "…");
    const tools = make(
      "div",
      { class: "cnb-bar" },
      make(
        "button",
        {
          type: "button",
          class: "cnb-do",
          click: (/** @type {MouseEvent} */ event) =>
            copy(text.textContent ?? "", /** @type {HTMLElement} */ (event.target)),
        },
        "Copy",
      ),
      make("button", { type: "button", class: "cnb-do", click: () => this.inspector.go(n) }, "Show as of here"),
    );
    if (this.form && row.out && !row.problem) {
      tools.append(
        make("button", { type: "button", class: "cnb-do", click: () => this.template(n) }, "Use as template"),
      );
    }
    node.append(make("div", { class: "cnb-frame" }, text, tools));
    this.column.following = false;
    this.fill(n, text);
  }

  /** Show an event's frame. @param {number} n @param {HTMLElement} text */
  async fill(n, text) {
    const { text: frame = "" } = await this.inspector.ask({ kind: "frame", n });
    text.replaceChildren(frame);
    const node = this.column.nodes[n];
    if (!node || n !== this.chosen) return;
    const [row, box] = [node, this.list].map((each) => each.getBoundingClientRect());
    if (row.bottom > box.bottom) this.list.scrollTop += Math.min(row.bottom - box.bottom, row.top - box.top);
  }

  /** @param {Event} event */
  focused(event) {
    const node = /** @type {Element} */ (event.target).closest(".cnb-event");
    if (!node) return;
    const n = Number(node.getAttribute("data-n"));
    this.mark(n);
    const { id } = this.store.list[n];
    if (id !== undefined) this.inspector.seek(id);
  }

  /** @param {number} n */
  mark(n) {
    this.column.nodes[this.chosen]?.removeAttribute("aria-current");
    this.column.nodes[n]?.setAttribute("aria-current", "true");
    this.chosen = n;
  }

  /** Select an event and bring it into view. @param {number} n */
  reveal(n) {
    if (!this.column.nodes[n]) return;
    this.mark(n);
    this.column.nodes[n].hidden = false;
    this.column.block(Math.floor(n / SPAN)).hidden = false;
    this.column.reveal(n, (height) => height / 2);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = /** @type {Element} */ (event.target).closest("summary")?.parentElement;
    if (!step || !here) return;
    event.preventDefault();
    event.stopPropagation();
    let n = Number(here.getAttribute("data-n")) + step;
    while (this.column.nodes[n]?.hidden) n += step;
    this.column.nodes[n]?.querySelector("summary")?.focus();
  }

  // --- time ----------------------------------------------------------------------------------

  /** @param {State} state */
  state(state) {
    const at = state.past ?? Infinity;
    const [low, high] = [Math.min(at, this.at), Math.max(at, this.at)];
    for (let n = Math.max(low, 0); n <= Math.min(high, this.column.nodes.length - 1); n += 1) {
      this.column.nodes[n]?.classList.toggle("cnb-future", n > at);
    }
    if (at !== this.at && state.past !== null) this.reveal(state.past);
    else if (at !== this.at) this.column.follow();
    this.at = at;
  }

  open() {
    if (this.form && !this.form.text.value) this.template();
    if (this.column.following) this.column.toEnd();
    else this.reveal(this.chosen);
  }

  close() {
    this.column.close();
    clearTimeout(this.pause);
  }
}
