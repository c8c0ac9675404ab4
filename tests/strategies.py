"""Hypothesis strategies for the wire: canonical events, JSON of any shape, and broken frames.

Canonical is an event that the wire can tell whole: no empty text where None is meant, no option
without a value. For these `decode(encode(event)) == event`. `events()` makes every type of them.

Importing this module also sets Hypothesis up: no deadline, as the machine may be busy, and a
failure prints the line that reproduces it.
"""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.content_decoder import _FILE_FIELDS, _ITEM_READERS
from captivate_nb.protocol.event_decoder import _CLIENT, _SERVER

settings.register_profile(
    "captivate",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("captivate")

ITEM_TYPES = tuple(_ITEM_READERS)
EVENT_TYPES = tuple(dict.fromkeys([*_CLIENT, *_SERVER]))

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202eevil",
    "a\nb",
    "\x1b[31mred",
    "\x00",
    "{{7*7}}",
    "'\"><svg/onload=alert(1)>",
)

# --- JSON -------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(HOSTILE)
some_text = text.filter(bool)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | text
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(text, json_values, max_size=3)

# --- content ----------------------------------------------------------------------------------

said_options = st.builds(c.Option, label=text, value=some_text)
link_options = st.builds(c.Option, label=text, value=text, url=some_text)
options = st.lists(said_options | link_options, max_size=3).map(tuple)
buttons = st.builds(c.Buttons, title=text, options=options)
card = st.builds(
    c.Card,
    text=text,
    description=text,
    image_url=st.none() | some_text,
    link=st.none() | some_text,
    options=options,
).filter(lambda card: card != c.Card())
cards = st.builds(c.Cards, cards=st.lists(card, max_size=3).map(tuple))
file_extra = st.dictionaries(
    text.filter(lambda key: key not in {*_FILE_FIELDS, "storage"}), json_values, max_size=2
)
file = st.builds(
    c.File,
    url=text,
    name=text,
    type=st.sampled_from(["image", "image/png", "application/pdf", ""]) | text,
    size=st.none() | st.integers(0, 2**40),
    thumbnail=st.none() | text,
    extra=file_extra,
).filter(lambda file: bool(file.url or file.name))
files = st.lists(file, max_size=3).map(tuple)
unknown_types = some_text.filter(lambda kind: kind.strip().lower() not in ITEM_TYPES)
unknown = st.builds(
    lambda kind, data: c.Unknown(kind, {**data, "type": kind}), unknown_types, json_objects
)
items = st.one_of(
    st.builds(c.Text, text=text),
    buttons,
    cards,
    st.builds(c.Files, files=files, title=text),
    st.builds(c.Html, html=text),
    st.builds(c.Markdown, text=text),
    st.builds(c.Table, html=text),
    st.builds(c.Pause, ms=st.integers(0, 60_000)),
    unknown,
)
contents = st.lists(items, max_size=4).map(tuple)
actions = st.builds(
    c.Action, id=text, data=json_values.filter(lambda data: data is not None), type=some_text
)

# --- events -----------------------------------------------------------------------------------

conversation_ids = st.sampled_from(["conv-1", "conv-2", "Vp6x-é"]) | some_text
entries = st.one_of(
    *(
        st.builds(
            e.TranscriptEntry,
            sender=st.just(sender),
            content=contents,
            actions=st.lists(actions, max_size=2).map(tuple),
            message_id=st.none() | some_text,
            name=st.none() if sender == "user" else st.none() | some_text,
        )
        for sender in ("user", "bot", "agent")
    )
)
counts = st.integers(0, 999_999_999)
pagination = st.builds(
    e.Pagination,
    page=counts,
    page_size=counts,
    total=counts,
    total_pages=counts,
    has_next=st.booleans(),
    has_previous=st.booleans(),
)
_optional = st.none() | some_text
_one_of_two_ids = st.fixed_dictionaries(
    {"conversation_id": st.none() | text, "user_id": st.none() | text}
).filter(lambda ids: any(value is not None for value in ids.values()))

