import { hear } from "../common/questions.js";

/**
 * Buttons that stand beside this widget: a click shows as pending at once, before Python has heard of
 * it, and a second click on a pending row goes nowhere. The row begins where their labels do.
 */
export default {
  /** @param {{ model: import("../common/dom.js").Model, el: HTMLElement }} context */
  render({ model, el }) {
    el.classList.add("cnb-sheet");
    const row = () => el.parentElement;
    setTimeout(() => row()?.setAttribute("dir", "auto")); // once we stand in it
    /** @param {MouseEvent} event */
    const press = (event) => {
      const button = /** @type {Element} */ (event.target).closest("button.cnb-pill");
      if (!button || !row()?.contains(button)) return;
      if (row()?.querySelector(".cnb-pending:not(.cnb-spare)")) event.stopImmediatePropagation();
      button.classList.add("cnb-pending");
      button.setAttribute("aria-busy", "true");
    };
    const settle = () => {
      for (const button of row()?.querySelectorAll(".cnb-pending") ?? []) {
        button.classList.remove("cnb-pending");
        button.removeAttribute("aria-busy");
      }
    };
    /** @type {import("../common/questions.js").Handlers<import("../common/messages.js").ToChoices>} */
    const handlers = { settled: settle };
    hear(model, handlers);
    document.addEventListener("click", press, true);
    return () => document.removeEventListener("click", press, true);
  },
};
