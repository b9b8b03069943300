"""Work that blocks, done in a thread that neither the event loop nor our end waits for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class SerialThread:
    """One thing after the other; a file that hangs keeps those waiting who want this file."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    async def do(self, work: Callable[..., T], *arguments: Any) -> T:
        """What the work gives or raises. It goes on when the caller is cancelled."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(tell: Callable[[Any], None], outcome: Any) -> None:
            if not done.done():
                tell(outcome)

        def run() -> None:
            try:
                with self._turn:
                    outcome = work(*arguments)
            except Exception as error:
                report(done.set_exception, error)
            else:
                report(done.set_result, outcome)

        def report(tell: Callable[[Any], None], outcome: Any) -> None:
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(settle, tell, outcome)

        threading.Thread(target=run, name="target", daemon=True).start()
        return await done
