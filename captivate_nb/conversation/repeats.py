"""Which events come a second time: a network may deliver one twice, and a server say it again.

Only what would be shown twice is looked at: messages, actions and updates. One is a repeat by its
id and its content. An id that once stood for something else tells nothing, as with servers that
give every event the same.

`docs/protocol.md` has what servers do that makes this necessary.
"""

from __future__ import annotations

import msgspec

from captivate_nb.protocol import events as e

_SHOWN = (e.BotMessage, e.LivechatMessage, e.ActionsReceived, e.ConversationUpdate)


_What = e.Event | type[e.Event]


class _Seen(msgspec.Struct, gc=False):
    """What an id stood for last, how many turns of the user there were, and whether for nothing else."""

    what: _What
    turns: int
    trusted: bool = True


class Repeats:
    """The ids seen so far."""

    def __init__(self) -> None:
        self._events: dict[str, _Seen] = {}  # by the event's id
        self._messages: dict[str, _Seen] = {}  # by the message's

    def note(self, event: e.Event, turns: int) -> bool:
        """Note an event, and return whether it is one that came before.

        `turns` counts what the user has said so far: what is known by its event's id alone, and
        comes again after the user has spoken, is said anew.
        """
        if not isinstance(event, _SHOWN):
            _turn_before(self._events, event.event_id, type(event), turns)
            return False
        message_id = getattr(event, "message_id", None)
        told = _turn_before(self._events, event.event_id, event, turns) == turns
        said = _turn_before(self._messages, message_id, event, turns) is not None
        return told or said

    def trusts(self, event_id: str) -> bool:
        """Whether an event's id stood for one thing only so far."""
        seen = self._events.get(event_id)
        return seen is None or seen.trusted


def _turn_before(known: dict[str, _Seen], ident: str | None, what: _What, turns: int) -> int | None:
    """Note what an id stands for; return in which turn it stood for the same, None where it did not."""
    if ident is None:
        return None
    seen = known.get(ident)
    if seen is None:
        known[ident] = _Seen(what, turns)
        return None
    before = seen.turns
    seen.trusted = seen.trusted and _is_same(seen.what, what)
    seen.what, seen.turns = what, turns
    return before if seen.trusted else None


def _is_same(one: _What, other: _What) -> bool:
    """Whether two events are the same but for their ids."""
    if isinstance(one, e.Event) and isinstance(other, e.Event):
        one = msgspec.structs.replace(one, event_id=other.event_id)
    return one == other
