"""The event log: every frame kept, found again, saved and loaded; no secret, no surprise in it."""

from __future__ import annotations

import json
import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captivate_nb.conversation import eventlog
from captivate_nb.conversation.eventlog import EventLog
from captivate_nb.conversation.shortening import shortened
from captivate_nb.conversation.state import Conversation
from captivate_nb.errors import InvalidFile
from captivate_nb.protocol import content as c
from captivate_nb.protocol import events as e
from captivate_nb.protocol.codec import decode, encode
from strategies import HOSTILE, events, wire_frames
from support.markup import tags, words

STARTED = encode(e.ConversationStarted(conversation_id="conv-1"))
SAID = encode(e.UserMessage(conversation_id="conv-1", client_msg_id="u-1", text="grüße"))
ACTION = '{"event_type": "action", "event_payload": {"id": "go", "conversation_id": "conv-1"}}'
NOON = 43200.0


def log_of(*frames):
    log = EventLog()
    for direction, frame in frames:
        log.record(direction, frame, NOON)
    return log


def test_a_frame_is_recorded_with_all_there_is_to_know():
    log = EventLog()
    record = log.record("in", STARTED, NOON + 0.25)
    assert list(log) == [record]
    assert (record.n, record.direction, record.time) == (0, "in", NOON + 0.25)
    assert (record.size, record.frame) == (len(STARTED), STARTED)
    assert (record.type, record.problem) == ("conversation_start_success", None)
    assert record.event == e.ConversationStarted(conversation_id="conv-1")
    assert record.clock == "12:00:00.250"
    assert log.record("out", SAID, NOON).n == 1


def test_a_record_can_be_printed_wherever_text_goes():
    for record in log_of(("in", STARTED), ("out", SAID), ("in", "hello")):
        assert repr(record).encode("cp1252")


def test_the_direction_tells_whose_event_it_is():
    log = log_of(("in", ACTION), ("out", ACTION))
    assert [type(record.event) for record in log] == [e.ActionsReceived, e.ActionSent]


def test_the_size_is_in_bytes():
    record = EventLog().record("out", SAID, NOON)
    assert record.size == len(SAID.encode()) == len(SAID) + 2


def test_a_frame_may_come_in_bytes():
    record = EventLog().record("in", STARTED.encode(), NOON)
    assert (record.frame, record.size) == (STARTED, len(STARTED))
    assert record.type == "conversation_start_success"


def test_a_frame_that_is_no_event_is_kept_with_the_reason():
    record = EventLog().record("in", "{hello", NOON)
    assert (record.event, record.type, record.frame) == (None, "", "{hello")
    assert record.problem.startswith("The frame is not JSON: ")
    assert "skipped: The frame is not JSON" in repr(record)


def test_an_event_nobody_knows_is_told_by_its_name():
    assert EventLog().record("in", '{"event_type": "typing"}', NOON).type == "typing"


def test_secrets_are_taken_out_before_anything_is_kept():
    log = EventLog(redact=lambda frame: frame.replace("s3cret-key", "•••"))
    payload = {"userId": "ada", "apiKeys": ["s3cret-key"]}
    frame = json.dumps({"event_type": "get_conversations", "event_payload": payload})
    record = log.record("out", frame, NOON)
    assert "s3cret" not in record.frame
    assert "s3cret" not in repr(record.event)
    assert record.event.api_keys == ("•••",)
    assert record.size == len(frame)


# --- a sequence -------------------------------------------------------------------------------


def test_a_log_is_a_sequence_and_its_slices_are_logs():
    log = log_of(("in", STARTED), ("out", SAID), ("in", ACTION))
    assert len(log) == 3
    assert log[-1].type == "action"
    part = log[1:]
    assert isinstance(part, EventLog)
    assert [record.n for record in part] == [1, 2]


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ({}, [0, 1, 2, 3]),
        ({"type": "action"}, [2, 3]),
        ({"direction": "out"}, [1, 3]),
        ({"type": "action", "direction": "in"}, [2]),
        ({"type": "bot_message"}, []),
    ],
)
def test_where_finds_records_by_type_and_direction(conditions, numbers):
    log = log_of(("in", STARTED), ("out", SAID), ("in", ACTION), ("out", ACTION))
    assert [record.n for record in log.where(**conditions)] == numbers


# --- in a cell --------------------------------------------------------------------------------


