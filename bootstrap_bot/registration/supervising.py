"""Keeps a task going that people wait on: no exception ends it."""

import logging
from collections.abc import Awaitable, Callable

from bootstrap_bot.clock import Clock

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0


async def supervised(work: Callable[[], Awaitable[None]], what: str, clock: Clock) -> None:
    """Does the work until it returns. What it raises is logged by its type, and it begins anew.

    The work has to begin where it stands, as it would after a restart. `what` is for the log.
    """
    pause = FIRST_RETRY
    while True:
        try:
            await work()
        except Exception as error:
            # Its text may hold a secret.
            log.error("%s broke by %s: again in %.0f s", what, kinds_of(error), pause)
        else:
            return
        await clock.sleep(pause)
        pause = min(pause * 2, LONGEST_RETRY)


def kinds_of(error: Exception) -> str:
    """The error's class; of a group those of its members."""
    if isinstance(error, ExceptionGroup):
        return ", ".join(kinds_of(one) for one in error.exceptions)
    return type(error).__name__
