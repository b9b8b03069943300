"""/language: which language a person reads."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bootstrap_bot.chat.buttons import Action, data
from bootstrap_bot.chat.context import ANSWERED, ChatContext, Press, Presses, said
from bootstrap_bot.chat.manner import topic_of
from bootstrap_bot.chat.menu import Menu
from bootstrap_bot.chat.texts import LANGUAGES, Texts


class LanguageMenu:
    """A button for each language, labelled in it."""

    def __init__(self, context: ChatContext, menu: Menu | None) -> None:
        self._context = context
        self._menu = menu

    def presses(self) -> Presses:
        """Our buttons."""
        return {Action.SPEAK: self._speak}

    async def command(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/language: asks which."""
        message, user = said(update)
        rows = [[_choice(language)] for language in LANGUAGES]
        question = self._context.texts(user)("language.question")
        self._context.outbox.say(
            message.chat_id, question, InlineKeyboardMarkup(rows), topic_of(message)
        )
        raise ApplicationHandlerStop

    async def _speak(self, press: Press) -> str | None:
        if press.ref not in LANGUAGES:
            return None
        await self._context.attempts.speak(press.owner, press.ref)
        texts = Texts(press.ref)
        query = press.query
        self._context.outbox.post(
            press.chat, lambda: query.edit_message_text(texts.plain("language.chosen"))
        )
        self._context.outbox.answer(query, texts.plain("language.chosen"))
        if self._menu is not None:
            self._menu.renew(press.chat, texts)
        return ANSWERED


def _choice(language: str) -> InlineKeyboardButton:
    label = Texts(language).plain("language.name")
    return InlineKeyboardButton(label, callback_data=data(Action.SPEAK, language))
