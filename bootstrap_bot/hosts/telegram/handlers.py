"""Takes updates in a python-telegram-bot application."""

from collections.abc import Callable
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationHandlerStop, TypeHandler

from bootstrap_bot.chat.access import AccessControl
from bootstrap_bot.chat.dispatcher import Dispatcher
from bootstrap_bot.hosts.telegram.events import event_of

# Before whatever an existing application handles itself.
GROUP = -1000


class Handlers:
    """Lets access control judge each update, and hands ours on. `username` is the bot's own."""

    def __init__(
        self, access: AccessControl, dispatcher: Dispatcher, username: Callable[[], str]
    ) -> None:
        self._access = access
        self._dispatcher = dispatcher
        self._username = username

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Every update passes here first."""
        # Whatever the application's defaults are: only a handler that blocks can stop an update.
        application.add_handler(TypeHandler(Update, self.take, block=True), GROUP)

    async def take(self, update: Update, _: object) -> None:
        """Raises `ApplicationHandlerStop` when nobody else is to handle the update."""
        event = event_of(update, self._username())
        if not await self._access.admits(event) or await self._dispatcher.dispatch(event):
            raise ApplicationHandlerStop
