// Put into every page before its own scripts: notes, on the machine's clock in milliseconds since
// the epoch, when a numbered message ("#17#") comes into the DOM and when half of it has been on
// the screen, and what comes over the kernel's socket.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const bench = { watching: true, seen: {}, shown: {}, comms: [] };
  window.bench = bench;
  bench.reset = () => Object.assign(bench, { seen: {}, shown: {}, comms: [] });

  const numbers = new WeakMap();
  const screen = new IntersectionObserver((entries) => {
    for (const { target, intersectionRatio } of entries) {
      if (intersectionRatio < 0.5) continue;
      bench.shown[numbers.get(target)] ??= now();
      screen.unobserve(target);
    }
  }, { threshold: 0.5 });

  const note = (root) => {
    if (!root.isConnected || !/#\d+#/.test(root.textContent)) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = root.nodeType === Node.TEXT_NODE ? root : walker.nextNode(); text; text = walker.nextNode()) {
      const number = /#(\d+)#/.exec(text.data)?.[1];
      const home = text.parentElement;
      if (number === undefined || !home || home.closest("[aria-live=polite], .jp-InputArea")) continue;
      bench.seen[number] ??= now();
      numbers.set(home, number);
      screen.observe(home);
    }
  };
  const what = { childList: true, characterData: true, subtree: true };
  const tree = new MutationObserver((records) => {
    if (!bench.watching) return;
    for (const record of records) {
      if (record.type === "characterData") note(record.target);
      else record.addedNodes.forEach(note);
    }
  });
  tree.observe(document, what);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    tree.observe(root, what);
    return root;
  };

  const decoder = new TextDecoder();
  // A message of Jupyter's binary protocol: seven offsets, then channel, header, parent, metadata, content.
  const part = (data, number) => {
    const view = new DataView(data);
    const [start, stop] = [8 + 8 * number, 16 + 8 * number].map((at) => Number(view.getBigUint64(at, true)));
    return JSON.parse(decoder.decode(new Uint8Array(data, start, stop - start)));
  };
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      if (!String(args[0]).includes("/channels")) return;
      this.addEventListener("message", ({ data }) => {
        const at = now();
        if (!part(data, 1).msg_type.startsWith("comm_")) return;
        const told = part(data, 4).data ?? {};
        bench.comms.push({ at, kind: told.content?.kind ?? told.method ?? "", bytes: data.byteLength });
      });
    }
  };

  // What a cell prints goes astray now and then beside Panel; a reply with expressions does not.
  bench.run = async (code, expressions = {}) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({ code, user_expressions: expressions });
    const { content } = await future.done;
    if (content.status !== "ok") throw new Error(content.traceback?.join("\n") ?? content.status);
    return content.user_expressions;
  };
})();
