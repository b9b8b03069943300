"""Which command and which button goes where; what nobody knows gets a short answer."""

from functools import partial

from bootstrap_bot.chat.buttons import is_ours, parse
from bootstrap_bot.chat.commands import (
    BOTS,
    CANCEL,
    DOCTOR,
    HELP,
    LANGUAGE,
    NEW,
    START,
    STATUS,
    Command,
    commands,
)
from bootstrap_bot.chat.context import (
    ANSWERED,
    Asked,
    ChatContext,
    OnCommand,
    Press,
    Presses,
)
from bootstrap_bot.chat.conversation import Conversation
from bootstrap_bot.chat.doctor_talk import DoctorTalk
from bootstrap_bot.chat.host import ButtonEvent, Event, MessageEvent
from bootstrap_bot.chat.language_menu import LanguageMenu
from bootstrap_bot.chat.platform_menu import PlatformMenu
from bootstrap_bot.errors import CodedError


class Dispatcher:
    """Hands what an admin says and presses to whoever answers it.

    `alone` adds what only a bot on its own answers.
    """

    def __init__(self, context: ChatContext, *, alone: bool) -> None:
        self._context = context
        self._conversation = Conversation(context)
        platforms, language = PlatformMenu(context), LanguageMenu(context)
        general = {
            BOTS: platforms.command,
            LANGUAGE: language.command,
            DOCTOR: DoctorTalk(context).command,
        }
        of_a_platform = {
            NEW: self._conversation.new,
            STATUS: self._conversation.status,
            CANCEL: self._conversation.cancel,
        }

        def handler(command: Command) -> OnCommand:
            if command.action in general:
                return general[command.action]
            return partial(of_a_platform[command.action], platform=command.platform)

        self._commands: dict[str, OnCommand] = {
            name: handler(command)
            for name, command in commands(context.providers, alone=alone).items()
        }
        if alone:
            self._commands |= {START: self._conversation.help, HELP: self._conversation.help}
        self._presses: Presses = {
            **self._conversation.presses(),
            **platforms.presses(),
            **language.presses(),
        }

    async def dispatch(self, event: Event) -> bool:
        """Whether the event was ours; nobody else is to handle it then."""
        if isinstance(event, ButtonEvent) and is_ours(event.data):
            await self._press(event)
            return True
        if isinstance(event, MessageEvent) and event.command in self._commands:
            texts = await self._context.texts(event)
            await self._commands[event.command](Asked(event, texts))
            return True
        return False

    async def _press(self, event: ButtonEvent) -> None:
        """One of our buttons; forged and outdated ones get a short answer."""
        texts = await self._context.texts(event)
        parsed = parse(event.data)
        answer = None
        try:
            if parsed is not None:
                action, ref = parsed
                press = Press(event, ref, texts)
                await self._conversation.put_away_if_astray(press, action)
                answer = await self._presses[action](press)
        except CodedError as error:
            answer = f"error.{error.code.value}"
        if answer != ANSWERED:
            self._context.outbox.answer(event, texts.plain(answer or "answer.outdated"))
