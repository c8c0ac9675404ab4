"""A journal in one SQLite file: what a server knew is there when the next one opens the file.

The file is in WAL mode with `synchronous=NORMAL`: a commit is in the operating system's hands when
it returns, so that nothing committed is lost when the process is killed, at any moment. Should the
machine itself lose power, the last moments may be missing, and the database is still whole; `FULL`
would wait for the disk at every message, on the loop that serves all of them.

One server at a time has the file. Messages stand in it in the form they have on the wire.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from captivate_nb.errors import ServeError

from . import rows
from .base_journal import BaseJournal
from .conversations import PendingTurn, StoredConversation, StoreError
from .files import StoredFile

APPLICATION = int.from_bytes(b"cpnb")  # in the file's header, so that no other database is taken
VERSION = 1
LOG = 4000  # pages that the log grows to, before the loop waits for the disk to have them

SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, user TEXT NOT NULL, number INTEGER NOT NULL,
    changed REAL NOT NULL, metadata TEXT NOT NULL, private TEXT NOT NULL, targets TEXT NOT NULL,
    deleted INTEGER NOT NULL, talk TEXT NOT NULL, memory TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE entries (
    conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, place INTEGER NOT NULL,
    id TEXT NOT NULL, sender TEXT NOT NULL, time REAL NOT NULL, name TEXT, client_msg_id TEXT,
    content TEXT NOT NULL, actions TEXT NOT NULL,
    PRIMARY KEY (conversation, place)
) WITHOUT ROWID;
CREATE TABLE turns (
    number INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    cue TEXT NOT NULL, text TEXT NOT NULL, files TEXT NOT NULL, action TEXT, done INTEGER NOT NULL
);
CREATE INDEX turns_of ON turns (conversation);
CREATE TABLE files (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL,
    body BLOB NOT NULL, added REAL NOT NULL DEFAULT 0
);
"""


