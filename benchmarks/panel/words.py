"""What is said: numbered, so that each message is known again wherever it comes up."""

from __future__ import annotations

WORDS = "Your order has left the house and comes tomorrow before noon."


def text(number: int) -> str:
    return f"#{number}# {WORDS}"
