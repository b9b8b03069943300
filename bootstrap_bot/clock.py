"""Time, handed to whatever waits, so that tests need not."""

import asyncio
import time
from typing import Protocol

from bootstrap_bot.activity import waiting

# Below that the wall clock is only being kept in line.
SMALLEST_STEP = 5.0
# Goes on while the machine sleeps, where the system has such a clock.
_MONOTONIC = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """What the program knows of time. All durations are seconds.

    A task that sleeps or waits here is known to wait, see `activity`.
    """

    def now(self) -> float:
        """Seconds since the epoch (UTC). May be set at any time, by days if need be."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment before this process: only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns when that much time has passed."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        """Waits for the event, no longer than that; True when it came. 0 or less only looks."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.clock_gettime(_MONOTONIC)

    async def sleep(self, seconds: float) -> None:
        with waiting():
            await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        if seconds is not None and seconds <= 0:
            return event.is_set()
        try:
            with waiting(event.is_set):
                async with asyncio.timeout(seconds):
                    return await event.wait()
        except TimeoutError:
            return False


class WallClockSteps:
    """Notices that the wall clock was set: it no longer keeps pace with the monotonic one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = self._measured()

    def taken(self) -> float:
        """Seconds the wall clock was set forward (or back, if negative) since the last call."""
        step = self._measured() - self._ahead
        if abs(step) < SMALLEST_STEP:
            return 0.0
        self._ahead += step
        return step

    def _measured(self) -> float:
        return self._clock.now() - self._clock.monotonic()
