"""Where the user writes. The page keeps the text until `answer` says that it was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from captivate_nb.widgets.common.assets import module

Attachment = tuple[str, bytes, str]
"""A file as the page sends it: name, bytes, MIME type."""

FILES_LIMIT = 10_000_000
"""Bytes of all files of one message: a notebook server takes messages of at most 10 MiB."""

TEXT_LIMIT = 128 * 1024
"""Bytes of text that the page sends at all; a little less than this fits in a message."""

MOVED = "Nothing was sent: another chat was opened meanwhile."


class ComposerWidget(anywidget.AnyWidget):
    """A text area with files. It calls `send(ident, text, files)`, on any thread.

    Each call is to be answered with `answer`. `hint` says why nothing can be written while it is
    not enabled. Each `topic` has a draft of its own; what was written for another is not sent.
    """

    _esm = module("chat/composer.js")
    enabled = traitlets.Bool(True).tag(sync=True)
    limit = traitlets.Int(FILES_LIMIT).tag(sync=True)
    text_limit = traitlets.Int(TEXT_LIMIT).tag(sync=True)
    hint = traitlets.Unicode("This chat is closed").tag(sync=True)
    topic = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, send: Callable[[float, str, list[Attachment]], object], **state: Any
    ) -> None:
        super().__init__(**state)
        self._send_message = send
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, content: Any, buffers: list[Any]) -> None:
        match content:
            case {"kind": "send", "id": ident, "topic": str(topic)} if topic != self.topic:
                self.answer(ident, MOVED)
            case {"kind": "send", "id": ident, "text": str(text), "files": list(named)}:
                files = [
                    (str(file["name"]), bytes(data), str(file["type"]))
                    for file, data in zip(named, buffers, strict=False)
                ]
                self._send_message(ident, text, files)

    def answer(self, ident: float, error: str | None = None) -> None:
        """Tell the page that a message was sent, or why it was not; then its text stays."""
        self.send({"id": ident} if error is None else {"id": ident, "error": error})
