// Written by `make format` from `widgets/messages.py`, which says what each message is for.

/**
 * @typedef {import("../chat/message.js").Item} Item
 * @typedef {import("../inspector/event_store.js").Row} Row
 * @typedef {"again" | "arrived"} Decision
 * @typedef {"events" | "metadata" | "actions" | "timing" | "bot" | "code"} Tab
 * @typedef {{ id: number, message: string, detail: string, about: string, good: boolean, turn: number, restart: boolean }} ProblemLine
 * @typedef {{ name: string, type: string }} FileName
 * @typedef {{ kind: "answer", ask: string, error?: string, at?: number | null, text?: string, found?: number[] }} Answer
 * @typedef {{ kind: "need", start: number, stop?: number | null }} NeedItems
 * @typedef {{ kind: "click", ask: string, index: number, id: string, option: number }} Click
 * @typedef {{ kind: "decide", ask: string, id: string, how: "again" | "arrived" }} Decide
 * @typedef {{ kind: "sendturn", ask: string, turn: number }} SendTurn
 * @typedef {{ kind: "restart", ask: string, user?: "new" | null, metadata?: string | null }} Restart
 * @typedef {{ kind: "raw", ask: string, index: number, id: string }} Raw
 * @typedef {{ kind: "file", ask: string, url: string }} File
 * @typedef {{ kind: "stop" }} Stop
 * @typedef {{ kind: "reconnect" }} Reconnect
 * @typedef {{ kind: "dismiss", id: number }} Dismiss
 * @typedef {NeedItems | Click | Decide | SendTurn | Restart | Raw | File | Stop | Reconnect | Dismiss} FromLog
 * @typedef {{ kind: "append", start: number, items: Item[], total: number, first?: number, outbox?: Item[], problems?: ProblemLine[] }} Append
 * @typedef {{ kind: "fill", start: number, items: Item[], total: number, first?: number, outbox?: Item[], problems?: ProblemLine[] }} Fill
 * @typedef {{ kind: "problems", problems: ProblemLine[] }} Problems
 * @typedef {Append | Fill | Problems | Answer} ToLog
 * @typedef {{ kind: "inspect" }} Inspect
 * @typedef {{ kind: "now" }} Now
 * @typedef {{ kind: "close" }} Close
 * @typedef {{ kind: "network", name: string }} Network
 * @typedef {Restart | Inspect | Now | Close | Network} FromHeader
 * @typedef {Answer} ToHeader
 * @typedef {{ kind: "send", ask: string, topic: string, text: string, files: FileName[] }} Send
 * @typedef {Send} FromComposer
 * @typedef {Answer} ToComposer
 * @typedef {{ kind: "settled" }} Settled
 * @typedef {Settled} ToChoices
 * @typedef {{ kind: "show", id: string }} Show
 * @typedef {{ kind: "accept", ask: string, id: string }} Accept
 * @typedef {{ kind: "refuse", ask: string, id: string }} Refuse
 * @typedef {{ kind: "leave", ask: string, id: string }} Leave
 * @typedef {{ kind: "available", ask: string, on: boolean }} Available
 * @typedef {Show | Accept | Refuse | Leave | Available | Close} FromDesk
 * @typedef {Answer} ToDesk
 * @typedef {{ kind: "tab", tab: "events" | "metadata" | "actions" | "timing" | "bot" | "code" }} ChooseTab
 * @typedef {{ kind: "need", start?: number | null, stop?: number | null }} NeedRows
 * @typedef {{ kind: "frame", ask: string, n: number }} Frame
 * @typedef {{ kind: "find", ask: string, text: string, start: number }} Find
 * @typedef {{ kind: "template", ask: string, n?: number | null }} Template
 * @typedef {{ kind: "send", ask: string, text: string }} SendEvent
 * @typedef {{ kind: "set", ask: string, text: string, target: string }} SetMetadata
 * @typedef {{ kind: "act", ask: string, name: string, text: string }} Act
 * @typedef {{ kind: "code", ask: string, form: string }} Code
 * @typedef {{ kind: "botturns", ask: string }} ListTurns
 * @typedef {{ kind: "botturn", ask: string, n: number }} BotTurn
 * @typedef {{ kind: "botcode", ask: string, n: number, form: string }} BotCode
 * @typedef {{ kind: "starthere", ask: string, n: number }} StartHere
 * @typedef {{ kind: "rerun", ask: string }} Rerun
 * @typedef {{ kind: "go", ask: string, n: number | null }} Go
 * @typedef {{ kind: "branch", ask: string, n: number }} Branch
 * @typedef {ChooseTab | NeedRows | Frame | Find | Template | SendEvent | SetMetadata | Act | Code | Go | ListTurns | BotTurn | BotCode | StartHere | SendTurn | Rerun | Branch | Close} FromInspector
 * @typedef {{ kind: "rows", start: number, rows: Row[], total: number }} Rows
 * @typedef {{ kind: "state", past: number | null, chat: number, agent: string | null, errors: number, median: number | null, p95: number | null, metadata?: string }} State
 * @typedef {Rows | State | Answer} ToInspector
 */

export {};
