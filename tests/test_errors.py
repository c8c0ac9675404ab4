"""The exception tree: one root, one line in a cell, nothing lost of what each error carries."""

from __future__ import annotations

import inspect
import pickle

import pytest

from captivate_nb import errors
from captivate_nb.errors import (
    CaptivateError,
    MissingExtra,
    ProtocolError,
    ReplyTimeout,
    ServerError,
    counted,
    did_you_mean,
    sentence,
)

EVERY = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, Exception)
]


@pytest.mark.parametrize("error", EVERY)
def test_every_error_is_a_captivate_error_and_tells_what_it_is(error):
    assert issubclass(error, CaptivateError)
    assert error.__doc__


@pytest.mark.parametrize("error", [errors.InvalidURL, errors.KeyRefused, errors.NotCaptivate])
def test_every_way_not_to_connect_is_a_connect_error(error):
    assert issubclass(error, errors.ConnectError)


def test_a_cell_shows_an_error_as_one_line():
    error = errors.UsageError("There is no option “--usr”. See %captivate help.")
    assert error._render_traceback_() == [
        "UsageError: There is no option “--usr”. See %captivate help."
    ]


@pytest.mark.parametrize(
    "hostile", ["two\nlines", "\x1b[2Jcleared", "\u202edlrow", "a\r\x00b\u2028c"]
)
def test_what_a_server_says_cannot_break_the_line_or_drive_the_terminal(hostile):
    (line,) = ServerError(400, hostile)._render_traceback_()
    assert line.isprintable()
    assert line.startswith("ServerError: The server answered error 400: ")


async def test_ipython_shows_that_line_and_no_traceback(ipython, capsys):
    with pytest.raises(errors.NoSession):
        await ipython.run(
            "from captivate_nb.errors import NoSession\nraise NoSession('There is none.')"
        )
    printed = capsys.readouterr()
    assert (printed.out + printed.err).strip() == "NoSession: There is none."


def test_a_protocol_error_keeps_the_beginning_of_its_frame():
    error = ProtocolError("The frame is not JSON.", "x" * 500)
    assert str(error) == "The frame is not JSON."
    assert error.frame == "x" * 200
    assert ProtocolError("no frame").frame == ""


def test_a_server_error_keeps_code_words_and_conversation():
    error = ServerError(400, "Invalid conversation_id", "conv-1")
    assert (error.code, error.description) == (400, "Invalid conversation_id")
    assert error.conversation_id == "conv-1"
    assert "error 400: Invalid conversation_id (conversation conv-1)" in str(error)
    assert "session.conversations() lists those it knows" in str(error)
    assert str(ServerError("E7", "Busy.")) == "The server answered error E7: Busy."


def test_a_reply_timeout_carries_what_did_arrive():
    assert ReplyTimeout("No complete reply within 10 s.", ["hello"]).reply == ["hello"]


def test_a_missing_extra_names_the_command_that_installs_it():
    assert str(MissingExtra("A data frame", "pandas")) == (
        "A data frame needs an optional package: pip install 'captivate-nb[pandas]'."
    )


def test_an_error_with_one_argument_survives_being_sent_to_another_process():
    again = pickle.loads(pickle.dumps(errors.SessionClosed("Closed.")))
    assert (type(again), str(again)) == (errors.SessionClosed, "Closed.")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Chat to Agnet", " Did you mean “Chat to Agent”?"),
        ("chat to agent", " Did you mean “Chat to Agent”?"),
        ("LEAVE CONTACT", " Did you mean “Leave Contact Details”?"),
        ("zzzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_known_word_is_named_whatever_its_case(word, hint):
    assert did_you_mean(word, ["Leave Contact Details", "Chat to Agent"]) == hint


def test_no_word_is_near_when_none_is_known():
    assert did_you_mean("say", []) == ""


def test_a_number_has_its_noun():
    assert [counted(n, "event") for n in (0, 1, 2, 2000)] == [
        "0 events",
        "1 event",
        "2 events",
        "2,000 events",
    ]


@pytest.mark.parametrize(
    ("told", "line"),
    [("Slow down", "Slow down."), ("Slow down.", "Slow down."), ("No!", "No!"), ("Cut…", "Cut…")],
)
def test_a_sentence_ends_once(told, line):
    assert sentence(told) == line
    assert str(ServerError(429, told)) == f"The server answered error 429: {line}"
