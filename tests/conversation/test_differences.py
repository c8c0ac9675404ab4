"""Where two conversations part."""

from __future__ import annotations

from captivate_nb.conversation.differences import difference
from captivate_nb.conversation.message import Message
from captivate_nb.protocol.content import Action, Text


def said(sender: str, text: str, **more: object) -> Message:
    return Message(id=text, sender=sender, text=text, content=(Text(text),), **more)


BEFORE = [said("bot", "Hi"), said("user", "tea"), said("bot", "Tea.", time=1.0)]


def test_ids_and_times_do_not_count():
    after = [said("bot", "Hi"), said("user", "tea"), said("bot", "Tea.", time=9.0)]
    assert difference(BEFORE, after) == (None, "Done again, and nothing differs.")


def test_the_first_message_that_is_another_is_told_with_its_turn():
    other = [*BEFORE[:2], said("bot", "Coffee.")]
    told = "Turn 1 is the first that differs: it was “Tea.”, and is “Coffee.”."
    assert difference(BEFORE, other) == (2, told)
    acting = [*BEFORE[:2], said("bot", "Tea.", actions=(Action("pour"),))]
    assert difference(BEFORE, acting)[0] == 2


def test_one_that_is_missing_or_more_differs():
    assert difference(BEFORE, BEFORE[:2])[0] == 2
    assert "and is nothing" in difference(BEFORE, BEFORE[:2])[1]
    assert "it was nothing" in difference(BEFORE[:1], BEFORE[:2])[1]
