/** Who says what, as the one who reads it sees them: the user, or a live agent at the desk. */
export class Speakers {
  /** @param {import("../common/dom.js").Model} model */
  constructor(model) {
    this.model = model;
    this.agents = model.get("reader") === "agent"; // an agent reads it: the agent's side is the own
  }

  /** Whether the reader has said it. @param {import("./message.js").Item} item */
  own(item) {
    return item.from === (this.agents ? "agent" : "user");
  }

  /** @param {import("./message.js").Item} item */
  name(item) {
    if (item.from === "bot") return this.model.get("bot");
    if (this.own(item)) return "You";
    return item.from === "user" ? this.model.get("user") : item.from === "agent" ? (item.name ?? "Agent") : "Note";
  }

  /** @param {import("./message.js").Item} item */
  look(item) {
    if (this.own(item)) return "user";
    return item.from === "user" ? "visitor" : item.from;
  }

  /** What stands above a group. @param {import("./message.js").Item} item */
  title(item) {
    const name = this.name(item);
    if (!this.agents) return item.from === "agent" ? `${name} · agent` : "";
    if (item.from === "bot") return `${name} · bot`;
    return item.from === "user" ? name : "";
  }
}
