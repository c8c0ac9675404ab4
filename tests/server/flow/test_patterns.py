"""A flow's own patterns have little time, whatever a stranger writes."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from captivate_nb.errors import FlowError
from captivate_nb.server.flow.checks import by_pattern
from captivate_nb.server.flow.patterns import ALL, LEAST, ONE, Pattern, TimeBudget
from support.flows import Player, flow_of

SLOW = r"^(a|a)*$"
ENDLESS = "a" * 60 + "!"  # 2 ** 60 steps for an engine that only goes back and tries again


def test_a_pattern_without_end_matches_nothing_and_says_so_once(caplog: pytest.LogCaptureFixture):
    pattern = Pattern(SLOW)
    with caplog.at_level(logging.WARNING):
        assert pattern.search(ENDLESS) is None
        assert pattern.fullmatch(ENDLESS) is None
    (told,) = caplog.messages
    assert "The pattern /^(a|a)*$/ is too slow" in told
    assert "aaaa" not in told
    assert pattern.search("aaa") is not None


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r"^(\w+\s?)+$", "a" * 26 + "!"),
        (r"(a+)+$", ENDLESS),
        (r"(.*a){25}$", "a" * 999 + "!"),
        (r"^(([a-z])+.)+[0-9]([a-z])+$", "a" * 999),
        (r"(?=(\w+)+$)(?!.*1)\w+!", ENDLESS * 10),
        (r"((a{1,30}){1,30}){1,30}b", "a" * 999),
        (r"(x+x+)+y", "x" * 999),
        (r"(?R)", "a" * 999),
    ],
)
def test_known_attacks_come_to_an_end(expression: str, text: str):
    assert Pattern(expression).search(text) is None
    assert by_pattern(Pattern(expression)).read(text) is None


@pytest.fixture
def patient_threads() -> Iterator[None]:
    """No thread asks another for the interpreter: one runs when the other lets it go."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("patient_threads")
def test_other_threads_go_on_meanwhile():
    looking, begin, seen = False, threading.Event(), []

    def watch() -> None:
        begin.wait()
        seen.append(looking)

    thread = threading.Thread(target=watch)
    thread.start()
    pattern = Pattern(SLOW)
    begin.set()
    looking = True
    pattern.search(ENDLESS)
    looking = False
    thread.join()
    assert seen == [True]


def test_all_patterns_of_a_flow_share_their_time():
    now = 0.0
    patience = TimeBudget(lambda: now)
    assert patience.left == ONE
    now = ALL - ONE / 2
    assert patience.left == pytest.approx(ONE / 2)
    now = 2 * ALL
    assert patience.left == LEAST


def test_what_comes_after_a_slow_pattern_is_still_heard():
    slow = "".join(f"\n              /^(a|a)*{number}$/: a" for number in range(20))
    player = Player(f"""
        nodes: {{a: A, b: B}}
        hear:{slow}
              agent: b
    """)
    assert player.told(f"{'a' * 60} agent") == ["B"]


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        (r"grüße\b", "Viele GRÜSSE! Viele Grüße!", "Grüße"),
        (r"(?<!no )\btea(?! bag)", "no tea, tea bag, Tea", "Tea"),
        (r"(?P<n>\d+) or (?P=n)", "1 or 2, 2 or 2", "2 or 2"),
    ],
)
def test_all_that_python_reads_can_be_written(expression: str, text: str, found: str):
    match = Pattern(expression).search(text)
    assert match is not None
    assert match[0] == found


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("(", r"missing \) at position 1"),
        (r"\p{Foo}", "unknown property at position 7"),
        ("(?ui)(?a)", "ASCII, LOCALE and UNICODE flags are mutually incompatible"),
        ("(" * 5000 + ")" * 5000, "it is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_a_fault_of_the_flow_with_its_line(expression: str, why: str):
    with pytest.raises(ValueError, match=why):
        Pattern(expression)
    with pytest.raises(
        FlowError, match=rf"^test.yaml:4: The pattern /.* expression: {why}"
    ) as told:
        flow_of(f"nodes:\n  a:\n    ask: Code\n    check: '/{expression}/'\n    save: code\n")
    assert len(str(told.value)) < 200