FIELDS: dict[type[e.Event], dict[str, SearchStrategy[Any]]] = {
    e.ConversationStart: {
        "user_id": st.none() | text,
        "user": json_objects,
        "user_data": st.none() | json_objects,
        "metadata": json_objects,
    },
    e.UserMessage: {
        "conversation_id": conversation_ids,
        "client_msg_id": text,
        "text": text,
        "files": files,
    },
    e.MetadataSet: {
        "conversation_id": conversation_ids,
        "client_msg_id": text,
        "metadata": json_objects,
        "target": st.sampled_from(e.TARGETS),
    },
    e.ActionSent: {"conversation_id": conversation_ids, "action": actions},
    e.TranscriptRequest: {"conversation_id": conversation_ids},
    e.GetConversations: {
        "user_id": text,
        "variant": st.sampled_from(
            ["get_conversations", "get_user_conversations", "get_user_conversations_v2"]
        ),
        "filter": json_objects,
        "search": json_objects,
        "page": st.none() | counts,
        "limit": st.none() | counts,
        "api_keys": st.lists(text, max_size=2).map(tuple),
    },
    e.DeleteConversation: {
        "variant": st.sampled_from(["delete_conversation", "delete_user_conversations"]),
        "soft": st.none() | st.booleans(),
    },
    e.MetadataRequest: {"conversation_id": conversation_ids},
    e.EditMessage: {
        "conversation_id": conversation_ids,
        "client_msg_id": text,
        "message_id": text,
        "text": text,
        "files": files,
    },
    e.SocketConnected: {"socket_id": text, "upload_url": st.none() | text},
    e.ConversationStarted: {"conversation_id": conversation_ids},
    e.BotMessage: {
        "content": contents,
        "message_id": st.none() | text,
        "conversation_id": st.none() | conversation_ids,
        "bot": json_objects,
    },
    e.LivechatMessage: {
        "content": contents,
        "message_id": st.none() | text,
        "conversation_id": st.none() | conversation_ids,
        "agent_name": _optional,
    },
    e.ActionsReceived: {
        "actions": st.lists(actions, min_size=1, max_size=3).map(tuple),
        "conversation_id": st.none() | conversation_ids,
    },
    e.ConversationTranscript: {
        "conversation_id": conversation_ids,
        "entries": st.lists(
            entries, max_size=4, unique_by=lambda entry: entry.message_id or id(entry)
        ).map(tuple),
        "variant": st.sampled_from(["transcript", "messages"]),
    },
    e.UserConversations: {
        "conversations": st.lists(
            st.builds(
                e.ConversationSummary,
                conversation_id=text,
                metadata=json_objects,
                api_key=st.none() | text,
            ),
            max_size=3,
        ).map(tuple),
        "pagination": st.none() | pagination,
        "user_id": st.none() | text,
    },
    e.ConversationDeleted: {"conversation_id": st.none() | text, "user_id": st.none() | text},
    e.ConversationMetadata: {"conversation_id": conversation_ids, "metadata": json_objects},
    e.MetadataUpdated: {"conversation_id": conversation_ids},
    e.MessageEdited: {"conversation_id": conversation_ids, "message_id": text},
    e.ConversationUpdate: {
        "type": st.sampled_from(
            ["livechatAgentConnected", "livechatAgentDisconnected", "failedAgentAssignment"]
        )
        | text,
        "conversation_id": st.none() | conversation_ids,
        "data": json_objects,
    },
    e.GeneralError: {
        "code": st.integers(-(2**53), 2**53)
        | text.filter(lambda code: not code.removeprefix("-").isdecimal()),
        "description": text,
        "conversation_id": st.none() | conversation_ids,
        "message_link": st.none() | text,
        "linked": st.none() | text,
    },
    e.UnknownEvent: {
        "type": some_text.filter(lambda kind: kind not in EVENT_TYPES),
        "payload": json_objects,
    },
}


def events(*types: type[e.Event]) -> SearchStrategy[Any]:
    """Canonical events of the types given, of every type without any."""
    return st.one_of(*(_events_of(kind) for kind in types or FIELDS))


def _events_of(kind: type[e.Event]) -> SearchStrategy[Any]:
    fields = dict(FIELDS[kind])
    if issubclass(kind, e.ClientEvent):
        fields["socket_id"] = st.none() | text
    else:
        fields["event_id"] = st.none() | text
    if kind is e.DeleteConversation:
        return st.builds(lambda ids, rest: kind(**ids, **rest), _one_of_two_ids, _dict_of(fields))
    return st.builds(kind, **fields)


