"""Goes through one subject after the other; no subject keeps the next one from its turn."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from bootstrap_bot.doctor.finding import Finding, Subject

log = logging.getLogger(__name__)

LIMIT = 20.0

Look = Callable[[], Awaitable[Sequence[Finding]]]
"""Looks at one subject and says what it found, at least one thing."""


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a subject; `platform` names which one where there may be several."""

    subject: Subject
    look: Look
    platform: str = ""


class Doctor:
    """The checks of one installation, in their order. `limit` is seconds for each of them."""

    def __init__(self, checks: Sequence[Check], limit: float = LIMIT) -> None:
        self.checks = checks
        self._limit = limit

    async def examine(
        self, begins: Callable[[Check], object] = lambda _: None
    ) -> AsyncIterator[Finding]:
        """Everything that was found, each as soon as it is known; `begins` hears what is next."""
        for check in self.checks:
            begins(check)
            for finding in await self._found(check):
                yield finding

    async def _found(self, check: Check) -> Sequence[Finding]:
        about = {"platform": check.platform} if check.platform else {}
        try:
            async with asyncio.timeout(self._limit):
                return await check.look()
        except TimeoutError:
            limit = round(self._limit)
            return [Finding.bad(check.subject, "doctor.too_slow", seconds=limit, **about)]
        except Exception as error:  # the other subjects still deserve their look
            kind = type(error).__name__
            log.debug("looking at %s failed: %s", check.subject.value, kind)
            return [Finding.bad(check.subject, "doctor.failed", error=kind, **about)]
