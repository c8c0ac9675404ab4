import { whyNot } from "./standing.js";

// The options that bots offer, each where the bot put it: which are on offer now, how they look, and
// how keys reach them.

const STEPS = /** @type {Record<string, (here: number, count: number) => number>} */ ({
  ArrowDown: (here, count) => (here + 1) % count,
  ArrowRight: (here, count) => (here + 1) % count,
  ArrowUp: (here, count) => (here - 1 + count) % count,
  ArrowLeft: (here, count) => (here - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
});

export class Options {
  /** @param {import("./log.js").View} view @param {HTMLElement} root */
  constructor(view, root) {
    this.view = view;
    this.offer = -1;
    /** @type {HTMLElement | undefined} */
    this.offered = undefined;
    /** @type {Map<string, number>} chosen options, and the message that chose each */
    this.chosen = new Map();
    view.model.on("change:live", () => this.fit());
    view.list.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("cnb-choose", (event) => this.enter() && event.preventDefault());
  }

  /** Show the options of a message that was drawn, and the one that it chose. @param {import("./message.js").Item} item @param {number} index */
  drawn(item, index) {
    for (const pill of this.of(index)) {
      this.dress(pill);
      this.mark(index, Number(pill.dataset.n));
    }
    if (!item.answers) return;
    this.chosen.set(item.answers.join("."), index);
    this.mark(...item.answers);
  }

  /** The options of a message. @param {number} index @returns {HTMLElement[]} */
  of(index) {
    return [...(this.view.column.nodes[index]?.querySelectorAll("[data-n]") ?? [])].map(
      (pill) => /** @type {HTMLElement} */ (pill),
    );
  }

  /** Show an option as chosen, pressed, or neither. @param {number} index @param {number} option */
  mark(index, option) {
    const found = this.view.column.nodes[index]?.querySelector(`[data-n="${option}"]`);
    if (!found) return;
    const pill = /** @type {HTMLElement} */ (found);
    const { store } = this.view;
    const key = `${index}.${option}`;
    const by = store.items[this.chosen.get(key) ?? -1]?.answers;
    const chosen = by !== undefined && by.join(".") === key;
    pill.classList.toggle("cnb-chosen", chosen);
    pill.classList.toggle("cnb-pending", store.pressed.has(key));
    pill.setAttribute("aria-busy", String(store.pressed.has(key)));
    if (pill.tagName === "BUTTON") pill.setAttribute("aria-pressed", String(chosen));
    pill.textContent = `${chosen ? "✓ " : ""}${pill.dataset.label}`;
  }

  /** Say whether an option can be chosen, and if not, why. @param {HTMLElement} pill */
  dress(pill) {
    if (pill.tagName !== "BUTTON") return;
    const why = this.view.agents ? "Only the visitor can choose" : whyNot(this.view.model, this.view.list);
    /** @type {HTMLButtonElement} */ (pill).disabled = !!why;
    pill.title = why;
  }

  fit() {
    for (const pill of this.view.list.querySelectorAll("[data-n]")) this.dress(/** @type {HTMLElement} */ (pill));
  }

  /** Tell the options on offer from those of earlier messages. */
  draw() {
    const { nodes } = this.view.column;
    this.offer = this.view.agents ? -1 : this.view.store.offer();
    const offered = nodes[this.offer];
    if (offered === this.offered) return;
    this.offered?.classList.remove("cnb-offer");
    offered?.classList.add("cnb-offer");
    this.offered = offered;
  }

  /** An option was clicked; who has chosen what is on offer writes on. @param {Element} pill @param {Element} message */
  click(pill, message) {
    const index = Number(message.getAttribute("data-index"));
    this.view.store.choose(index, Number(pill.getAttribute("data-n")));
    this.view.follow();
    if (index === this.offer && !matchMedia("(pointer: coarse)").matches) this.composer()?.focus();
  }

  composer() {
    const panel = this.view.list.closest(".cnb-panel");
    return /** @type {HTMLElement | null | undefined} */ (panel?.querySelector(".cnb-composer textarea:enabled"));
  }

  /** Come from the composer to the first option on offer, if there is one. */
  enter() {
    const first = this.of(this.offer).find((pill) => !pill.matches(":disabled"));
    first?.focus();
    return !!first;
  }

  /** Arrows, Home and End walk along a message's options, a number goes to that one; Escape and what is written lead back to the composer. @param {KeyboardEvent} event */
  key(event) {
    const { target, key } = event;
    const pill = /** @type {Element} */ (target).closest("[data-n]");
    if (!pill || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = this.of(Number(pill.closest(".cnb-message")?.getAttribute("data-index")));
    const step = STEPS[key];
    if (step) all[step(all.indexOf(/** @type {HTMLElement} */ (pill)), all.length)].focus();
    else if (/^[1-9]$/.test(key) && Number(key) <= all.length) all[Number(key) - 1].focus();
    else if (key === "Escape") this.composer()?.focus();
    else {
      if (/^[^\s/]$/u.test(key)) this.composer()?.focus(); // and the key writes there
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