def _dict_of(fields: dict[str, SearchStrategy[Any]]) -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


# --- frames that are wrong --------------------------------------------------------------------

WIRE_KEYS = (
    *("action", "event", "event_type", "event_payload", "event_id", "socket_id", "userId"),
    *("conversation_id", "client_msg_id", "message_id", "ch_msg_id", "content", "type", "text"),
    *("title", "label", "value", "url", "link", "options", "button", "buttons", "card", "cards"),
    *("description", "image_url", "file", "files", "filename", "name", "mimetype", "size"),
    *("storage", "presignedUrl", "fileSize", "thumbnail", "html", "md", "table", "time", "data"),
    *("payload", "id", "actions", "from", "messages", "transcript", "idChat", "chatbotName"),
    *("metadata", "target", "conversations", "pagination", "page", "total", "apiKeys"),
    *("error_code", "error_desc", "message_link", "userBasicInfo", "userData", "userMetadata"),
)
wire_words = st.sampled_from(
    ["user", "bot", "chatbot", "agent ", "livechat", "12", "-1", "1e9", "", *ITEM_TYPES]
)
wire_json = st.recursive(
    scalars | wire_words,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WIRE_KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
wire_frames = st.builds(
    lambda kind, payload, wrapped, action: json.dumps(
        {"action": action, "event": {"event_type": kind, "event_payload": payload}}
        if wrapped
        else {"event_type": kind, "event_payload": payload}
    ),
    st.sampled_from(EVENT_TYPES) | text,
    st.dictionaries(st.sampled_from(WIRE_KEYS), wire_json, max_size=8) | wire_json,
    st.booleans(),
    st.sampled_from(["sendMessage", "receiveMessage"]),
)

_JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        2**64,
        10**30,
        1e308,
        0.5,
        "",
        " ",
        "a",
        "12",
        [],
        {},
        [[]],
        [None],
    ),
    *({"type": "text"}, {"a": {"b": []}}, ["x", 1], *HOSTILE, "x" * 5000, [{}] * 50),
    *EVENT_TYPES,
)


def break_frame(frame: str, chance: random.Random) -> str | bytes:
    """Break a good frame in up to three of its JSON values, and at times in its text or bytes.

    Mostly inside the payload: most broken envelopes are refused before anything else is read.
    """
    for _ in range(chance.randint(1, 3)):
        frame = _break_values(frame, chance)
    match chance.randrange(10):
        case 0:
            return _break_bytes(frame.encode(), chance)
        case 1:
            return _break_text(frame, chance)
        case _:
            return frame


def _break_values(frame: str, chance: random.Random) -> str:
    value = json.loads(frame)
    event = value.get("event") if isinstance(value, dict) else None
    payload = event.get("event_payload") if isinstance(event, dict) else None
    spots = list(_spots(payload)) if chance.random() < 0.9 else []
    spots = spots or list(_spots(value))
    if not spots:
        return frame
    holder, key = chance.choice(spots)
    match chance.randrange(6):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2:
            holder[key] = {chance.choice(WIRE_KEYS): holder[key]}
        case 3 if isinstance(holder, dict):
            holder[chance.choice(WIRE_KEYS)] = holder.pop(key)
        case 4:
            other, there = chance.choice(spots)
            holder[key] = json.loads(json.dumps(other[there]))
        case _:
            holder[key] = chance.choice(_JUNK)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def _spots(value: Any) -> Any:
    """Every place inside a JSON value that holds another: `(list or dict, index or key)`."""
    keys = range(len(value)) if isinstance(value, list) else value
    for key in list(keys) if isinstance(value, dict | list) else ():
        yield value, key
        yield from _spots(value[key])


def _break_text(frame: str, chance: random.Random) -> str:
    start = chance.randrange(len(frame) + 1)
    stop = min(len(frame), start + chance.randrange(6))
    put = chance.choice(
        ["", '"', "{", "}", "[", "]", ",", "\\", "\\u", "\\ud800", "\ud800", "\x00"]
    )
    return frame[:start] + put + frame[stop:]


def _break_bytes(frame: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(frame) + 1)
    return frame[:place] + chance.randbytes(chance.randrange(4)) + frame[place + 1 :]
