"""How many attempts may be under way, and how often a person may begin one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import Code, RefusedError
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.person import PersonId

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Caps:
    """How many attempts may wait in all and for one admin, and how many one begins in an hour."""

    waiting: int = 20
    per_admin: int = 6
    per_hour: int = 20


class Limits(Protocol):
    """Says who may begin an attempt now. Every method raises `JournalError`."""

    async def start(self) -> None:
        """Takes up what was asked for before this process."""
        ...

    async def check(self, owner: PersonId, live: Sequence[PersonId]) -> None:
        """Raises `RefusedError` when that person has to wait; `live` own what is under way."""
        ...

    async def count(self, owner: PersonId) -> None:
        """That person's request was taken up now."""
        ...


class JournalLimits:
    """Implements `Limits`; a journal knows what was asked for earlier.

    Requests of the last hour are counted by the monotonic clock: setting the other one frees
    nobody.
    """

    def __init__(self, journal: Journal, clock: Clock, caps: Caps) -> None:
        self._journal = journal
        self._clock = clock
        self._caps = caps
        self._requests: defaultdict[PersonId, list[float]] = defaultdict(list)

    async def start(self) -> None:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for owner, moment in await self._journal.requests_since(now - HOUR):
            # One that lies ahead was made before the wall clock was set back, who knows when.
            if moment <= now:
                self._requests[owner].append(monotonic - (now - moment))

    async def check(self, owner: PersonId, live: Sequence[PersonId]) -> None:
        if len(live) >= self._caps.waiting or live.count(owner) >= self._caps.per_admin:
            raise RefusedError(Code.TOO_MANY_ATTEMPTS)
        hour_ago = self._clock.monotonic() - HOUR
        self._requests[owner] = [one for one in self._requests[owner] if one >= hour_ago]
        if len(self._requests[owner]) >= self._caps.per_hour:
            raise RefusedError(Code.TOO_MANY_PER_HOUR)

    async def count(self, owner: PersonId) -> None:
        self._requests[owner].append(self._clock.monotonic())
