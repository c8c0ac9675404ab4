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


class _Seen(msgspec.Struct):
    """What an id stood for last, how many turns of the user ago, and whether for nothing else."""

    content: e.Event | type[e.Event]
    turns: int
    trusted: bool = True


class Repeats:
    """The ids seen so far."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Seen] = {}

    def note(self, event: e.Event, turns: int) -> bool:
        """Note an event, and return whether it is one that came before.

        `turns` counts what the user has said so far: what is known by its event's id alone, and
        comes again after the user has spoken, is said anew.
        """
        if not isinstance(event, _SHOWN):
            if event.event_id is not None:
                self._again("event", event.event_id, type(event), turns)
            return False
        content = msgspec.structs.replace(event, event_id=None)
        message_id = getattr(event, "message_id", None)
        again = [
            self._again(kind, ident, content, turns)
            for kind, ident in (("event", event.event_id), ("message", message_id))
            if ident is not None
        ]
        return any(again)

    def trusts(self, event_id: str) -> bool:
        """Whether an event's id stood for one thing only so far."""
        seen = self._seen.get(("event", event_id))
        return seen is None or seen.trusted

    def _again(self, kind: str, ident: str, content: e.Event | type[e.Event], turns: int) -> bool:
        seen = self._seen.setdefault((kind, ident), _Seen(content, -1))
        first, same_turn = seen.turns == -1, seen.turns == turns
        seen.trusted &= seen.content == content
        seen.content, seen.turns = content, turns
        return seen.trusted and not first and (same_turn or kind == "message")
