"""The number of a state file's schema, and how an earlier one becomes today's."""

import sqlite3

from bootstrap_bot.journals.migrations import m1_texts

# Says in the file's head whose it is.
APPLICATION = int.from_bytes(b"boot")
MIGRATIONS = (m1_texts.migrate,)
LATEST = len(MIGRATIONS)


def version_of(db: sqlite3.Connection) -> int | None:
    """0 where nothing was numbered yet, an empty file included; None if it is not ours."""
    application, version = _number(db, "application_id"), _number(db, "user_version")
    if application == APPLICATION:
        return version
    return 0 if not application and not version and m1_texts.is_before(db) else None


def bring_up_to_date(db: sqlite3.Connection, version: int) -> None:
    """Takes the steps that a file of that version lacks: all of them or, when killed, none."""
    if version == LATEST:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for migrate in MIGRATIONS[version:]:
            migrate(db)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {LATEST}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])
