/**
 * Keep a notebook's one-letter commands away from our panel: a “d” typed twice on a button would delete
 * the cell, and Ctrl+Enter run it again. Ctrl+S and the like still reach the notebook.
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
  window.addEventListener("keydown", press, true); // the notebook listens right behind
  return () => window.removeEventListener("keydown", press, true);
}
