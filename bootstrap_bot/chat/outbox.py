"""Short messages and answers that no handler waits for."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from bootstrap_bot.activity import Tasks
from bootstrap_bot.chat.buttons import Rows
from bootstrap_bot.chat.host import (
    Address,
    ButtonEvent,
    Card,
    ChatHost,
    DroppedError,
    RejectedError,
    ReplacedError,
    Shown,
)
from bootstrap_bot.clock import Clock
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
# After that nobody waits for a short answer any more.
MOST_TRIES = 60
# A refusal is final, but for a server that said so by mistake.
MOST_REFUSALS = 3
# A pressed button shows its answer for a moment only.
PRESS_TRIES = 5
MOST_WAITING = 200

Send = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried at the most."""

    tries: float = MOST_TRIES
    refusals: int = MOST_REFUSALS


class Outbox:
    """Hands over and returns at once: a slow or blocked chat holds up nobody."""

    def __init__(self, host: ChatHost, clock: Clock) -> None:
        self._host = host
        self._clock = clock
        self._tasks = Tasks()
        self._works: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Whether all that was handed over is done, or waits for its turn or its next try."""
        return self._tasks.idle

    @property
    def works(self) -> Collection[asyncio.Task[None]]:
        """What was begun with `work` and is not done."""
        return self._works

    def say(self, address: Address, text: str, rows: Rows = ()) -> None:
        """Sends a message without a picture; tried for an hour."""
        self.post(address.chat, lambda: self._host.send(address, lambda: Card(text, rows)))

    def mention(self, address: Address, text: str) -> None:
        """Sends one that may as well be lost: tried once."""
        self.post_once(
            address.chat, lambda: self._host.send(address, lambda: Card(text), droppable=True)
        )

    def tell_surely(self, address: Address, text: str) -> None:
        """Sends one that must arrive: tried until it does or the chat is gone."""

        def tell() -> Awaitable[object]:
            return self._host.send(address, lambda: Card(text))

        self._begin(address.chat, tell, Patience(math.inf, refusals=1))

    def edit(self, shown: Shown, text: str, rows: Rows = ()) -> None:
        """Makes a message show something else; its picture stays."""
        self.post(shown.address.chat, lambda: self._host.edit(shown, lambda: Card(text, rows)))

    def set_buttons(self, shown: Shown, rows: Rows) -> None:
        """Exchanges a message's buttons."""
        self.post(shown.address.chat, lambda: self._host.set_buttons(shown, rows))

    def delete(self, shown: Shown) -> None:
        """Removes a message."""
        self.post(shown.address.chat, lambda: self._host.delete(shown))

    def answer(self, event: ButtonEvent, text: str) -> None:
        """Answers a pressed button at once: that is not a message and waits for none."""
        self._begin(
            event.address.chat,
            lambda: self._host.acknowledge(event, text),
            Patience(PRESS_TRIES),
        )

    def work(self, doing: Coroutine[Any, Any, None]) -> None:
        """Does anything else that no handler may wait for."""
        task = self._spawn(_contained(doing), "work:")
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    def post(self, chat: str, send: Send) -> None:
        """Sends anything that the chat's person waits for."""
        if len(self._tasks) < MOST_WAITING:
            self._begin(chat, send, Patience())
        else:
            log.warning("a short message was dropped: too many wait")

    def post_once(self, chat: str, send: Send) -> None:
        """Sends what nobody waits for."""
        self._begin(chat, send, Patience(tries=1))

    async def stop(self) -> None:
        """Drops what waits."""
        await self._tasks.stop()

    def _begin(self, chat: str, send: Send, patience: Patience) -> None:
        self._spawn(self._try(send, patience), f"outbox:{chat}")

    async def _try(self, send: Send, patience: Patience) -> None:
        pause, tries, refusals = FIRST_RETRY, 0, 0
        while True:
            try:
                await send()
            except (ChatGoneError, DroppedError, ReplacedError) as error:
                log.info("a short message was not delivered: %s", type(error).__name__)
                return
            except DeliveryError as error:
                log.info("a short message was not delivered: %s", error)
                tries, refusals = tries + 1, refusals + isinstance(error, RejectedError)
            else:
                return
            if tries >= patience.tries or refusals >= patience.refusals:
                return
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return self._tasks.add(asyncio.create_task(work, name=name))


async def _contained(doing: Coroutine[Any, Any, None]) -> None:
    """Logs by its type what nobody expected: its text may hold a secret."""
    try:
        await doing
    except Exception as error:
        log.error("what somebody asked for ended by %s", type(error).__name__)
