"""What one server's conversations share: sockets, store, desk, and events on their way out.

It knows no tornado. A conversation is attached to the socket that last named it.
"""

from __future__ import annotations

import secrets
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import quote

import msgspec

from captivate_nb.errors import CaptivateError
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from captivate_nb.server.flow.bot import fit
from captivate_nb.server.flow.model import PICTURE, Flow
from captivate_nb.server.livechat.queue import Call, Desk
from captivate_nb.server.livechat.scripted_agent import ScriptedAgent
from captivate_nb.server.network.faults import Faults
from captivate_nb.server.store.conversations import Conversation, Entry, Store
from captivate_nb.server.store.files import Shelf, Stored
from captivate_nb.server.store.journal import SqliteJournal

from .dialogue import Chat
from .limits import Bucket, Limits
from .network import transcript_faults
from .store import listing

SAME_ID = b64encode(bytes(11)).decode()  # of every event, where that is a fault to rehearse
HTTP_LEAD = 0.05  # seconds: the vendor's client begins to listen only after its POST was answered


class Socket(Protocol):
    """One live WebSocket. `current` is the conversation it last named."""

    id: str
    current: str | None

    def send(self, frame: str) -> None: ...


class Refusal(CaptivateError):
    """A client event that is refused; `event` is the `general_error` that says so."""

    def __init__(
        self, description: str, conversation_id: str | None = None, *, code: int = 400
    ) -> None:
        super().__init__(description)
        self.code = code
        self.event = e.GeneralError(
            code=code, description=description, conversation_id=conversation_id
        )


@dataclass
class Settings:
    """How this server differs from another; see `EmbeddedServer`.

    `faults` returns those there are now; `base_url` is its address for others, known when it
    listens.
    """

    greet: Literal["message", "start"]
    transcript: Literal["transcript", "messages"]
    limits: Limits
    faults: Callable[[], Faults] = Faults
    base_url: str = ""


def new_id() -> str:
    """Return an id of the form that sockets and events have."""
    return b64encode(secrets.token_bytes(11)).decode()


