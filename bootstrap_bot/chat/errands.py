"""What takes longer than a handler may: done beside it, one thing at a time for a person."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from bootstrap_bot.chat.context import ANSWERED, Asked, Press
from bootstrap_bot.chat.delivery_text import trouble, why
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.errors import CodedError, TargetError
from bootstrap_bot.registration.person import PersonId


class Errands:
    """Whoever asked for something that fails is told why."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._turns: defaultdict[PersonId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def do(self, asked: Asked | Press, doing: Callable[[], Awaitable[object]]) -> None:
        """Returns at once."""

        async def work() -> None:
            async with self._turns[asked.event.person]:
                try:
                    await doing()
                except CodedError as error:
                    self.say_error(asked, error)

        self._outbox.work(work())

    def answer_later(self, press: Press, doing: Callable[[], Awaitable[str | None]]) -> str:
        """The same for a button; its short answer says how that went."""

        async def work() -> None:
            try:
                answer = press.texts.plain(await doing() or "answer.outdated")
            except CodedError as error:
                answer = why(error, press.texts)
            self._outbox.answer(press.event, answer)

        self.do(press, work)
        return ANSWERED

    def say_error(self, asked: Asked | Press, error: CodedError) -> None:
        """Says what was in the way."""
        texts = asked.texts
        if isinstance(error, TargetError):
            wrong = trouble(error.place, error.code.value, error.line, error.column, texts)
            self._outbox.say(asked.event.address, f"⚠️ {wrong}")
        else:
            self._outbox.say(asked.event.address, why(error, texts))
