import { iconButton, make } from "../common/dom.js";

// Cards in a row: how one goes along them, by key and by the buttons at both ends.

const sizes = new ResizeObserver((changes) =>
  changes.forEach(({ target }) => ends(/** @type {HTMLElement} */ (target))),
);

/** Which way a row goes: 1 to the right, -1 to the left, where cards in Arabic go on. @param {HTMLElement} cards */
function way(cards) {
  return getComputedStyle(cards).direction === "rtl" ? -1 : 1;
}

/** Put buttons at both ends of a row, each there while cards are hidden behind its end. @param {HTMLElement} cards */
export function carousel(cards) {
  const go = (/** @type {-1 | 1} */ side) => turn(cards, (here, back) => (side === way(cards) ? here + 1 : back));
  const buttons = [
    iconButton("left", "Cards to the left", () => go(-1)),
    iconButton("right", "Cards to the right", () => go(1)),
  ];
  for (const button of buttons) button.tabIndex = -1; // the arrow keys do the same
  cards.addEventListener("scroll", () => ends(cards), { passive: true });
  sizes.observe(cards);
  return make("div", { class: "cnb-carousel" }, cards, ...buttons);
}

/** @param {HTMLElement} cards */
function ends(cards) {
  const at = way(cards) * cards.scrollLeft;
  const rest = cards.scrollWidth - cards.clientWidth - at;
  const hidden = way(cards) > 0 ? [at, rest] : [rest, at];
  [...(cards.parentElement?.querySelectorAll("button.cnb-round") ?? [])].forEach((button, side) =>
    button.classList.toggle("cnb-end", hidden[side] < 2),
  );
}

/** Go to another card. @param {HTMLElement} cards @param {(here: number, back: number) => number | undefined} to from the first card in view, and the one before it */
function turn(cards, to) {
  const starts = [...cards.children].map((card) => /** @type {HTMLElement} */ (card).offsetLeft);
  const far = (/** @type {number} */ card) =>
    way(cards) * (starts[Math.max(0, Math.min(card, starts.length - 1))] - starts[0]);
  const at = way(cards) * cards.scrollLeft;
  const here = starts.findLastIndex((_, card) => far(card) <= at + 1);
  const next = to(here, far(here) < at - 1 ? here : here - 1);
  if (next !== undefined) cards.scrollLeft = way(cards) * far(next);
  return next !== undefined;
}

/** Go from card to card with the arrow keys, Home and End. @param {KeyboardEvent} event */
export function slide(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const cards = /** @type {HTMLElement} */ (event.currentTarget);
  const [on, back] = way(cards) < 0 ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
  const moved = turn(
    cards,
    (here, before) => ({ [on]: here + 1, [back]: before, Home: 0, End: cards.children.length })[event.key],
  );
  if (!moved) return;
  event.preventDefault();
  cards.focus({ preventScroll: true });
}
