"""YAML with places: what it takes, and how it says what it does not."""

from __future__ import annotations

import pytest

from captivate_nb.errors import FlowError
from captivate_nb.server.flow.yaml_source import DEEPEST, LARGEST_FILE, field, known, read_yaml


def problem(source: str, use: str = "data") -> str:
    with pytest.raises(FlowError) as caught:
        getattr(read_yaml(source.encode(), "f.yaml"), use)()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_data_has_no_surprises():
    source = """
    yes: Yes
    time: 12:30
    date: 2024-01-01
    octal: 007
    hex: 0x1F
    big: 123456789012345678901234567890
    int: -3
    float: 1.50
    bool: [true, false]
    null: [~, null, "", ]
    nested: {a: [1, "1"]}
    """
    assert read_yaml(source.encode(), "f.yaml").data() == {
        "yes": "Yes",
        "time": "12:30",
        "date": "2024-01-01",
        "octal": "007",
        "hex": "0x1F",
        "big": "123456789012345678901234567890",
        "int": -3,
        "float": 1.5,
        "bool": [True, False],
        "null": [None, "null", ""],
        "nested": {"a": [1, "1"]},
    }


def test_text_is_as_it_is_written():
    spots = read_yaml(b"[true, 007, Yes, 1.50]", "f.yaml").items("list")
    assert [spot.text("x") for spot in spots] == ["true", "007", "Yes", "1.50"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a: [1, 2", "f.yaml:1: This is not YAML"),
        ("a: 1\n b: 2", "f.yaml:2: This is not YAML"),
        (
            "- One: a: b",
            "f.yaml:1: This is not YAML: mapping values are not allowed here. Text needs",
        ),
        ("a:\n\t- b", "Indent with spaces, not with tabs."),
        ("a: 1\na: 2", "f.yaml:2: “a” is here twice; the first is on line 1."),
        ('a: 1\nb: "\\ud83d"', "f.yaml:2: This has half a character, '\\ud83d'."),
        ("a: &x 1\nb: *x", "f.yaml:2: Aliases (*x) cannot be used"),
        ("a: !!python/object:os.system x", "f.yaml:1: Tags (tag:yaml.org,2002:python/object"),
        ("a: 1\n---\nb: 2", "f.yaml:2: This is not YAML"),
        ("", "f.yaml: The file is empty"),
        ("a: \x00", "f.yaml: This is not YAML"),
        ("[" * (DEEPEST + 1), f"f.yaml:1: This nests more than {DEEPEST}"),
        ("{[1]: 2}", "f.yaml:1: a name must be text, not a list"),
        ("x" * (LARGEST_FILE + 1), "f.yaml: A flow file has at most 1 MiB"),
    ],
)
def test_what_is_refused(source: str, words: str):
    assert words in problem(source)


@pytest.mark.parametrize(
    ("source", "use", "words"),
    [
        ("[1]", "text", "must be text, not a list"),
        ("{a: 1}", "text", "must be text, not a mapping"),
        ("~", "text", "must be text, not nothing"),
        ("x", "items", "must be a list, not “x”"),
        ("[]", "pairs", "must be a mapping of names to values, not a list"),
        ("x", "number", "must be a number, not “x”"),
        (".inf", "number", "must be a number"),
        ("1e999", "number", "must be a number"),
        ("[1]", "number", "must be a number, not a list"),
        ("-1", "seconds", "takes 0 to 60 seconds, not -1"),
        ("61", "seconds", "takes 0 to 60 seconds, not 61"),
    ],
)
def test_the_wrong_kind(source: str, use: str, words: str):
    with pytest.raises(FlowError, match=r"f\.yaml:1: it ") as caught:
        getattr(read_yaml(source.encode(), "f.yaml"), use)("it")
    assert words in str(caught.value)


def test_text_must_be_utf_8():
    with pytest.raises(FlowError, match="f.yaml:2: This is not UTF-8 text"):
        read_yaml(b"a: 1\nb: \xff", "f.yaml")
    assert read_yaml("\ufeffa: 1".encode(), "f.yaml").data() == {"a": 1}


def test_numbers():
    assert read_yaml(b"2.5", "f.yaml").seconds("it") == 2.5
    assert read_yaml(b"-3", "f.yaml").number("it") == -3


def test_unknown_words_name_the_nearest_or_all():
    spot = read_yaml(b"{buton: 1}", "f.yaml")
    with pytest.raises(FlowError, match="Did you mean “buttons”"):
        spot.unknown("The step", "buton", ["buttons", "text"])
    with pytest.raises(FlowError, match=r"Known: buttons, text\."):
        spot.unknown("The step", "xyz", ["text", "buttons"])


def test_known_words_only():
    spot = read_yaml(b"title: A\ntext: B", "f.yaml")
    assert field(known(spot, "a card", ("title", "text")), "title") == "A"
    assert field(known(spot, "a card", ("title", "text")), "link") == ""
    with pytest.raises(FlowError, match="f.yaml:2: In a card, the word “text” is not known"):
        known(spot, "a card", ("title",))
