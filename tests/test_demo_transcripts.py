"""What a client is told that was said."""

from __future__ import annotations

from captivate_nb.demo.faults import Faults
from captivate_nb.demo.state import Entry
from captivate_nb.demo.transcripts import told
from captivate_nb.protocol import content as c

NOW = 1000.0


def entry(text: str, sender: str = "user", *, age: float = 0) -> Entry:
    return Entry(text, sender, NOW - age, (c.Text(text),))  # type: ignore[arg-type]  # one of them


def ids(entries: list[Entry], faults: Faults) -> list[str]:
    return [one.id for one in told(entries, faults, NOW)]


def test_without_faults_all_of_it():
    entries = [entry("a", age=1), entry("b", "bot"), entry("from a clock ahead", age=-60)]
    assert told(entries, Faults(), NOW) == entries


def test_what_is_younger_than_a_stale_transcript_is_missing():
    entries = [entry("old", age=3), entry("answer", "bot", age=2), entry("new", age=1)]
    assert ids(entries, Faults(stale=2)) == ["old", "answer"]
    assert ids(entries, Faults(stale=10)) == []


def test_what_the_user_says_is_stored_late_and_in_its_place():
    entries = [entry("a", age=3), entry("b", age=1), entry("answer", "bot"), entry("c", age=1)]
    assert ids(entries, Faults(store_late=2)) == ["a", "answer"]
    assert ids(entries, Faults(store_late=1)) == ["a", "b", "answer", "c"]
    assert ids(entries, Faults(store_late=1, stale=2)) == ["a"]


def test_of_what_is_known_only_the_last_is_told():
    entries = [entry(text, age=age) for text, age in (("a", 4), ("b", 3), ("c", 2), ("d", 1))]
    assert ids(entries, Faults(last=3)) == ["b", "c", "d"]
    assert ids(entries, Faults(last=3, stale=3)) == ["a", "b"]
