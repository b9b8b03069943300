"""Short messages and answers that no handler waits for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from telegram import Bot, CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bootstrap_bot.chat.sender import ReplacedError, Sender
from bootstrap_bot.clock import Clock

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Outbox:
    """Hands over and returns at once: a slow or blocked chat holds up nobody."""

    def __init__(self, bot: Bot, sender: Sender) -> None:
        self._bot = bot
        self._sender = sender
        self._tasks: set[asyncio.Task[None]] = set()

    def say(self, chat: int, html: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Sends a text message, in its turn."""
        self.post(
            chat,
            lambda: self._bot.send_message(
                chat,
                html,
                parse_mode=ParseMode.HTML,
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard,
            ),
        )

    def tell_surely(self, chat: int, html: str, clock: Clock) -> None:
        """Sends a text message that must arrive: tried until it does or the chat is gone."""
        self._spawn(self._tell_surely(chat, html, clock))

    def work(self, doing: Coroutine[Any, Any, None]) -> None:
        """Does anything else that no handler may wait for."""
        self._spawn(doing, name="work:")

    def answer(self, query: CallbackQuery, text: str) -> None:
        """Answers a pressed button at once: that is not a message and waits for none."""
        self._spawn(_quietly(lambda: query.answer(text)))

    def post(self, chat: int, request: Callable[[], Awaitable[object]]) -> None:
        """Makes any request about a chat, in its turn."""
        self._spawn(_quietly(lambda: self._sender.send(chat, request)))

    async def stop(self) -> None:
        """Drops what waits."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell_surely(self, chat: int, html: str, clock: Clock) -> None:
        pause = FIRST_RETRY
        while True:
            try:
                await self._sender.send(
                    chat, lambda: self._bot.send_message(chat, html, parse_mode=ParseMode.HTML)
                )
            except (Forbidden, BadRequest):
                return
            except TelegramError:
                await clock.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY)
            else:
                return

    def _spawn(self, work: Coroutine[Any, Any, None], name: str | None = None) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(send: Callable[[], Awaitable[object]]) -> None:
    try:
        await send()
    except (TelegramError, ReplacedError) as error:
        log.info("a short message was not delivered: %s", type(error).__name__)
