"""A short way to read what servers send most: bot messages of texts and buttons, in one exact form.

What departs from that form in anything, be it one name or one type, is left to the liberal reader
of `codec`; what is read here, that reads the same.
"""

from __future__ import annotations

from sys import intern
from typing import Literal

import msgspec

from . import events as e
from .content import Buttons, Content, Option, Text


class _Exact(msgspec.Struct, forbid_unknown_fields=True):
    """An object with these fields and no others."""


class _Group(_Exact):
    options: tuple[Option, ...]
    title: str = ""


class _Text(_Exact, tag="text"):
    text: str


class _Button(_Exact, tag="button"):
    buttons: _Group


class _Buttons(_Exact, tag="buttons"):
    buttons: _Group


class _Payload(_Exact):
    content: list[_Text | _Button | _Buttons]
    type: str = ""
    conversation_id: str | None = None
    ch_msg_id: str | None = None
    bot: dict[str, str] = {}


class _Event(_Exact):
    event_type: Literal["bot_message"]
    event_payload: _Payload
    event_id: str | None = None
    accepts_response_payload: bool | None = None


class _Frame(_Exact):
    event: _Event
    action: Literal["receiveMessage"]


_decode = msgspec.json.Decoder(_Frame).decode


def read_canonical(text: str) -> e.BotMessage | None:
    """Return the bot's message that a frame is, if it has the exact form."""
    try:
        event = _decode(text).event
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    said = event.event_payload
    return e.BotMessage(
        content=tuple([_item(item) for item in said.content]),
        message_id=said.ch_msg_id,
        conversation_id=intern(said.conversation_id) if said.conversation_id else None,
        bot=said.bot,
        event_id=event.event_id,
    )


def _item(item: _Text | _Button | _Buttons) -> Content:
    if isinstance(item, _Text):
        return Text(item.text)
    group = item.buttons
    return Buttons(
        group.title,
        tuple(
            [
                o if o.url or (o.value and o.url is None) else Option(o.label, o.value or o.label)
                for o in group.options
            ]
        ),
    )
