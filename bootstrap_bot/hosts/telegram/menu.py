"""The menu of commands in one chat."""

from collections.abc import Mapping

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)

from bootstrap_bot.hosts.telegram.odd_answers import confirmed


async def set_menu(bot: Bot, chat: int, ours: Mapping[str, str], *, beside_others: bool) -> None:
    """Sets it; `beside_others` keeps what stands there today. Raises `TelegramError`."""
    there = await _in_force(bot, chat) if beside_others else []
    others = [command for command in there if command.command not in ours]
    commands = [*others, *(BotCommand(name, text) for name, text in ours.items())]
    confirmed(await bot.set_my_commands(commands, BotCommandScopeChat(chat)))


async def _in_force(bot: Bot, chat: int) -> list[BotCommand]:
    """What the chat's owner sees today: the narrowest list that is not empty."""
    scopes: list[BotCommandScope] = [
        BotCommandScopeChat(chat),
        BotCommandScopeAllPrivateChats(),
        BotCommandScopeDefault(),
    ]
    for scope in scopes:
        if commands := await bot.get_my_commands(scope):
            return list(commands)
    return []
