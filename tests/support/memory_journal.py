"""Journals in memory, and a record over one."""

import asyncio
from typing import cast

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.record import Record
from tests.support.clock import FakeClock


class MemoryJournal:
    """A journal that keeps every version it was given, and fails as often as told."""

    def __init__(self, *, fails: int = 0) -> None:
        self.saved: list[Attempt] = []
        self.fails = fails
        self.tries = 0
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def save(self, attempt: Attempt) -> None:
        self.tries += 1
        await self.let_go.wait()
        if self.fails:
            self.fails -= 1
            raise JournalError(Code.STATE_FULL, "a.db")
        self.saved.append(attempt)


def a_record(attempt: Attempt, journal: MemoryJournal, clock: FakeClock) -> Record:
    """The record; of a journal it uses nothing but `save`."""
    return Record(attempt, cast("Journal", journal), clock)


class RecordingJournal(MemoryJournal):
    """A journal in memory."""

    def __init__(self, *rows: Attempt) -> None:
        super().__init__()
        self.rows = {row.id: row for row in rows}
        self.forgotten: list[float] = []
        self.chosen: dict[PersonId, str] = {}

    async def save(self, attempt: Attempt) -> None:
        await asyncio.sleep(0)
        await super().save(attempt)
        self.rows[attempt.id] = attempt

    async def unfinished(self) -> list[Attempt]:
        return [row for row in self.rows.values() if not row.over]

    async def asked_by(self, update: str) -> Attempt | None:
        return next((row for row in self.rows.values() if row.update == update), None)

    async def find(self, attempt: str) -> Attempt | None:
        return self.rows.get(attempt)

    async def forget(self, time: float) -> None:
        self.forgotten.append(time)

    async def latest(self, owner: PersonId) -> Attempt | None:
        return next((row for row in reversed(self.rows.values()) if row.owner == owner), None)

    async def requests_since(self, time: float) -> list[tuple[PersonId, float]]:
        return [
            (row.owner, row.requested_at) for row in self.rows.values() if row.requested_at >= time
        ]

    async def languages(self) -> dict[PersonId, str]:
        return dict(self.chosen)

    async def save_language(self, person: PersonId, language: str) -> None:
        if self.fails:
            self.fails -= 1
            raise JournalError(Code.STATE_FULL, "a.db")
        self.chosen[person] = language
