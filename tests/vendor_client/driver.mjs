// Holds whole conversations with an embedded server through the vendor's own client.
//
//   node driver.mjs SCENARIO     with WS_URL, HTTP_URL and API_KEY in the environment
//
// The client's hosts are fixed, so `fetch` and `WebSocket` are wrapped to lead them to the server
// under test; anything else that it would reach is refused. Each scenario asserts what it sees,
// and prints one line of JSON for the test that started it.

import assert from "node:assert/strict";
import { WebSocket } from "ws";

const { WS_URL, HTTP_URL, API_KEY } = process.env;
const LIMIT = 5000; // ms for one event to come

const realFetch = globalThis.fetch;
globalThis.fetch = (address, options) => {
  const url = new URL(address);
  if (/^channel\.(prod|dev)\.captivat\.io$/.test(url.host)) {
    return realFetch(HTTP_URL + url.pathname + url.search, options);
  }
  assert.equal(url.origin, HTTP_URL, "the client may reach nothing else");
  return realFetch(url, options);
};
globalThis.WebSocket = class extends WebSocket {
  constructor(address) {
    const url = new URL(address);
    assert.match(url.host, /^channel(-dev)?\.wss\.captivatechat\.ai$/);
    super(WS_URL + url.search);
  }
};
const { CaptivateChatAPI } = (await import("captivate-chat-api")).default;

/** A list that grows, and that one can wait on: `next(test)` takes the first item that fits. */
class Inbox {
  items = [];
  #waiting = [];