def test_a_log_shows_its_newest_records():
    log = log_of(*[("in", STARTED)] * 52, ("out", SAID))
    assert repr(log) == "<EventLog of 53 events>"
    shown = log._repr_mimebundle_()
    lines = shown["text/plain"].splitlines()
    assert (lines[0], len(lines)) == ("<EventLog of 53 events>", 51)
    assert lines[-1] == f"<52 12:00:00.000 out user_message ({len(SAID.encode())} B)>"
    assert lines[1].startswith("<3 12:00:00.000 in conversation_start_success (")
    assert [tag for tag, _ in tags(shown["text/html"])].count("tr") == 51
    assert "user_message" in words(shown["text/html"])


def test_an_empty_log_shows_too():
    shown = EventLog()._repr_mimebundle_(include=None)
    assert shown["text/plain"] == "<EventLog of 0 events>"
    assert [tag for tag, _ in tags(shown["text/html"])].count("tr") == 1


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_of_an_event_drives_the_page_or_the_terminal(hostile):
    log = log_of(("in", json.dumps({"event_type": hostile})), ("in", hostile))
    assert log[0].type == hostile
    shown = log._repr_mimebundle_()
    assert [
        tag for tag, _ in tags(shown["text/html"]) if tag not in ("div", "table", "tr", "th", "td")
    ] == []
    assert len(shown["text/plain"].splitlines()) == 3
    assert all(char.isprintable() or char == "\n" for char in shown["text/plain"])


# --- saved and loaded -------------------------------------------------------------------------


def test_no_formula_is_made_of_prices_in_frames():
    log = log_of(("in", "{costs $5 or $50"))
    assert "tex2jax_ignore" in log._repr_mimebundle_()["text/html"]


def test_a_log_is_saved_as_json_lines_and_loaded_back(tmp_path):
    log = log_of(("in", STARTED), ("out", SAID), ("in", "no JSON\n\u2028"), ("in", ACTION))
    path = log.save(tmp_path / "talk.jsonl")
    lines = path.read_text(encoding="utf-8").split("\n")
    assert (len(lines), lines[-1]) == (5, "")
    assert json.loads(lines[1]) == {
        "n": 1,
        "direction": "out",
        "time": NOON,
        "size": len(SAID.encode()),
        "connection": None,
        "type": "user_message",
        "frame": SAID,
    }
    assert "grüße" in lines[1]
    assert list(EventLog.load(path)) == list(log)
    assert list(EventLog.load(str(path))) == list(log)


def test_a_log_may_begin_with_a_byte_order_mark(tmp_path):
    log = log_of(("in", STARTED))
    path = log.save(tmp_path / "talk.jsonl")
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert list(EventLog.load(path)) == list(log)


def test_a_redacted_log_is_loaded_back_with_the_sizes_that_passed(tmp_path):
    log = EventLog(redact=lambda frame: frame.replace("conv-1", "•"))
    log.record("in", STARTED, NOON)
    (loaded,) = EventLog.load(log.save(tmp_path / "talk.jsonl"))
    assert loaded == log[0]
    assert loaded.size == len(STARTED)


def test_a_part_of_a_log_is_counted_anew_when_loaded(tmp_path):
    part = log_of(("in", STARTED), ("out", SAID))[1:]
    assert [record.n for record in EventLog.load(part.save(tmp_path / "part.jsonl"))] == [0]


frames = st.one_of(
    events().map(encode), wire_frames, st.text(st.characters()), st.binary(max_size=40)
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "out"]), frames, st.floats(0, 4e9)),
        max_size=6,
    )
)
def test_whatever_was_recorded_is_saved_and_loaded_back(tmp_path_factory, passed):
    log = EventLog()
    for direction, frame, at in passed:
        log.record(direction, frame, at)
    path = log.save(tmp_path_factory.mktemp("logs") / "talk.jsonl")
    assert list(EventLog.load(path)) == list(log)
    assert log._repr_mimebundle_()


