"""How a message is sent: as well as Telegram takes it, and no better."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from html import unescape
from typing import TypeVar

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bootstrap_bot.chat.buttons import Button, Rows
from bootstrap_bot.chat.host import Card
from bootstrap_bot.hosts.telegram.odd_answers import kind_of, understood

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
# Nothing makes a picture's message one of text.
NO_TEXT = "there is no text in the message to edit"
# Refusals that no other manner changes anything about.
FINAL = (UNCHANGED, NO_TEXT, *CHAT_GONE, *MESSAGE_GONE)
TOPIC_GONE = ("thread not found", "topic_deleted", "topic_closed", "topic_id_invalid")
UNPARSED = ("can't parse entities", "entity_", "entities_")
BUTTONS = ("button", "keyboard", "reply_markup", "reply markup")
TOO_LARGE = ("(413)", "entity too large", "file is too big")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Manner:
    """What of a message is sent: picture, markup, buttons that lead elsewhere, topic."""

    picture: bool = True
    markup: bool = True
    links: bool = True
    topic: bool = True

    def eased(self, error: TelegramError) -> "Manner | None":
        """The next manner to try after a refusal; None where none helps."""
        words = error.message.lower()
        if not _refuses(error, words):
            return None
        if self.topic and _any(TOPIC_GONE, words):
            return replace(self, topic=False)
        if self.markup and _any(UNPARSED, words):
            return replace(self, markup=False)
        if self.links and _any(BUTTONS, words):
            return replace(self, links=False)
        return replace(self, picture=False) if self.picture else None

    @property
    def parse_mode(self) -> ParseMode | None:
        """How Telegram is to read the text; None for text without markup."""
        return ParseMode.HTML if self.markup else None

    def text(self, card: Card) -> str:
        """The card's text as this manner has it."""
        html = card.text if self.picture else card.bare or card.text
        return html if self.markup else unescape(_TAG.sub("", html))

    def keyboard(self, rows: Rows) -> InlineKeyboardMarkup | None:
        """The buttons as this manner has them; None without any."""
        made = [[_key(one) for one in row if one.data or self.links] for row in rows]
        filled = [row for row in made if row]
        return InlineKeyboardMarkup(filled) if filled else None


async def as_taken(manner: Manner, request: Callable[[Manner], Awaitable[T]]) -> tuple[T, Manner]:
    """Makes the request in the first manner that Telegram takes, and says which that was.

    Raises `TelegramError`.
    """
    while True:
        try:
            return await understood(partial(request, manner)), manner
        except TelegramError as error:
            eased = manner.eased(error)
            if eased is None:
                raise
            log.warning("Telegram refuses a message (%s): trying a simpler one", kind_of(error))
            manner = eased


def _refuses(error: TelegramError, words: str) -> bool:
    if isinstance(error, Forbidden):
        return "photo" in words
    return (isinstance(error, BadRequest) and not _any(FINAL, words)) or _any(TOO_LARGE, words)


def _any(signs: Iterable[str], words: str) -> bool:
    return any(sign in words for sign in signs)


def _key(button: Button) -> InlineKeyboardButton:
    if button.data:
        return InlineKeyboardButton(button.label, callback_data=button.data)
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
