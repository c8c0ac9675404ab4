"""Every event of the Socket API, both ways, as frozen values.

`event_type` is the event's wire name and `sender` who sends it. Field names are ours; `codec`
knows the wire's. A field is None where the wire left it out.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from .content import Action, Content, File

Sender = Literal["client", "server"]
Target = Literal["default", "bot", "live", "bot_live"]
TARGETS: tuple[Target, ...] = ("default", "bot", "live", "bot_live")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What all events share.

    `event_id` is the server's, and may be missing. `problems` names what `decode` had to skip in
    an otherwise good frame, one line each.
    """

    event_type: ClassVar[str]
    sender: ClassVar[Sender]

    event_id: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def wire_name(self) -> str:
        """Return the name it goes by on the wire: its `event_type`, unless it has several."""
        return self.event_type


class ClientEvent(Event, frozen=True, kw_only=True):
    """An event a client sends. `socket_id` names its socket when it is sent over HTTP."""

    sender: ClassVar[Sender] = "client"

    socket_id: str | None = None


class ServerEvent(Event, frozen=True, kw_only=True):
    """An event a server sends."""

    sender: ClassVar[Sender] = "server"


class ConversationStart(ClientEvent, frozen=True, kw_only=True):
    """Open a conversation. `user` is its `userBasicInfo`; no `user_id` makes the user "anon"."""

    event_type: ClassVar[str] = "conversation_start"

    user_id: str | None = None
    user: dict[str, Any] = {}
    user_data: dict[str, Any] | None = None
    metadata: dict[str, Any] = {}


class UserMessage(ClientEvent, frozen=True, kw_only=True):
    """What the user says: text, files or both. Empty of both, it asks for the greeting."""

    event_type: ClassVar[str] = "user_message"

    conversation_id: str
    client_msg_id: str
    text: str = ""
    files: tuple[File, ...] = ()


class MetadataSet(ClientEvent, frozen=True, kw_only=True):
    """Set metadata, seen by the bot, the live chat, both, or by default."""

    event_type: ClassVar[str] = "metadata"

    conversation_id: str
    client_msg_id: str
    metadata: dict[str, Any]
    target: Target = "default"


class ActionSent(ClientEvent, frozen=True, kw_only=True):
    """An action from the client, such as the reserved `escalateToHuman`."""

    event_type: ClassVar[str] = "action"

    conversation_id: str
    action: Action


class TranscriptRequest(ClientEvent, frozen=True, kw_only=True):
    """Ask for a conversation's transcript."""

    event_type: ClassVar[str] = "conversation_transcript_request"

    conversation_id: str


class GetConversations(ClientEvent, frozen=True, kw_only=True):
    """Ask for a user's conversations.

    `variant` is the wire name to use: the document has `get_conversations`, the vendor's clients
    send the other two. Only the last takes `filter` (exact), `search` (substring), `page` and
    `limit`, and `api_keys`.
    """

    event_type: ClassVar[str] = "get_conversations"

    user_id: str
    variant: Literal["get_conversations", "get_user_conversations", "get_user_conversations_v2"] = (
        "get_conversations"
    )
    filter: dict[str, Any] = {}
    search: dict[str, Any] = {}
    page: int | None = None
    limit: int | None = None
    api_keys: tuple[str, ...] = ()

    @property
    def wire_name(self) -> str:
        """Return the variant's name."""
        return self.variant


class DeleteConversation(ClientEvent, frozen=True, kw_only=True):
    """Delete one conversation, or all of a user's.

    `variant` "delete_user_conversations" is the newest client's way to delete all; in the
    document's way the user id stands in `conversation_id`. `soft` None leaves it to the server.
    """

    event_type: ClassVar[str] = "delete_conversation"

    conversation_id: str | None = None
    user_id: str | None = None
    soft: bool | None = None
    variant: Literal["delete_conversation", "delete_user_conversations"] = "delete_conversation"

    @property
    def wire_name(self) -> str:
        """Return the variant's name."""
        return self.variant


class MetadataRequest(ClientEvent, frozen=True, kw_only=True):
    """Ask for a conversation's metadata."""

    event_type: ClassVar[str] = "metadata_request"

    conversation_id: str


class EditMessage(ClientEvent, frozen=True, kw_only=True):
    """Replace what an earlier message of the user says."""

    event_type: ClassVar[str] = "edit_message"

    conversation_id: str
    client_msg_id: str
    message_id: str
    text: str = ""
    files: tuple[File, ...] = ()


class SocketConnected(ServerEvent, frozen=True, kw_only=True):
    """The connection is made. `upload_url` is where this server takes files, if it does."""

    event_type: ClassVar[str] = "socket_connected"

    socket_id: str = ""
    upload_url: str | None = None


class ConversationStarted(ServerEvent, frozen=True, kw_only=True):
    """Answer to `ConversationStart`, in request order: it carries no request id."""

    event_type: ClassVar[str] = "conversation_start_success"

    conversation_id: str


