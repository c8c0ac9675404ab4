"""What a client is told that was said."""

from __future__ import annotations

import pytest

from captivate_nb.protocol import content as c
from captivate_nb.server.faults.spec import Faults
from captivate_nb.server.faults.transcripts import LONG, visible_entries
from captivate_nb.server.store.conversations import Entry, text_of

NOW = 1000.0


def entry(text: str, sender: str = "user", *, age: float = 0) -> Entry:
    return Entry(text, sender, NOW - age, (c.Text(text),))  # type: ignore[arg-type]  # one of them


def ids(entries: list[Entry], faults: Faults) -> list[str]:
    return [one.id for one in visible_entries(entries, faults, NOW)]


def test_without_faults_all_of_it():
    entries = [entry("a", age=1), entry("b", "bot"), entry("from a clock ahead", age=-60)]
    assert visible_entries(entries, Faults(), NOW) == entries


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


OFFERED = Entry(
    "offer",
    "bot",
    NOW,
    (
        c.Buttons("", (c.Option("An older label", "agent"),)),
        c.Cards((c.Card("", options=(c.Option("Chat to Agent", "agent"), c.Option("", "agent"))),)),
    ),
)


def shown(entries: list[Entry], faults: Faults) -> list[str]:
    return [text_of(one.content) for one in visible_entries(entries, faults, NOW)]


@pytest.mark.parametrize(
    ("said", "forms"),
    [
        ("agent", {"Chat to Agent"}),
        ("fish & chips", {"fish &amp; chips"}),
        ("Cafe\u0301", {"Caf\u00e9"}),
        ("x" * (LONG + 1), {"x" * (LONG - 1) + "…"}),
        ("two  words", {"TWO  WORDS", " two  words "}),
        ("LOUD", {"loud", " LOUD "}),
        (" 42 ", {" 42 "}),
    ],
)
def test_what_the_user_said_can_be_shown_in_another_form(said: str, forms: set[str]):
    entries = [OFFERED, entry(said)]
    seen = {shown(entries, Faults(relabel=1, seed=seed))[1] for seed in range(20)}
    assert seen == forms


def test_by_chance_and_alike_each_time_whatever_else_is_missing():
    entries = [entry(f"Turn {number}", age=number) for number in range(20)]
    half = Faults(relabel=0.5, seed=1)
    seen = shown(entries, half)
    assert (
        0 < sum(text != text_of(one.content) for text, one in zip(seen, entries, strict=True)) < 20
    )
    assert seen == shown(entries, half)
    assert seen != shown(entries, Faults(relabel=0.5, seed=2))
    assert seen[-5:] == shown(entries, Faults(relabel=0.5, seed=1, last=5))
    assert seen[3:] == shown(entries, Faults(relabel=0.5, seed=1, stale=3))


def test_files_and_what_others_said_stay_as_they_are():
    file = c.Files((c.File("https://example.org/a.png"),))
    with_text = Entry("both", "user", NOW, (c.Text("look"), file))
    entries = [entry("Hello", "bot"), entry("Hello", "agent"), Entry("file", "user", NOW, (file,))]
    assert visible_entries([*entries, with_text], Faults(relabel=1, seed=1), NOW)[:3] == entries
    both = visible_entries([*entries, with_text], Faults(relabel=1, seed=1), NOW)[3]
    assert both.content[1] == file
    assert both.content[0] != c.Text("look")
    assert with_text.content == (c.Text("look"), file)
