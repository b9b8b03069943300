"""The one copy of an attempt in memory, in step with the journal."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from bootstrap_bot.clock import Clock, WallClockSteps
from bootstrap_bot.credentials import masked
from bootstrap_bot.errors import ConflictError, JournalError
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.timeline import moved, not_ahead

log = logging.getLogger("bootstrap_bot.audit")

Change = Callable[[Attempt], Attempt]

FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0


class Record:
    """An attempt that several tasks read and change, one change at a time.

    `news` is set after every change. The attempt's moments go along with the wall clock when
    that is set, so that they may be compared with it. Where somebody else changed the attempt in
    the journal, changes are made to what is there now; notes are lost then.
    """

    def __init__(self, attempt: Attempt, journal: Journal, clock: Clock) -> None:
        self.news = asyncio.Event()
        self._attempt = attempt
        self._steps = WallClockSteps(clock)
        # by which the moments in the journal lag behind those here
        self._moved = 0.0
        self._journal = journal
        self._clock = clock
        self._lock = asyncio.Lock()

    @property
    def attempt(self) -> Attempt:
        """The attempt as it is now."""
        # what is being committed has the moments it was read with
        if not self._lock.locked():
            self._follow_clock()
        return self._attempt

    async def commit(self, change: Change) -> Attempt:
        """Makes the change once it is on disk. Raises `JournalError`; then nothing changed.

        The change is pure: it may be made more than once, to what the journal has by then.
        """
        async with self._lock:
            while True:
                self._follow_clock()
                changed = replace(change(self._attempt), version=self._attempt.version)
                if changed == self._attempt and not self._moved:
                    return self._attempt
                try:
                    saved = await self._journal.save(changed)
                except ConflictError:
                    await self._read_again()
                else:
                    self._moved = 0.0
                    self._adopt(saved)
                    return saved

    async def commit_with_retry(self, change: Change) -> Attempt:
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
            self._follow_clock()
            self._adopt(change(self._attempt))

    def _follow_clock(self) -> None:
        if step := self._steps.taken():
            log.warning("attempt=%s event=clock_set seconds=%.0f", self._attempt.id, step)
            self._attempt = moved(self._attempt, step)
            self._moved += step

    async def _read_again(self) -> None:
        found = await self._journal.find(self._attempt.id)
        # gone meanwhile: the next save makes it anew
        if found is not None:
            self._attempt = not_ahead(moved(found, self._moved), self._clock.now())
            self.news.set()

    def _adopt(self, changed: Attempt) -> None:
        before, self._attempt = self._attempt, changed
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
        attempt.owner.id,
        event,
        masked(attempt.account) if attempt.account else "-",
    )
