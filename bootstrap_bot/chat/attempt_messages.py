"""Shows each attempt as one message of a chat: sent, edited in place, replaced, removed."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo

from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.host import (
    Address,
    Card,
    ChatHost,
    DroppedError,
    Limits,
    NotEditableError,
    RejectedError,
    Shown,
)
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import BootstrapBotError
from bootstrap_bot.registration.attempt import RESULTS, Attempt
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError

log = logging.getLogger(__name__)


class _MovedError(BootstrapBotError):
    """The attempt is to be told in another topic by now."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a message shows, and the moment of which it tells (epoch seconds)."""

    shown: Shown
    at: float


class _Drawing:
    """An attempt's card, drawn when its turn has come, and what it was drawn from."""

    def __init__(
        self, latest: Callable[[], Attempt], limits: Limits, clock: Clock, zone: tzinfo
    ) -> None:
        self.attempt = latest()
        self.at = clock.now()
        self._latest = latest
        self._limits = limits
        self._clock = clock
        self._zone = zone

    def __call__(self) -> Card:
        """The card of now."""
        self.attempt, self.at = self._latest(), self._clock.now()
        return self.as_of(self.at)

    def as_of(self, moment: float) -> Card:
        """The card it would have been then."""
        texts = Texts(self.attempt.language)
        return card(self.attempt, texts, moment, self._zone, self._limits)


class AttemptMessages:
    """Implements `Display`. Remembers what a message shows for as long as it may be edited."""

    def __init__(self, host: ChatHost, clock: Clock, zone: tzinfo) -> None:
        self._host = host
        self._clock = clock
        self._zone = zone
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def show(self, latest: Callable[[], Attempt]) -> str:
        try:
            return await self._show(latest)
        except RejectedError as error:
            log.error("a message is not taken: %s", error)
            raise

    async def remove(self, attempt: Attempt, message: str) -> None:
        self._kept.pop((attempt.chat, message), None)
        with suppress(DeliveryError, ChatGoneError):
            await self._host.delete(Shown(_address(attempt), message), droppable=True)

    async def _show(self, latest: Callable[[], Attempt]) -> str:
        attempt = latest()
        message = attempt.message
        if message is None:
            return await self._send(latest)
        try:
            await self._edit(message, latest)
        except DroppedError:
            log.info("a countdown stood still: the chat has to wait")
        except NotEditableError as error:
            if not error.there:
                self._kept.pop((attempt.chat, message), None)
                return await self._send(latest)
            another = await self._send(latest)
            await self.remove(attempt, message)
            return another
        return message

    async def _send(self, latest: Callable[[], Attempt]) -> str:
        while True:
            with suppress(_MovedError):
                return await self._send_to(_address(latest()), latest)

    async def _send_to(self, address: Address, latest: Callable[[], Attempt]) -> str:
        drawing = self._drawing(latest)

        def draw() -> Card:
            look = drawing()
            if _address(drawing.attempt) != address:
                raise _MovedError
            return look

        shown = await self._host.send(address, draw)
        self._remember(drawing, shown)
        return shown.id

    async def _edit(self, message: str, latest: Callable[[], Attempt]) -> None:
        drawing = self._drawing(latest)
        kept = self._kept.get((drawing.attempt.chat, message))
        # nothing changed since it was shown but the time
        countdown = kept is not None and drawing.as_of(kept.at) == kept.shown.card
        shown = kept.shown if kept else Shown(_address(drawing.attempt), message)
        self._remember(drawing, await self._host.edit(shown, drawing, droppable=countdown))

    def _drawing(self, latest: Callable[[], Attempt]) -> _Drawing:
        return _Drawing(latest, self._host.limits, self._clock, self._zone)

    def _remember(self, drawing: _Drawing, shown: Shown) -> None:
        key = (drawing.attempt.chat, shown.id)
        if drawing.attempt.state in RESULTS:
            self._kept.pop(key, None)
        else:
            self._kept[key] = _Kept(shown, drawing.at)


def _address(attempt: Attempt) -> Address:
    return Address(attempt.owner.host, attempt.chat, attempt.topic)
