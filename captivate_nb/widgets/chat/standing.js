/** Why nothing can be done here any more. @type {Record<string, string>} */
export const DEAD = {
  closed: "This session is closed: open another with %captivate",
  "no kernel": "There is no kernel behind this chat: run its cell again",
  recorded: "This is a recording: nothing in it can be answered",
};

const PAST = "This is the past: go back to now first";

/** How the connection is, as the session has it; "no kernel" where nobody hears the page any more. @param {import("../common/dom.js").Model} model @param {Element} node */
export function standing(model, node) {
  return node.closest(".jupyter-widgets-disconnected") ? "no kernel" : (model.get("status") ?? "open");
}

/** Why nothing in a conversation can be answered or decided just now; "" if it can. @param {import("../common/dom.js").Model} model @param {Element} node */
export function whyNot(model, node) {
  return DEAD[standing(model, node)] ?? (model.get("live") ? "" : PAST);
}
