"""The words of a line: options, flags, assignments, JSON; and what is wrong with it, in one line."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.errors import UsageError
from captivate_nb.magic.arguments import fill_in, parse, read_json, unquote
from strategies import json_objects, json_values

OPTIONS = ("key-env", "user", "metadata")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Chat to Agent", "Chat to Agent"),
        ('"Chat to Agent"', "Chat to Agent"),
        ("'Chat to Agent'", "Chat to Agent"),
        ("  'x'  ", "x"),
        ("'x\"", "'x\""),
        ("it's", "it's"),
        ("'it's'", "it's"),
        ('""', ""),
        ('"', '"'),
        ("", ""),
    ],
)
def test_quotes_around_a_label_may_stand_or_not(text, bare):
    assert unquote(text) == bare


def test_variables_stand_where_they_are_named():
    names = {"a": 5, "b": "$a", "c": SimpleNamespace(d="x y", e=SimpleNamespace(f=1))}
    for text, filled in (
        ("$a", "5"),
        ("x$a/$b", "x5/$a"),
        ("$c.d, $c.e.f.", "x y, 1."),
        ("$5 $nobody $a.b $c.z $ $$a {a}", "$5 $nobody $a.b $c.z $ $5 {a}"),
    ):
        assert fill_in(text, names) == filled


# --- JSON -------------------------------------------------------------------------------------


@given(json_values)
def test_json_is_read(value):
    assert read_json(json.dumps(value)) == value


def test_json_may_have_to_be_an_object():
    assert read_json('{"plan": "vip"}', dict) == {"plan": "vip"}
    with pytest.raises(UsageError) as caught:
        read_json("[1, 2]", dict)
    assert str(caught.value) == 'This must be a JSON object such as {"plan": "vip"}, not [1, 2].'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '{"plan": vip}',
            'This is not JSON: Expecting value at character 10, near “{"plan": vip}”.',
        ),
        ("", "This is not JSON: Expecting value at character 1, near “”."),
        ("{'plan': 1}", "This is not JSON: Expecting property name"),
        ("1 2", "This is not JSON: Extra data at character 3, near “1 2”."),
        ("NaN", "This is not JSON: NaN is not a JSON number."),
        ('{"a": -Infinity}', "This is not JSON: -Infinity is not a JSON number."),
        ("1" * 5000, "This is not JSON: Exceeds the limit"),
        ("[" * 100_000, "This is not JSON: "),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_does_not_parse_is_told_with_its_position(text, problem):
    with pytest.raises(UsageError) as caught:
        read_json(text)
    assert str(caught.value).startswith(problem)
    assert len(str(caught.value)) < 200


# --- words and options ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words", "found"),
    [
        ("", [], {}),
        ("  ", [], {}),
        ("wss://host/dev", ["wss://host/dev"], {}),
        ("one two", ["one", "two"], {}),
        ("'one two' \"three\" ''", ["one two", "three", ""], {}),
        ("one\\ two", ["one two"], {}),
        (r"C:\keys\k.txt \\host\x a\"b", [r"C:\keys\k.txt", r"\\host\x", 'a"b'], {}),
        (r"--user C:\keys", [], {"user": r"C:\keys"}),
        ("a#b #c", ["a#b", "#c"], {}),
        ("--user ada", [], {"user": "ada"}),
        ("--user=ada url", ["url"], {"user": "ada"}),
        ("--user='Ada L' url", ["url"], {"user": "Ada L"}),
        ('--user "Ada L" url', ["url"], {"user": "Ada L"}),
        ("url --user ada --key-env KEY", ["url"], {"user": "ada", "key-env": "KEY"}),
        ("--user ada --user bob", [], {"user": "bob"}),
        ('--metadata {"a": {"b": 1}} url', ["url"], {"metadata": '{"a": {"b": 1}}'}),
        ('--metadata={"a": [1, 2]}', [], {"metadata": '{"a": [1, 2]}'}),
        ("--metadata [1, 2]", [], {"metadata": "[1, 2]"}),
        ("conv-1 --all", ["conv-1"], {"all": ""}),
        ("--all conv-1", ["conv-1"], {"all": ""}),
        ("{curly} [square]", ["{curly}", "[square]"], {}),
        ("-x a-b", ["-x", "a-b"], {}),
    ],
)
def test_a_line_is_split_into_words_and_options(line, words, found):
    assert parse(line, OPTIONS, flags=("all",)) == (words, found)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("--usr ada", "There is no option “--usr”. Did you mean “--user”? See %captivate help."),
        ("--al", "There is no option “--al”. Did you mean “--all”? See %captivate help."),
        ("--zzzz", "There is no option “--zzzz”. See %captivate help."),
        ("--", "There is no option “--”."),
        ("--user", "--user needs a value after it."),
        ("--user --all", "--user needs a value after it."),
        ("--user=", "--user needs a value after it."),
        ("'open", "A quote is not closed: 'open"),
        ("--user 'open", "A quote is not closed: 'open"),
        ("end\\", "A quote is not closed: end\\"),
        ("--metadata {a: 1}", "This is not JSON: Expecting property name"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(line, problem):
    with pytest.raises(UsageError) as caught:
        parse(line, OPTIONS, flags=("all",))
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("name", ["key", "api-key", "apikey", "api_key"])
def test_a_key_is_never_taken_in_a_line_nor_repeated(name):
    for line in (f"--{name} s3cret", f"--{name}=s3cret"):
        with pytest.raises(UsageError, match="saved with the notebook") as caught:
            parse(line, OPTIONS)
        assert "--key-env" in str(caught.value)
        assert "s3cret" not in str(caught.value)


def test_a_word_too_many_is_named():
    assert parse("one", (), at_most=1) == (["one"], {})
    with pytest.raises(UsageError, match="“two” is one word too many"):
        parse("one two three", (), at_most=1)
    with pytest.raises(UsageError, match="“one” is one word too many"):
        parse("one", (), at_most=0)


# --- assignments ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plan=vip", [("plan", "vip")]),
        ("plan=vip age=5 ok=true none=null", [("plan", "vip"), ("age", 5), ("ok", True), ("none", None)]),
        ("name='Ada L' city=\"Den Haag\"", [("name", "Ada L"), ("city", "Den Haag")]),
        ("plan=", [("plan", "")]),
        ("url=https://a/?b=c", [("url", "https://a/?b=c")]),
        ("age=5.5 code=007 minus=-1", [("age", 5.5), ("code", "007"), ("minus", -1)]),
        ('user={"name": "Ada", "tags": [1, 2]} plan=vip', [("user", {"name": "Ada", "tags": [1, 2]}), ("plan", "vip")]),
        ('tags=["a", "b c"] plan=vip', [("tags", ["a", "b c"]), ("plan", "vip")]),
        ("note='[draft]' x='{y}'", [("note", "[draft]"), ("x", "{y}")]),
        ("score=NaN n=Infinity", [("score", "NaN"), ("n", "Infinity")]),
        ('{"plan": "vip", "n": 1}', [{"plan": "vip", "n": 1}]),
        ("ключ=значение", [("ключ", "значение")]),
        ("code=\"123456\" version='1.10' n=123456", [("code", "123456"), ("version", "1.10"), ("n", 123456)]),
        ("ok=\"true\" none='null' json='{\"a\": 1}' half=1\"0\"", [("ok", "true"), ("none", "null"), ("json", '{"a": 1}'), ("half", "10")]),
        (r"path=C:\temp\new dir=C:\ re=\d+ unc=\\host\x", [("path", r"C:\temp\new"), ("dir", "C:\\"), ("re", r"\d+"), ("unc", r"\\host\x")]),
        (r'a="C:\new dir\x" b="say \"hi\"" c="C:\\"', [("a", r"C:\new dir\x"), ("b", 'say "hi"'), ("c", "C:\\\\")]),
        (r"a='C:\new dir\' b=2", [("a", "C:\\new dir\\"), ("b", 2)]),
        ('{"a": 1} b=2', [{"a": 1}, ("b", 2)]),
        ('b=2 {"a": 1}', [("b", 2), {"a": 1}]),
    ],
)  # fmt: skip
def test_assignments_are_pairs_and_an_object_is_one(line, words):
    assert parse(line, ("target",), assignments=True) == (words, {})


def test_an_assignment_may_stand_beside_an_option():
    assert parse("plan=vip --target bot age=5", ("target",), assignments=True) == (
        [("plan", "vip"), ("age", 5)],
        {"target": "bot"},
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("vip", '“vip” is not KEY=VALUE. Example: plan=vip, or {"plan": 1}.'),
        ("plan vip=1", "“plan” is not KEY=VALUE"),
        ("=vip", "“=vip” is not KEY=VALUE"),
        ("plan=vip {", "This is not JSON"),
        ("plan={vip}", "This is not JSON: Expecting property name"),
        ("plan=[vip]", "This is not JSON: Expecting value at character 2"),
        ("plan='vip", "A quote is not closed: 'vip"),
        ('{"plan": vip}', "This is not JSON: Expecting value at character 10"),
    ],
)  # fmt: skip
def test_what_is_no_assignment_is_told(line, problem):
    with pytest.raises(UsageError) as caught:
        parse(line, ("target",), assignments=True)
    assert str(caught.value).startswith(problem)


@given(json_objects)
def test_an_object_is_read_as_it_is(value):
    assert parse(json.dumps(value), (), assignments=True) == ([value], {})


LINES = st.lists(
    st.sampled_from(["--user", "--all", "--metadata", "=", "a=", "{", "}", "[", '"', "'", "\\", "1", " "])
    | st.text(max_size=4),
    max_size=8,
)  # fmt: skip


@given(LINES.map(" ".join) | LINES.map("".join) | st.text(), st.booleans())
def test_any_line_is_read_or_refused(line, assignments):
    with contextlib.suppress(UsageError):
        words, found = parse(line, OPTIONS, flags=("all",), assignments=assignments)
        assert set(found) <= {*OPTIONS, "all"}
        assert assignments or all(isinstance(word, str) for word in words)
