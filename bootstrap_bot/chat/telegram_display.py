"""Shows an attempt as one Telegram message: sent, edited in place, swapped, removed."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from telegram import Bot, InputMediaPhoto, Message
from telegram.error import BadRequest, Forbidden, TelegramError

from bootstrap_bot.chat.card import Card, card
from bootstrap_bot.chat.context import number_of
from bootstrap_bot.chat.manner import CHAT_GONE, MESSAGE_GONE, NO_TEXT, UNCHANGED, Manner, as_taken
from bootstrap_bot.chat.odd_answers import kind_of
from bootstrap_bot.chat.odd_answers import number_of as message_number
from bootstrap_bot.chat.outbox import NO_PREVIEW
from bootstrap_bot.chat.pictures import Picture, qr_code, sign
from bootstrap_bot.chat.sender import DroppedError, ReplacedError, Sender
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.registration.attempt import RESULTS, Attempt
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a message shows, since `at` (epoch seconds), and how it was sent."""

    look: Card
    at: float
    manner: Manner


class TelegramDisplay:
    """One message for each attempt; remembers what it shows, to send nothing twice.

    Where Telegram takes no picture the message is text, and stays so while it is remembered.
    """

    def __init__(self, bot: Bot, sender: Sender, clock: Clock, zone: tzinfo) -> None:
        self._bot = bot
        self._sender = sender
        self._clock = clock
        self._zone = zone
        self._shown: dict[tuple[int, int], _Shown] = {}

    async def show(self, latest: Callable[[], Attempt]) -> str:
        return str(await self._show(latest))

    async def remove(self, chat: str, message: str) -> None:
        await self._remove(int(chat), int(message))

    async def _show(self, latest: Callable[[], Attempt]) -> int:
        attempt = latest()
        message, chat = number_of(attempt.message), int(attempt.chat)
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
        except _PictureStaysError:
            another = await self._send(chat, latest)
            await self._remove(chat, message)
            return another
        except _MessageGoneError:
            self._shown.pop((chat, message), None)
            return await self._send(chat, latest)
        return message

    async def _remove(self, chat: int, message: int) -> None:
        self._shown.pop((chat, message), None)
        with suppress(TelegramError, DroppedError):
            await self._sender.send_beside(chat, lambda: self._bot.delete_message(chat, message))

    async def _send(self, chat: int, latest: Callable[[], Attempt]) -> int:
        async def request() -> int:
            attempt, at = latest(), self._clock.now()
            sent, manner = await as_taken(Manner(), lambda way: self._post(attempt, at, way))
            number = message_number(sent)
            self._remember(number, attempt, at, manner)
            return number

        return await _mapped(self._sender.send(chat, request))

    async def _post(self, attempt: Attempt, at: float, manner: Manner) -> Message:
        look = self._look(attempt, at, manner)
        topic = number_of(attempt.topic) if manner.topic else None
        keyboard, mode = manner.keyboard(look.keyboard), manner.parse_mode
        if manner.picture:
            return await self._bot.send_photo(
                attempt.chat,
                _picture(look),
                caption=manner.text(look.caption),
                parse_mode=mode,
                reply_markup=keyboard,
                message_thread_id=topic,
            )
        return await self._bot.send_message(
            attempt.chat,
            manner.text(look.text),
            parse_mode=mode,
            link_preview_options=NO_PREVIEW,
            reply_markup=keyboard,
            message_thread_id=topic,
        )

    async def _edit(self, message: int, latest: Callable[[], Attempt]) -> None:
        attempt, at = latest(), self._clock.now()
        shown = self._shown.get((int(attempt.chat), message))
        manner = shown.manner if shown else Manner()
        if shown is not None and self._look(attempt, at, manner) == shown.look:
            return
        _, manner = await as_taken(
            manner, lambda way: self._change(attempt, at, message, shown, way)
        )
        self._remember(message, attempt, at, manner)

    async def _change(
        self, attempt: Attempt, at: float, message: int, shown: _Shown | None, manner: Manner
    ) -> None:
        look = self._look(attempt, at, manner)
        try:
            if not manner.picture:
                if shown is not None and shown.manner.picture:
                    raise BadRequest(NO_TEXT)
                await self._rewrite(int(attempt.chat), message, look, manner)
            elif shown is None or _differs(shown.look, look):
                await self._swap(int(attempt.chat), message, look, manner)
            else:
                await self._recaption(int(attempt.chat), message, look, manner)
        except BadRequest as error:
            if UNCHANGED not in error.message.lower():
                raise

    def _is_countdown(self, attempt: Attempt, message: int) -> bool:
        """Whether nothing changed since the message was shown but the time."""
        shown = self._shown.get((int(attempt.chat), message))
        return shown is not None and self._look(attempt, shown.at, shown.manner) == shown.look

    def _remember(self, message: int, attempt: Attempt, at: float, manner: Manner) -> None:
        """Keeps what a message shows for as long as it may be edited."""
        if attempt.state in RESULTS:
            self._shown.pop((int(attempt.chat), message), None)
        else:
            look = self._look(attempt, at, manner)
            self._shown[int(attempt.chat), message] = _Shown(look, at, manner)

    async def _swap(self, chat: int, message: int, look: Card, manner: Manner) -> None:
        caption, mode = manner.text(look.caption), manner.parse_mode
        media = InputMediaPhoto(_picture(look), caption, parse_mode=mode)
        edited = await self._bot.edit_message_media(
            media,
            chat_id=chat,
            message_id=message,
            reply_markup=manner.keyboard(look.keyboard),
        )
        message_number(edited)

    async def _recaption(self, chat: int, message: int, look: Card, manner: Manner) -> None:
        # Without the keyboard in the same request Telegram would remove it.
        edited = await self._bot.edit_message_caption(
            chat_id=chat,
            message_id=message,
            caption=manner.text(look.caption),
            parse_mode=manner.parse_mode,
            reply_markup=manner.keyboard(look.keyboard),
        )
        message_number(edited)

    async def _rewrite(self, chat: int, message: int, look: Card, manner: Manner) -> None:
        edited = await self._bot.edit_message_text(
            manner.text(look.text),
            chat_id=chat,
            message_id=message,
            parse_mode=manner.parse_mode,
            link_preview_options=NO_PREVIEW,
            reply_markup=manner.keyboard(look.keyboard),
        )
        message_number(edited)

    def _look(self, attempt: Attempt, at: float, manner: Manner) -> Card:
        texts = Texts(attempt.language)
        return card(attempt, texts, at, self._zone, pictured=manner.picture)


class _MessageGoneError(Exception):
    """The person removed the message."""


class _PictureStaysError(Exception):
    """The message shows a picture that Telegram does not let go: another has to take its place."""


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
        if NO_TEXT in text:
            raise _PictureStaysError from None
        if any(sign in text for sign in MESSAGE_GONE):
            raise _MessageGoneError from None
        log.error("Telegram does not take a message: %s", kind_of(error))
        raise DeliveryError from None
    except (TelegramError, ReplacedError):
        raise DeliveryError from None


def _differs(before: Card, after: Card) -> bool:
    return (before.picture, before.link) != (after.picture, after.link)


def _picture(look: Card) -> bytes:
    return qr_code(look.link) if look.picture is Picture.QR else sign(look.picture)
