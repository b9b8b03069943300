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
    name: str
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.Future[None]())


class FakeClock:
    """Implements `Clock`. Who sleeps is known by the name of the task."""

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

    async def pass_until_due(self, name: str = "") -> float:
        """Waits until a task whose name begins so is asleep, and passes to its moment.

        Gives the seconds that passed.
        """
        sleeper = await self.asleep(name)
        seconds = max(sleeper.due - self._now, 0.0)
        await self.advance(seconds)
        return seconds

    async def asleep(self, name: str = "") -> _Sleeper:
        """Returns when a task whose name begins so is asleep."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self._find(name) is not None)
        sleeper = self._find(name)
        assert sleeper is not None
        return sleeper

    @property
    def pauses(self) -> list[float]:
        """How long each who sleeps has still to sleep, the shortest first."""
        return sorted(sleeper.due - self._now for sleeper in self._sleepers)

    def sleeps(self, name: str) -> bool:
        """Whether a task whose name begins so is asleep now."""
        return self._find(name) is not None

    def is_due(self, name: str, seconds: float) -> bool:
        """Whether a task whose name begins so will have slept enough in that time."""
        sleeper = self._find(name)
        return sleeper is not None and sleeper.due <= self._now + seconds

    def _find(self, name: str) -> _Sleeper | None:
        due = [sleeper for sleeper in self._sleepers if sleeper.name.startswith(name)]
        return min(due, key=lambda sleeper: sleeper.due, default=None)

    def _first_due(self, until: float) -> _Sleeper | None:
        due = [sleeper for sleeper in self._sleepers if sleeper.due <= until]
        return min(due, key=lambda sleeper: sleeper.due, default=None)

    async def _fall_asleep(self, seconds: float) -> _Sleeper:
        task = asyncio.current_task()
        sleeper = _Sleeper(self._now + seconds, task.get_name() if task else "")
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
