"""/language: which language a person reads."""

from bootstrap_bot.chat.buttons import Action, Button, labelled
from bootstrap_bot.chat.context import ANSWERED, Asked, ChatContext, Press, Presses
from bootstrap_bot.chat.texts import LANGUAGES, Texts


class LanguageMenu:
    """A button for each language, labelled in it."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context

    def presses(self) -> Presses:
        """Our buttons."""
        return {Action.SPEAK: self._speak}

    async def command(self, asked: Asked) -> None:
        """/language: asks which."""
        rows = tuple((_choice(language),) for language in LANGUAGES)
        self._context.outbox.say(asked.event.address, asked.texts("language.question"), rows)

    async def _speak(self, press: Press) -> str | None:
        if press.ref not in LANGUAGES:
            return None
        event = press.event
        await self._context.attempts.speak(event.person, press.ref)
        texts = press.texts.in_language(press.ref)
        self._context.outbox.edit(event.message, texts("language.chosen"))
        self._context.outbox.answer(event, texts.plain("language.chosen"))
        if self._context.menu is not None:
            self._context.menu.renew(event.address, texts)
        return ANSWERED


def _choice(language: str) -> Button:
    return labelled(Texts(language).plain("language.name"), Action.SPEAK, language)
