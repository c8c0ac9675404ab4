"""What has to hold between a session and an odd server, seen from outside both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import captivate_nb as cn
from support.flying import until
from support.odd import OddServer
from support.odd_lines import RELABELS, relabelled

VISIBLE = ("queued", "failed", "unknown")


class Judge:
    """Says what is wrong with what a session made of `said`, the texts given to it in order.

    `edited` has, for each text that one of them was to be changed to, the text it had.
    """

    def __init__(
        self,
        session: cn.Session,
        server: OddServer,
        said: Iterable[str],
        edited: Mapping[str, str] | None = None,
    ) -> None:
        self.session = session
        self.server = server
        self.said = list(said)
        texts = {text: text for text in self.said} | dict(edited or {})
        self._forms = {
            relabelled(text, how, server.labels): said
            for text, said in texts.items()
            for how in RELABELS
        } | texts

    def faults(self, *, whole: bool = True) -> list[str]:
        """Return every rule broken, one line each; `whole`: the client has been told everything.

        Where a transcript has entries that cannot be read, the order is judged once they can.
        """
        found = [*self._twice(), *self._lost(), *self._shown(), *self._told()]
        order = () if self.server.odd.holes else self._order()
        return [*found, *order, *(self._whole() if whole else ())]

    def own(self) -> list[str]:
        """Return the user's lines as shown, each as it was said."""
        return [self._said_as(m.text) for m in self.session.transcript if m.sender == "user"]

    def others(self) -> list[str]:
        """Return the first line of each message shown of the other side's."""
        shown = (m.text for m in self.session.transcript if m.sender in ("bot", "agent"))
        return [_first(text) for text in shown]

    def _waiting(self) -> list[str]:
        """Return what waits to be sent and is no part of the transcript yet."""
        known = {m.id for m in self.session.transcript}
        return [self._said_as(m.text) for m in self.session.outbox if m.id not in known]

    def _said_as(self, text: str) -> str:
        return self._forms.get(text, f"?{text}")

    def _twice(self) -> Iterator[str]:
        came = Counter(arrival.text for arrival in self.server.arrivals if arrival.taken)
        said = Counter(self.said)
        for text, times in came.items():
            if times > said[text]:
                yield f"“{text}” was said {said[text]} times and arrived {times} times"
        ids = Counter(arrival.client_msg_id for arrival in self.server.arrivals if arrival.taken)
        if not self.server.odd.equal:  # which of equal lines arrived, nobody can tell
            yield from (f"the id {name} arrived {n} times" for name, n in ids.items() if n > 1)

    def _lost(self) -> Iterator[str]:
        came = Counter(arrival.text for arrival in self.server.arrivals)
        held = Counter(self._said_as(m.text) for m in self.session.outbox)
        for text, times in Counter(self.said).items():
            missing = times - came[text]
            if missing > held[text]:
                yield f"“{text}” never arrived, and session.outbox has it {held[text]} times"
        for message in self.session.outbox:
            if message.delivery not in VISIBLE:
                yield f"session.outbox has “{message.text}” as {message.delivery}"

    def _shown(self) -> Iterator[str]:
        said = Counter(self.said)
        shown = Counter(self.own()) + Counter(self._waiting())
        for text in said.keys() | shown.keys():
            if shown[text] != said[text]:
                yield f"“{text}” was said {said[text]} times and is shown {shown[text]} times"
        if not self.server.odd.equal:
            others = Counter(self.others())
            yield from (f"“{text}” is shown {n} times" for text, n in others.items() if n > 1)

    def _told(self) -> Iterator[str]:
        """What is in doubt for good has a line; every line is one line."""
        if any(m.delivery != "queued" for m in self.session.outbox) and not self.session.errors:
            yield "messages are in doubt and session.errors is empty"
        for problem in self.session.errors:
            if "\n" in str(problem) or not str(problem).strip():
                yield f"a problem is not one line: {str(problem)!r}"

    def _order(self) -> Iterator[str]:
        """What both sides have stands in the server's order, the user's lines and the others'."""
        lines = self.server.lines(self.session.conversation_id)
        own = [self._said_as(line.text) for line in lines if line.sender == "user"]
        others = [_first(line.text) for line in lines if line.sender == "bot"]
        for sender, here, there in (("user", self.own(), own), ("bot", self.others(), others)):
            both = Counter(here) & Counter(there)
            if not self.server.odd.equal and _only(here, both) != _only(there, both):
                yield f"out of order, {sender}: here {here}, there {there}"
        arrived = [m.text for m in self.session.transcript if m.delivery == "confirmed"]
        if self.server.odd.equal and not self.server.odd.last and not _within(arrived, own):
            yield f"what arrived is out of order: here {arrived}, there {own}"

    def _whole(self) -> Iterator[str]:
        lines = self.server.lines(self.session.conversation_id)
        there = Counter(_first(line.text) for line in lines if line.sender == "bot")
        lacking = there - Counter(self.others())
        yield from (f"“{text}” of the bot's is not shown" for text in lacking)
        told = {line.text for line in lines}
        for message in self.session.outbox:
            if self._said_as(message.text) in told and not self.server.odd.equal:
                yield f"“{message.text}” was in a transcript, and is {message.delivery}"


def _first(text: str) -> str:
    return text.partition("\n")[0]


def _within(part: list[str], whole: list[str]) -> bool:
    """Whether the texts of `part` are in `whole` in the same order."""
    rest = iter(whole)
    return all(text in rest for text in part)


def _only(texts: list[str], both: Counter[str]) -> list[str]:
    """Return the texts that both have; an equal one too many is another rule's matter."""
    left = both.copy()
    kept = []
    for text in texts:
        if left[text] > 0:
            left[text] -= 1
            kept.append(text)
    return kept


async def settled(session: cn.Session, seconds: float = 120) -> None:
    """Wait until the session is open and nothing waits to go out; say what it is when it is not."""
    try:
        await until(
            lambda: (
                session.status == "open" and all(m.delivery != "queued" for m in session.outbox)
            ),
            seconds,
        )
    except TimeoutError:
        held = [(m.text, m.delivery) for m in session.outbox]
        last = [str(problem) for problem in session.errors[-1:]]
        raise AssertionError(
            f"after {seconds:g} s the session is {session.status}: {held} {last}"
        ) from None
