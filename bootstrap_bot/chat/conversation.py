"""What an admin can say and press, and what is answered. Every handler returns at once."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from telegram import CallbackQuery, Message, Update, User
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    TypeHandler,
    filters,
)

from bootstrap_bot.attempts.attempts import Attempts
from bootstrap_bot.chat.buttons import Action, is_ours, parse
from bootstrap_bot.chat.card import card, remove_rows
from bootstrap_bot.chat.commands import CANCEL, HELP, NEW, START, STATUS
from bootstrap_bot.chat.gate import Gate
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import CodedError

# Before whatever an existing application handles itself.
GATE_GROUP = -1000
GROUP = GATE_GROUP + 1


class Conversation:
    """The handlers. `texts` gives a person's language."""

    def __init__(
        self,
        attempts: Attempts,
        outbox: Outbox,
        clock: Clock,
        zone: tzinfo,
        texts: Callable[[User], Texts],
    ) -> None:
        self._attempts = attempts
        self._outbox = outbox
        self._clock = clock
        self._zone = zone
        self._texts = texts

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any], gate: Gate) -> None:
        """Registers the gate and, behind it, our commands and buttons."""
        application.add_handler(TypeHandler(Update, gate.check), GATE_GROUP)
        for name, handler in ((NEW, self.new), (STATUS, self.status), (CANCEL, self.cancel)):
            application.add_handler(
                CommandHandler(name, handler, filters=filters.UpdateType.MESSAGE), GROUP
            )
        application.add_handler(CallbackQueryHandler(self.press, pattern=is_ours), GROUP)

    def add_help_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Registers /start and /help, for a bot on its own."""
        handler = CommandHandler([START, HELP], self.help, filters=filters.UpdateType.MESSAGE)
        application.add_handler(handler, GROUP)

    async def new(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/dingtalk_new: begins an attempt, or brings the live one to the end of the chat."""
        message, user = _said(update)
        try:
            await self._begin_or_bring_down(message.chat_id, user, update.update_id)
        except CodedError as error:
            self._outbox.say(message.chat_id, self._texts(user)(f"error.{error.code.value}"))
        raise ApplicationHandlerStop

    async def status(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/dingtalk_status: how the last attempt stands, and a nudge for whatever waits."""
        message, user = _said(update)
        try:
            await self._show_status(message.chat_id, user)
        except CodedError as error:
            self._outbox.say(message.chat_id, self._texts(user)(f"error.{error.code.value}"))
        raise ApplicationHandlerStop

    async def cancel(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/dingtalk_cancel: ends the live attempt's conversation."""
        message, user = _said(update)
        live = self._attempts.live(user.id)
        if live is None or not await self._attempts.cancel(live.id, user.id, down=True):
            code = "reply.nothing_to_cancel" if live is None else "reply.too_late_to_cancel"
            self._outbox.say(message.chat_id, self._texts(user)(code))
        raise ApplicationHandlerStop

    async def help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/start and /help, for a bot on its own."""
        message, user = _said(update)
        self._outbox.say(message.chat_id, self._texts(user)("help"))
        raise ApplicationHandlerStop

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """One of our buttons; forged and outdated ones get a short answer."""
        query = update.callback_query
        if query is None:
            return
        texts = self._texts(query.from_user)
        pressed = parse(query.data or "")
        try:
            answer = await self._act(*pressed, query, update.update_id) if pressed else None
        except CodedError as error:
            answer = f"error.{error.code.value}"
        if answer != "":
            self._outbox.answer(query, texts.plain(answer or "answer.outdated"))
        raise ApplicationHandlerStop

    async def _act(
        self, action: Action, attempt: str, query: CallbackQuery, update: int
    ) -> str | None:
        """The code of the answer; None when the button no longer does anything."""
        owner = query.from_user.id
        match action:
            case Action.CANCEL:
                done = await self._attempts.cancel(attempt, owner)
            case Action.RETRY:
                done = await self._attempts.try_again(attempt, owner)
            case Action.USE | Action.STORE | Action.DISCARD:
                use = action is not Action.DISCARD
                done = await self._attempts.decide(attempt, owner, use=use)
            case Action.CHECK:
                return await self._check(attempt, query)
            case Action.AGAIN | Action.ANOTHER:
                done = await self._begin_after(attempt, query.from_user, update)
            case Action.REMOVE | Action.KEEP:
                done = await self._ask_to_remove(attempt, query, ask=action is Action.REMOVE)
            case Action.REMOVE_NOW:
                done = await self._attempts.remove(attempt, owner)
        return f"answer.{action.value}" if done else None

    async def _begin_after(self, attempt: str, user: User, update: int) -> bool:
        """Begins the next attempt from the buttons of the owner's last one."""
        latest = await self._attempts.latest(user.id)
        if latest is None or latest.id != attempt:
            return False
        await self._begin_or_bring_down(user.id, user, update)
        return True

    async def _ask_to_remove(self, attempt: str, query: CallbackQuery, *, ask: bool) -> bool:
        """Swaps the result's buttons for a question, or back."""
        found = await self._attempts.stored(attempt, query.from_user.id)
        if found is None:
            return False
        texts = self._texts(query.from_user)
        look = card(found, texts, self._clock.now(), self._zone)
        keyboard = remove_rows(attempt, texts) if ask else look.keyboard
        self._outbox.post(query.from_user.id, lambda: query.edit_message_reply_markup(keyboard))
        return True

    async def _check(self, attempt: str, query: CallbackQuery) -> str | None:
        seconds = await self._attempts.check_now(attempt, query.from_user.id)
        if seconds is None:
            return None
        if seconds < 1:
            return "answer.check"
        texts = self._texts(query.from_user)
        self._outbox.answer(query, texts.plural("answer.check_soon", round(seconds)))
        return ""

    async def _begin_or_bring_down(self, chat: int, user: User, update: int) -> None:
        live = self._attempts.live(user.id)
        if live is not None and await self._attempts.bring_down(live.id, user.id):
            return
        language = self._texts(user).language
        await self._attempts.begin(owner=user.id, chat=chat, language=language, update=update)

    async def _show_status(self, chat: int, user: User) -> None:
        texts = self._texts(user)
        self._attempts.look(user.id)
        latest = await self._attempts.latest(user.id)
        if latest is None:
            self._outbox.say(chat, texts("reply.no_attempt"))
        elif not await self._attempts.bring_down(latest.id, user.id):
            self._outbox.say(chat, card(latest, texts, self._clock.now(), self._zone).caption)


def _said(update: Update) -> tuple[Message, User]:
    """The message and its author; the gate lets no command without both pass."""
    message, user = update.message, update.effective_user
    if message is None or user is None:
        raise ApplicationHandlerStop
    return message, user
