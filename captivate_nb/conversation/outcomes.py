"""Showing what `delivery` decides: at the user's messages, and in a line for each that was in doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection

from captivate_nb.errors import sentence
from captivate_nb.rendering.sanitize import quoted

from .delivery import Deliveries
from .evidence import Sent, Verdict
from .message import Message
from .message_list import MessageList
from .problems import Problem, named


class Outcomes:
    """Brings the messages of one conversation, and what is said of them, to what is decided.

    Methods return the index of the first message that changed, None where none did.
    """

    def __init__(
        self, messages: MessageList, deliveries: Deliveries, add: Callable[[Problem], Problem]
    ) -> None:
        self._messages = messages
        self._deliveries = deliveries
        self._add = add

    def show(self, verdicts: Collection[Verdict], at: float) -> int | None:
        """Show what was decided of messages."""
        changed: list[int] = []
        arrived: defaultdict[str, list[Message]] = defaultdict(list)
        places = self._messages.places(verdict.id for verdict in verdicts)
        for verdict in verdicts:
            index = places[verdict.id]
            message = self._messages.deliver(index, verdict.state)
            changed.append(index)
            if verdict.why and verdict.state == "confirmed":
                arrived[verdict.why].append(message)
            elif verdict.why:
                self._add(Problem(_line(message, verdict), time=at, about=message.id))
        for why, messages in arrived.items():
            about = messages[0].id if len(messages) == 1 else ""
            line = sentence(f"{named(message.text for message in messages)} arrived: {why}")
            self._add(Problem(line, time=at, about=about, good=True))
        return min(changed, default=None)

    def show_held(self) -> int | None:
        """Show as queued what is in doubt, as it may have to be sent again."""
        places = self._messages.places(self._deliveries.doubted)
        for index in places.values():
            self._messages.deliver(index, "queued")
        return min(places.values(), default=None)

    def send_again(self, sent: Sent, at: float) -> int | None:
        """Note that a message was sent again, if that was to be done."""
        if not sent.lost and sent.state not in ("unknown", "failed"):
            return None
        text = self._messages.items[self._messages.index(sent.id)].text
        why = "had not arrived, and was sent again" if sent.lost else "was sent again, as you asked"
        line = f"{quoted(text)} {why}."
        self._add(Problem(line, time=at, about=sent.id, good=True))
        self._deliveries.sent(sent.event, at)
        return self._messages.move_to_end(sent.id, at)

    def believe(self, message_id: str, at: float) -> int | None:
        """Believe the user that a message arrived."""
        if message_id not in self._deliveries:
            return None
        self._deliveries.decide(message_id, "confirmed")
        index = self._messages.index(message_id)
        line = f"{quoted(self._messages.deliver(index, 'confirmed').text)} arrived: you said so."
        self._add(Problem(line, time=at, about=message_id, good=True))
        return index

    def leave(self, conversation_id: str | None, at: float) -> None:
        """Tell what is in doubt in a conversation that is left, and what was never settled."""
        unsettled = self._messages.places(self._deliveries.undecided).values()
        if unsettled:
            line = (
                f"{named(self._messages.items[index].text for index in unsettled)} had not been"
                " settled when this conversation was left;"
                f" session.resume({conversation_id!r}) shows what the server has of it."
            )
            self._add(Problem(line, time=at))
        self.show(self._deliveries.give_up("another conversation was begun"), at)
        for name, index in self._messages.places(self._deliveries.unanswered).items():
            line = (
                f"{quoted(self._messages.items[index].text)} had no answer when this conversation was"
                f" left; session.resume({conversation_id!r}) shows what the server has of it."
            )
            self._add(Problem(line, time=at, about=name))


def _line(message: Message, verdict: Verdict) -> str:
    if verdict.state == "failed":
        return sentence(f"{quoted(message.text)} was not delivered: {verdict.why}")
    return sentence(f"It is not known whether {quoted(message.text)} arrived: {verdict.why}")
