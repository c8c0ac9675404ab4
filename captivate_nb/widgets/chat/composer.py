"""Where the user writes. The page keeps the text until it is answered that it was sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from captivate_nb.errors import InvalidFile
from captivate_nb.widgets.common.assets import module
from captivate_nb.widgets.common.page_widget import PageWidget
from captivate_nb.widgets.messages import FromComposer, Send

Attachment = tuple[str, bytes, str]
"""A file as the page sends it: name, bytes, MIME type."""

FILES_LIMIT = 10_000_000
"""Bytes of all files of one message: a notebook server takes messages of at most 10 MiB."""

TEXT_LIMIT = 128 * 1024
"""Bytes of text that the page sends at all; a little less than this fits in a message."""


def check_size(files: list[Attachment]) -> None:
    """Raise `InvalidFile` for more than one message takes."""
    if sum(len(data) for _, data, _ in files) > FILES_LIMIT:
        raise InvalidFile(f"One message takes at most {FILES_LIMIT // 1_000_000} MB of files.")


MOVED = "Nothing was sent: another chat was opened meanwhile."


class ComposerWidget(PageWidget):
    """A text area with files. It calls `send(asked, files)`, on any thread.

    Each call is to be answered, with an error where the text is to stay. `hint` says why nothing can be written while it is
    not enabled. Each `topic` has a draft of its own; what was written for another is not sent.
    """

    hears = FromComposer
    _esm = module("chat/composer.js")
    enabled = traitlets.Bool(True).tag(sync=True)
    limit = traitlets.Int(FILES_LIMIT).tag(sync=True)
    text_limit = traitlets.Int(TEXT_LIMIT).tag(sync=True)
    hint = traitlets.Unicode("This chat is closed").tag(sync=True)
    topic = traitlets.Unicode().tag(sync=True)

    def __init__(self, send: Callable[[Send, list[Attachment]], object], **state: Any) -> None:
        self._send_message = send
        super().__init__(**state)

    def heard(self, message: Send, buffers: Sequence[Any]) -> None:
        """Have a message sent, if it was written for what is shown."""
        if message.topic != self.topic:
            self.answer(message, error=MOVED)
            return
        named = zip(message.files, buffers, strict=False)
        files = [(file["name"], bytes(data), file["type"]) for file, data in named]
        self._send_message(message, files)
