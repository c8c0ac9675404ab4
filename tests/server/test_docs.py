"""The pages for flow designers say what is so."""

from __future__ import annotations

import re
from pathlib import Path

from captivate_nb.server.faults.spec import (
    CHANCE,
    COUNT,
    KINDS,
    MILLISECONDS,
    PRESETS,
    RATE,
    SECONDS,
    SWITCH,
)
from captivate_nb.server.flow import steps
from captivate_nb.server.flow.checks import CHECKS
from captivate_nb.server.flow.loader import _AGENT_WORDS, _WORDS
from support.flows import Player, said

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "flows.md").read_text(encoding="utf-8")
NETWORK = (DOCS / "network.md").read_text(encoding="utf-8")


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_example_holds_a_conversation():
    player = Player(example(), vip=True, user={"firstName": "Ann"})
    assert said(player.greet()) == ["Hello Ann!", "The first cup is on us.", "What would you like?"]
    assert player.told("Green tea") == ["To which email address may we send the bill?"]
    assert player.told("table 7, please") == [
        "Thank you, we will look for you at table 7.",
        "To which email address may we send the bill?",
    ]
    assert player.told("ann@example.org") == ["One Green tea coming up, ann@example.org!"]
    assert player.metadata["tea"] == "Green tea"


def test_every_word_is_on_the_page():
    words = {*steps._VERBS, *CHECKS, *_WORDS, *_AGENT_WORDS, *steps.REQUESTS}
    assert [word for word in sorted(words) if f"{word}" not in PAGE] == []


UNITS = {
    CHANCE: "chance",
    MILLISECONDS: "milliseconds",
    SECONDS: "seconds",
    RATE: "a second",
    COUNT: "count",
    SWITCH: "1 or 0",
}


def test_every_fault_is_on_the_page_with_its_unit_and_default():
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|`]+) \| ([\d.]+) \| \S", NETWORK, re.MULTILINE)
    kinds = {word: (UNITS[kind.unit], f"{kind.alone:g}") for word, kind in KINDS.items()}
    assert {word: (unit, default) for word, unit, default in rows} == kinds
    assert len(rows) == len(kinds)


def test_every_named_network_is_on_the_page_with_its_words():
    rows = re.findall(
        r"^\| `([^`|]+)` \| ([A-Z][^|]+) \|(?: `([^`]+)`)? \|$", NETWORK, re.MULTILINE
    )
    assert rows == [tuple(preset) for preset in PRESETS]