class SqliteJournal(BaseJournal):
    """A journal in the file `path`, which is made when it is not there; used by one thread.

    After the first failure every call raises `StoreError`: what is in memory is then ahead of the
    file, and must not be sent to anyone.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._database: sqlite3.Connection | None = None
        self._failure: str | None = None

    def open(self) -> None:
        """Open the file, and make it ready; raise `ServeError` when it is not one of these."""
        try:
            self._create()
            self._database = sqlite3.connect(self.path, timeout=0)
            self._prepare(self._database)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise ServeError(self._problem(error)) from None
        except ServeError:
            self.close()
            raise
        self._failure = None

    def close(self) -> None:
        """Close the file; all that was committed is then in it alone, without a log beside it."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def _create(self) -> None:
        """Make an empty file that only this account may read: it will hold what people say."""
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _prepare(self, database: sqlite3.Connection) -> None:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application != APPLICATION and (application or tables):
            raise ServeError(f"{self.path} is a database of another program; name another file.")
        if version > VERSION:
            raise ServeError(
                f"{self.path} is from a newer captivate_nb (its version is {version}, this one"
                f" knows {VERSION}); update captivate_nb, or name another file."
            )
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA foreign_keys = ON")
        database.execute(f"PRAGMA wal_autocheckpoint = {LOG}")
        if not tables:
            database.executescript(
                f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION};"
                f" PRAGMA user_version = {VERSION}; COMMIT;"
            )
        else:
            database.execute("BEGIN IMMEDIATE")  # so that a second server is told now
            self._add_times(database)
            database.commit()

    def _add_times(self, database: sqlite3.Connection) -> None:
        """Let the files of a store from before they had times be as old as this moment."""
        if not any(name == "added" for _, name, *_ in database.execute("PRAGMA table_info(files)")):
            database.execute("ALTER TABLE files ADD COLUMN added REAL NOT NULL DEFAULT 0")
            database.execute("UPDATE files SET added = ?", (time.time(),))

    def _problem(self, error: OSError | sqlite3.Error) -> str:
        if isinstance(error, OSError):
            return f"{self.path} cannot be used as a store: {error.strerror}."
        name = getattr(error, "sqlite_errorname", "")  # some are found by the module itself
        if name.startswith("SQLITE_BUSY"):
            return f"{self.path} is in use by another server; stop that one, or name another file."
        if name == "SQLITE_NOTADB":
            return f"{self.path} is not a store; name another file, or one that does not exist."
        return f"{self.path} cannot be used as a store: {error}."

    # --- reading -----------------------------------------------------------------------------

    def load(self) -> list[StoredConversation]:
        """Return all conversations; raise `ServeError` where the file has what nobody can read."""
        found: dict[str, StoredConversation] = {}
        for row in self._rows("SELECT * FROM conversations ORDER BY number"):
            with self._sound(f"the conversation “{row['id']}”"):
                found[row["id"]] = rows.conversation(row)
        for row in self._rows("SELECT * FROM entries ORDER BY conversation, place"):
            with self._sound(f"message {row['place']} of the conversation “{row['conversation']}”"):
                found[row["conversation"]].entries.append(rows.entry(row))
        for row in self._rows("SELECT * FROM turns ORDER BY number"):
            with self._sound(f"turn {row['number']} of the conversation “{row['conversation']}”"):
                found[row["conversation"]].turns.append(rows.turn(row))
        return list(found.values())

    def load_files(self) -> list[tuple[str, StoredFile]]:
        found = []
        for row in self._rows("SELECT * FROM files ORDER BY number"):
            with self._sound(f"the file “{row['id']}”"):
                found.append(rows.file(row))
        return found

    def load_times(self) -> dict[str, float]:
        return dict(map(tuple, self._rows("SELECT id, added FROM files")))

    def _rows(self, query: str) -> Iterator[sqlite3.Row]:
        assert self._database is not None
        cursor = self._database.cursor()
        cursor.row_factory = sqlite3.Row
        try:
            yield from cursor.execute(query)
        except sqlite3.Error as error:
            raise ServeError(self._problem(error)) from None

    @contextlib.contextmanager
    def _sound(self, what: str) -> Iterator[None]:
        """Say of what cannot be read what it is: a file may have been damaged, or edited."""
        try:
            yield
        except rows.UNREADABLE as error:
            raise ServeError(
                f"{self.path} is damaged: {what[:120]} cannot be read ({str(error)[:80]}). Put a"
                " copy of the file in its place, or name another file."
            ) from None

    # --- writing -----------------------------------------------------------------------------

    def put(self, conversation: StoredConversation) -> None:
        self._put("conversations", "id", rows.row_of_conversation(conversation))

    def touch(self, conversation: StoredConversation) -> None:
        self._write(
            "UPDATE conversations SET number = ?, changed = ? WHERE id = ?",
            (conversation.number, conversation.changed, conversation.id),
        )

    def put_entry(self, conversation: StoredConversation, place: int) -> None:
        row = rows.row_of_entry(conversation.entries[place])
        key = {"conversation": conversation.id, "place": place}
        self._put("entries", "conversation, place", {**key, **row})

    def put_turn(self, conversation: StoredConversation, turn: PendingTurn) -> None:
        row = rows.row_of_turn(turn)
        self._put("turns", "number", {"conversation": conversation.id, **row})

    def drop_turn(self, turn: PendingTurn) -> None:
        self._write("DELETE FROM turns WHERE number = ?", (turn.number,))

    def drop(self, conversation: StoredConversation) -> None:
        self._write("DELETE FROM conversations WHERE id = ?", (conversation.id,))

    def put_file(self, name: str, stored: StoredFile) -> None:
        self._write(
            "INSERT INTO files (id, name, type, body, added) VALUES (?, ?, ?, ?, ?)",
            (name, stored.name, stored.type, stored.body, time.time()),
        )

    def drop_file(self, name: str) -> None:
        self._write("DELETE FROM files WHERE id = ?", (name,))

    def commit(self) -> None:
        with self._guarded() as database:
            database.commit()

    def _put(self, table: str, key: str, row: Mapping[str, Any]) -> None:
        """Insert a row, or update the one with that key: unlike REPLACE, it keeps what refers to it."""
        news = ", ".join(f"{name} = excluded.{name}" for name in row)
        blanks = ", ".join("?" * len(row))
        self._write(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({blanks})"  # noqa: S608 (our names)
            f" ON CONFLICT ({key}) DO UPDATE SET {news}",
            tuple(row.values()),
        )

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._guarded() as database:
            database.execute(statement, values)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        if self._failure is None and self._database is not None:
            try:
                yield self._database
            except sqlite3.Error as error:
                self._failure = str(error)
            else:
                return
        raise StoreError(
            f"The server can no longer write its store: {self._failure or 'it is closed'}."
            " Whoever runs it must see to that, and start it again."
        )
