"""The commands and how to tell one of ours in a message."""

from telegram import Message, MessageEntity

NEW, STATUS, CANCEL = "dingtalk_new", "dingtalk_status", "dingtalk_cancel"
PLATFORMS, LANGUAGE, DOCTOR = "platforms", "language", "doctor"
START, HELP, CLAIM = "start", "help", "claim"
MENU = (NEW, STATUS, CANCEL, PLATFORMS, LANGUAGE, DOCTOR)


def name_of(command: str, *, alone: bool) -> str:
    """What people type: in somebody else's bot the general names may be taken, so they get ours.

    `platforms` is `/platforms` in a bot on its own and `/dingtalk_platforms` in another one.
    """
    general = command in (PLATFORMS, LANGUAGE, DOCTOR)
    return f"dingtalk_{command}" if general and not alone else command


def ours(*, alone: bool) -> frozenset[str]:
    """Every command that is ours to judge."""
    return frozenset(name_of(command, alone=alone) for command in MENU)


def argument_in(message: Message | None) -> str:
    """What stands behind the command."""
    text = message.text if message is not None and message.text else ""
    return "".join(text.split(maxsplit=1)[1:]).strip()


def command_in(message: Message | None, username: str) -> str | None:
    """The command a message begins with, unless it is addressed to another bot."""
    if message is None or not message.text or not message.entities:
        return None
    first = message.entities[0]
    if first.type != MessageEntity.BOT_COMMAND or first.offset != 0:
        return None
    name, _, addressee = message.text[1 : first.length].partition("@")
    if addressee and addressee.lower() != username.lower():
        return None
    return name.lower()
