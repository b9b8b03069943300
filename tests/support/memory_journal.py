"""A journal in memory, and a record over one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bootstrap_bot.errors import Code, ConflictError, JournalError
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.record import Record
from tests.support.clock import FakeClock


class MemoryJournal:
    """A journal that keeps every version it was given, and fails as often as told.

    `meanwhile` is what somebody else does right before the next saves.
    """

    def __init__(self, *rows: Attempt, fails: int = 0) -> None:
        self.rows = {row.id: row for row in rows}
        self.saved: list[Attempt] = []
        self.forgotten: list[float] = []
        self.chosen: dict[PersonId, str] = {}
        self.fails = fails
        self.tries = 0
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.moved_aside: Path | None = None
        self.meanwhile: list[Callable[[], object]] = []

    async def open(self) -> None:
        pass

    async def save(self, attempt: Attempt) -> Attempt:
        self.tries += 1
        await self.let_go.wait()
        self._fail()
        try:
            await asyncio.sleep(0)
        finally:
            # whoever is cancelled meanwhile is too late
            if self.meanwhile:
                self.meanwhile.pop(0)()
            saved = self._keep(attempt)
        return saved

    def change(self, attempt: str, **changes: Any) -> None:
        """Somebody else commits that."""
        row = self.rows[attempt]
        self.rows[attempt] = replace(row, version=row.version + 1, **changes)

    async def unfinished(self) -> list[Attempt]:
        return [row for row in self.rows.values() if not row.over]

    async def asked_by(self, host: str, update: str) -> Attempt | None:
        return self._asked_by(host, update)

    async def find(self, attempt: str) -> Attempt | None:
        return self.rows.get(attempt)

    async def forget(self, time: float) -> None:
        self.forgotten.append(time)
        old = [row.id for row in self.rows.values() if row.over and row.requested_at < time]
        for attempt in old:
            del self.rows[attempt]

    async def latest(self, owner: PersonId, provider: str | None = None) -> Attempt | None:
        for row in reversed(self.rows.values()):
            if row.owner == owner and provider in (None, row.provider):
                return row
        return None

    async def requests_since(self, time: float) -> list[tuple[PersonId, float]]:
        return [
            (row.owner, row.requested_at) for row in self.rows.values() if row.requested_at >= time
        ]

    async def languages(self) -> dict[PersonId, str]:
        return dict(self.chosen)

    async def save_language(self, person: PersonId, language: str) -> None:
        self._fail()
        self.chosen[person] = language

    async def close(self) -> None:
        pass

    def _keep(self, attempt: Attempt) -> Attempt:
        there = self.rows.get(attempt.id)
        same = self._asked_by(attempt.owner.host, attempt.update)
        if there is not None and there.version != attempt.version:
            raise ConflictError
        if same is not None and same.id != attempt.id:
            raise ConflictError
        saved = replace(attempt, version=attempt.version + 1)
        self.saved.append(saved)
        self.rows[attempt.id] = saved
        return saved

    def _asked_by(self, host: str, update: str) -> Attempt | None:
        rows = self.rows.values()
        return next((row for row in rows if (row.owner.host, row.update) == (host, update)), None)

    def _fail(self) -> None:
        if self.fails:
            self.fails -= 1
            raise JournalError(Code.STATE_FULL, "a.db")


def a_record(attempt: Attempt, journal: MemoryJournal, clock: FakeClock) -> Record:
    """The record."""
    return Record(attempt, journal, clock)
