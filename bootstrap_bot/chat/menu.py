"""The list of commands that an admin is offered while typing."""

from collections.abc import Sequence

from bootstrap_bot.chat.commands import menu
from bootstrap_bot.chat.host import Address, ChatHost
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts


class Menu:
    """Sets the menu of each admin's private chat once, at that admin's first event.

    A host may refuse a menu for a chat in which nobody wrote to the bot.
    """

    def __init__(
        self, host: ChatHost, outbox: Outbox, platforms: Sequence[str], *, alone: bool
    ) -> None:
        self._host = host
        self._outbox = outbox
        self._platforms = platforms
        self._alone = alone
        self._done: set[str] = set()

    def ensure(self, address: Address, texts: Texts) -> None:
        """Returns at once; the menu follows."""
        if address.chat not in self._done:
            self.renew(address, texts)

    def renew(self, address: Address, texts: Texts) -> None:
        """The same, also when the menu is there already: its language has changed."""
        self._done.add(address.chat)
        self._outbox.post_once(address.chat, lambda: self._set(address, texts))

    async def _set(self, address: Address, texts: Texts) -> None:
        commands = menu(self._platforms, texts, alone=self._alone)
        try:
            await self._host.offer(address, commands, beside_others=not self._alone)
        except Exception:  # of whatever kind: the next event brings the next try
            self._done.discard(address.chat)
            raise
