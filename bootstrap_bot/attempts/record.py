"""The one copy of an attempt in memory, in step with the journal."""

import asyncio
import logging
from collections.abc import Callable

from bootstrap_bot.attempts.attempt import Attempt
from bootstrap_bot.clock import Clock
from bootstrap_bot.credentials import masked_id
from bootstrap_bot.errors import JournalError
from bootstrap_bot.journal.journal import Journal

log = logging.getLogger("bootstrap_bot.audit")

Change = Callable[[Attempt], Attempt]

FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0


class Record:
    """An attempt that several tasks read and change, one change at a time.

    `news` is set after every change.
    """

    def __init__(self, attempt: Attempt, journal: Journal, clock: Clock) -> None:
        self.attempt = attempt
        self.news = asyncio.Event()
        self._journal = journal
        self._clock = clock
        self._lock = asyncio.Lock()

    async def commit(self, change: Change) -> Attempt:
        """Makes the change once it is on disk. Raises `JournalError`; then nothing changed."""
        async with self._lock:
            changed = change(self.attempt)
            if changed != self.attempt:
                await self._journal.save(changed)
                self._adopt(changed)
            return self.attempt

    async def commit_surely(self, change: Change) -> Attempt:
        """The same, tried until the disk takes it."""
        pause = FIRST_RETRY
        while True:
            try:
                return await self.commit(change)
            except JournalError as error:
                log.error("attempt=%s event=not_saved code=%s", self.attempt.id, error.code)
                await self._clock.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY)

    async def note(self, change: Change) -> None:
        """Changes what need not survive a crash."""
        async with self._lock:
            self._adopt(change(self.attempt))

    def _adopt(self, changed: Attempt) -> None:
        before, self.attempt = self.attempt, changed
        if changed.state is not before.state:
            audit(changed, changed.state.value)
        if changed.told and not before.told:
            audit(changed, "told")
        if changed != before:
            self.news.set()


def audit(attempt: Attempt, event: str) -> None:
    """One line per step: what happened to which attempt of whom."""
    log.info(
        "attempt=%s admin=%s event=%s client=%s",
        attempt.id,
        attempt.owner,
        event,
        masked_id(attempt.client_id) if attempt.client_id else "-",
    )
