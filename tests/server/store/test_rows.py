"""The journal's rows: what is damaged in them is told, in one line, wherever it is."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from captivate_nb.errors import ServeError
from captivate_nb.protocol import content as c
from captivate_nb.server.embedded import EmbeddedServer
from captivate_nb.server.store.conversations import ConversationStore, HandoffRecord, PendingTurn
from captivate_nb.server.store.files import StoredFile
from captivate_nb.server.store.journal import SqliteJournal

FILE = c.File("http://x/a.png", "a.png", "image/png", 3)
DEEP = "[" * 100_000 + "]" * 100_000

JSON = {  # the columns that hold it, and what else than text may stand in the others
    "conversations": ("user", "metadata", "private", "targets", "talk", "memory"),
    "entries": ("content", "actions"),
    "turns": ("files", "action"),
    "files": (),
}
TYPED: dict[str, dict[str, Any]] = {
    "conversations": {"id": b"\xff", "user_id": b"x", "number": "many", "changed": "late"},
    "entries": {"id": b"x", "sender": "nobody", "time": "late", "name": b"x", "client_msg_id": b""},
    "turns": {"cue": "dance", "text": b"x", "done": "most"},
    "files": {"id": b"x", "name": b"x", "type": b"x", "body": "text"},
}
DAMAGES = [
    *((table, name, value) for table, names in TYPED.items() for name, value in names.items()),
    *(
        (table, name, value)
        for table, names in JSON.items()
        for name in names
        for value in ("{", "5", '"x"', b"\xff", "\udcff", DEEP)
    ),
    ("conversations", "memory", '{"node": 5}'),
    ("conversations", "memory", "{}"),
    ("conversations", "talk", '{"reason": 5}'),
    ("conversations", "targets", '{"plan": "elsewhere"}'),
    ("entries", "content", "[5, null, [], {}]"),
    ("entries", "actions", "[5]"),
    ("entries", "conversation", "of nobody"),
    ("turns", "conversation", "of nobody"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a row of each kind, closed."""
    path = tmp_path / "store.db"
    journal = SqliteJournal(path)
    journal.open()
    store = ConversationStore(journal)
    one = store.create("ann", {"firstName": "Ann"}, {"plan": "gold", "private": {"token": "s"}})
    store.set_metadata(one, {"side": 1}, "bot")
    store.append(one, "user", (c.Text("Hi."), c.Files((FILE,))), client_msg_id="c1")
    store.append_action(one, c.Action("go", {"n": 1}), "Bot")
    store.note_handoff(one, HandoffRecord("why", "busy", {"id": "1", "name": "Maya"}, 1.5, 2.5))
    store.begin_turn(one, PendingTurn(0, "receive", "", (FILE,), c.Action("poke")))
    journal.put_file("id", StoredFile("a.png", "image/png", b"\x89PNG"))
    store.commit()
    journal.close()
    return path


def damage(path: Path, table: str, name: str, value: Any) -> None:
    database = sqlite3.connect(path)
    if isinstance(value, str) and "\udcff" in value:  # bytes that are no UTF-8, in a text
        statement, values = f"UPDATE {table} SET {name} = CAST(? AS TEXT)", (b"\xff",)
    else:
        statement, values = f"UPDATE {table} SET {name} = ?", (value,)
    with database:
        database.execute(statement, values)
    database.close()


@pytest.mark.parametrize(("table", "name", "value"), DAMAGES)
def test_damage_is_told_or_borne(path: Path, table: str, name: str, value: Any):
    damage(path, table, name, value)
    journal = SqliteJournal(path)
    journal.open()
    try:
        store = ConversationStore(journal)
        store.load()
        journal.load_files()
    except ServeError as error:
        told = str(error)
        assert told.startswith(str(path))
        assert "\n" not in told
        assert len(told.removeprefix(str(path))) < 400
    else:  # what may stand there on the wire, where anything may, or in an id
        assert (table, name) in {
            ("entries", "content"),
            ("entries", "actions"),
            ("turns", "files"),
            ("turns", "action"),
            ("conversations", "memory"),
        }
        assert value not in ("{", DEEP)
    finally:
        journal.close()


def test_a_server_says_so_when_it_starts(path: Path):
    damage(path, "conversations", "memory", '{"node": 5}')
    before = threading.active_count()
    server = EmbeddedServer(store=path)
    for _ in range(2):
        with pytest.raises(ServeError) as caught:
            server.start()
        assert threading.active_count() == before
    assert str(caught.value).startswith(f"{path} is damaged: the conversation “ann-")
    assert str(caught.value).endswith(
        " cannot be read (Expected `str | null`, got `int` - at `$.memory.node`). Put a copy of the"
        " file in its place, or name another file."
    )


def test_an_error_that_nobody_thought_of_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(SqliteJournal, "open", fail)
    with pytest.raises(ZeroDivisionError, match="nobody thought"):
        EmbeddedServer(store=path).start()
