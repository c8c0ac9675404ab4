"""Whose reply a message is, when several lines were said before the bot answered."""

from __future__ import annotations

from collections.abc import Sequence

from captivate_nb.conversation.message import Message

Deal = tuple[int, list[Message]]
"""Where in the transcript a turn's reply may begin, and what is in that reply so far."""


def deal(transcript: Sequence[Message], turns: Sequence[Deal], dealt: dict[int, Message]) -> None:
    """Put each message of the other side's into one turn's reply.

    The wire does not say what answers what. A message belongs to the turns that were taken last
    before it; when those are several, taken one right after the other, each but the last gets one
    message, in order, and the last one the rest. Where fewer came, the last ones get them; where
    another turn was taken meanwhile, the first ones do, and the others wait with that turn.

    `dealt` holds, by identity, what is in a reply already.
    """
    asked: list[list[Message]] = []
    came: list[Message] = []
    for index in range(min((start for start, _ in turns), default=0), len(transcript)):
        begun = [reply for start, reply in turns if start == index]
        if begun and came:
            asked, came = _hand_out_some(came, asked), []
        asked += begun
        message = transcript[index]
        if asked and message.sender != "user" and id(message) not in dealt:
            dealt[id(message)] = message
            came.append(message)
    _hand_out(came, asked)


def _hand_out_some(came: list[Message], replies: list[list[Message]]) -> list[list[Message]]:
    """Hand out what came before another turn was taken; return the replies that still wait."""
    due = [reply for reply in replies if not reply]
    if len(came) >= len(due):
        _hand_out(came, replies)
        return []
    for reply, message in zip(due, came, strict=False):
        reply.append(message)
    return due[len(came) :]


def _hand_out(came: list[Message], replies: list[list[Message]]) -> None:
    if came:
        due = [reply for reply in replies[:-1] if not reply] + replies[-1:]
        served = due[-len(came) :]
        for reply in served[:-1]:
            reply.append(came.pop(0))
        served[-1].extend(came)
