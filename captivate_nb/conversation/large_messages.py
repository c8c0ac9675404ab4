"""Messages too large for the socket, which the server tells of by a link."""

from __future__ import annotations

from collections.abc import Collection

from captivate_nb.protocol import events as e

from .repeats import Repeats


class LargeMessages:
    """Those told of so far, by their link."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats
        self._keys: dict[str, str] = {}

    def __contains__(self, link: str) -> bool:
        return link in self._keys

    def key_of(self, event: e.GeneralError) -> str:
        """Return the event id with which a large message is taken in, once it is fetched.

        It is that of the error that links to it, and the link where another large message has that.
        """
        link = event.message_link or ""
        own = event.event_id or link
        taken = own in self._keys.values() or not self._repeats.trusts(own)
        return self._keys.get(link, link if taken else own)

    def note(self, event: e.GeneralError) -> str:
        """Note that a large message was told of, and return the id of the gap that it leaves."""
        key = self._keys[event.message_link or ""] = self.key_of(event)
        return gap_of(key)

    def gap_for(self, event_id: str | None, open_: Collection[str]) -> str | None:
        """Return the id of the gap that a message with this event id belongs in; None where in none.

        `open_` are the gaps that are open.
        """
        if event_id is None or event_id not in self._keys.values():
            return None
        gap = gap_of(event_id)
        return gap if self._repeats.trusts(event_id) or gap in open_ else None


def gap_of(key: str | None) -> str:
    """Return the id of the gap that a large message leaves until it is fetched."""
    return f"large-{key}"
