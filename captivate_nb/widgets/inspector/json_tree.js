import { make } from "../common/dom.js";

/**
 * A value that was JSON, as branches that fold.
 *
 * @param {any} value an object or a list
 * @param {{ folded?: Set<string>, edit?: (key: string) => void }} [options] `folded`: the branches that the reader has
 *   folded, kept up to date; `edit`: called with the outermost key when a leaf is clicked
 * @returns {HTMLElement}
 */
export function jsonTree(value, { folded = new Set(), edit } = {}) {
  /** @param {any} inner @param {string[]} path @returns {HTMLElement} */
  const branch = (inner, path) =>
    make("ul", {}, ...Object.keys(inner).map((key) => make("li", {}, entry(key, inner[key], [...path, key]))));

  /** @param {string} key @param {any} inner @param {string[]} path */
  const entry = (key, inner, path) => {
    const name = make("span", { class: "cnb-key", dir: "auto" }, key);
    if (inner === null || typeof inner !== "object" || !Object.keys(inner).length) {
      const shown = [
        name,
        make("span", { class: `cnb-value cnb-${typeof inner}`, dir: "auto" }, JSON.stringify(inner)),
      ];
      const click = () => edit?.(path[0]);
      return edit
        ? make("button", { type: "button", class: "cnb-leaf", title: "Edit this value", click }, ...shown)
        : make("span", { class: "cnb-leaf" }, ...shown);
    }
    const place = JSON.stringify(path);
    const size = Array.isArray(inner) ? `[${inner.length}]` : `{${Object.keys(inner).length}}`;
    const node = make(
      "details",
      { open: !folded.has(place) },
      make("summary", {}, name, make("span", { class: "cnb-about" }, size)),
      branch(inner, path),
    );
    node.addEventListener("toggle", () => (node.open ? folded.delete(place) : folded.add(place)));
    return node;
  };
  return make("div", { class: "cnb-tree" }, branch(value, []));
}
