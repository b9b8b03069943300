"""Which tasks only wait, so that whoever started them can tell when nothing is under way."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

T = TypeVar("T")
AnyTask = asyncio.Task[Any]

_waits: WeakKeyDictionary[AnyTask, Callable[[], bool]] = WeakKeyDictionary()


@contextmanager
def waiting(over: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Inside, the current task waits.

    `over` says whether what it waits for has come: then it is at work again, although its turn
    is still to come.
    """
    task = cast("AnyTask", asyncio.current_task())
    _waits[task] = over
    try:
        yield
    finally:
        del _waits[task]


def waits(task: AnyTask) -> bool:
    """Whether it waits now. One that has ended does not: somebody is about to hear of that."""
    over = _waits.get(task)
    return over is not None and not task.done() and not over()


class Tasks:
    """Tasks that belong together, each until it has ended."""

    def __init__(self) -> None:
        self._tasks: set[AnyTask] = set()

    @property
    def idle(self) -> bool:
        """Whether all of them wait."""
        return all(map(waits, self._tasks))

    def add(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        """One more, which is given back."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Ends all of them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __len__(self) -> int:
        return len(self._tasks)
