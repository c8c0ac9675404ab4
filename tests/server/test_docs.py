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


def rows(heading: str) -> dict[str, str]:
    """The rows of the page's tables with this heading, by each of the words that they explain."""
    tables = re.findall(rf"^\| {heading} \| \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    found = {}
    for row in "".join(tables).splitlines():
        first = row.split(" | ")[0]
        for word in re.findall(r"`(?:- )?([a-z][a-z ]*):", first):
            found[word] = row
    return found


def test_every_step_has_its_row_with_the_words_that_it_takes():
    found = rows("step")
    assert set(found) == set(steps._VERBS)
    for verb, (_, modifiers) in steps._VERBS.items():
        missing = [word for word in modifiers if f"{word}" not in found[verb]]
        assert not missing, f"the row of “{verb}” does not say {missing}"
    assert [word for word in CHECKS if f"`{word}`" not in found["ask"]] == []
    assert [word for word in steps.REQUESTS if word not in found["answer"]] == []


def test_every_word_of_a_flow_has_its_row():
    found = rows("top level")
    assert set(found) == set(_WORDS)
    assert [word for word in _AGENT_WORDS if f"`{word}`" not in found["agent"]] == []


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
