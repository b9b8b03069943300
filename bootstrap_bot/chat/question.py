"""The question before a registration where platforms exist already."""

import re
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bootstrap_bot.attempts.platforms import Listed
from bootstrap_bot.chat.buttons import Action, button, data
from bootstrap_bot.chat.card import clean
from bootstrap_bot.chat.texts import Texts

WANTED = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
# Telegram takes a hundred buttons; nobody was seen with as many bots.
MOST_OFFERED = 90
LONGEST_ID = 32
NOTHING = "0"


def ask(there: Sequence[Listed], texts: Texts) -> InlineKeyboardMarkup:
    """Add another one, replace one of these, or leave it."""
    rows = [[button(Action.ADD, NOTHING, texts)]]
    for listed in there[:MOST_OFFERED]:
        name = clean(listed.platform.id, LONGEST_ID)
        label = texts.plain("button.replace", id=name, client=listed.platform.masked_id())
        rows.append([InlineKeyboardButton(label, callback_data=data(Action.REPLACE, listed.ref))])
    rows.append([button(Action.LEAVE, NOTHING, texts)])
    return InlineKeyboardMarkup(rows)
