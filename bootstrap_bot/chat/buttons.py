"""What a pressed button says: an action and what it is for."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import InvalidCallbackData

from bootstrap_bot.chat.texts import Texts

PREFIX = "bootstrap"
# Telegram's limit in bytes; whatever is longer was not made here.
LONGEST_DATA = 64
DATA = re.compile(rf"{PREFIX}:([a-z_]{{1,16}}):([0-9a-z]{{1,32}})", re.ASCII)


class Action(StrEnum):
    """What can be pressed; each has its text in every catalogue."""

    CANCEL = "cancel"
    CHECK = "check"
    AGAIN = "again"
    RETRY = "retry"
    USE = "use"
    STORE = "store"
    DISCARD = "discard"
    OVERWRITE = "overwrite"
    EXPOSE = "expose"
    SKIP = "skip"
    ANOTHER = "another"
    REMOVE = "remove"
    REMOVE_NOW = "remove_now"
    KEEP = "keep"
    ADD = "add"
    REPLACE = "replace"
    LEAVE = "leave"
    PLATFORMS = "platforms"
    PLATFORM = "platform"
    TEST = "test"
    ENABLE = "enable"
    DISABLE = "disable"
    DROP = "drop"
    DROP_NOW = "drop_now"
    SPEAK = "speak"


def data(action: Action, ref: str) -> str:
    """Callback data for a button, at most 64 bytes; `ref` is an attempt or a platform."""
    return f"{PREFIX}:{action.value}:{ref}"


def button(action: Action, ref: str, texts: Texts) -> InlineKeyboardButton:
    """A button with its action's own label."""
    label = texts.plain(f"button.{action.value}")
    return InlineKeyboardButton(label, callback_data=data(action, ref))


def keyboard(rows: Iterable[Sequence[InlineKeyboardButton]]) -> InlineKeyboardMarkup | None:
    """The rows that have buttons, as Telegram takes them; None when none has."""
    filled = [row for row in rows if row]
    return InlineKeyboardMarkup(filled) if filled else None


def carried(data: object) -> str:
    """What a pressed button carries, "" if that is unknown.

    An application with `arbitrary_callback_data` wraps whatever it did not send itself.
    """
    raw = data.callback_data if isinstance(data, InvalidCallbackData) else data
    return raw if isinstance(raw, str) else ""


def is_ours(data: object) -> bool:
    """Whether callback data carries our prefix, well formed or not."""
    return carried(data).startswith(f"{PREFIX}:")


def parse(text: str) -> tuple[Action, str] | None:
    """The action and what it is for; None for anything that was not made by `data`."""
    found = DATA.fullmatch(text) if len(text) <= LONGEST_DATA else None
    if found is None:
        return None
    try:
        return Action(found[1]), found[2]
    except ValueError:
        return None
