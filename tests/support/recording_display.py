"""A display made of lists."""

import asyncio
from collections.abc import Callable

from bootstrap_bot.registration.attempt import Attempt
from tests.support.clock import START, FakeClock


class RecordingDisplay:
    """Shows to nobody and remembers it; `errors` are raised first, each once.

    `waits_its_turn` comes before the record is read, `let_go` after that.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.shown: list[Attempt] = []
        self.times: list[float] = []
        self.removed: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self.always: Exception | None = None
        self.before_removal: Callable[[], object] = lambda: None
        self.waits_its_turn = asyncio.Event()
        self.waits_its_turn.set()
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.next_id = 100
        self.gone = False
        self._clock = clock

    async def show(self, latest: Callable[[], Attempt]) -> str:
        await self.waits_its_turn.wait()
        attempt = latest()
        self.times.append(self._clock.monotonic() - START)
        await self.let_go.wait()
        if self.errors:
            raise self.errors.pop(0)
        if self.always is not None:
            raise self.always
        self.shown.append(attempt)
        if attempt.message is not None and not self.gone:
            return attempt.message
        self.next_id += 1
        return str(self.next_id)

    async def remove(self, attempt: Attempt, message: str) -> None:
        self.before_removal()
        self.removed.append((attempt.chat, message))