class BotMessage(ServerEvent, frozen=True, kw_only=True, gc=False):
    """The bot speaks. Without a `conversation_id` it belongs to the socket's current one."""

    event_type: ClassVar[str] = "bot_message"

    content: tuple[Content, ...] = ()
    message_id: str | None = None
    conversation_id: str | None = None
    bot: dict[str, Any] = {}


class LivechatMessage(ServerEvent, frozen=True, kw_only=True):
    """A live agent speaks."""

    event_type: ClassVar[str] = "livechat_message"

    content: tuple[Content, ...] = ()
    message_id: str | None = None
    conversation_id: str | None = None
    agent_name: str | None = None


class ActionsReceived(ServerEvent, frozen=True, kw_only=True):
    """Actions from the bot for the page around the chat."""

    event_type: ClassVar[str] = "action"

    actions: tuple[Action, ...]
    conversation_id: str | None = None


class TranscriptEntry(msgspec.Struct, frozen=True):
    """One message of a server's transcript, both of the document's shapes made one.

    `name` is the agent's or bot's, where told.
    """

    sender: Literal["user", "bot", "agent"]
    content: tuple[Content, ...] = ()
    actions: tuple[Action, ...] = ()
    message_id: str | None = None
    name: str | None = None
    raw: dict[str, Any] = {}


class ConversationTranscript(ServerEvent, frozen=True, kw_only=True):
    """A conversation from its start. `variant` is which of the document's two shapes it has.

    `holes` has, for each entry that cannot be read or has nothing in it, how many of those that can
    be read stand before it.
    """

    event_type: ClassVar[str] = "conversation_transcript"

    conversation_id: str
    entries: tuple[TranscriptEntry, ...] = ()
    holes: tuple[int, ...] = ()
    variant: Literal["transcript", "messages"] = "transcript"


class ConversationSummary(msgspec.Struct, frozen=True):
    """One line of a list of conversations."""

    conversation_id: str
    metadata: dict[str, Any] = {}
    api_key: str | None = None


class Pagination(msgspec.Struct, frozen=True):
    """Where in a list a page stands; pages count from 1."""

    page: int = 1
    page_size: int = 0
    total: int = 0
    total_pages: int = 1
    has_next: bool = False
    has_previous: bool = False


class UserConversations(ServerEvent, frozen=True, kw_only=True):
    """A user's conversations."""

    event_type: ClassVar[str] = "user_conversations"

    conversations: tuple[ConversationSummary, ...] = ()
    pagination: Pagination | None = None
    user_id: str | None = None


class ConversationDeleted(ServerEvent, frozen=True, kw_only=True):
    """A conversation, or all of a user's, is gone."""

    event_type: ClassVar[str] = "delete_conversation_success"

    conversation_id: str | None = None
    user_id: str | None = None


class ConversationMetadata(ServerEvent, frozen=True, kw_only=True):
    """A conversation's metadata, without what is private."""

    event_type: ClassVar[str] = "conversation_metadata"

    conversation_id: str
    metadata: dict[str, Any] = {}


class MetadataUpdated(ServerEvent, frozen=True, kw_only=True):
    """Answer to `MetadataSet`."""

    event_type: ClassVar[str] = "metadata_update_success"

    conversation_id: str


class MessageEdited(ServerEvent, frozen=True, kw_only=True):
    """Answer to `EditMessage`."""

    event_type: ClassVar[str] = "message_edited_success"

    conversation_id: str
    message_id: str


class ConversationUpdate(ServerEvent, frozen=True, kw_only=True):
    """The live chat changed: `livechatAgentConnected`, `livechatAgentDisconnected`, ..."""

    event_type: ClassVar[str] = "conversation_update"

    type: str
    conversation_id: str | None = None
    data: dict[str, Any] = {}


class GeneralError(ServerEvent, frozen=True, kw_only=True):
    """The server refuses. With code 413, `message_link` is where what is too large lies.

    `linked` is the type of the event that lies there; None, as in the document, is a message.
    """

    event_type: ClassVar[str] = "general_error"

    code: int | str
    description: str = ""
    conversation_id: str | None = None
    message_link: str | None = None
    linked: str | None = None


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event of a type we do not know, whoever sent it, with everything it said."""

    event_type: ClassVar[str] = ""
    sender: ClassVar[Sender] = "server"

    type: str
    payload: dict[str, Any] = {}

    @property
    def wire_name(self) -> str:
        """Return the name that we do not know."""
        return self.type


class Heartbeat(Event, frozen=True, kw_only=True):
    """A frame that only keeps the connection busy; `text` is the whole of it, as received."""

    event_type: ClassVar[str] = "heartbeat"
    sender: ClassVar[Sender] = "server"

    text: str


CLIENT_EVENTS: tuple[type[ClientEvent], ...] = tuple(ClientEvent.__subclasses__())
SERVER_EVENTS: tuple[type[ServerEvent], ...] = tuple(ServerEvent.__subclasses__())
