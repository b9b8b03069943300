"""State files as earlier versions left them, without a number."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import SecretStr

from bootstrap_bot.journals.rows import attempt_of
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.delivery import Delivery

T = TypeVar("T", Attempt, Delivery)
FIRST = """
CREATE TABLE attempts (
    id TEXT PRIMARY KEY, provider TEXT NOT NULL, owner INTEGER NOT NULL, chat INTEGER NOT NULL,
    language TEXT NOT NULL, "update" INTEGER NOT NULL UNIQUE, requested_at REAL NOT NULL,
    acted_at REAL NOT NULL, state TEXT NOT NULL, told INTEGER NOT NULL, stale INTEGER NOT NULL,
    message INTEGER, old_message INTEGER, wanted_id TEXT NOT NULL, replaces TEXT NOT NULL,
    device_code TEXT, user_code TEXT NOT NULL, link TEXT NOT NULL, app_link TEXT NOT NULL,
    interval REAL NOT NULL, expires_at REAL NOT NULL, stage TEXT NOT NULL, stage_at REAL NOT NULL,
    checked_at REAL NOT NULL, approval TEXT NOT NULL, watching INTEGER NOT NULL,
    health TEXT NOT NULL, looked_at REAL NOT NULL, held TEXT NOT NULL, client_id TEXT NOT NULL,
    client_secret TEXT, masked_secret TEXT NOT NULL, reason TEXT NOT NULL, trouble TEXT NOT NULL,
    trouble_since REAL NOT NULL, stored_at REAL NOT NULL
) STRICT;
CREATE TABLE languages (person INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;
CREATE TABLE deliveries (
    attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE, target TEXT NOT NULL,
    place TEXT NOT NULL, state TEXT NOT NULL, platform_id TEXT NOT NULL,
    updated INTEGER NOT NULL, trouble TEXT NOT NULL, "line" INTEGER NOT NULL,
    "column" INTEGER NOT NULL, PRIMARY KEY (attempt, target)
) STRICT;
"""
# What came by and by, in this order.
ADDED = (
    "ALTER TABLE attempts ADD COLUMN let_go_at REAL NOT NULL DEFAULT 0",
    "ALTER TABLE attempts ADD COLUMN topic INTEGER",
    "ALTER TABLE deliveries ADD COLUMN kind TEXT NOT NULL DEFAULT 'config'",
    "ALTER TABLE deliveries ADD COLUMN occupant TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN agreed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN closed TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN notes TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN runs INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN run_at REAL NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN run_end TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN run_status INTEGER",
    "ALTER TABLE deliveries ADD COLUMN run_seconds REAL NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN run_output TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN begun INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN exposed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN about TEXT NOT NULL DEFAULT ''",
)


def an_old_file(
    path: Path,
    attempts: Iterable[Attempt] = (),
    languages: Mapping[int, str] = MappingProxyType({}),
    *,
    added: int = len(ADDED),
) -> None:
    """What a version left that had so many of the columns that were added."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(";".join([FIRST, *ADDED[:added]]))
        for attempt in attempts:
            _insert(db, "attempts", asdict(attempt) | _of_its_time(attempt))
            for delivery in attempt.deliveries:
                _insert(db, "deliveries", {"attempt": attempt.id, **asdict(delivery)})
        for person, language in languages.items():
            _insert(db, "languages", {"person": person, "language": language})
        db.commit()


def as_then(attempt: Attempt) -> Attempt:
    """What such a file keeps of it: what came later has its default."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(";".join([FIRST, *ADDED]))
        columns = {table: _columns(db, table) for table in ("attempts", "deliveries")}
    otherwise = ("deliveries", "device_state", "links", "qr", "account", "values")
    deliveries = [_only(one, columns["deliveries"]) for one in attempt.deliveries]
    kept = _only(attempt, [*columns["attempts"], *otherwise])
    return replace(kept, deliveries=tuple(deliveries))


def grown_old(path: Path) -> None:
    """Makes today's file one that the last version without numbers left."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        attempts = [attempt_of(row) for row in db.execute("SELECT * FROM attempts")]
        languages = dict(db.execute("SELECT person, language FROM languages").fetchall())
    path.unlink()
    an_old_file(path, attempts, languages)


def _of_its_time(attempt: Attempt) -> dict[str, Any]:
    """What was called otherwise, or of another kind."""
    return {
        "owner": attempt.owner.id,
        "device_code": attempt.device_state,
        "link": attempt.qr,
        "app_link": next((link.url for link in attempt.links), ""),
        "client_id": attempt.account,
        "client_secret": attempt.values.get("client_secret"),
    }


def _insert(db: sqlite3.Connection, table: str, record: Mapping[str, Any]) -> None:
    """Puts in as much of it as the table has columns for."""
    columns = _columns(db, table)
    values = [_plain(record[name]) for name in columns]
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def _only(record: T, names: Sequence[str]) -> T:
    """The same with these fields alone."""
    return type(record)(**{name: getattr(record, name) for name in names if hasattr(record, name)})


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
