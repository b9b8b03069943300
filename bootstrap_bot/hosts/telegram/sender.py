"""Sends in order, one chat at a time, and waits where Telegram asks to."""

import asyncio
import logging
import warnings
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from telegram.error import RetryAfter, TelegramError

from bootstrap_bot.activity import waiting, waits
from bootstrap_bot.chat.host import DroppedError, ReplacedError
from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import BootstrapBotError
from bootstrap_bot.hosts.telegram.odd_answers import kind_of, understood

T = TypeVar("T")

log = logging.getLogger(__name__)

# A wait beyond reason is asked about again; none at all would be a request without end.
SHORTEST_FLOOD = 1.0
LONGEST_FLOOD = 900.0


@dataclass(frozen=True, slots=True)
class _Line:
    """A chat's requests that wait for each other; what is done beside it waits for none of it."""

    chat: int
    beside: bool = False


@dataclass(slots=True, eq=False)
class _Job:
    request: Callable[[], Awaitable[Any]]
    edits: int | None
    droppable: bool
    under_way: bool = False
    done: asyncio.Future[Any] = field(default_factory=lambda: asyncio.Future[Any]())


class Sender:
    """One line for each chat; a chat that has to wait holds up no other.

    What people wait for stands in that line. What they do not wait for (a menu, a deletion)
    stands in a second one, and is dropped where Telegram asks to wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[_Line, deque[_Job]] = {}
        self._workers: dict[_Line, asyncio.Task[None]] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is being sent; what Telegram asked to wait with may stand in line."""
        return all(map(waits, self._workers.values()))

    async def send(
        self,
        chat: int,
        request: Callable[[], Awaitable[T]],
        *,
        edits: int | None = None,
        droppable: bool = False,
    ) -> T:
        """Makes the request when its turn has come and gives its result.

        `edits` names the message that it edits: while it waits, a later edit of the same
        message takes its place and this one raises `ReplacedError`. Raises `TelegramError`, but
        for `RetryAfter`, which is waited out, or `DroppedError` if it is `droppable`.
        """
        result: T = await self._stand_in(_Line(chat), _Job(request, edits, droppable))
        return result

    async def send_beside(self, chat: int, request: Callable[[], Awaitable[T]]) -> T:
        """The same for what nobody waits for. Raises `TelegramError`, `DroppedError`."""
        job = _Job(request, None, droppable=True)
        result: T = await self._stand_in(_Line(chat, beside=True), job)
        return result

    async def _stand_in(self, line: _Line, job: _Job) -> Any:
        queue = self._queues.setdefault(line, deque())
        self._drop_replaced(queue, job)
        queue.append(job)
        if line not in self._workers:
            name = f"sender:{line.chat}{':beside' if line.beside else ''}"
            self._workers[line] = asyncio.create_task(self._work(line), name=name)
        with waiting(job.done.done):
            return await job.done

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
                job.done.set_exception(ReplacedError())

    async def _work(self, line: _Line) -> None:
        queue = self._queues[line]
        try:
            while queue:
                await self._do_first(queue)
        finally:
            for job in queue:
                job.done.cancel()
            del self._queues[line], self._workers[line]

    async def _do_first(self, queue: deque[_Job]) -> None:
        job = queue[0]
        if job.done.done():
            queue.popleft()
            return
        job.under_way = True
        try:
            result = await understood(job.request)
        except RetryAfter as error:
            if not job.droppable:
                # The job stays first, where a later edit can still take its place.
                job.under_way = False
                seconds = seconds_of(error)
                log.warning("Telegram asks to wait: %.0f s", seconds)
                await self._clock.sleep(seconds)
                return
            log.info("Telegram asks to wait: dropped what nobody waits for")
            _fail(job, DroppedError())
        except TelegramError as error:
            log.info("a request to Telegram failed: %s", kind_of(error))
            _fail(job, error)
        except BootstrapBotError as error:
            _fail(job, error)
        else:
            if not job.done.done():
                job.done.set_result(result)
        queue.popleft()


def _fail(job: _Job, error: Exception) -> None:
    if not job.done.done():
        job.done.set_exception(error)


def seconds_of(error: RetryAfter) -> float:
    """How long to wait, within reason; the library changes this value's type by environment."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        after: int | timedelta = error.retry_after
    seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
    return min(max(seconds, SHORTEST_FLOOD), LONGEST_FLOOD)
