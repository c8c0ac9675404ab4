"""What an answer must look like."""

from __future__ import annotations

import re

import pytest

from captivate_nb.server.flow.checks import CHECKS, by_pattern


@pytest.mark.parametrize(
    ("check", "answer", "kept"),
    [
        ("anything", "x", "x"),
        ("anything", "", None),
        ("name", "Ann", "Ann"),
        ("name", "Jean-Luc O'Neill", "Jean-Luc O'Neill"),
        ("name", "Łukasz Ås", "Łukasz Ås"),
        ("name", "李明", "李明"),
        ("name", "4711", None),
        ("name", "ann@example.org", None),
        ("name", "<b>", None),
        ("name", "x" * 100, None),
        ("email", "ann@example.org", "ann@example.org"),
        ("email", "ann+tag@mail.example.co.uk", "ann+tag@mail.example.co.uk"),
        ("email", "ann@localhost", None),
        ("email", "ann at example.org", None),
        ("email", "ann@@example.org", None),
        ("email", "ann@example..org", None),
        ("phone", "+49 (89) 123-45", "+49 (89) 123-45"),
        ("phone", "1 2 3 4", None),
        ("phone", "call me", None),
        ("phone", "+" + "1" * 40, None),
        ("number", "42", 42),
        ("number", "-1,5", -1.5),
        ("number", "1e3", 1000),
        ("number", "nan", None),
        ("number", "inf", None),
        ("number", "many", None),
    ],
)
def test_checks(check: str, answer: str, kept: str | float | None):
    assert CHECKS[check].read(answer) == kept


def test_every_check_says_how_to_go_on():
    assert all(name == check.name and check.retry for name, check in CHECKS.items())


def test_a_pattern_must_fit_the_whole_answer():
    check = by_pattern(re.compile(r"[A-Z]\d{3}"))
    assert check.name == r"/[A-Z]\d{3}/"
    assert check.read("A123") == "A123"
    assert check.read("A1234") is None
