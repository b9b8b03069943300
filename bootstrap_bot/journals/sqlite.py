"""The journal as one SQLite file, used by one worker thread of one process."""

import asyncio
import errno
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, fields
from enum import Enum
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from pydantic import SecretStr

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.providers.provider import Health, Link, Stage
from bootstrap_bot.registration.attempt import Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.person import PersonId

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    id TEXT PRIMARY KEY, provider TEXT NOT NULL, owner INTEGER NOT NULL, chat INTEGER NOT NULL,
    language TEXT NOT NULL, "update" INTEGER NOT NULL UNIQUE, requested_at REAL NOT NULL,
    acted_at REAL NOT NULL, state TEXT NOT NULL, told INTEGER NOT NULL, stale INTEGER NOT NULL,
    message INTEGER, old_message INTEGER, wanted_id TEXT NOT NULL, replaces TEXT NOT NULL,
    device_code TEXT, user_code TEXT NOT NULL, link TEXT NOT NULL, app_link TEXT NOT NULL,
    interval REAL NOT NULL, expires_at REAL NOT NULL, stage TEXT NOT NULL, stage_at REAL NOT NULL,
    checked_at REAL NOT NULL, approval TEXT NOT NULL, watching INTEGER NOT NULL,
    health TEXT NOT NULL, looked_at REAL NOT NULL, held TEXT NOT NULL, client_id TEXT NOT NULL,
    client_secret TEXT, masked_secret TEXT NOT NULL, reason TEXT NOT NULL, trouble TEXT NOT NULL,
    trouble_since REAL NOT NULL, stored_at REAL NOT NULL, let_go_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS languages (person INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
    attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE, target TEXT NOT NULL,
    place TEXT NOT NULL, state TEXT NOT NULL, platform_id TEXT NOT NULL,
    updated INTEGER NOT NULL, trouble TEXT NOT NULL, "line" INTEGER NOT NULL,
    "column" INTEGER NOT NULL, PRIMARY KEY (attempt, target)
) STRICT;
"""
# Columns that state files of earlier versions lack; with what holds for their rows.
ADDED = {
    "attempts": {"let_go_at": "REAL NOT NULL DEFAULT 0", "topic": "INTEGER"},
    "deliveries": {
        "kind": "TEXT NOT NULL DEFAULT 'config'",
        "occupant": "TEXT NOT NULL DEFAULT ''",
        "agreed": "INTEGER NOT NULL DEFAULT 0",
        "closed": "TEXT NOT NULL DEFAULT ''",
        "notes": "TEXT NOT NULL DEFAULT ''",
        "runs": "INTEGER NOT NULL DEFAULT 0",
        "run_at": "REAL NOT NULL DEFAULT 0",
        "run_end": "TEXT NOT NULL DEFAULT ''",
        "run_status": "INTEGER",
        "run_seconds": "REAL NOT NULL DEFAULT 0",
        "run_output": "TEXT NOT NULL DEFAULT ''",
        "begun": "INTEGER NOT NULL DEFAULT 0",
        "exposed": "INTEGER NOT NULL DEFAULT 0",
        "about": "TEXT NOT NULL DEFAULT ''",
    },
}
# DELETE and EXTRA: a commit is on disk, its directory entry too. secure_delete: an erased
# secret leaves no bytes behind.
PRAGMAS = """
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = EXTRA;
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
"""
# Fields that are kept in columns of other names.
OTHERWISE = ("deliveries", "device_state", "links", "qr", "account", "values")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
COLUMNS = [field.name for field in fields(Attempt) if field.name not in OTHERWISE]
COLUMNS += ["device_code", "link", "app_link", "client_id", "client_secret"]
# In brackets: SQLite reads an unknown name in quotes as a text.
NAMES = ", ".join(f"[{name}]" for name in COLUMNS)
FIRST_NAMES = ", ".join(f"[{name}]" for name in COLUMNS if name not in ADDED["attempts"])
SELECT = f"SELECT {NAMES} FROM attempts "  # noqa: S608  (names of our own record)
# The same as `not Attempt.over`.
UNFINISHED = "NOT told OR stale OR watching OR device_code IS NOT NULL OR client_secret IS NOT NULL"
SET = ", ".join(f"[{name}] = excluded.[{name}]" for name in COLUMNS)
UPSERT = (
    f"INSERT INTO attempts ({NAMES}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  (same)
    f" ON CONFLICT (id) DO UPDATE SET {SET}"
)

DELIVERY_COLUMNS = ["attempt", *(field.name for field in fields(Delivery))]
DELIVERY_NAMES = ", ".join(f"[{name}]" for name in DELIVERY_COLUMNS)
INSERT_DELIVERY = (
    f"INSERT INTO deliveries ({DELIVERY_NAMES})"  # noqa: S608  (names of our own record)
    f" VALUES ({', '.join('?' * len(DELIVERY_COLUMNS))})"
)


class SqliteJournal:
    """Attempts in a file that only its owner reads, locked against a second process.

    `moved_aside` is where a broken file went when `open` had to begin a fresh one.
    """

    def __init__(self, path: Path) -> None:
        self.moved_aside: Path | None = None
        self._path = path
        self._lock = FileLock(f"{path}.lock", mode=0o600)
        self._worker: ThreadPoolExecutor | None = None
        self._db: sqlite3.Connection | None = None
        self._shut = Code.NOT_STARTED

    async def open(self) -> None:
        """Opens the file or makes it, mode 0600; a broken one is moved aside first.

        Raises `JournalError`: STATE_HELD when another process has it, STATE_UNUSABLE when it
        cannot be made or read.
        """
        self._take_lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="journal")
        try:
            await self._do(self._connect)
        except BaseException:
            await self.close()
            raise

    async def save(self, attempt: Attempt) -> None:
        await self._do(lambda: self._save(attempt))

    async def unfinished(self) -> list[Attempt]:
        where = f"WHERE {UNFINISHED} ORDER BY rowid"
        return await self._do(lambda: self._select(where))

    async def asked_by(self, update: str) -> Attempt | None:
        found = await self._do(lambda: self._select('WHERE "update" = ?', update))
        return found[0] if found else None

    async def find(self, attempt: str) -> Attempt | None:
        found = await self._do(lambda: self._select("WHERE id = ?", attempt))
        return found[0] if found else None

    async def forget(self, time: float) -> None:
        over = f"requested_at < ? AND NOT ({UNFINISHED})"
        query = f"DELETE FROM attempts WHERE {over}"  # noqa: S608  (a condition of our own)
        await self._do(lambda: self._open.execute(query, (time,)))

    async def latest(self, owner: PersonId) -> Attempt | None:
        last = "WHERE owner = ? ORDER BY rowid DESC LIMIT 1"
        found = await self._do(lambda: self._select(last, owner.id))
        return found[0] if found else None

    async def requests_since(self, time: float) -> list[tuple[PersonId, float]]:
        query = "SELECT owner, requested_at FROM attempts WHERE requested_at >= ?"
        rows = await self._do(lambda: self._open.execute(query, (time,)).fetchall())
        return [(_person(owner), requested_at) for owner, requested_at in rows]

    async def languages(self) -> dict[PersonId, str]:
        query = "SELECT person, language FROM languages"
        rows = await self._do(lambda: self._open.execute(query).fetchall())
        return {_person(person): language for person, language in rows}

    async def save_language(self, person: PersonId, language: str) -> None:
        query = "INSERT OR REPLACE INTO languages VALUES (?, ?)"
        await self._do(lambda: self._open.execute(query, (person.id, language)))

    async def close(self) -> None:
        if self._worker is not None:
            await self._do(self._disconnect)
            self._worker.shutdown()
            self._worker = None
            self._shut = Code.STOPPED
        self._lock.release()

    async def _do(self, work: Callable[[], T]) -> T:
        """Runs it on the worker; once handed over it is done even if the caller is cancelled."""
        if self._worker is None:
            raise JournalError(self._shut, str(self._path))
        return await asyncio.shield(
            asyncio.get_running_loop().run_in_executor(self._worker, self._guarded, work)
        )

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (sqlite3.Error, OSError, UnicodeError) as error:
            raise JournalError(_code(error), str(self._path)) from None

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise JournalError(Code.STATE_UNUSABLE, str(self._path))
        return self._db

    def _take_lock(self) -> None:
        """Holds the lock file and writes this process's number there for whoever comes second."""
        file = Path(self._lock.lock_file)
        try:
            self._lock.acquire(timeout=0)
            file.write_text(f"{os.getpid()}\n", encoding="ascii")
        except Timeout:
            holder = file.read_text(encoding="ascii", errors="replace").strip()
            raise JournalError(Code.STATE_HELD, str(self._path), holder=holder) from None
        except OSError as error:
            self._lock.release()
            raise JournalError(_code(error), str(self._path)) from None

    def _connect(self) -> None:
        try:
            self._open_file()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._disconnect()
            self.moved_aside = _move_aside(self._path)
            self._open_file()

    def _open_file(self) -> None:
        _make_private(self._path)
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(PRAGMAS + SCHEMA)
        # somebody else's table is not for us to add to
        self._db.execute(f"SELECT {FIRST_NAMES} FROM attempts LIMIT 1")  # noqa: S608  (same)
        for table, columns in ADDED.items():
            _add_missing(self._db, table, columns)
        if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _save(self, attempt: Attempt) -> None:
        values = [_plain(value) for value in _row(attempt)]
        db = self._open
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute(UPSERT, values)
            db.execute("DELETE FROM deliveries WHERE attempt = ?", (attempt.id,))
            db.executemany(
                INSERT_DELIVERY,
                [(attempt.id, *map(_plain, astuple(delivery))) for delivery in attempt.deliveries],
            )
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _select(self, where: str, *values: object) -> list[Attempt]:
        rows = self._open.execute(SELECT + where, values).fetchall()
        return [_attempt(row, self._deliveries(row["id"])) for row in rows]

    def _deliveries(self, attempt: str) -> tuple[Delivery, ...]:
        query = "SELECT * FROM deliveries WHERE attempt = ? ORDER BY rowid"
        return tuple(_delivery(row) for row in self._open.execute(query, (attempt,)))


