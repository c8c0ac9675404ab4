"""Sockets, the conversation that each of them is in, and events on their way to a client.

It knows no tornado. A conversation is attached to the socket that last named it.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode
from typing import Protocol
from urllib.parse import quote

import msgspec

from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode

from .livechat.queue import LiveChatQueue
from .settings import Settings
from .store.conversations import StoredConversation
from .store.files import FileStore, StoredFile

CLOSE_LIMIT = 0.5  # seconds for clients to answer the closing handshake
SAME_ID = b64encode(bytes(11)).decode()  # of every event, where that fault is injected


class Socket(Protocol):
    """One client's connection."""

    id: str
    current: str | None
    """The conversation that the client named last."""

    closed: asyncio.Event
    """Set once it is closed, by whichever side."""

    def send(self, frame: str) -> None:
        """Send a message to the client."""

    def close(self, code: int, reason: str) -> None:
        """Close as the protocol asks."""

    def abort(self) -> None:
        """Break the connection, if it is still open."""


def new_id() -> str:
    """Return an id of the form that sockets and events have."""
    return b64encode(secrets.token_bytes(11)).decode()


class Router:
    """The open sockets of one server. All of it runs on one loop."""

    def __init__(self, settings: Settings, queue: LiveChatQueue) -> None:
        self.sockets: dict[str, Socket] = {}
        """The open sockets by their ids, the newest last."""
        self.messages = FileStore()
        """Messages that were too large for a socket, to be fetched by HTTP."""
        self._settings = settings
        self._queue = queue
        self._attached: dict[str, str] = {}  # conversation id -> socket id

    def open(self, socket: Socket) -> None:
        """Add a socket, and tell its client so."""
        self.sockets[socket.id] = socket
        upload_url = f"{self._settings.base_url}/files"
        self.send(socket, e.SocketConnected(socket_id=socket.id, upload_url=upload_url))

    def close(self, socket: Socket) -> None:
        """Remove a socket; closing it is its owner's part."""
        self.sockets.pop(socket.id, None)
        for conversation_id in tuple(self._queue.handoffs):
            if self._attached.get(conversation_id) == socket.id:
                self._queue.note("away", conversation_id)

    def close_all(self) -> list[Socket]:
        """Close every socket as the protocol asks, and return them."""
        sockets = list(self.sockets.values())
        for socket in sockets:
            socket.close(1001, "The server stops")
        return sockets

    async def shut_down(self) -> None:
        """Close every socket, and break those whose client does not answer within `CLOSE_LIMIT`."""
        sockets = self.close_all()
        closing = [asyncio.ensure_future(socket.closed.wait()) for socket in sockets]
        if closing:
            await asyncio.wait(closing, timeout=CLOSE_LIMIT)
        for socket in sockets:
            socket.abort()

    def attach(self, conversation: StoredConversation, socket: Socket | None) -> None:
        """Bind a conversation to a socket; without one, to the newest if it has none open."""
        if socket is None:
            if self._attached.get(conversation.id) in self.sockets or not self.sockets:
                return
            socket = self._newest()
            assert socket is not None
        self._attached[conversation.id] = socket.id
        before, socket.current = socket.current, conversation.id
        if before != conversation.id:
            self._queue.note("away", before or "")
            self._queue.note("back", conversation.id)

    def detach(self, conversation: StoredConversation) -> None:
        """Forget which socket a conversation is attached to."""
        self._attached.pop(conversation.id, None)

    def is_present(self, conversation_id: str) -> bool:
        """Whether the user is connected, and not in another conversation meanwhile."""
        socket = self.sockets.get(self._attached.get(conversation_id, ""))
        return socket is not None and socket.current == conversation_id

    def send(
        self,
        socket: Socket,
        event: e.ServerEvent | e.UnknownEvent,
        conversation_id: str | None = None,
    ) -> None:
        """Send an event to a socket; a message or transcript over the limit goes as a link to it.

        Lists and metadata are sent whole: a client could not go on without what it has asked for.
        """
        frame = encode(msgspec.structs.replace(event, event_id=self._event_id()))
        large = len(frame.encode()) > self._settings.limits.message
        if large and isinstance(event, e.BotMessage | e.LivechatMessage):
            frame = encode(self._link_to_message(event, conversation_id))
        elif large and isinstance(event, e.ConversationTranscript):
            frame = encode(self._link_to_transcript(event))
        socket.send(frame)

    def send_newest(self, event: e.ServerEvent, socket_id: str | None) -> None:
        """Send the answer to an event that came by HTTP to the socket it names, or to the newest."""
        socket = self.sockets.get(socket_id or "") or self._newest()
        if socket is not None:
            self.send(socket, event)

    def emit(self, conversation: StoredConversation, event: e.ServerEvent | e.UnknownEvent) -> None:
        """Send an event to the socket of a conversation, if it has an open one."""
        socket = self.sockets.get(self._attached.get(conversation.id, ""))
        if socket is None or conversation.deleted:
            return
        if isinstance(event, e.BotMessage) and socket.current != conversation.id:
            event = msgspec.structs.replace(event, conversation_id=conversation.id)
        self.send(socket, event, conversation.id)

    def as_link(self, frame: str, conversation_id: str | None) -> str:
        """Return a message as one that is too large for the socket; other events as they are."""
        event = decode(frame, "server")
        if not isinstance(event, e.BotMessage | e.LivechatMessage):
            return frame
        return encode(self._link_to_message(event, conversation_id))

    def _newest(self) -> Socket | None:
        return next(reversed(self.sockets.values()), None)

    def _event_id(self) -> str:
        return SAME_ID if self._settings.faults().same_ids else new_id()

    def _link_to_message(
        self, event: e.BotMessage | e.LivechatMessage, conversation_id: str | None
    ) -> e.GeneralError:
        """Keep a message, and return the error that links to it.

        Its content stands where the vendor's client looks for it, too.
        """
        body = msgspec.json.decode(encode(event))["event"]
        body["botMessage"] = {"content": body["event_payload"]["content"]}
        name = self.messages.put(StoredFile("", "application/json", msgspec.json.encode(body)))
        return e.GeneralError(
            event_id=self._event_id(),
            code=413,
            description="The message is too large for the socket",
            conversation_id=conversation_id or event.conversation_id,
            message_link=f"{self._settings.base_url}/messages/{name}",
        )

    def _link_to_transcript(self, event: e.ConversationTranscript) -> e.GeneralError:
        """Return the error that links to a transcript, which is made anew when it is fetched."""
        name = quote(event.conversation_id, safe="")
        return e.GeneralError(
            event_id=self._event_id(),
            code=413,
            description="The transcript is too large for the socket",
            conversation_id=event.conversation_id,
            message_link=f"{self._settings.base_url}/transcripts/{name}",
            linked=event.event_type,
        )
