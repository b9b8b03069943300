"""How attempts are told to people, whoever does it."""

from collections.abc import Callable
from typing import Protocol

from bootstrap_bot.errors import BootstrapBotError
from bootstrap_bot.registration.attempt import Attempt


class DeliveryError(BootstrapBotError):
    """The message did not arrive this time; trying again may help."""


class ChatGoneError(BootstrapBotError):
    """The person blocked the bot or left: only their next update opens the way again."""


class Display(Protocol):
    """Shows an attempt as one message."""

    async def show(self, latest: Callable[[], Attempt]) -> str:
        """Brings the attempt's message in line with `latest()` and gives the message's id.

        The record is read when its turn to be sent has come. Without a message, or when the
        message is gone, another is sent. Raises `DeliveryError` or `ChatGoneError`.
        """
        ...

    async def remove(self, attempt: Attempt, message: str) -> None:
        """Removes a message of that attempt if it still can be; never raises because of it."""
        ...
