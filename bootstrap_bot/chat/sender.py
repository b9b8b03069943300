"""Sends in order, one chat at a time, and waits where Telegram asks to."""

import asyncio
import warnings
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from telegram.error import RetryAfter

from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import BootstrapBotError

T = TypeVar("T")


class ReplacedError(BootstrapBotError):
    """A later edit of the same message came before this one was sent."""


@dataclass(slots=True, eq=False)
class _Job:
    request: Callable[[], Awaitable[Any]]
    edits: int | None
    under_way: bool = False
    done: asyncio.Future[Any] = field(default_factory=lambda: asyncio.Future[Any]())


class Sender:
    """One queue for each chat; a chat that has to wait holds up no other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[int, deque[_Job]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}

    async def send(
        self, chat: int, request: Callable[[], Awaitable[T]], *, edits: int | None = None
    ) -> T:
        """Makes the request when its turn has come and gives its result.

        `edits` names the message that it edits: while it waits, a later edit of the same
        message takes its place and this one raises `ReplacedError`. Raises what the request
        raises, but for `RetryAfter`, which is waited out.
        """
        job = _Job(request, edits)
        queue = self._queues.setdefault(chat, deque())
        self._drop_replaced(queue, job)
        queue.append(job)
        if chat not in self._workers:
            self._workers[chat] = asyncio.create_task(self._work(chat), name=f"sender:{chat}")
        result: T = await job.done
        return result

    async def stop(self) -> None:
        """Drops what waits."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        # A worker that was cancelled before its first step has left its queue behind.
        for queue in self._queues.values():
            for job in queue:
                job.done.cancel()
        self._queues.clear()
        self._workers.clear()

    def _drop_replaced(self, queue: deque[_Job], later: _Job) -> None:
        if later.edits is None:
            return
        for job in [job for job in queue if job.edits == later.edits and not job.under_way]:
            queue.remove(job)
            if not job.done.done():
                job.done.set_exception(ReplacedError)

    async def _work(self, chat: int) -> None:
        queue = self._queues[chat]
        try:
            while queue:
                await self._do_first(queue)
        finally:
            for job in queue:
                job.done.cancel()
            del self._queues[chat], self._workers[chat]

    async def _do_first(self, queue: deque[_Job]) -> None:
        job = queue[0]
        if job.done.done():
            queue.popleft()
            return
        job.under_way = True
        try:
            result = await job.request()
        except RetryAfter as error:
            # The job stays first, where a later edit can still take its place.
            job.under_way = False
            await self._clock.sleep(seconds_of(error))
            return
        except Exception as error:
            if not job.done.done():
                job.done.set_exception(error)
        else:
            if not job.done.done():
                job.done.set_result(result)
        queue.popleft()


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait; the library changes this value's type by environment."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        after: int | timedelta = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
