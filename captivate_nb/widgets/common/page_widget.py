"""A widget whose page and Python tell each other the messages of `widgets/messages.py`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

import anywidget
import msgspec

from captivate_nb.widgets.messages import Answer, Question, ToPage

_logger = logging.getLogger("captivate_nb.widgets")


class PageWidget(anywidget.AnyWidget):
    """Tells its page messages, and hears those of the kinds that it `hears`."""

    hears: ClassVar[Any]

    def __init__(self, **state: Any) -> None:
        super().__init__(**state)
        self.on_msg(self._on_message)

    def tell(self, message: ToPage, *buffers: bytes) -> None:
        """Send a message to every page that shows this."""
        told = {
            name: value
            for name, value in msgspec.structs.asdict(message).items()
            if value is not msgspec.UNSET
        }
        self.send({"kind": message.__struct_config__.tag, **told}, list(buffers) or None)

    def answer(self, question: Question, *buffers: bytes, **what: Any) -> None:
        """Tell the page what a question came to; see `Answer`."""
        self.tell(Answer(ask=question.ask, **what), *buffers)

    def heard(self, message: Any, buffers: Sequence[Any]) -> None:
        """Take a message from the page, on whatever thread it comes."""
        raise NotImplementedError

    def _on_message(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        try:
            message = msgspec.convert(content, self.hears)
        except msgspec.ValidationError as error:
            _logger.warning("A page told what cannot be read: %s", error)
            return
        self.heard(message, buffers)
