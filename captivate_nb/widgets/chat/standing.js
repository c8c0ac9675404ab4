/** Why nothing can be done here any more. @type {Record<string, string>} */
export const DEAD = {
  closed: "This session is closed: open another with %captivate",
  "no kernel": "There is no kernel behind this chat: run its cell again",
};

/** How the connection is, as the session has it; "no kernel" where nobody hears the page any more. @param {import("../common/dom.js").Model} model @param {Element} node */
export function standing(model, node) {
  return node.closest(".jupyter-widgets-disconnected") ? "no kernel" : (model.get("status") ?? "open");
}
