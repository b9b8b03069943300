"""What a state file holds, read by a connection of our own, as flat rows."""

import json
import sqlite3
from typing import Any

Row = dict[str, Any]

NUMBERS = ("owner", "chat", "update", "topic", "message", "old_message")


def attempts_in(db: sqlite3.Connection) -> list[Row]:
    """The attempts, oldest first, with DingTalk's names for what it gave out."""
    return [_flat(row) for row in rows_of(db, "SELECT * FROM attempts ORDER BY number")]


def deliveries_in(db: sqlite3.Connection) -> list[Row]:
    """The deliveries of all attempts."""
    return [
        {"attempt": row["id"], **delivery}
        for row in attempts_in(db)
        for delivery in row["deliveries"]
    ]


def rows_of(db: sqlite3.Connection, statement: str) -> list[Row]:
    """What that statement finds."""
    found = db.execute(statement)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]


def _flat(row: Row) -> Row:
    rest = json.loads(row["rest"])
    links = {link["label"]: link["url"] for link in rest["links"]}
    secrets = json.loads(row["secrets"] or "{}")
    flat = {
        **row,
        **rest,
        "device_code": row["device_state"],
        "link": rest["qr"],
        "app_link": links.get("app", ""),
        "client_id": rest["account"],
        "client_secret": secrets.get("client_secret"),
    }
    return flat | {name: flat[name] and int(flat[name]) for name in NUMBERS}
