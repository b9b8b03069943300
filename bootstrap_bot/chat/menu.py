"""The list of commands Telegram offers an admin while typing."""

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)

from bootstrap_bot.chat.commands import HELP, MENU, name_of
from bootstrap_bot.chat.odd_answers import confirmed
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts


class Menu:
    """Sets the menu of each admin's private chat once, at that admin's first update.

    Telegram refuses a menu for a chat that never wrote to the bot.
    """

    def __init__(self, bot: Bot, outbox: Outbox, *, alone: bool) -> None:
        self._bot = bot
        self._outbox = outbox
        self._alone = alone
        self._done: set[int] = set()

    def ensure(self, chat: int, texts: Texts) -> None:
        """Returns at once; the menu follows."""
        if chat in self._done:
            return
        self.renew(chat, texts)

    def renew(self, chat: int, texts: Texts) -> None:
        """The same, also when the menu is there already: its language has changed."""
        self._done.add(chat)
        self._outbox.post_beside(chat, lambda: self._set(chat, texts))

    async def _set(self, chat: int, texts: Texts) -> None:
        commands = (*MENU, HELP) if self._alone else MENU
        ours = [
            BotCommand(name_of(name, alone=self._alone), texts.plain(f"menu.{name}"))
            for name in commands
        ]
        names = {command.command for command in ours}
        try:
            there = [] if self._alone else await self._in_force(chat)
            others = [command for command in there if command.command not in names]
            scope = BotCommandScopeChat(chat)
            confirmed(await self._bot.set_my_commands([*others, *ours], scope))
        except Exception:  # of whatever kind: the next update brings the next try
            self._done.discard(chat)
            raise

    async def _in_force(self, chat: int) -> list[BotCommand]:
        """What the chat's owner sees today: the narrowest list that is not empty."""
        scopes: list[BotCommandScope] = [
            BotCommandScopeChat(chat),
            BotCommandScopeAllPrivateChats(),
            BotCommandScopeDefault(),
        ]
        for scope in scopes:
            if commands := await self._bot.get_my_commands(scope):
                return list(commands)
        return []
