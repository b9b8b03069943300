"""Shows an attempt as one Telegram message: sent, edited in place, swapped, removed."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from telegram import Bot, InputMediaPhoto
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bootstrap_bot.attempts.attempt import RESULTS, Attempt
from bootstrap_bot.attempts.voice import ChatGoneError, UnheardError
from bootstrap_bot.chat.card import Card, card
from bootstrap_bot.chat.pictures import Picture, qr_code, sign
from bootstrap_bot.chat.sender import DroppedError, ReplacedError, Sender
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.odd_answers import kind_of, number_of

T = TypeVar("T")

log = logging.getLogger(__name__)

UNCHANGED = "message is not modified"
CHAT_GONE = ("chat not found", "user is deactivated", "peer_id_invalid")
MESSAGE_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no caption in the message to edit",
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a message shows, since `at` (epoch seconds)."""

    look: Card
    at: float


class TelegramVoice:
    """One message for each attempt; remembers what it shows, to send nothing twice."""

    def __init__(self, bot: Bot, sender: Sender, clock: Clock, zone: tzinfo) -> None:
        self._bot = bot
        self._sender = sender
        self._clock = clock
        self._zone = zone
        self._shown: dict[tuple[int, int], _Shown] = {}

    async def show(self, latest: Callable[[], Attempt]) -> int:
        attempt = latest()
        message, chat = attempt.message, attempt.chat
        if message is None:
            return await self._send(chat, latest)
        try:
            edit = self._sender.send(
                chat,
                lambda: self._edit(message, latest),
                edits=message,
                droppable=self._is_countdown(attempt, message),
            )
            await _mapped(edit)
        except DroppedError:
            log.info("a countdown stood still: Telegram asks to wait")
        except _MessageGoneError:
            self._shown.pop((chat, message), None)
            return await self._send(chat, latest)
        return message

    async def remove(self, chat: int, message: int) -> None:
        self._shown.pop((chat, message), None)
        with suppress(TelegramError, DroppedError):
            await self._sender.send_beside(chat, lambda: self._bot.delete_message(chat, message))

    async def _send(self, chat: int, latest: Callable[[], Attempt]) -> int:
        async def request() -> int:
            attempt = latest()
            look = self._look(attempt)
            sent = await self._bot.send_photo(
                chat,
                _picture(look),
                caption=look.caption,
                parse_mode=ParseMode.HTML,
                reply_markup=look.keyboard,
            )
            number = number_of(sent)
            self._remember(chat, number, look, attempt)
            return number

        return await _mapped(self._sender.send(chat, request))

    async def _edit(self, message: int, latest: Callable[[], Attempt]) -> None:
        attempt = latest()
        chat, look = attempt.chat, self._look(attempt)
        shown = self._shown.get((chat, message))
        before = shown.look if shown else None
        if look == before:
            return
        try:
            if before is None or _differs(before, look):
                await self._swap(chat, message, look)
            else:
                await self._recaption(chat, message, look)
        except BadRequest as error:
            if UNCHANGED not in error.message.lower():
                raise
        self._remember(chat, message, look, attempt)

    def _is_countdown(self, attempt: Attempt, message: int) -> bool:
        """Whether nothing changed since the message was shown but the time."""
        shown = self._shown.get((attempt.chat, message))
        return shown is not None and self._look(attempt, shown.at) == shown.look

    def _remember(self, chat: int, message: int, look: Card, attempt: Attempt) -> None:
        """Keeps what a message shows for as long as it may be edited."""
        if attempt.state in RESULTS:
            self._shown.pop((chat, message), None)
        else:
            self._shown[chat, message] = _Shown(look, self._clock.now())

    async def _swap(self, chat: int, message: int, look: Card) -> None:
        media = InputMediaPhoto(_picture(look), look.caption, parse_mode=ParseMode.HTML)
        edited = await self._bot.edit_message_media(
            media, chat_id=chat, message_id=message, reply_markup=look.keyboard
        )
        number_of(edited)

    async def _recaption(self, chat: int, message: int, look: Card) -> None:
        # Without the keyboard in the same request Telegram would remove it.
        edited = await self._bot.edit_message_caption(
            chat_id=chat,
            message_id=message,
            caption=look.caption,
            parse_mode=ParseMode.HTML,
            reply_markup=look.keyboard,
        )
        number_of(edited)

    def _look(self, attempt: Attempt, at: float | None = None) -> Card:
        moment = self._clock.now() if at is None else at
        return card(attempt, Texts(attempt.language), moment, self._zone)


class _MessageGoneError(Exception):
    """The person removed the message."""


async def _mapped(sending: Awaitable[T]) -> T:
    """What Telegram's errors mean for whoever tells; their texts are not passed on."""
    try:
        return await sending
    except Forbidden:
        raise ChatGoneError from None
    except BadRequest as error:
        text = error.message.lower()
        if any(sign in text for sign in CHAT_GONE):
            raise ChatGoneError from None
        if any(sign in text for sign in MESSAGE_GONE):
            raise _MessageGoneError from None
        log.error("Telegram does not take a message: %s", kind_of(error))
        raise UnheardError from None
    except (TelegramError, ReplacedError):
        raise UnheardError from None


def _differs(before: Card, after: Card) -> bool:
    return (before.picture, before.link) != (after.picture, after.link)


def _picture(look: Card) -> bytes:
    return qr_code(look.link) if look.picture is Picture.QR else sign(look.picture)
