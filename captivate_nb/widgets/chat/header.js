import { iconButton, initials, make } from "../common/dom.js";
import { hear, Questions } from "../common/questions.js";
import { MoreMenu } from "./menu.js";
import { DEAD, standing } from "./standing.js";

/** Who is on the other side, how the connection is, a new start, the inspector, and the way back from the past. */
export default {
  /** @param {{ model: import("../common/dom.js").Model<import("../common/messages.js").FromHeader>, el: HTMLElement }} context */
  render({ model, el }) {
    const avatar = make("div", { class: "cnb-avatar", "aria-hidden": "true" });
    const name = make("div", { class: "cnb-heading", dir: "auto" });
    const state = make("div", { class: "cnb-state", role: "status" });
    /** @type {Questions<import("../common/messages.js").FromHeader>} */
    const questions = new Questions(model);
    const restart = iconButton("restart", "Start a new conversation", () => again());
    const anew = iconButton("newcomer", "Start as a new user", () => again("new"));
    const other = iconButton("json", "Start with other metadata", () => menu.ask());
    const starts = [restart, anew, other];
    /** @param {"new"} [user] */
    const again = async (user) => {
      for (const button of starts) button.disabled = true;
      await questions.ask({ kind: "restart", user });
      draw();
    };
    for (const button of [anew, other]) button.classList.add("cnb-roomy"); // else they are in the menu
    const inspect = iconButton("inspect", "Inspector", () => model.send({ kind: "inspect" }));
    const find = iconButton("find", "Find in this conversation (/)", () =>
      el.closest(".cnb-panel")?.querySelector(".cnb-log")?.dispatchEvent(new CustomEvent("cnb-find")),
    );
    const close = iconButton("close", "Close this branch", () => model.send({ kind: "close" }));
    const menu = new MoreMenu(model, questions);
    const past = make("span");
    const back = make("button", { type: "button", class: "cnb-do", click: () => model.send({ kind: "now" }) });
    const banner = make("div", { class: "cnb-banner", role: "status" }, past, back);
    const draw = () => {
      const status = standing(model, el);
      const tools = model.get("tools") ?? ["restart"];
      avatar.textContent = initials(model.get("name"));
      name.textContent = name.title = model.get("name");
      state.textContent = [status, ...model.get("facts")].join(" · ");
      state.title = [state.textContent, model.get("about")].filter(Boolean).join("\n");
      state.dataset.status = status;
      for (const button of [...starts, menu.button]) {
        button.disabled = status in DEAD;
        button.title = DEAD[status] ?? button.getAttribute("aria-label") ?? "";
        button.hidden = !tools.includes("restart");
      }
      inspect.setAttribute("aria-pressed", String(Boolean(model.get("inspecting"))));
      inspect.hidden = !tools.includes("inspect");
      close.hidden = !tools.includes("close");
      past.textContent = model.get("past") ?? "";
      back.textContent = status === "recorded" ? "To the end" : "Back to now";
      banner.hidden = !model.get("past");
    };
    for (const trait of ["name", "status", "facts", "about", "past", "inspecting", "tools"])
      model.on(`change:${trait}`, draw);
    /** @type {import("../common/questions.js").Handlers<import("../common/messages.js").ToHeader>} */
    const handlers = { answer: (answer) => questions.take(answer) };
    hear(model, handlers);
    model.on("comm_live_update", () => setTimeout(draw)); // when the panel around us knows it too
    el.classList.add("cnb-top");
    el.append(
      make(
        "div",
        { class: "cnb-header" },
        avatar,
        make("div", { class: "cnb-who" }, name, state),
        find,
        ...starts,
        menu.button,
        inspect,
        close,
      ),
      menu.list,
      menu.form.node,
      banner,
    );
    draw();
    setTimeout(draw); // once we stand in the panel
  },
};
