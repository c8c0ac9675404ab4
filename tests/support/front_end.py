"""The front end's side of ipywidgets' comms, in this process: what it was sent, and what it says."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import comm
import ipywidgets
import pytest
from comm.base_comm import BaseComm


class Sent(NamedTuple):
    """One message to the front end; `size` is that of its data as JSON, in bytes."""

    model_id: str
    kind: str
    data: dict[str, Any]

    @property
    def size(self) -> int:
        return len(json.dumps(self.data).encode())


class FrontEnd:
    """Stands in for JupyterLab, from when it is made until the test ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[Sent] = []
        heard = self.sent

        class Comm(BaseComm):
            def publish_msg(
                self,
                msg_type: str,
                data: dict[str, Any] | None = None,
                metadata: dict[str, Any] | None = None,
                buffers: list[bytes] | None = None,
                **keys: Any,
            ) -> None:
                heard.append(Sent(self.comm_id, msg_type, data or {}))

        monkeypatch.setattr(comm, "create_comm", Comm)

    def custom(self, widget: ipywidgets.Widget, kind: str | None = None) -> list[dict[str, Any]]:
        """The custom messages a widget sent, of one kind or all, oldest first."""
        contents = [
            sent.data["content"]
            for sent in self.sent
            if sent.model_id == widget.model_id
            and sent.kind == "comm_msg"
            and sent.data["method"] == "custom"
        ]
        return [content for content in contents if kind in (None, content.get("kind"))]

    def updates(self, widget: ipywidgets.Widget, name: str) -> list[Any]:
        """The values of a trait that a widget sent after it was opened."""
        return [
            sent.data["state"][name]
            for sent in self.sent
            if sent.model_id == widget.model_id
            and sent.kind == "comm_msg"
            and name in sent.data.get("state", {})
        ]

    def say(self, widget: ipywidgets.Widget, content: Any, buffers: tuple[bytes, ...] = ()) -> None:
        """Send a custom message to a widget, as its page would; a question is asked as "q"."""
        content = {"ask": "q", **content} if isinstance(content, dict) else content
        data = {"method": "custom", "content": content}
        message = {"content": {"data": data}, "buffers": [memoryview(each) for each in buffers]}
        widget.comm.handle_msg(message)

    @staticmethod
    def models() -> int:
        """How many widget models there are."""
        return len(ipywidgets.widgets.widget._instances)


def on_offer(panel: Any) -> list[str]:
    """The labels of the options that a panel's page shows in the newest message."""
    said = [item for item in panel.chat_log.tail()["items"] if item["from"] != "system"]
    parts = said[-1]["parts"] if said else []
    holders = [holder for part in parts for holder in (part, *part.get("cards", ()))]
    return [option["label"] for holder in holders for option in holder.get("options", ())]
