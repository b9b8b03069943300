"""Asks a platform for a device code, more than once if the road is bad."""

import asyncio

from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.provider import DeviceAuthorization, Provider

PATIENCE = 20.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 8.0
# Asking again would bring the same.
FINAL = (Code.BAD_LINK, Code.MOVED)


async def invite(provider: Provider, clock: Clock) -> DeviceAuthorization:
    """Begins anew after every failure, within `PATIENCE` seconds in all.

    Raises the last `RemoteError`.
    """
    deadline = clock.monotonic() + PATIENCE
    pause = FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout(deadline - clock.monotonic()):
                return await provider.begin()
        except TimeoutError:
            raise RemoteError(Code.TIMEOUT) from None
        except RemoteError as error:
            wait = max(pause, error.retry_after or 0.0)
            if error.code in FINAL or clock.monotonic() + wait >= deadline:
                raise
        await clock.sleep(wait)
        pause = min(pause * 2, LONGEST_PAUSE)
