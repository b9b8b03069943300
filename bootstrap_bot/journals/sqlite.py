"""The journal as one SQLite file."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from bootstrap_bot.errors import ConflictError
from bootstrap_bot.journals.kind import JournalKind
from bootstrap_bot.journals.rows import COLUMNS, attempt_of, row_of
from bootstrap_bot.journals.state_file import StateFile
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import PersonId

# In brackets: SQLite reads an unknown name in quotes as a text.
NAMES = ", ".join(f"[{name}]" for name in COLUMNS)
VALUES = ", ".join(f":{name}" for name in COLUMNS)
CHANGED = ", ".join(f"[{name}] = excluded.[{name}]" for name in COLUMNS)
SELECT = f"SELECT {NAMES} FROM attempts "  # noqa: S608  (names of our own)
SAVE = (
    f"INSERT INTO attempts ({NAMES}) VALUES ({VALUES})"  # noqa: S608  (names of our own)
    f" ON CONFLICT (id) DO UPDATE SET {CHANGED} WHERE version = excluded.version - 1"
)
LATEST = """
WHERE host = :host AND owner = :id AND (:provider IS NULL OR provider = :provider)
ORDER BY number DESC LIMIT 1
"""


class SqliteJournal:
    """Attempts in a file that only its owner reads, locked against a second process."""

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path)

    @property
    def moved_aside(self) -> Path | None:
        return self._file.moved_aside

    async def open(self) -> None:
        await self._file.open()

    async def save(self, attempt: Attempt) -> Attempt:
        saved = replace(attempt, version=attempt.version + 1)
        if not await self._file.do(lambda db: _save(db, saved)):
            raise ConflictError
        return saved

    async def unfinished(self) -> list[Attempt]:
        return await self._select("WHERE NOT finished ORDER BY number")

    async def asked_by(self, host: str, update: str) -> Attempt | None:
        found = await self._select('WHERE host = :host AND "update" = :id', host=host, id=update)
        return found[0] if found else None

    async def find(self, attempt: str) -> Attempt | None:
        found = await self._select("WHERE id = :id", id=attempt)
        return found[0] if found else None

    async def forget(self, time: float) -> None:
        query = "DELETE FROM attempts WHERE finished AND requested_at < ?"
        await self._file.do(lambda db: db.execute(query, (time,)))

    async def latest(self, owner: PersonId, provider: str | None = None) -> Attempt | None:
        found = await self._select(LATEST, host=owner.host, id=owner.id, provider=provider)
        return found[0] if found else None

    async def requests_since(self, time: float) -> list[tuple[PersonId, float]]:
        query = "SELECT host, owner, requested_at FROM attempts WHERE requested_at >= ?"
        rows = await self._file.do(lambda db: db.execute(query, (time,)).fetchall())
        return [(PersonId(host, owner), requested_at) for host, owner, requested_at in rows]

    async def languages(self) -> dict[PersonId, str]:
        query = "SELECT host, person, language FROM languages"
        rows = await self._file.do(lambda db: db.execute(query).fetchall())
        return {PersonId(host, person): language for host, person, language in rows}

    async def save_language(self, person: PersonId, language: str) -> None:
        query = "INSERT OR REPLACE INTO languages VALUES (?, ?, ?)"
        row = (person.host, person.id, language)
        await self._file.do(lambda db: db.execute(query, row))

    async def close(self) -> None:
        await self._file.close()

    async def _select(self, where: str, **values: object) -> list[Attempt]:
        def select(db: sqlite3.Connection) -> list[Attempt]:
            return [attempt_of(row) for row in db.execute(SELECT + where, values)]

        return await self._file.do(select)


def _save(db: sqlite3.Connection, attempt: Attempt) -> bool:
    """False when the row is not of the version before, or another one is of the same update."""
    try:
        return db.execute(SAVE, row_of(attempt)).rowcount == 1
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname == "SQLITE_CONSTRAINT_UNIQUE":
            return False
        raise


KIND = JournalKind("", lambda path: SqliteJournal(Path(path)))
