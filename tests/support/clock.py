"""A clock that stands still until a test moves it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bootstrap_bot.activity import waiting

START = 1_790_000_000.0
# Real seconds a test waits for the program to come to rest before it fails.
PATIENCE = 10.0


@dataclass(eq=False)
class _Sleeper:
    due: float
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.Future[None]())


class FakeClock:
    """Implements `Clock`. Of those who sleep it knows when each is due, not who they are."""

    def __init__(self, now: float = START) -> None:
        self._now = now
        self._set_by = 0.0
        self._sleepers: list[_Sleeper] = []
        self._changed = asyncio.Condition()

    def now(self) -> float:
        return self._now + self._set_by

    def monotonic(self) -> float:
        return self._now

    def set_wall_clock(self, seconds: float) -> None:
        """Sets it forward, or back if negative; whoever sleeps takes no notice."""
        self._set_by += seconds

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        sleeper = await self._fall_asleep(seconds)
        try:
            with waiting(sleeper.done.done):
                await sleeper.done
        finally:
            self._wake_up(sleeper)

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        if seconds is None:
            with waiting(event.is_set):
                return await event.wait()
        if seconds <= 0:
            return event.is_set()
        sleeper = await self._fall_asleep(seconds)
        coming = asyncio.ensure_future(event.wait())
        either: list[asyncio.Future[Any]] = [sleeper.done, coming]
        try:
            with waiting(lambda: sleeper.done.done() or event.is_set()):
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            coming.cancel()
            self._wake_up(sleeper)
        return event.is_set()

    async def advance(self, seconds: float) -> None:
        """Lets time pass; whoever is due on the way wakes up at their moment."""
        until = self._now + seconds
        while (first := self._first_due(until)) is not None:
            self._now = max(self._now, first.due)
            if not first.done.done():
                first.done.set_result(None)
            self._wake_up(first)
            await asyncio.sleep(0)
        self._now = until
        await asyncio.sleep(0)

    async def pass_until_due(self) -> float:
        """Waits until somebody sleeps, and passes to the moment at which the first is due.

        Gives the seconds that passed.
        """
        await self.asleep()
        seconds = max(self.pauses[0], 0.0)
        await self.advance(seconds)
        return seconds

    async def asleep(self) -> None:
        """Returns when somebody sleeps."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self._sleepers)

    @property
    def pauses(self) -> list[float]:
        """How long each who sleeps has still to sleep, the shortest first."""
        return sorted(sleeper.due - self._now for sleeper in self._sleepers)

    def _first_due(self, until: float) -> _Sleeper | None:
        due = [sleeper for sleeper in self._sleepers if sleeper.due <= until]
        return min(due, key=lambda sleeper: sleeper.due, default=None)

    async def _fall_asleep(self, seconds: float) -> _Sleeper:
        sleeper = _Sleeper(self._now + seconds)
        self._sleepers.append(sleeper)
        async with self._changed:
            self._changed.notify_all()
        return sleeper

    def _wake_up(self, sleeper: _Sleeper) -> None:
        if sleeper in self._sleepers:
            self._sleepers.remove(sleeper)


async def rest() -> None:
    """Lets every task run until it waits."""
    for _ in range(60):
        await asyncio.sleep(0)
