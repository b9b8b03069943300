"""The commands and how to tell one of ours in a message."""

from telegram import Message, MessageEntity

NEW, STATUS, CANCEL = "dingtalk_new", "dingtalk_status", "dingtalk_cancel"
START, HELP, CLAIM = "start", "help", "claim"
PLATFORMS, LANGUAGE, DOCTOR = "platforms", "language", "doctor"
OURS = (NEW, STATUS, CANCEL, PLATFORMS, LANGUAGE, DOCTOR)
ALONE = (*OURS, HELP)


def argument_in(message: Message | None) -> str:
    """What stands behind the command."""
    text = message.text if message is not None and message.text else ""
    return text.partition(" ")[2].strip()


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
