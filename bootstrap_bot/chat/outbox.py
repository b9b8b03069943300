"""Short messages and answers that no handler waits for."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from telegram import Bot, CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, TelegramError

from bootstrap_bot.activity import Tasks
from bootstrap_bot.chat.manner import Manner, as_taken
from bootstrap_bot.chat.odd_answers import confirmed, kind_of, number_of, understood
from bootstrap_bot.chat.sender import DroppedError, ReplacedError, Sender
from bootstrap_bot.clock import Clock

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
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried at the most."""

    tries: float = MOST_TRIES
    refusals: int = MOST_REFUSALS


class Outbox:
    """Hands over and returns at once: a slow or blocked chat holds up nobody."""

    def __init__(self, bot: Bot, sender: Sender, clock: Clock) -> None:
        self._bot = bot
        self._sender = sender
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

    def say(
        self,
        chat: int,
        html: str,
        keyboard: InlineKeyboardMarkup | None = None,
        topic: int | None = None,
    ) -> None:
        """Sends a text message in its turn; tried for an hour."""
        self.post(chat, lambda: self._message(chat, html, keyboard, topic))

    def mention(self, chat: int, html: str, topic: int | None = None) -> None:
        """Sends a text message that may as well be lost: tried once."""
        self.post_beside(chat, lambda: self._message(chat, html, topic=topic))

    def tell_surely(self, chat: int, html: str) -> None:
        """Sends a text message that must arrive: tried until it does or the chat is gone."""
        tell = self._in_turn(chat, lambda: self._message(chat, html))
        self._spawn(self._try(tell, Patience(math.inf, refusals=1)), f"outbox:{chat}")

    def work(self, doing: Coroutine[Any, Any, None]) -> None:
        """Does anything else that no handler may wait for."""
        task = self._spawn(_contained(doing), "work:")
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    def answer(self, query: CallbackQuery, text: str) -> None:
        """Answers a pressed button at once: that is not a message and waits for none."""

        async def answered() -> None:
            confirmed(await query.answer(text))

        answering = self._try(answered, Patience(PRESS_TRIES))
        self._spawn(answering, f"outbox:{query.from_user.id}")

    def post(self, chat: int, request: Callable[[], Awaitable[object]]) -> None:
        """Makes any request about a chat that its person waits for, in its turn."""
        if len(self._tasks) < MOST_WAITING:
            self._spawn(self._try(self._in_turn(chat, request), Patience()), f"outbox:{chat}")
        else:
            log.warning("a short message was dropped: too many wait")

    def post_beside(self, chat: int, request: Callable[[], Awaitable[object]]) -> None:
        """Makes a request that nobody waits for: once, and holding up nothing."""

        def beside() -> Awaitable[object]:
            return self._sender.send_beside(chat, request)

        self._spawn(self._try(beside, Patience(tries=1)), f"outbox:{chat}")

    async def stop(self) -> None:
        """Drops what waits."""
        await self._tasks.stop()

    async def _message(
        self,
        chat: int,
        html: str,
        keyboard: InlineKeyboardMarkup | None = None,
        topic: int | None = None,
    ) -> None:
        async def send(manner: Manner) -> object:
            return await self._bot.send_message(
                chat,
                manner.text(html),
                parse_mode=manner.parse_mode,
                link_preview_options=NO_PREVIEW,
                reply_markup=manner.keyboard(keyboard),
                message_thread_id=topic if manner.topic else None,
            )

        sent, _ = await as_taken(Manner(picture=False), send)
        number_of(sent)

    def _in_turn(
        self, chat: int, request: Callable[[], Awaitable[object]]
    ) -> Callable[[], Awaitable[object]]:
        return lambda: self._sender.send(chat, request)

    async def _try(self, request: Callable[[], Awaitable[object]], patience: Patience) -> None:
        pause, tries, refusals = FIRST_RETRY, 0, 0
        while True:
            try:
                await understood(request)
            except (Forbidden, ReplacedError, DroppedError) as error:
                log.info("a short message was not delivered: %s", type(error).__name__)
                return
            except TelegramError as error:
                log.info("a short message was not delivered: %s", kind_of(error))
                tries, refusals = tries + 1, refusals + isinstance(error, BadRequest)
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
