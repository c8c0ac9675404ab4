"""Where the user writes: what the page says, and what it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from captivate_nb.errors import InvalidFile
from captivate_nb.widgets.chat.composer import FILES_LIMIT, MOVED, ComposerWidget, check_size
from captivate_nb.widgets.messages import Send
from support.front_end import FrontEnd


def test_a_message_comes_with_its_files(front_end: FrontEnd):
    said: list[Any] = []
    composer = ComposerWidget(lambda *message: said.append(message))
    files = [{"name": "a.txt", "type": "text/plain"}, {"name": "b", "type": ""}]
    content = {"kind": "send", "topic": "", "text": "Hello", "files": files}
    front_end.say(composer, content, (b"one", b""))
    [(asked, attached)] = said
    assert asked == Send(ask="q", topic="", text="Hello", files=files)
    assert attached == [("a.txt", b"one", "text/plain"), ("b", b"", "")]


def test_anything_else_is_not_a_message(front_end: FrontEnd):
    composer = ComposerWidget(lambda *_: pytest.fail("nothing was sent"))
    for content in ({}, {"kind": "send"}, {"kind": "send", "topic": "", "text": None, "files": []}):
        front_end.say(composer, content)


def test_what_was_written_for_another_topic_is_not_sent(front_end: FrontEnd):
    said: list[Any] = []
    composer = ComposerWidget(lambda *message: said.append(message), topic="Ada")
    content = {"kind": "send", "text": "Hello", "files": []}
    front_end.say(composer, {**content, "topic": "Bob"})
    assert front_end.custom(composer) == [{"kind": "answer", "ask": "q", "error": MOVED}]
    front_end.say(composer, {**content, "topic": "Ada"})
    assert said == [(Send(ask="q", topic="Ada", text="Hello", files=[]), [])]


def test_files_have_a_size_together():
    check_size([("a", bytes(FILES_LIMIT), "")])
    with pytest.raises(InvalidFile, match="at most 10 MB of files"):
        check_size([("a", bytes(FILES_LIMIT), ""), ("b", b"x", "")])
