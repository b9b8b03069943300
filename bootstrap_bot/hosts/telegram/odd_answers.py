"""Answers of a Bot API server that its library does not understand, made an error like others."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram.error import BadRequest, NetworkError, TelegramError

from bootstrap_bot.errors import BootstrapBotError

T = TypeVar("T")


class OddAnswerError(NetworkError):
    """The library broke over an answer. Its text is the kind of error, never what was answered."""


async def understood(request: Callable[[], Awaitable[T]]) -> T:
    """The request's result. Raises `TelegramError` whatever was answered, and errors of our own."""
    try:
        return await request()
    except BadRequest as error:
        if isinstance(error.__cause__, TelegramError):
            # No answer of Telegram's: a page of something in between says nothing of the request.
            raise OddAnswerError("400 without JSON") from None
        raise
    except (TelegramError, BootstrapBotError):
        raise
    except Exception as error:
        # From a bool where an object belongs to a number in words: each breaks it elsewhere.
        raise OddAnswerError(type(error).__name__) from None


def number_of(message: object) -> int:
    """The id of a message that Telegram says it sent or edited.

    Raises `OddAnswerError` for what is no message: it may be sent, and could never be edited.
    """
    number = getattr(message, "message_id", None)
    if type(number) is not int or number <= 0:
        raise OddAnswerError("a message without a number")
    return number


def confirmed(answer: object) -> None:
    """Raises `OddAnswerError` unless Telegram says that it was done."""
    if answer is not True:
        raise OddAnswerError("no confirmation")


def kind_of(error: TelegramError) -> str:
    """What a log may say of it: names of classes, nothing that came from outside."""
    name = type(error).__name__
    return f"{name}: {error.message}" if isinstance(error, OddAnswerError) else name
