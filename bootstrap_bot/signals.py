"""SIGTERM and SIGINT: an orderly end, however often they come."""

import asyncio
import signal
from types import FrameType


def stop_on_signals() -> asyncio.Event:
    """An event of the running loop that they set from now on; further ones change nothing."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        # The process may be at its very end.
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_stop)
    return stop
