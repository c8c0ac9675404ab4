"""A bot of fixed answers, which a session reaches without a socket: what it says, in JSON values.

A message is `{"text", "buttons": {label: value}, "cards": [{"text", "subtext", "image", "buttons"}],
"media": [url], "action": id, "metadata": {…}}`, each part left out where there is none.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from captivate_nb.client.link import Request, Response
from captivate_nb.client.secrets import Secret
from captivate_nb.client.session import Session
from captivate_nb.client.timeouts import Timeouts
from captivate_nb.client.transport import Address

Message = Mapping[str, Any]


class FixedBot:
    """Answers what it is said from a table, `"*"` being anything else; `said` is what it heard."""

    def __init__(
        self, greeting: Sequence[Message] = (), answers: Mapping[str, Sequence[Message]] = {}
    ) -> None:
        self.greeting = greeting
        self.answers = answers
        self.said: list[str] = []
        self.open = 0
        """How many connections there are."""
        self.conversations = 0
        """How many conversations were begun, and not deleted."""

    async def session(self) -> Session:
        """Return a session with it: a target of `run_script`."""
        address = Address("ws://127.0.0.1:9/", Secret("key"))
        return await Session(address, link=_Link(self), greet="ask").open()

    def answer(self, kind: str, payload: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """Return the events that answer one of the client's."""
        match kind:
            case "conversation_start":
                self.conversations += 1
                ident = {"conversation_id": f"c{self.conversations}"}
                return [("conversation_start_success", ident)]
            case "delete_conversation":
                self.conversations -= 1
                return [("delete_conversation_success", payload)]
            case "user_message":
                return [event for said in self._reply(payload) for event in _events(said)]
            case "metadata":
                return [("metadata_update_success", payload)]
            case "metadata_request":
                return [("conversation_metadata", {**payload, "metadata": {}})]
        return []

    def _reply(self, payload: dict[str, Any]) -> Sequence[Message]:
        text = payload["content"].get("text", "")
        if not text:
            return self.greeting
        self.said.append(text)
        return self.answers.get(text, self.answers.get("*", ()))


def _events(message: Message) -> list[tuple[str, dict[str, Any]]]:
    events = []
    if "action" in message:
        action = {"id": message["action"], "payload": message.get("data", {})}
        events.append(("action", {"actions": [action]}))
    if "metadata" in message:
        told = {"conversation_id": "c1", "metadata": message["metadata"]}
        events.append(("conversation_metadata", told))
    if content := _content(message):
        events.append(("bot_message", {"content": content}))
    return events


def _content(message: Message) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    if "text" in message:
        content.append({"type": "text", "text": message["text"]})
    if "buttons" in message:
        options = _options(message["buttons"])
        content.append({"type": "button", "buttons": {"title": "", "options": options}})
    if "cards" in message:
        cards = [
            {
                "text": card.get("text", ""),
                "description": card.get("subtext", ""),
                "image_url": card.get("image"),
                "buttons": {"options": _options(card.get("buttons", {}))},
            }
            for card in message["cards"]
        ]
        content.append({"type": "cards", "cards": cards})
    if "media" in message:
        files = [{"type": "image/png", "url": url} for url in message["media"]]
        content.append({"type": "files", "files": files})
    return content


def _options(options: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in options.items()]


def as_botium(message: Message) -> dict[str, Any]:
    """Return a message as botium-core has it."""
    return {
        "messageText": message.get("text", ""),
        "buttons": _botium_buttons(message.get("buttons", {})),
        "cards": [
            {
                "text": card.get("text"),
                "subtext": card.get("subtext"),
                "image": {"mediaUri": card["image"]} if card.get("image") else None,
                "buttons": _botium_buttons(card.get("buttons", {})),
            }
            for card in message.get("cards", ())
        ],
        "media": [{"mediaUri": url} for url in message.get("media", ())],
        "sourceData": {"content": _content(message)},
    }


def _botium_buttons(options: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"text": label, "payload": value} for label, value in options.items()]


class _Link:
    def __init__(self, bot: FixedBot) -> None:
        self._bot = bot

    async def open(self, address: Address, timeouts: Timeouts) -> _Transport:
        return _Transport(self._bot)

    async def fetch(self, request: Request) -> Response:
        raise OSError("There is nothing to fetch here.")


class _Transport:
    def __init__(self, bot: FixedBot) -> None:
        self.too_large = False
        self.close_reason = "closed"
        self._bot = bot
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._closed = False
        bot.open += 1
        self._put("socket_connected", {"socket_id": "s1"})

    def _put(self, kind: str, payload: dict[str, Any]) -> None:
        event = {"event_type": kind, "event_payload": payload}
        self._frames.put_nowait(json.dumps({"action": "receiveMessage", "event": event}))

    async def send(self, frame: str) -> None:
        event = json.loads(frame)["event"]
        for kind, payload in self._bot.answer(event["event_type"], event["event_payload"]):
            self._put(kind, payload)

    async def frames(self) -> AsyncIterator[str | bytes]:
        while (frame := await self._frames.get()) is not None:
            yield frame

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bot.open -= 1
            self._frames.put_nowait(None)

    async def is_alive(self) -> bool:
        return not self._closed

    def abort(self) -> None:
        if not self._closed:
            self._closed = True
            self._bot.open -= 1
            self._frames.put_nowait(None)
