"""Buttons: what they say, and what a pressed one carries."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bootstrap_bot.chat.texts import Texts

PREFIX = "bootstrap"
# What every host carries, in bytes; whatever is longer was not made here.
LONGEST_DATA = 64
DATA = re.compile(rf"{PREFIX}:([a-z_]{{1,16}}):([0-9a-z_.-]{{1,47}})", re.ASCII)


class Action(StrEnum):
    """What can be pressed; each has its text in every catalogue."""

    CANCEL = "cancel"
    CANCEL_ONE = "cancel_one"
    CHECK = "check"
    AGAIN = "again"
    RETRY = "retry"
    USE = "use"
    STORE = "store"
    STORE_LET_IN = "store_let_in"
    LET_IN = "let_in"
    DISCARD = "discard"
    OVERWRITE = "overwrite"
    EXPOSE = "expose"
    SKIP = "skip"
    ANOTHER = "another"
    REMOVE = "remove"
    REMOVE_NOW = "remove_now"
    KEEP = "keep"
    CHOOSE = "choose"
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


@dataclass(frozen=True, slots=True)
class Button:
    """A button that carries `data`, opens a page (`url`) or copies a text (`copy`)."""

    label: str
    data: str = ""
    url: str = ""
    copy: str = ""


Rows = tuple[tuple[Button, ...], ...]


def data(action: Action, ref: str) -> str:
    """What a button carries, at most 64 bytes; `ref` names what it is about."""
    return f"{PREFIX}:{action.value}:{ref}"


def button(action: Action, ref: str, texts: Texts) -> Button:
    """A button with its action's own label."""
    return labelled(texts.plain(f"button.{action.value}"), action, ref)


def labelled(label: str, action: Action, ref: str) -> Button:
    """A button with a label of its own."""
    return Button(label, data(action, ref))


def is_ours(carried: str) -> bool:
    """Whether a button carries our prefix, well formed or not."""
    return carried.startswith(f"{PREFIX}:")


def parse(text: str) -> tuple[Action, str] | None:
    """The action and what it is for; None for anything that was not made by `data`."""
    found = DATA.fullmatch(text) if len(text) <= LONGEST_DATA else None
    if found is None:
        return None
    try:
        return Action(found[1]), found[2]
    except ValueError:
        return None
