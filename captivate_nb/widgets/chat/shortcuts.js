/**
 * Keep a notebook's one-letter commands away from our panel: a “d” typed twice on a button would delete
 * the cell, and Ctrl+Enter run it again. Ctrl+S and the like still reach the notebook. And a reader who
 * has chosen an option writes on in the composer: the button that had the focus is gone.
 * @param {HTMLElement} root
 * @returns {() => void} what ends it
 */
export function ownKeys(root) {
  const panel = () => root.closest(".cnb-panel") ?? root;
  /** @param {KeyboardEvent} event */
  const press = ({ target, ctrlKey, metaKey, key }) => {
    const at = /** @type {Element} */ (target);
    if (panel().contains(at))
      at.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey) || key === "Enter");
  };
  /** @param {MouseEvent} event */
  const chosen = ({ target }) => {
    const row = /** @type {Element} */ (target).closest("button.cnb-pill")?.parentElement;
    if (!row?.matches(".cnb-choices") || row.parentElement !== panel() || matchMedia("(pointer: coarse)").matches)
      return;
    /** @type {HTMLElement | null} */ (row.parentElement.querySelector(".cnb-composer textarea"))?.focus();
  };
  window.addEventListener("keydown", press, true); // the notebook listens right behind
  window.addEventListener("click", chosen);
  return () => {
    window.removeEventListener("keydown", press, true);
    window.removeEventListener("click", chosen);
  };
}
