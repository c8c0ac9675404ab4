"""Dealing: each message of the other side's is in exactly one reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.client.dealing import deal
from captivate_nb.conversation.message import Message


def told(line: str) -> list[Message]:
    """A transcript from words: “A” is what turn A said, “u” what the user said without waiting."""
    return [
        Message(id=word, sender="user" if word.isalpha() else "bot", text=word)
        for word in line.split()
    ]


def replies(line: str, turns: str) -> dict[str, str]:
    transcript = told(line)
    texts = [message.text for message in transcript]
    got: list[list[Message]] = [[] for _ in turns]
    deal(transcript, [(texts.index(turn) + 1, got[n]) for n, turn in enumerate(turns)], {})
    return {turn: " ".join(m.text for m in got[n]) for n, turn in enumerate(turns)}


@pytest.mark.parametrize(
    ("line", "dealt"),
    [
        ("0 A 1 2", {"A": "1 2"}),
        ("0 A", {"A": ""}),
        ("0 A 1 B 2 3", {"A": "1", "B": "2 3"}),
        ("0 A B C 1 2 3", {"A": "1", "B": "2", "C": "3"}),
        ("0 A B C 1 2 3 4 5", {"A": "1", "B": "2", "C": "3 4 5"}),
        ("0 A B C 1", {"A": "", "B": "", "C": "1"}),
        ("0 A B C 1 2", {"A": "", "B": "1", "C": "2"}),
        ("0 A B 1 2 C 3 4", {"A": "1", "B": "2", "C": "3 4"}),
        ("0 A B 1 C 2 3", {"A": "1", "B": "2", "C": "3"}),
        ("0 A B 1 C D 2 3 4", {"A": "1", "B": "2", "C": "3", "D": "4"}),
        ("0 A B 1 C 2", {"A": "1", "B": "", "C": "2"}),
        ("0 A u 1 2", {"A": "1 2"}),
        ("0 A 1 u 2", {"A": "1 2"}),
        ("0 u 1 A", {"A": ""}),
    ],
)
def test_each_message_is_in_one_reply(line: str, dealt: dict[str, str]):
    assert replies(line, "".join(dealt)) == dealt


def test_what_is_in_a_reply_stays_there_and_what_comes_later_goes_to_who_still_waits():
    transcript = told("A B C 1 2 3")
    replies: list[list[Message]] = [[], [], []]
    dealt: dict[int, Message] = {}
    deal(transcript, list(enumerate(replies, 1)), dealt)
    transcript += told("4 5")
    deal(transcript, list(enumerate(replies, 1))[1:], dealt)
    assert [[m.text for m in reply] for reply in replies] == [["1"], ["2"], ["3", "4", "5"]]


@given(st.lists(st.sampled_from("ABCDu012"), max_size=12))
def test_nothing_is_lost_and_nothing_is_twice(words: list[str]):
    turns = "".join(dict.fromkeys(word for word in words if word.isupper()))
    once = [w for n, w in enumerate(words) if not w.isupper() or words.index(w) == n]
    got = replies(" ".join(once), turns)
    begun = min((once.index(turn) for turn in turns), default=len(once))
    expected = [word for word in once[begun:] if word.isdigit()]
    assert " ".join(filter(None, got.values())).split() == expected
