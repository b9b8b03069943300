"""The commands: what people type, and which of them a menu shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap_bot.chat.texts import Texts

NEW, STATUS, CANCEL = "new", "status", "cancel"
BOTS, LANGUAGE, DOCTOR = "bots", "language", "doctor"
START, HELP, CLAIM = "start", "help", "claim"
GENERAL = (NEW, STATUS, CANCEL, BOTS, LANGUAGE, DOCTOR)
# What each platform has for itself as well: `/dingtalk_new`.
OF_A_PLATFORM = (NEW, STATUS, CANCEL)
# Other names for the same, in a bot on its own and in somebody else's.
ALIASES = {
    True: {"platforms": BOTS},
    False: {
        "dingtalk_platforms": BOTS,
        "dingtalk_language": LANGUAGE,
        "dingtalk_doctor": DOCTOR,
    },
}


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be done; `platform` names for which one, "" for whichever there is."""

    action: str
    platform: str = ""


def name_of(action: str, *, alone: bool) -> str:
    """What people type for it: in somebody else's bot the general names may be taken."""
    if action == NEW:
        return "bot_new"
    if alone:
        return action
    return "bot_list" if action == BOTS else f"bot_{action}"


def commands(platforms: Sequence[str], *, alone: bool) -> dict[str, Command]:
    """Every command that is ours to judge, by what people type."""
    found = {name_of(action, alone=alone): Command(action) for action in GENERAL}
    found |= {alias: Command(action) for alias, action in ALIASES[alone].items()}
    for platform in platforms:
        found |= {f"{platform}_{action}": Command(action, platform) for action in OF_A_PLATFORM}
    return found


def menu(platforms: Sequence[str], texts: Texts, *, alone: bool) -> dict[str, str]:
    """What a menu shows: the general ones and the first platform's, each with what it does."""
    return dict(_menu(platforms, texts, alone=alone))


def _menu(platforms: Sequence[str], texts: Texts, *, alone: bool) -> Iterator[tuple[str, str]]:
    for action in (*GENERAL, HELP) if alone else GENERAL:
        name = HELP if action == HELP else name_of(action, alone=alone)
        yield name, texts.plain(f"menu.{action}")
        if action == NEW:
            first = platforms[0]
            yield f"{first}_{NEW}", texts.about(first).plain("menu.platform_new")
