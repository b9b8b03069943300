"""/platforms: what is stored, looked at and changed with buttons in one message."""

from collections.abc import Awaitable, Callable

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bootstrap_bot.chat.buttons import Action, button, data, keyboard
from bootstrap_bot.chat.context import ChatContext, Press, Presses, said
from bootstrap_bot.chat.delivery_text import follow_up, trouble, why
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.manner import topic_of
from bootstrap_bot.chat.question import NOTHING, platform_name
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.errors import CodedError, TargetError
from bootstrap_bot.registration.inventory import Found, Listed
from bootstrap_bot.targets.command import Ran

LONGEST_ID = 40
MOST_LISTED = 90
STATES = {
    True: "platforms.enabled",
    False: "platforms.disabled",
    None: "platforms.always",
}

Page = tuple[str, InlineKeyboardMarkup | None]


class PlatformMenu:
    """A list, and behind each entry a page with what can be done. Nobody waits for a target."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._platforms = context.platforms

    def presses(self) -> Presses:
        """Our buttons."""
        return {
            Action.PLATFORMS: self._list,
            Action.PLATFORM: self._show,
            Action.TEST: self._test,
            Action.ENABLE: self._enable,
            Action.DISABLE: self._disable,
            Action.DROP: self._ask_to_drop,
            Action.DROP_NOW: self._drop,
        }

    async def command(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/platforms: sends the list."""
        message, user = said(update)
        texts = self._context.texts(user)
        self._context.outbox.work(self._send_list(message.chat_id, topic_of(message), texts))
        raise ApplicationHandlerStop

    async def _send_list(self, chat: int, topic: int | None, texts: Texts) -> None:
        self._context.outbox.say(chat, *list_page(await self._platforms.all(), texts), topic)

    async def _list(self, press: Press) -> str | None:
        if press.ref != NOTHING:  # pressed below a result, which stays as it is
            self._context.outbox.work(self._send_list(press.chat, press.topic, press.texts))
            return "answer.platforms"

        async def page() -> Page:
            return list_page(await self._platforms.all(), press.texts)

        return self._turn_to(press, page, "answer.platforms")

    async def _show(self, press: Press) -> str | None:
        return self._turn_to(press, lambda: self._page(press), "answer.platforms")

    async def _test(self, press: Press) -> str | None:
        async def page() -> Page:
            health = await self._platforms.check(press.ref)
            note = press.texts(f"health.{health.value}") if health else ""
            return await self._page(press, note)

        return self._turn_to(press, page, "answer.test")

    async def _enable(self, press: Press) -> str | None:
        return self._switch(press, enabled=True)

    async def _disable(self, press: Press) -> str | None:
        return self._switch(press, enabled=False)

    def _switch(self, press: Press, *, enabled: bool) -> str | None:
        async def page() -> Page:
            switched = await self._platforms.set_enabled(press.ref, enabled)
            note = _note(switched, press.texts) if switched else ""
            return await self._page(press, note)

        return self._turn_to(press, page, "answer.enable" if enabled else "answer.disable")

    async def _ask_to_drop(self, press: Press) -> str | None:
        async def page() -> Page:
            listed = await self._platforms.find(press.ref)
            if listed is None:
                return list_page(await self._platforms.all(), press.texts)
            code = "platforms.really_api" if listed.kind == "astrbot" else "platforms.really"
            text, _ = platform_page(listed, press.texts, press.texts(code))
            rows = [
                [button(Action.DROP_NOW, press.ref, press.texts)],
                [_labelled("button.keep", Action.PLATFORM, press.ref, press.texts)],
            ]
            return text, InlineKeyboardMarkup(rows)

        return self._turn_to(press, page, "answer.remove")

    async def _drop(self, press: Press) -> str | None:
        async def page() -> Page:
            dropped = await self._platforms.remove(press.ref)
            text, buttons = list_page(await self._platforms.all(), press.texts)
            if dropped is None:
                return text, buttons
            listed, _ = dropped
            name = clean(platform_name(listed, press.texts), LONGEST_ID)
            lines = [press.texts("platforms.dropped", id=name), _note(dropped, press.texts)]
            return "\n\n".join(filter(None, (*lines, text))), buttons

        return self._turn_to(press, page, "answer.remove_now")

    async def _page(self, press: Press, note: str = "") -> Page:
        listed = await self._platforms.find(press.ref)
        if listed is None:
            return list_page(await self._platforms.all(), press.texts)
        return platform_page(listed, press.texts, note)

    def _turn_to(self, press: Press, page: Callable[[], Awaitable[Page]], answer: str) -> str:
        """Puts another page into the message, as soon as the targets have answered."""
        self._context.outbox.work(self._turn(press, page))
        return answer

    async def _turn(self, press: Press, page: Callable[[], Awaitable[Page]]) -> None:
        try:
            text, buttons = await page()
        except CodedError as error:
            text = _trouble(error, press.texts)
            buttons = keyboard([[_back(press.texts)]])
        self._context.outbox.post(press.chat, lambda: _edit(press.query, text, buttons))


