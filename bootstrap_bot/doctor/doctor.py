"""Goes through one subject after the other; no subject keeps the next one from its turn."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from bootstrap_bot.doctor.finding import Finding, Subject

log = logging.getLogger(__name__)

LIMIT = 20.0

Look = Callable[[], Awaitable[Sequence[Finding]]]
"""Looks at one subject and says what it found, at least one thing."""


class Doctor:
    """The looks of one installation. `limit` is seconds for each of them."""

    def __init__(self, looks: Mapping[Subject, Look], limit: float = LIMIT) -> None:
        self._looks = looks
        self._limit = limit

    async def examine(
        self, begins: Callable[[Subject], object] = lambda _: None
    ) -> AsyncIterator[Finding]:
        """Everything that was found, each as soon as it is known; `begins` hears what is next."""
        for subject, look in self._looks.items():
            begins(subject)
            for finding in await self._found(subject, look):
                yield finding

    async def _found(self, subject: Subject, look: Look) -> Sequence[Finding]:
        try:
            async with asyncio.timeout(self._limit):
                return await look()
        except TimeoutError:
            return [Finding.bad(subject, "doctor.too_slow", seconds=round(self._limit))]
        except Exception as error:  # the other subjects still deserve their look
            log.debug("looking at %s failed: %s", subject.value, type(error).__name__)
            return [Finding.bad(subject, "doctor.failed", error=type(error).__name__)]
