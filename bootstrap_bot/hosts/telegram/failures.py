"""What Telegram's errors mean for whoever sends; their texts are not passed on."""

from collections.abc import Awaitable
from typing import TypeVar

from telegram.error import BadRequest, Forbidden, TelegramError

from bootstrap_bot.chat.host import NotEditableError, RejectedError
from bootstrap_bot.hosts.telegram.manner import CHAT_GONE, MESSAGE_GONE, NO_TEXT
from bootstrap_bot.hosts.telegram.odd_answers import kind_of
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError

T = TypeVar("T")


async def delivered(sending: Awaitable[T]) -> T:
    """The result. Raises `DeliveryError` and its kinds, `ChatGoneError`."""
    try:
        return await sending
    except Forbidden:
        raise ChatGoneError from None
    except BadRequest as error:
        raise _meaning(error) from None
    except TelegramError as error:
        raise DeliveryError(kind_of(error)) from None


def _meaning(error: BadRequest) -> Exception:
    text, kind = error.message.lower(), kind_of(error)
    if any(sign in text for sign in CHAT_GONE):
        return ChatGoneError(kind)
    if NO_TEXT in text:
        return NotEditableError(kind, there=True)
    if any(sign in text for sign in MESSAGE_GONE):
        return NotEditableError(kind, there=False)
    return RejectedError(kind)
