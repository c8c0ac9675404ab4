// Where the focus goes when what has it is drawn anew, or is gone.

/**
 * Change what is drawn in some places. Who was at a decision about a message there is at the same one
 * afterwards, else at the next of its kind, else where one writes; who was at an option is at it, too; who was at anything else is at the log.
 * @param {HTMLElement[]} places @param {HTMLElement} log @param {() => void} change
 */
export function holdFocus(places, log, change) {
  const at = /** @type {HTMLElement} */ (document.activeElement);
  const place = places.find((each) => each.contains(at));
  const wanted = place && selectors(at, place);
  change();
  if (!place || places.some((each) => each.contains(document.activeElement))) return;
  const nodes = wanted?.flatMap((one) => [place, ...places].map((each) => each.querySelector(one))) ?? [];
  const box = wanted && log.closest(".cnb-panel")?.querySelector(".cnb-composer textarea:enabled");
  for (const node of /** @type {(HTMLElement | null | undefined)[]} */ ([...nodes, box, log])) {
    node?.focus({ preventScroll: true });
    if (!node || document.activeElement !== node) continue;
    if (node !== log) node.scrollIntoView({ block: "nearest" });
    return;
  }
}

/** What finds what has the focus once it is drawn anew, the best first; undefined where nothing is like it. @param {HTMLElement} at @param {HTMLElement} place */
function selectors(at, place) {
  if (at.matches(".cnb-decide")) return neighbours(at, place);
  const index = at.closest(".cnb-message")?.getAttribute("data-index");
  return at.matches("[data-n]") ? [`[data-index="${index}"] [data-n="${at.dataset.n}"]:enabled`] : undefined;
}

/** What finds a button and the others of its place, the nearest first, those of its kind before all. @param {HTMLElement} button @param {HTMLElement} place */
function neighbours(button, place) {
  const all = /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".cnb-decide")]);
  const here = all.indexOf(button);
  const near = [...all.slice(here), ...all.slice(0, here).reverse()];
  const alike = near.filter((other) => other.dataset.how === button.dataset.how);
  return [...alike, ...near].map(
    ({ dataset }) => `.cnb-decide[data-id="${CSS.escape(dataset.id ?? "")}"][data-how="${dataset.how}"]:enabled`,
  );
}