async def _edit(query: CallbackQuery, text: str, buttons: InlineKeyboardMarkup | None) -> None:
    await query.edit_message_text(text, parse_mode=ParseMode.HTML, reply_markup=buttons)


def list_page(found: Found, texts: Texts) -> Page:
    """Every platform as a button, and which places could not be looked at."""
    rows = [[_entry(listed, texts)] for listed in found.listed[:MOST_LISTED]]
    if found.unreadable:
        rows = [[_back(texts)]]
    troubles = [_trouble(error, texts) for error in found.troubles]
    title = texts("platforms.title") if found.listed else texts("platforms.none")
    lines = troubles if found.unreadable else [title, *troubles]
    return "\n\n".join(lines), keyboard(rows)


def platform_page(listed: Listed, texts: Texts, note: str) -> Page:
    """One platform and what can be done with it."""
    platform = listed.platform
    text = texts(
        "platforms.one",
        id=clean(platform_name(listed, texts), LONGEST_ID),
        type=platform.type,
        place=clean(listed.place, LONGEST_ID),
        state=texts.plain(STATES[platform.enabled]),
        client=clean(platform.masked_account(), LONGEST_ID),
    )
    first = [button(Action.TEST, listed.ref, texts)]
    if platform.enabled is not None:
        switch = Action.DISABLE if platform.enabled else Action.ENABLE
        first.append(button(switch, listed.ref, texts))
    rows = [first, [button(Action.DROP, listed.ref, texts), _back(texts)]]
    return f"{text}\n\n{note}".strip(), InlineKeyboardMarkup(rows)


def _entry(listed: Listed, texts: Texts) -> InlineKeyboardButton:
    platform = listed.platform
    mark = "⚪" if platform.enabled is False else "🟢"
    name = clean(platform_name(listed, texts), LONGEST_ID)
    label = f"{mark} {name} · {clean(platform.masked_account(), LONGEST_ID)}"
    return InlineKeyboardButton(label, callback_data=data(Action.PLATFORM, listed.ref))


def _note(changed: tuple[Listed, Ran | None], texts: Texts) -> str:
    listed, ran = changed
    return follow_up(listed.kind, ran, texts)


def _back(texts: Texts) -> InlineKeyboardButton:
    return _labelled("button.back", Action.PLATFORMS, NOTHING, texts)


def _labelled(code: str, action: Action, ref: str, texts: Texts) -> InlineKeyboardButton:
    return InlineKeyboardButton(texts.plain(code), callback_data=data(action, ref))


def _trouble(error: CodedError, texts: Texts) -> str:
    if isinstance(error, TargetError):
        return f"⚠️ {trouble(error.place, error.code.value, error.line, error.column, texts)}"
    return texts("platforms.trouble", why=why(error, texts))
