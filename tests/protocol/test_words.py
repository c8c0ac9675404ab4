"""The protocol's own words: all that the code of the protocol names are listed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from captivate_nb import protocol
from captivate_nb.protocol import strays
from captivate_nb.protocol.words import NAMES, VALUES

OURS = {"problems", "conversation", "heartbeat", "truncated", "__action", "surrogatepass"}
"""What only looks like a word of the protocol: our own names, and words of our errors."""


def named() -> Iterator[str]:
    """Every text in the code of the protocol that may be a name or a word of it, and is long."""
    modules = set(Path(protocol.__path__[0]).glob("*.py"))
    for path in modules - {Path(strays.__file__)}:  # these know no word of the protocol
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"\A[A-Za-z0-9_]{8,}\Z", node.value)


def test_every_word_is_listed():
    assert set(named()) - OURS <= NAMES | VALUES
    assert all(len(word) >= 8 for word in NAMES | VALUES)
