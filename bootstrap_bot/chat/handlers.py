"""Which command and which button goes where; what nobody knows gets a short answer."""

from typing import Any

from telegram import Bot, Update
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    TypeHandler,
    filters,
)

from bootstrap_bot.chat.access import AccessControl
from bootstrap_bot.chat.buttons import carried, is_ours, parse
from bootstrap_bot.chat.commands import (
    CANCEL,
    DOCTOR,
    HELP,
    LANGUAGE,
    NEW,
    PLATFORMS,
    START,
    STATUS,
    name_of,
)
from bootstrap_bot.chat.context import ANSWERED, ChatContext, Press, Presses
from bootstrap_bot.chat.conversation import Conversation
from bootstrap_bot.chat.doctor_talk import DoctorTalk
from bootstrap_bot.chat.language_menu import LanguageMenu
from bootstrap_bot.chat.menu import Menu
from bootstrap_bot.chat.plain_bot import adopt
from bootstrap_bot.chat.platform_menu import PlatformMenu
from bootstrap_bot.errors import CodedError

# Before whatever an existing application handles itself.
GATE_GROUP = -1000
GROUP = GATE_GROUP + 1


class Handlers:
    """Registers the gate and, behind it, our commands and buttons."""

    def __init__(self, context: ChatContext, menu: Menu | None, bot: Bot) -> None:
        self._context = context
        self._bot = bot
        self._conversation = Conversation(context)
        self._platforms = PlatformMenu(context)
        self._language = LanguageMenu(context, menu)
        self._doctor = DoctorTalk(context)
        self._presses: Presses = {
            **self._conversation.presses(),
            **self._platforms.presses(),
            **self._language.presses(),
        }

    def add_to(
        self,
        application: Application[Any, Any, Any, Any, Any, Any],
        gate: AccessControl,
        *,
        alone: bool,
    ) -> None:
        """`alone` adds what only a bot on its own answers."""
        # Whatever the application's defaults are: only a handler that blocks can stop an update.
        application.add_handler(TypeHandler(Update, gate.check, block=True), GATE_GROUP)
        commands = {
            NEW: self._conversation.new,
            STATUS: self._conversation.status,
            CANCEL: self._conversation.cancel,
            PLATFORMS: self._platforms.command,
            LANGUAGE: self._language.command,
            DOCTOR: self._doctor.command,
        }
        if alone:
            commands |= {START: self._conversation.help, HELP: self._conversation.help}
        for name, handler in commands.items():
            application.add_handler(
                CommandHandler(
                    name_of(name, alone=alone),
                    handler,
                    filters=filters.UpdateType.MESSAGE,
                    block=True,
                ),
                GROUP,
            )
        application.add_handler(
            CallbackQueryHandler(self.press, pattern=is_ours, block=True), GROUP
        )

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """One of our buttons; forged and outdated ones get a short answer."""
        query = update.callback_query
        if query is None:
            return
        adopt(query, self._bot)
        texts = self._context.texts(query.from_user)
        parsed = parse(carried(query.data))
        answer = None
        try:
            if parsed is not None:
                action, ref = parsed
                press = Press(query, ref, update.update_id, texts)
                await self._conversation.put_away_if_astray(press, action)
                answer = await self._presses[action](press)
        except CodedError as error:
            answer = f"error.{error.code.value}"
        if answer != ANSWERED:
            self._context.outbox.answer(query, texts.plain(answer or "answer.outdated"))
        raise ApplicationHandlerStop
