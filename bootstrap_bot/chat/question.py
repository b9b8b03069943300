"""The question before a registration where platforms exist already."""

import re

from bootstrap_bot.chat.buttons import Action, Rows, button, labelled
from bootstrap_bot.chat.delivery_text import NAMELESS, program
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.registration.inventory import Found, Listed

WANTED = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
# Hosts take a hundred buttons; nobody was seen with as many bots.
MOST_OFFERED = 90
LONGEST_ID = 32
NOTHING = "0"


def ask(found: Found, texts: Texts) -> tuple[str, Rows]:
    """Add another one where there is room, replace one of these, or leave it."""
    buttons = [button(Action.ADD, NOTHING, texts)] if found.room else []
    bots = {listed.platform.account: listed for listed in reversed(found.listed)}
    for listed in [*reversed(bots.values())][:MOST_OFFERED]:
        name = clean(platform_name(listed, texts), LONGEST_ID)
        label = texts.plain(
            "button.replace", id=name, client=clean(listed.platform.masked_account(), LONGEST_ID)
        )
        buttons.append(labelled(label, Action.REPLACE, listed.ref))
    buttons.append(button(Action.LEAVE, NOTHING, texts))
    title = "question.title" if found.room else "question.full"
    return texts(title), tuple((one,) for one in buttons)


def platform_name(listed: Listed, texts: Texts) -> str:
    """What a stored bot is called: its id, with the program it is in where that is another one."""
    name = listed.platform.id
    if listed.kind in NAMELESS:
        return name
    shown = program(listed.kind, texts)
    return shown if name == listed.kind else f"{shown} {name}"
