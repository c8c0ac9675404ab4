"""What a service allows a connection: sizes and durations, by the name of who sets them."""

from __future__ import annotations

import math

import msgspec

from captivate_nb.errors import UsageError, did_you_mean


class ConnectionLimits(msgspec.Struct, frozen=True):
    """The limits of one connection; `inf` is none.

    `message` and `frame` are bytes that a client may send at once: more closes with 1009. `idle`
    are the seconds without a message either way, and `life` those since it was opened, after
    which the connection is closed with 1001. Pings do not count as messages.
    """

    message: float = math.inf
    frame: float = math.inf
    idle: float = math.inf
    life: float = math.inf

    def excess(self, frame: int, message: int) -> str | None:
        """Say why a connection is closed on which a client sends so many bytes, or return None."""
        if frame > self.frame:
            return f"A frame has at most {self.frame:.0f} bytes"
        if message > self.message:
            return f"A message has at most {self.message:.0f} bytes"
        return None


PROFILES = {
    "none": ConnectionLimits(),
    "apigateway": ConnectionLimits(message=128 << 10, frame=32 << 10, idle=600, life=7200),
}
"""`apigateway` is AWS API Gateway, behind which the real service seems to be."""


def read(spec: str | ConnectionLimits) -> ConnectionLimits:
    """Read a profile's name, with durations or sizes of one's own: `apigateway, life=60`.

    Raise `UsageError`, one line that names the nearest known word.
    """
    if isinstance(spec, ConnectionLimits):
        return spec
    name, *changes = (part.strip() for part in spec.split(","))
    if name not in PROFILES:
        hint = did_you_mean(name, PROFILES) or f" There are {', '.join(PROFILES)}."
        raise UsageError(f"“{name}” is not a profile.{hint}")
    return msgspec.structs.replace(PROFILES[name], **dict(map(_change, changes)))


def _change(part: str) -> tuple[str, float]:
    word, _, value = (side.strip() for side in part.partition("="))
    known = ConnectionLimits.__struct_fields__
    if word not in known:
        hint = did_you_mean(word, known) or f" There are {', '.join(known)}."
        raise UsageError(f"“{part}” is not a limit of a profile.{hint}")
    try:
        number = float(value)
    except ValueError:
        number = -1
    if not number > 0:
        unit = "bytes" if word in ("message", "frame") else "seconds"
        raise UsageError(f"“{part}” cannot be: {word} takes {unit}, more than 0.")
    return word, number
