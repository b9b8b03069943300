"""Time, handed to whatever waits, so that tests need not."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the program knows of time. All durations are seconds."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns when that much time has passed."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Waits for the event, no longer than that; True when it came. 0 or less only looks."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        if seconds <= 0:
            return event.is_set()
        try:
            async with asyncio.timeout(seconds):
                return await event.wait()
        except TimeoutError:
            return False
