import { make } from "../common/dom.js";

/**
 * Buttons to go from part to part of a panel. The stylesheet shows them, and one part at a time, where
 * the parts have no room beside each other.
 */
export default {
  /** @param {{ model: import("../common/dom.js").Model, el: HTMLElement }} context */
  render({ model, el }) {
    /** @type {string[]} */
    let known = [];
    let shown = "chat";
    /** @param {string} name */
    const show = (name) => {
      shown = name;
      el.parentElement?.setAttribute("data-shown", name);
      for (const button of el.children)
        button.setAttribute("aria-pressed", String(button.getAttribute("data-part") === name));
    };
    const draw = () => {
      /** @type {[string, string][]} */
      const parts = model.get("parts");
      const names = parts.map(([name]) => name);
      const fresh = names.find((name) => known.length && !known.includes(name));
      known = names;
      el.replaceChildren(
        ...parts.map(([name, label]) =>
          make("button", { type: "button", "data-part": name, dir: "auto", click: () => show(name) }, label),
        ),
      );
      show(fresh ?? (names.includes(shown) ? shown : "chat"));
    };
    el.classList.add("cnb-parts");
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", "Part of the panel to show");
    model.on("change:parts", draw);
    draw();
    setTimeout(draw); // once we stand in the panel
  },
};
