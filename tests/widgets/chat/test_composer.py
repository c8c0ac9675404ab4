"""Where the user writes: what the page says, and what it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from captivate_nb.widgets.chat.composer import MOVED, ComposerWidget
from support.front_end import FrontEnd


def test_a_message_comes_with_its_files(front_end: FrontEnd):
    said: list[Any] = []
    composer = ComposerWidget(lambda *message: said.append(message))
    files = [{"name": "a.txt", "type": "text/plain"}, {"name": "b", "type": ""}]
    content = {"kind": "send", "id": 0.5, "text": "Hello", "files": files}
    front_end.say(composer, content, (b"one", b""))
    assert said == [(0.5, "Hello", [("a.txt", b"one", "text/plain"), ("b", b"", "")])]


def test_anything_else_is_not_a_message(front_end: FrontEnd):
    composer = ComposerWidget(lambda *_: pytest.fail("nothing was sent"))
    for content in ({}, {"kind": "send"}, {"kind": "send", "id": 1, "text": None, "files": []}):
        front_end.say(composer, content)


def test_what_was_written_for_another_topic_is_not_sent(front_end: FrontEnd):
    said: list[Any] = []
    composer = ComposerWidget(lambda *message: said.append(message), topic="Ada")
    content = {"kind": "send", "id": 1, "text": "Hello", "files": []}
    front_end.say(composer, {**content, "topic": "Bob"})
    assert front_end.custom(composer) == [{"id": 1, "error": MOVED}]
    front_end.say(composer, {**content, "topic": "Ada"})
    assert said == [(1, "Hello", [])]


def test_every_message_is_answered(front_end: FrontEnd):
    composer = ComposerWidget(lambda *_: None)
    composer.answer(0.5)
    composer.answer(0.7, "It is too large.")
    assert front_end.custom(composer) == [{"id": 0.5}, {"id": 0.7, "error": "It is too large."}]
