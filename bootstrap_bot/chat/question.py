"""Questions that buttons answer: for which platform, beside which bot, which attempt."""

import re
from collections.abc import Sequence

from bootstrap_bot.chat.buttons import Action, button, labelled
from bootstrap_bot.chat.context import Page
from bootstrap_bot.chat.delivery_text import NAMELESS, program
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.inventory import Found, Listed

WANTED = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
# Hosts take a hundred buttons; nobody was seen with as many bots.
MOST_OFFERED = 90
LONGEST_ID = 32
NOTHING = "0"
BEFORE_NAME = "."


def which_platform(platforms: Sequence[str], wanted: str, texts: Texts) -> Page:
    """For which one a bot is to be registered, with the name that is wanted for it."""
    behind = f"{BEFORE_NAME}{wanted}" if wanted else ""
    buttons = [
        labelled(texts.about(one).plain("platform.name"), Action.CHOOSE, f"{one}{behind}")
        for one in platforms
    ]
    buttons.append(button(Action.LEAVE, NOTHING, texts))
    return texts("question.platform"), tuple((one,) for one in buttons)


def choice(ref: str) -> tuple[str, str]:
    """The platform that was chosen, and the name that is wanted."""
    platform, _, wanted = ref.partition(BEFORE_NAME)
    return platform, wanted


def which_attempt(attempts: Sequence[Attempt], texts: Texts) -> Page:
    """Which one is to be cancelled."""
    buttons = [
        labelled(texts.about(one.provider).plain("platform.name"), Action.CANCEL_ONE, one.id)
        for one in attempts
    ]
    return texts("question.cancel"), tuple((one,) for one in buttons)


def ask(found: Found, platform: str, texts: Texts) -> Page:
    """Add another one where there is room, replace one of these, or leave it."""
    buttons = [button(Action.ADD, platform, texts)] if found.room else []
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
