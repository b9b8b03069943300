"""How many attempts may be under way, and how often a person may begin one."""

from collections import defaultdict
from typing import Protocol

from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import Code, RefusedError
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.person import PersonId

MOST_LIVE = 20
MOST_PER_HOUR = 10
HOUR = 3600.0


class Limits(Protocol):
    """Says who may begin an attempt now. Every method raises `JournalError`."""

    async def start(self) -> None:
        """Takes up what was asked for before this process."""
        ...

    async def check(self, owner: PersonId, live: int) -> None:
        """Raises `RefusedError` when that person has to wait; `live` are under way in all."""
        ...

    async def count(self, owner: PersonId) -> None:
        """That person's request was taken up now."""
        ...


class JournalLimits:
    """Implements `Limits`; a journal knows what was asked for earlier.

    Requests of the last hour are counted by the monotonic clock: setting the other one frees
    nobody.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._requests: defaultdict[PersonId, list[float]] = defaultdict(list)

    async def start(self) -> None:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for owner, moment in await self._journal.requests_since(now - HOUR):
            # One that lies ahead was made before the wall clock was set back, who knows when.
            if moment <= now:
                self._requests[owner].append(monotonic - (now - moment))

    async def check(self, owner: PersonId, live: int) -> None:
        if live >= MOST_LIVE:
            raise RefusedError(Code.TOO_MANY_ATTEMPTS)
        hour_ago = self._clock.monotonic() - HOUR
        self._requests[owner] = [one for one in self._requests[owner] if one >= hour_ago]
        if len(self._requests[owner]) >= MOST_PER_HOUR:
            raise RefusedError(Code.TOO_MANY_PER_HOUR)

    async def count(self, owner: PersonId) -> None:
        self._requests[owner].append(self._clock.monotonic())