  add(item) {
    this.items.push(item);
    for (const check of [...this.#waiting]) check();
  }

  next(what, test) {
    return new Promise((resolve, reject) => {
      const seen = JSON.stringify(this.items).slice(-2000);
      const timer = setTimeout(() => reject(new Error(`no ${what}; there was ${seen}`)), LIMIT);
      const check = () => {
        const index = this.items.findIndex(test);
        if (index < 0) return;
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((other) => other !== check);
        resolve(this.items.splice(index, 1)[0]);
      };
      this.#waiting.push(check);
      check();
    });
  }
}

/** Listen as the client lets one listen, and return what comes. */
function listen(conversation) {
  const inbox = new Inbox();
  conversation.onMessage((content, from) => inbox.add({ from, content }));
  conversation.onActionReceived((actions) => inbox.add({ from: "action", actions }));
  conversation.onConversationUpdate((update) => inbox.add({ from: "update", ...update }));
  return inbox;
}

const from = (inbox, who) => inbox.next(who, (item) => item.from === who);
const texts = (item) => item.content.filter((c) => c.type === "text").map((c) => c.text);
const api = () => CaptivateChatAPI.create(API_KEY, "prod");

/** Every frame of the socket, which the client's own listeners would miss before they exist. */
function frames(client) {
  const inbox = new Inbox();
  client.getSocket().addEventListener("message", (message) => inbox.add(JSON.parse(message.data).event));
  return inbox;
}
const frame = (inbox, type) => inbox.next(type, (event) => event.event_type === type);

/** Create a conversation, and wait for its greeting. */
async function greeted(client) {
  const seen = frames(client);
  const chat = await client.createConversation("ann", { firstName: "Ann" }, { page: "/" });
  return [chat, (await frame(seen, "bot_message")).event_payload];
}

const scenarios = {
  async greeting() {
    const client = await api();
    const [chat, greeting] = await greeted(client);
    assert.equal(greeting.content[0].text, "Hi. I'm the Captivate Bot.");
    const labels = greeting.content[2].buttons.options.map((option) => option.label);
    assert.deepEqual(labels, ["Leave Contact Details", "Chat to Agent"]);
    const inbox = listen(chat);
    await chat.sendMessage({ type: "text", text: labels[0] });
    assert.deepEqual(texts(await from(inbox, "ai_agent")), ["What is your name?"]);
    await chat.sendMessage("Ann");
    assert.match(texts(await from(inbox, "ai_agent"))[0], /email/);
    await chat.sendMessage("ann@example.org");
    assert.match(texts(await from(inbox, "ai_agent"))[0], /We will write to ann@example\.org/);
    assert.equal((await chat.getMetadata()).name, "Ann");
  },

  async userFirst() {
    const client = await api();
    const chat = await client.createConversation("ann", {}, {}, "user-first");
    const inbox = listen(chat);
    await chat.sendMessage("I would like to leave my details");
    assert.deepEqual(texts(await from(inbox, "ai_agent")), ["What is your name?"]);
  },

  async liveChat() {
    const client = await api();
    const chat = await client.createConversation("ann");
    const inbox = listen(chat);
    await chat.sendAction("escalateToHuman", { reason: "a test" });
    const joined = await from(inbox, "update");
    assert.deepEqual([joined.type, joined.data.agent.name], ["livechatAgentConnected", "Maya"]);
    const hello = (await from(inbox, "human_agent")).content;
    assert.match(hello[0].text, /Maya/);
    const picture = await fetch(hello[1].files[0].url);
    assert.equal(picture.headers.get("content-type"), "image/svg+xml");
    assert.match(await picture.text(), /^<svg/);
    await chat.sendMessage("Is anybody there?");
    assert.match(texts(await from(inbox, "human_agent"))[0], /Is anybody there\?/);
    await chat.sendMessage("thanks, bye");
    assert.match(texts(await from(inbox, "human_agent"))[0], /Goodbye/);
    assert.equal((await from(inbox, "update")).type, "livechatAgentDisconnected");
  },

  async actions() {
    const client = await api();
    const chat = await client.createConversation("ann", {}, {}, "user-first");
    const inbox = listen(chat);
    await chat.sendMessage("How do I reach you?");
    const { actions } = await from(inbox, "action");
    assert.deepEqual(actions, [
      { type: "normal", id: "redirectToContactUs", data: { page: "/contact", subject: "a question" } },
    ]);
    await chat.sendAction("applyVoucher", { code: "SPRING" });
    await inbox.next("voucher", (item) => item.from === "ai_agent" && /VIP prices/.test(texts(item)));
    assert.equal((await chat.getMetadata()).vip, true);
  },

  async metadata() {
    const client = await api();
    const chat = await client.createConversation("ann", {}, { plan: "gold" }, "user-first", { token: 1 });
    assert.deepEqual(await chat.getMetadata(), { plan: "gold" });
    await chat.setMetadata({ page: { path: "/" } });
    await chat.setPrivateMetadata({ more: "secret" });
    assert.deepEqual(await chat.getMetadata(), { plan: "gold", page: { path: "/" } });
    return { id: chat.getConversationId() };
  },

  async lists() {
    const client = await api();
    const plans = ["gold", "silver", "gold", "bronze"];
    const ids = [];
    for (const [index, plan] of plans.entries()) {
      const chat = await client.createConversation("lister", {}, { plan, number: index }, "user-first");
      ids.push(chat.getConversationId());
    }
    const listed = async (options) => {
      const answer = await client.getUserConversations({ userId: "lister", ...options });
      return [answer.conversations.map((chat) => ids.indexOf(chat.getConversationId())), answer.pagination];
    };
    const all = await client.getUserConversations("lister");
    assert.deepEqual(all.conversations.map((chat) => ids.indexOf(chat.getConversationId())), [3, 2, 1, 0]);
    assert.deepEqual((await listed({ filter: { plan: "gold" } }))[0], [2, 0]);
    assert.deepEqual((await listed({ search: { plan: "ON" } }))[0], [3]);
    const [second, pages] = await listed({ pagination: { page: "2", limit: "3" } });
    assert.deepEqual(second, [0]);
    assert.deepEqual(pages, {
      hasNextPage: false, hasPrevPage: true, page: 2, pageSize: 3, total: 4, totalPages: 2,
    });
    const again = await client.getConversation(ids[0]);
    assert.deepEqual(await again.getMetadata(), { plan: "gold", number: 0 });
  },

  async editAndTranscript() {
    const client = await api();
    const [chat] = await greeted(client);
    const inbox = listen(chat);
    await chat.sendMessage("Leave Contact Details");
    await from(inbox, "ai_agent");
    await chat.sendMessage({ text: "Ann, with a file", files: [{ url: "https://example.org/a.pdf", type: "application/pdf", filename: "a.pdf" }] });
    await from(inbox, "ai_agent");
    const before = (await chat.getTranscript()).filter((entry) => entry.from === "user");
    assert.deepEqual(before.map((entry) => entry.text), ["Leave Contact Details", "Ann, with a file"]);
    assert.equal(before[1].files[0].filename, "a.pdf");
    await chat.editMessage(before[0].message_id, "Leave my details");
    const after = await chat.getTranscript();
    assert.equal(after.find((entry) => entry.message_id === before[0].message_id).text, "Leave my details");
    assert.deepEqual(after.map((entry) => entry.from), ["bot", "user", "bot", "user", "bot"]);
    await assert.rejects(chat.editMessage("no such message", "x"), /400/);
  },

  async files() {
    const client = await api();
    const chat = await client.createConversation("ann", {}, {}, "user-first");
    const inbox = listen(chat);
    const file = { url: "https://example.org/a.png", type: "image/png", filename: "a.png" };
    for (const files of [[file], { type: "files", files: [file] }, file]) {
      await chat.sendMessage({ type: "files", files });
      assert.match(texts(await from(inbox, "ai_agent"))[0], /Thank you for the file/);
    }
    const sent = (await chat.getTranscript()).filter((entry) => entry.from === "user");
    assert.deepEqual(sent.map((entry) => entry.files[0].filename), ["a.png", "a.png", "a.png"]);
  },

  async deletion() {
    const client = await api();
    const listed = async () => (await client.getUserConversations("leaver")).conversations.length;
    const create = () => client.createConversation("leaver", {}, {}, "user-first");
    const [soft, hard] = [await create(), await create()];
    await create();
    const seen = frames(client);
    await soft.delete();
    await hard.delete({ softDelete: false });
    assert.equal((await frame(seen, "delete_conversation_success")).event_payload.userId, "leaver");
    assert.equal(await listed(), 1);
    await assert.rejects(soft.sendMessage("hello"), /400/);
    await assert.rejects(hard.sendMessage("hello"), /400/);
    assert.deepEqual(await soft.getTranscript(), []);
    await assert.rejects(hard.getTranscript(), /404/);
    await client.deleteUserConversations("leaver", { softDelete: false });
    assert.equal(await listed(), 0);
  },

  async largeMessage() {
    const client = await api();
    const chat = await client.createConversation("ann");
    const inbox = listen(chat);
    await chat.sendMessage("Very long message");
    const long = await inbox.next("long text", (item) => item.from === "ai_agent" && item.content[0].text?.length > 128 * 1024);
    assert.match(long.content[0].text, /^All work and no play/);
    await chat.sendMessage("Error");
    const error = await from(inbox, "error");
    assert.match(error.content, /made on purpose/);
  },

  async unknownConversation() {
    const client = await api();
    const chat = await client.getConversation("nobody-knows");
    await assert.rejects(chat.sendMessage("hello"), /400/);
  },

  async wrongKey() {
    await assert.rejects(CaptivateChatAPI.create(`${API_KEY}x`, "prod"), /401/);
  },

  async reconnect() {
    const client = await api();
    const [chat] = await greeted(client);
    client.getSocket().close(1000);
    await client.connect();
    const again = await client.getConversation(chat.getConversationId());
    const fresh = frames(client);
    await again.sendMessage("Leave Contact Details");
    assert.equal((await frame(fresh, "bot_message")).event_payload.content[0].text, "What is your name?");
  },
};

console.error = () => {}; // the client logs every refusal that a scenario provokes
try {
  console.log(JSON.stringify((await scenarios[process.argv[2]]()) ?? {}));
  process.exit(0); // the client leaves timers behind
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
