"""From files without a number: ids become texts beside their host's name, the rest JSON.

What this knows of columns and fields is of its time: today's records are not asked.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]

SCHEMA = (
    """
    CREATE TABLE attempts (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, host TEXT NOT NULL,
        owner TEXT NOT NULL, provider TEXT NOT NULL, "update" TEXT NOT NULL,
        requested_at REAL NOT NULL, state TEXT NOT NULL, finished INTEGER NOT NULL,
        version INTEGER NOT NULL, device_state TEXT, secrets TEXT, rest TEXT NOT NULL,
        UNIQUE (host, "update")
    ) STRICT
    """,
    """
    CREATE TABLE languages (
        host TEXT NOT NULL, person TEXT NOT NULL, language TEXT NOT NULL,
        PRIMARY KEY (host, person)
    ) STRICT
    """,
)
INSERT_ATTEMPT = """
    INSERT INTO attempts (
        id, host, owner, provider, "update", requested_at, state, finished, version,
        device_state, secrets, rest
    ) VALUES (?, 'telegram', ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
"""
INSERT_LANGUAGE = "INSERT INTO languages VALUES ('telegram', ?, ?)"

# Columns that every such file has.
OLD = {
    "attempts": frozenset(
        (
            *("id", "provider", "owner", "chat", "language", "update", "requested_at"),
            *("acted_at", "state", "told", "stale", "message", "old_message", "wanted_id"),
            *("replaces", "device_code", "user_code", "link", "app_link", "interval"),
            *("expires_at", "stage", "stage_at", "checked_at", "approval", "watching", "health"),
            *("looked_at", "held", "client_id", "client_secret", "masked_secret", "reason"),
            *("trouble", "trouble_since", "stored_at"),
        )
    ),
    "languages": frozenset(("person", "language")),
    "deliveries": frozenset(
        (
            *("attempt", "target", "place", "state", "platform_id", "updated", "trouble"),
            *("line", "column"),
        )
    ),
}
# What they may have besides, with what holds where they have not.
ADDED: Mapping[str, Row] = {
    "attempts": {"let_go_at": 0.0, "topic": None},
    "languages": {},
    "deliveries": {
        "kind": "config",
        "occupant": "",
        "agreed": 0,
        "closed": "",
        "notes": "",
        "runs": 0,
        "run_at": 0.0,
        "run_end": "",
        "run_status": None,
        "run_seconds": 0.0,
        "run_output": "",
        "begun": 0,
        "exposed": 0,
        "about": "",
    },
}
# Fields that stay what they are.
KEPT = (
    *("language", "acted_at", "wanted_id", "replaces", "user_code", "interval", "expires_at"),
    *("let_go_at", "stage", "stage_at", "checked_at", "approval", "health", "looked_at", "held"),
    *("masked_secret", "reason", "trouble", "trouble_since", "stored_at"),
)


def is_before(db: sqlite3.Connection) -> bool:
    """Whether all there is are tables of the time before; an empty file will do as well."""
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    names = {name for (name,) in db.execute(query) if not name.startswith("sqlite_")}
    if not names:
        return True
    return "attempts" in names and all(_is_old(db, name) for name in names)


def migrate(db: sqlite3.Connection) -> None:
    """Puts today's tables in the place of the old ones, if there are any."""
    attempts, deliveries = _rows(db, "attempts"), _rows(db, "deliveries")
    languages = [(str(row["person"]), row["language"]) for row in _rows(db, "languages")]
    for table in OLD:
        db.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in SCHEMA:
        db.execute(statement)
    db.executemany(INSERT_ATTEMPT, [_attempt(row, deliveries) for row in attempts])
    db.executemany(INSERT_LANGUAGE, languages)


def _is_old(db: sqlite3.Connection, table: str) -> bool:
    if table not in OLD:
        return False
    columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    return OLD[table] <= columns <= OLD[table] | ADDED[table].keys()


def _rows(db: sqlite3.Connection, table: str) -> list[Row]:
    """Every row with all columns; none where a killed process had no time to make the table."""
    if not db.execute(f"PRAGMA table_info({table})").fetchone():
        return []
    found = db.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608  (a name of our own)
    names = [column[0] for column in found.description]
    return [{**ADDED[table], **dict(zip(names, row, strict=True))} for row in found]


def _attempt(row: Row, deliveries: Iterable[Row]) -> tuple[Any, ...]:
    code, secret = row["device_code"], row["client_secret"]
    finished = row["told"] and not row["stale"] and not row["watching"]
    secrets = None if secret is None else json.dumps({"client_secret": secret})
    links = {"app": row["app_link"], "browser": row["link"]}
    rest = {
        **{name: row[name] for name in KEPT},
        **{name: bool(row[name]) for name in ("told", "stale", "watching")},
        **{name: _text(row[name]) for name in ("chat", "topic", "message", "old_message")},
        "links": [{"label": label, "url": url} for label, url in links.items() if url],
        "qr": row["link"],
        "account": row["client_id"],
        "values": {"client_id": row["client_id"]} if row["client_id"] else {},
        "deliveries": [_delivery(one) for one in deliveries if one["attempt"] == row["id"]],
    }
    return (
        *(row["id"], str(row["owner"]), row["provider"], str(row["update"]), row["requested_at"]),
        *(row["state"], bool(finished) and code is None and secret is None),
        *(code, secrets, json.dumps(rest)),
    )


def _delivery(row: Row) -> Row:
    flags = {name: bool(row[name]) for name in ("updated", "agreed", "begun", "exposed")}
    return {name: value for name, value in row.items() if name != "attempt"} | flags


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