def test_empty_lines_and_missing_sizes_are_no_matter(tmp_path):
    path = tmp_path / "talk.jsonl"
    line = json.dumps({"direction": "in", "time": "5", "frame": STARTED})
    odd = json.dumps({"direction": "in", "time": 5, "frame": STARTED, "size": "large"})
    path.write_text(f"\n{line}\r\n   \n{odd}")
    first, second = EventLog.load(path)
    assert (first.n, first.time, first.size) == (0, 5.0, len(STARTED))
    assert second.size == len(STARTED)


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[]",
        "5",
        "null",
        "{}",
        '{"direction": "in", "time": 5}',
        '{"direction": "up", "time": 5, "frame": "{}"}',
        '{"direction": ["in"], "time": 5, "frame": "{}"}',
        '{"direction": "in", "time": "noon", "frame": "{}"}',
        '{"direction": "in", "time": null, "frame": "{}"}',
        '{"direction": "in", "time": NaN, "frame": "{}"}',
        '{"direction": "in", "time": Infinity, "frame": "{}"}',
        '{"direction": "in", "time": 1e300, "frame": "{}"}',
        '{"direction": "in", "time": 1' + "0" * 400 + ', "frame": "{}"}',
        '{"direction": "in", "time": 1' + "0" * 5000 + ', "frame": "{}"}',
        '{"direction": "in", "time": 5, "frame": {}}',
        "[" * 100_000,
    ],
    ids=range(17),
)
def test_a_line_that_is_not_of_a_log_is_named(tmp_path, line):
    path = tmp_path / "talk.jsonl"
    log_of(("in", STARTED)).save(path)
    path.write_text(path.read_text() + line)
    with pytest.raises(InvalidFile) as caught:
        EventLog.load(path)
    assert str(caught.value) == f"{path}, line 2 is not a line of an event log."


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path):
    with pytest.raises(InvalidFile, match=r"nowhere\.jsonl cannot be read: .*No such file"):
        EventLog.load(tmp_path / "nowhere.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidFile, match="binary cannot be read: "):
        EventLog.load(tmp_path / "binary")
    with pytest.raises(InvalidFile, match="cannot be written to"):
        EventLog().save(tmp_path)
    with pytest.raises(InvalidFile, match="cannot be written to"):
        EventLog().save(f"{tmp_path}/nul\0")
    with pytest.raises(InvalidFile, match="cannot be read: "):
        EventLog.load(f"{tmp_path}/nul\0")


def test_only_a_file_is_loaded_and_only_so_large_a_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidFile, match="pipe cannot be read: It is a pipe, not a file"):
        EventLog.load(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(6 * 1024**3)
    with pytest.raises(InvalidFile) as caught:
        EventLog.load(tmp_path / "large")
    assert str(caught.value) == (
        f"The event log {tmp_path / 'large'} has 6,442,450,944 bytes, and at most 268,435,456 are"
        " read. Keep only its last lines."
    )


def said(text: str, number: int) -> str:
    event = e.BotMessage(message_id=f"m-{number}", content=(c.Text(text),))
    return encode(event)


def test_of_the_oldest_large_frames_only_the_beginnings_are_kept(tmp_path):
    log = EventLog(held=50_000)
    log.record("in", STARTED, NOON)
    for number in range(30):
        log.record("in", said(f"{number} " + "x" * 20_000, number), NOON)
        log.record("in", said(f"{number} is small", number + 100), NOON)
    assert sum(len(record.frame) for record in log) <= 50_000
    assert (len(log), log.shortened) == (61, 29)
    assert repr(log) == "<EventLog of 61 events, 29 of them shortened>"
    assert [record.n for record in log] == list(range(61))
    assert not log[0].shortened
    assert (log[1].shortened, log[2].shortened, log[59].shortened) == (True, False, False)
    assert log[1].size > 20_000
    assert decode(log[1].frame) == log[1].event
    assert log[1].event is not log[1].event  # it is kept in the frame alone, at a byte a letter
    assert log[1].frame.isascii()
    shown = Conversation.replay(log).transcript
    assert len(shown) == 60
    assert shown[0].text == "0 " + "x" * 198 + "…"
    assert (shown[1].text, len(shown[58].text)) == ("0 is small", 20_003)
    again = EventLog.load(log.save(tmp_path / "log.jsonl"))
    assert (list(again), again.shortened) == (list(log), 29)
    assert (log[:2].shortened, log[2:3].shortened) == (1, 0)


@given(event=events())
def test_what_is_shortened_is_the_beginning_of_the_same_event(event: e.Event):
    direction: eventlog.Direction = "out" if event.sender == "client" else "in"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventlog, "SMALL", 0)
        log = EventLog(held=1)
        whole = log.record(direction, encode(event), NOON)
        log.record("in", STARTED, NOON)
    assert log[0].shortened
    assert log[0].event == shortened(whole.event)
    assert log[0] == msgspec.structs.replace(log[0], event=log[0].event)
    assert log[0] != whole


def test_the_newest_frame_is_kept_whole_and_no_event_is_one_too_many():
    log = EventLog(held=10)
    log.record("in", "{no event " * 1000, NOON)
    newest = log.record("in", said("y" * 5000, 1), NOON)
    assert (log[0].frame, log[0].shortened) == (("{no event " * 1000)[:200] + "…", True)
    assert log[1] is newest
    assert not newest.shortened
