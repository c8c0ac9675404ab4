"""Later messages of a bot: what it posts to the hub at any time, in the newer and the older form."""

from __future__ import annotations

from captivate_nb.errors import CaptivateError, ProtocolError
from captivate_nb.protocol.codec import from_json

from .answers import Json


class PushRefused(CaptivateError):
    """A push that says nothing that can be sent."""


def read_push(body: bytes) -> tuple[str, Json]:
    """Return the conversation's ID and the answer of a push; raise `PushRefused`.

    The newer form is an answer as to a turn, the older `{idChat, channel, message: {messages,
    actions}}`.
    """
    try:
        told = from_json(body)
    except ProtocolError:
        raise PushRefused("This is not JSON") from None
    if not isinstance(told, dict):
        raise PushRefused("This is no object")
    named, answer = told.get("session_id"), told
    if "session_id" not in told:
        named = told.get("idChat")
        message = told.get("message") or {}
        if not isinstance(message, dict):
            raise PushRefused("“message” must be an object")
        answer = {"response": message.get("messages"), "outgoing_action": message.get("actions")}
    if not isinstance(named, str):
        raise PushRefused("“session_id”, or “idChat”, must be a conversation's ID")
    return named, answer