def _add_missing(db: sqlite3.Connection, table: str, columns: Mapping[str, str]) -> None:
    there = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
    for name, kind in columns.items():
        if name not in there:
            db.execute(f"ALTER TABLE {table} ADD COLUMN [{name}] {kind}")


def _make_private(path: Path) -> None:
    """Makes the file with its mode before SQLite opens it, so that it is never readable."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise
        path.chmod(0o600)


def _code(error: sqlite3.Error | OSError | UnicodeError) -> Code:
    if isinstance(error, OSError):
        return Code.STATE_FULL if error.errno in NO_ROOM else Code.STATE_UNUSABLE
    # A quota or a limit on the file's size reaches SQLite as a write that failed.
    name = getattr(error, "sqlite_errorname", "")
    full = name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
    return Code.STATE_FULL if full else Code.STATE_UNUSABLE


def _move_aside(path: Path) -> Path:
    """Renames a broken file and what SQLite keeps beside it; only its owner reads those."""
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    for suffix in ("", "-journal", "-wal", "-shm"):
        file, aside = Path(f"{path}{suffix}"), Path(f"{path}{suffix}.broken-{moment}")
        if file.exists():
            file.chmod(0o600)
            file.rename(aside)
    return Path(f"{path}.broken-{moment}")


def _row(attempt: Attempt) -> list[object]:
    app_link = next((link.url for link in attempt.links), "")
    values = {
        "device_code": attempt.device_state,
        "link": attempt.qr,
        "app_link": app_link,
        "client_id": attempt.account,
        "client_secret": attempt.values.get("client_secret"),
    }
    return [values[name] if name in values else getattr(attempt, name) for name in COLUMNS]


def _plain(value: object) -> object:
    if isinstance(value, PersonId):
        return value.id
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value.value if isinstance(value, Enum) else value


def _person(number: int) -> PersonId:
    return PersonId("telegram", str(number))


def _delivery(row: sqlite3.Row) -> Delivery:
    values = dict(row)
    del values["attempt"]
    values["state"] = DeliveryState(values["state"])
    for flag in ("updated", "agreed", "begun", "exposed"):
        values[flag] = bool(values[flag])
    return Delivery(**values)


def _attempt(row: sqlite3.Row, deliveries: tuple[Delivery, ...]) -> Attempt:
    values = dict(row)
    code, secret = values.pop("device_code"), values.pop("client_secret")
    values["device_state"] = None if code is None else SecretStr(code)
    account = values["account"] = values.pop("client_id")
    values["values"] = {"client_id": account} if account else {}
    if secret is not None:
        values["values"]["client_secret"] = SecretStr(secret)
    qr, app_link = values.pop("link"), values.pop("app_link")
    values["qr"] = qr
    values["links"] = (Link("app", app_link), Link("browser", qr)) if qr else ()
    values["owner"] = _person(values["owner"])
    for name in ("chat", "update", "topic", "message", "old_message"):
        values[name] = None if values[name] is None else str(values[name])
    for flag in ("told", "stale", "watching"):
        values[flag] = bool(values[flag])
    values["state"] = State(values["state"])
    values["stage"] = Stage(values["stage"])
    values["health"] = Health(values["health"])
    values["approval"] = Approval(values["approval"])
    values["held"] = Held(values["held"])
    return Attempt(**values, deliveries=deliveries)
