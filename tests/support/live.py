"""What tests of a live session have in common."""

from __future__ import annotations

from typing import Any

import captivate_nb as cn
from support.rogue import Socket, frame

KEY = "a-long-test-key"


SOON = cn.Timeouts(reconnect_first=0.01, check=0.1)
"""What takes seconds otherwise is found out in fractions of one."""

PATIENT = cn.Timeouts(reconnect_first=0.01, check=1)
"""The same, but a message stays in doubt for longer than a busy machine takes to come to it."""


def transcript(*entries: tuple[str, str]) -> str:
    messages = [
        {"from": sender, "messages": [{"type": "text", "text": text}]} for sender, text in entries
    ]
    return frame("conversation_transcript", {"conversation_id": "c-1", "messages": messages})


async def tell(socket: Socket, *entries: tuple[str, str]) -> dict[str, Any]:
    """Answer every request for a transcript with these; return the next message of the user's."""
    while True:
        payload = await socket.receive()
        if socket.rogue.received[-1]["event_type"] == "user_message":
            return payload
        await socket.send(transcript(*entries))


def shown(session: cn.Session) -> list[tuple[str, str]]:
    return [(m.sender, m.text) for m in session.transcript]


def refusal(code: int = 400, **payload: Any) -> str:
    return frame("general_error", {"error_code": code, "error_desc": "unreadable", **payload})


def large(link: str, linked: str | None = None) -> str:
    error = {"error_code": 413, "error_desc": "too large", "message_link": link}
    if linked is not None:
        error["linked_event_type"] = linked
    return frame("general_error", {"conversation_id": "c-1", **error})


async def breaks_when_spoken_to(socket: Socket) -> None:
    """Greet, and break the connection upon the first thing that the user says."""
    await socket.greet()
    await socket.receive("user_message")
    await socket.drop()