class Hub:
    """All conversations, sockets and the desk of one server. All of it runs on one loop."""

    def __init__(
        self, flow: Flow, settings: Settings, journal: SqliteJournal | None = None
    ) -> None:
        self.flow = flow
        self.settings = settings
        self.limits = settings.limits
        self.store = Store(journal)
        self.desk = Desk()
        self.files = Shelf(self.limits.files, journal)
        self.messages = Shelf()
        self.sockets: dict[str, Socket] = {}
        self._chats: dict[str, Chat] = {}
        self._attached: dict[str, str] = {}  # conversation id -> socket id
        self._bucket = Bucket(self.limits.rate, self.limits.burst)
        ScriptedAgent(self.desk, flow, self._facts_of_agent, self.show)

    def wake(self) -> None:
        """Take up what the journal has, and go on with what the bot and the agent were at."""
        self.store.load()
        self.files.load()
        self._chats.clear()
        self.desk.calls.clear()
        self.make_room()
        for conversation in self.store:
            fit(conversation.memory, self.flow)
            if conversation.unfinished and not conversation.deleted:
                self.chat_of(conversation).resume()

    def expire(self) -> None:
        """Forget the conversations in which nothing has changed for too long."""
        before = time.time() - self.limits.idle
        for one in self.store.unchanged_since(before):
            self._let_go(one, f"Nothing was said for {self.limits.idle:g} s")
        self.files.expire(before)
        self.messages.expire(before)
        self.store.commit()

    def make_room(self, named: str | None = None) -> None:
        """Forget what has not changed for longest, but the conversation named, while all is too much."""
        while self.store.size > self.limits.kept and (one := self.store.oldest(but=named)):
            self._let_go(one, f"The server keeps {self.limits.kept} bytes, and no more")

    def _let_go(self, one: Conversation, why: str) -> None:
        why = f"{why}: start a new conversation"
        self.emit(one, e.GeneralError(code=410, description=why, conversation_id=one.id))
        self.forget(one, soft=False)

    def admit(self, conversation_id: str | None) -> None:
        """Count an event of a client; raise `Refusal` when the key has sent too many."""
        if wait := self._bucket.take():
            raise Refusal(
                f"A key may send {self.limits.rate:g} events a second: send this one again"
                f" in {wait:.3f} s",
                conversation_id,
                code=429,
            )

    def open(self, socket: Socket) -> None:
        self.sockets[socket.id] = socket
        self.send(
            socket,
            e.SocketConnected(socket_id=socket.id, upload_url=f"{self.settings.base_url}/files"),
        )

    def close(self, socket: Socket) -> None:
        self.sockets.pop(socket.id, None)
        for conversation_id in tuple(self.desk.calls):
            if self._attached.get(conversation_id) == socket.id:
                self.desk.note("away", conversation_id)

    def present(self, conversation_id: str) -> bool:
        """Whether a user is on the line, and not in another conversation meanwhile."""
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
        large = len(frame.encode()) > self.limits.message
        if large and isinstance(event, e.BotMessage | e.LivechatMessage):
            frame = encode(self._too_large(event, conversation_id))
        elif large and isinstance(event, e.ConversationTranscript):
            frame = encode(self._link_to(event))
        socket.send(frame)

    def as_link(self, frame: str, conversation_id: str | None) -> str:
        """Return a message as one that is too large for the socket; other events as they are."""
        event = decode(frame, "server")
        if not isinstance(event, e.BotMessage | e.LivechatMessage):
            return frame
        return encode(self._too_large(event, conversation_id))

    def tell(self, event: e.ServerEvent, socket_id: str | None) -> None:
        """Send the answer to an event that came by HTTP to its socket, or to the newest."""
        socket = self.sockets.get(socket_id or "") or next(reversed(self.sockets.values()), None)
        if socket is not None:
            self.send(socket, event)

    def emit(self, conversation: Conversation, event: e.ServerEvent | e.UnknownEvent) -> None:
        """Send an event to the socket of a conversation, if it has a live one."""
        socket = self.sockets.get(self._attached.get(conversation.id, ""))
        if socket is None or conversation.deleted:
            return
        if isinstance(event, e.BotMessage) and socket.current != conversation.id:
            event = msgspec.structs.replace(event, conversation_id=conversation.id)
        self.send(socket, event, conversation.id)

    def show(self, address: str) -> str:
        """Turn the address of a flow's own picture into a URL of this server."""
        if not address.startswith(PICTURE):
            return address
        return f"{self.settings.base_url}/pictures/{quote(address.removeprefix(PICTURE))}"

    def keep(self, stored: Stored) -> c.File:
        """Put a file on the shelf, and return it with its address."""
        url = f"{self.settings.base_url}/files/{self.files.put(stored)}/{quote(stored.name)}"
        self.store.commit()
        return c.File(url, stored.name, stored.type, len(stored.body))

    def find(self, conversation_id: str, *, deleted: bool = False) -> Conversation:
        """Return a conversation; raise `Refusal` for one there is none of, or not any more."""
        conversation = self.store.get(conversation_id)
        if conversation is None or (conversation.deleted and not deleted):
            raise Refusal("Invalid conversation_id", conversation_id)
        return conversation

    def attach(self, conversation: Conversation, socket: Socket | None) -> None:
        """Bind a conversation to a socket; without one, to the newest if it has none alive."""
        if socket is None:
            if self._attached.get(conversation.id) in self.sockets or not self.sockets:
                return
            socket = next(reversed(self.sockets.values()))
        self._attached[conversation.id] = socket.id
        before, socket.current = socket.current, conversation.id
        if before != conversation.id:
            self.desk.note("away", before or "")
            self.desk.note("back", conversation.id)

    def chat_of(self, conversation: Conversation) -> Chat:
        """Return the live side of a conversation."""
        if conversation.id not in self._chats:
            self._chats[conversation.id] = Chat(self, conversation)
        return self._chats[conversation.id]

    def forget(self, conversation: Conversation, *, soft: bool) -> None:
        """Delete a conversation, and end what is live of it."""
        self.store.delete(conversation, soft=soft)
        self.desk.drop(conversation.id)
        self._chats.pop(conversation.id, None)
        self._attached.pop(conversation.id, None)

    def entries_of(self, conversation: Conversation) -> list[Entry]:
        """Return what a client is told that was said in a conversation."""
        return transcript_faults.told(conversation.entries, self.settings.faults(), time.time())

    def transcript_of(self, conversation: Conversation) -> e.ConversationTranscript:
        return e.ConversationTranscript(
            conversation_id=conversation.id,
            entries=tuple(entry.as_transcript() for entry in self.entries_of(conversation)),
            variant=self.settings.transcript,
        )

    def metadata_of(self, conversation: Conversation) -> e.ConversationMetadata:
        """Return a conversation's metadata without what is private."""
        return e.ConversationMetadata(
            conversation_id=conversation.id, metadata=conversation.metadata
        )

    def list_for(self, request: e.GetConversations) -> e.UserConversations:
        return listing.page(request, self.store.of_user(request.user_id))

    def _event_id(self) -> str:
        return SAME_ID if self.settings.faults().same_ids else new_id()

    def _facts_of_agent(self, call: Call) -> dict[str, Any]:
        conversation = self.store.get(call.conversation_id)
        return conversation.seen_by("live") if conversation else {}

    def _too_large(
        self, event: e.BotMessage | e.LivechatMessage, conversation_id: str | None
    ) -> e.GeneralError:
        """Keep a message, and return the error that links to it.

        Its content stands where the vendor's client looks for it, too.
        """
        said = msgspec.json.decode(encode(event))["event"]
        said["botMessage"] = {"content": said["event_payload"]["content"]}
        name = self.messages.put(Stored("", "application/json", msgspec.json.encode(said)))
        return e.GeneralError(
            event_id=self._event_id(),
            code=413,
            description="The message is too large for the socket",
            conversation_id=conversation_id or event.conversation_id,
            message_link=f"{self.settings.base_url}/messages/{name}",
        )

    def _link_to(self, event: e.ConversationTranscript) -> e.GeneralError:
        """Return the error that links to a transcript, which is made anew when it is fetched."""
        name = quote(event.conversation_id, safe="")
        return e.GeneralError(
            event_id=self._event_id(),
            code=413,
            description="The transcript is too large for the socket",
            conversation_id=event.conversation_id,
            message_link=f"{self.settings.base_url}/transcripts/{name}",
            linked=event.event_type,
        )
