"""A journal in a file: what is in it after it was opened again, and what it refuses to open."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from captivate_nb.errors import ServeError
from captivate_nb.protocol import content as c
from captivate_nb.server.flow.bot import Memory
from captivate_nb.server.store.conversations import (
    ConversationStore,
    HandoffRecord,
    PendingTurn,
    StoredConversation,
    StoreError,
)
from captivate_nb.server.store.files import FileStore, StoredFile
from captivate_nb.server.store.journal import APPLICATION, SqliteJournal
from strategies import contents

FILE = c.File("http://x/a.png", "a.png", "image/png", 3, None, {"storage": {"fileKey": "k"}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(path)
    journal.open()
    yield journal
    journal.close()


def reopened(journal: SqliteJournal) -> ConversationStore:
    """What another server finds."""
    journal.close()
    journal.open()
    store = ConversationStore(journal)
    store.load()
    return store


def test_all_of_a_conversation_is_there_again(journal: SqliteJournal):
    store = ConversationStore(journal)
    one = store.create("ann", {"firstName": "Ann"}, {"big": 10**40, "private": {"token": "s"}})
    store.set_metadata(one, {"page": {"ü": [1, None, 0.5]}}, "bot")
    store.append(one, "bot", (c.Text("Hi.\x00"), c.Pause(5)), name="Bot")
    store.append_action(one, c.Action("go", {"n": 1}), "Bot")
    store.append(one, "user", (c.Text("Yes"), c.Files((FILE,))), client_msg_id="c1")
    store.edit(one, "c1", (c.Text("No"), c.Files((FILE,))))
    store.note_handoff(one, HandoffRecord("why", "busy", {"id": "1", "name": "Maya"}, 1.5, 2.5))
    over = store.begin_turn(one, PendingTurn(0, "greet"))
    store.begin_turn(one, PendingTurn(0, "hear", "No", (FILE,)))
    store.begin_turn(one, PendingTurn(0, "receive", action=c.Action("poke", [1], "special")))
    store.advance_turn(one, one.turns[1])
    store.end_turn(one, over, Memory("menu", 2, "agent", {"yes": "menu"}))
    soft = store.create("bob", {}, {})
    store.delete(soft, soft=True)
    gone = store.create("cy", {}, {})
    store.append(gone, "user", (c.Text("x"),))
    store.begin_turn(gone, PendingTurn(0, "greet"))
    store.delete(gone, soft=False)
    store.commit()
    assert list(reopened(journal)) == [one, soft]


def test_what_was_not_committed_does_not_count(journal: SqliteJournal):
    store = ConversationStore(journal)
    one = store.create("ann", {}, {})
    store.commit()
    store.append(one, "user", (c.Text("x"),))
    found = reopened(journal).get(one.id)
    assert found is not None
    assert found.entries == []


@given(content=contents)
@settings(max_examples=50, deadline=None)
def test_every_kind_of_content_is_there_again(tmp_path_factory, content):
    journal = SqliteJournal(tmp_path_factory.mktemp("stores") / "store.db")
    journal.open()
    try:
        store = ConversationStore(journal)
        one = store.create("ann", {}, {})
        store.append(one, "bot", content)
        store.commit()
        assert list(reopened(journal)) == [one]
    finally:
        journal.close()


def test_files_and_which_of_them_is_the_oldest(journal: SqliteJournal):
    files = FileStore(10, journal)
    first, second = (files.put(StoredFile(f"{n}.bin", "a/b", bytes(4))) for n in range(2))
    journal.commit()
    journal.close()
    journal.open()
    files = FileStore(10, journal)
    files.load()
    assert files.get(second) == StoredFile("1.bin", "a/b", bytes(4))
    third = files.put(StoredFile("2.bin", "a/b", bytes(4)))
    assert files.get(first) is None
    assert [name for name, _ in journal.load_files()] == [second, third]


def test_files_go_by_their_age_also_those_from_before_they_had_one(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
):
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    old = FileStore(10, journal).put(StoredFile("", "", b"x"))
    journal.commit()
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE files DROP COLUMN added")
    database.close()
    for now, kept in ((2000.0, True), (3000.0, True), (3500.0, False)):  # the clock of all of it
        journal.open()
        files = FileStore(10, journal)
        files.load()
        files.expire(now - 1200)
        assert (files.get(old) is not None) is kept
        journal.commit()
        journal.close()
    journal.open()
    assert journal.load_files() == []


def test_a_store_is_as_large_when_it_was_read_as_when_it_was_written(journal: SqliteJournal):
    store = ConversationStore(journal)
    one = store.create("ann", {"firstName": "Ann"}, {"plan": "gold", "private": {"token": "s"}})
    store.append(one, "user", (c.Text("Yes"), c.Files((FILE,))), client_msg_id="c1")
    store.append_action(one, c.Action("go", {"n": 1}), "Bot")
    store.append_action(one, c.Action("stay"), "Bot")
    store.edit(one, "c1", (c.Text("No"),))
    store.set_metadata(one, {"plan": "silver"}, "bot")
    over = store.begin_turn(one, PendingTurn(0, "greet"))
    store.begin_turn(one, PendingTurn(0, "hear", "No", (FILE,)))
    store.end_turn(one, over, Memory("menu", 2, "agent", {"yes": "menu"}))
    store.commit()
    assert reopened(journal).size == store.size


def test_a_new_file_is_for_this_account_alone_and_says_what_it_is(
    journal: SqliteJournal, path: Path
):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    journal.close()
    assert not list(path.parent.glob("store.db-*")), "no log is left beside a closed store"
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def refusal(path: Path) -> str:
    with pytest.raises(ServeError) as raised:
        SqliteJournal(path).open()
    return str(raised.value).replace(str(path), "FILE")


def test_an_empty_file_becomes_a_store(path: Path):
    path.touch()
    journal = SqliteJournal(path)
    journal.open()
    assert journal.load() == []
    journal.close()


def test_text_is_no_store(path: Path):
    path.write_text("nodes: {a: [Hello.]}\n" * 100)
    assert refusal(path) == "FILE is not a store; name another file, or one that does not exist."
    assert path.read_text().startswith("nodes:")


def test_another_program_s_database_stays_as_it_is(path: Path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE birds (name)")
    database.close()
    before = path.read_bytes()
    assert refusal(path) == "FILE is a database of another program; name another file."
    assert path.read_bytes() == before


def test_a_newer_version(path: Path):
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute("PRAGMA user_version = 2")
    database.close()
    assert refusal(path) == (
        "FILE is from a newer captivate_nb (its version is 2, this one knows 1);"
        " update captivate_nb, or name another file."
    )


def test_a_file_in_use(journal: SqliteJournal, path: Path):
    assert refusal(path) == (
        "FILE is in use by another server; stop that one, or name another file."
    )
    assert journal.load() == []


def test_a_place_where_no_file_can_be(tmp_path: Path):
    missing = tmp_path / "none" / "store.db"
    assert refusal(missing) == "FILE cannot be used as a store: No such file or directory."
    assert refusal(tmp_path) == "FILE cannot be used as a store: unable to open database file."


def test_a_damaged_store(path: Path, journal: SqliteJournal):
    store = ConversationStore(journal)
    for _ in range(50):
        store.create("ann", {}, {"text": "x" * 500})
    store.commit()
    journal.close()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    journal.open()
    with pytest.raises(ServeError, match=r"cannot be used as a store: database disk image is mal"):
        journal.load()


def test_a_store_that_cannot_be_written_says_so_from_then_on(journal: SqliteJournal):
    store = ConversationStore(journal)
    one = store.create("ann", {}, {})
    store.commit()
    assert journal._database is not None
    journal._database.execute("PRAGMA query_only = ON")
    for change in (
        lambda: store.append(one, "user", (c.Text("x"),)),
        store.commit,
        lambda: store.set_metadata(one, {}),
    ):
        with pytest.raises(StoreError) as raised:
            change()
        assert str(raised.value) == (
            "The server can no longer write its store: attempt to write a readonly database."
            " Whoever runs it must see to that, and start it again."
        )
    found = reopened(journal).get(one.id)
    assert found is not None
    assert found.entries == []


def test_a_closed_store(journal: SqliteJournal):
    journal.close()
    journal.close()
    with pytest.raises(StoreError, match=r"its store: it is closed\."):
        journal.put(StoredConversation("a", "ann", {}))
