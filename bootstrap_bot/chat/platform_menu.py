"""/platforms: what is stored, looked at and changed with buttons in one message."""

from collections.abc import Awaitable, Callable

from bootstrap_bot.chat.buttons import Action, Button, button, labelled
from bootstrap_bot.chat.context import Asked, ChatContext, Page, Press, Presses
from bootstrap_bot.chat.delivery_text import follow_up, trouble, why
from bootstrap_bot.chat.foreign_text import clean
from bootstrap_bot.chat.host import Address
from bootstrap_bot.chat.question import NOTHING, platform_name
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.errors import CodedError, TargetError
from bootstrap_bot.providers.provider import Health
from bootstrap_bot.registration.inventory import Found, Listed
from bootstrap_bot.targets.command import Ran

LONGEST_ID = 40
MOST_LISTED = 90
STATES = {
    True: "platforms.enabled",
    False: "platforms.disabled",
    None: "platforms.always",
}


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

    async def command(self, asked: Asked) -> None:
        """/platforms: sends the list."""
        self._context.outbox.work(self._send_list(asked.event.address, asked.texts))

    async def _send_list(self, address: Address, texts: Texts) -> None:
        self._context.outbox.say(address, *list_page(await self._platforms.all(), texts))

    async def _list(self, press: Press) -> str | None:
        if press.ref != NOTHING:  # pressed below a result, which stays as it is
            self._context.outbox.work(self._send_list(press.event.address, press.texts))
            return "answer.platforms"

        async def page() -> Page:
            return list_page(await self._platforms.all(), press.texts)

        return self._turn_to(press, page, "answer.platforms")

    async def _show(self, press: Press) -> str | None:
        return self._turn_to(press, lambda: self._page(press), "answer.platforms")

    async def _test(self, press: Press) -> str | None:
        async def page() -> Page:
            health = await self._platforms.check(press.ref)
            return await self._page(press, health=health)

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
            question = press.texts.about(listed.platform.type)(code)
            text, _ = platform_page(listed, press.texts, question)
            keep = labelled(press.texts.plain("button.keep"), Action.PLATFORM, press.ref)
            return text, ((button(Action.DROP_NOW, press.ref, press.texts),), (keep,))

        return self._turn_to(press, page, "answer.remove")

    async def _drop(self, press: Press) -> str | None:
        async def page() -> Page:
            dropped = await self._platforms.remove(press.ref)
            text, rows = list_page(await self._platforms.all(), press.texts)
            if dropped is None:
                return text, rows
            listed, _ = dropped
            name = clean(platform_name(listed, press.texts), LONGEST_ID)
            lines = [press.texts("platforms.dropped", id=name), _note(dropped, press.texts)]
            return "\n\n".join(filter(None, (*lines, text))), rows

        return self._turn_to(press, page, "answer.remove_now")

    async def _page(self, press: Press, note: str = "", health: Health | None = None) -> Page:
        listed = await self._platforms.find(press.ref)
        if listed is None:
            return list_page(await self._platforms.all(), press.texts)
        if health is not None:
            note = press.texts.about(listed.platform.type)(f"health.{health.value}")
        return platform_page(listed, press.texts, note)

    def _turn_to(self, press: Press, page: Callable[[], Awaitable[Page]], answer: str) -> str:
        """Puts another page into the message, as soon as the targets have answered."""
        self._context.outbox.work(self._turn(press, page))
        return answer

    async def _turn(self, press: Press, page: Callable[[], Awaitable[Page]]) -> None:
        try:
            text, rows = await page()
        except CodedError as error:
            text = _trouble(error, press.texts)
            rows = ((_back(press.texts),),)
        self._context.outbox.edit(press.event.message, text, rows)


def list_page(found: Found, texts: Texts) -> Page:
    """Every platform as a button, and which places could not be looked at."""
    rows = tuple((_entry(listed, texts),) for listed in found.listed[:MOST_LISTED])
    if found.unreadable:
        rows = ((_back(texts),),)
    troubles = [_trouble(error, texts) for error in found.troubles]
    title = texts("platforms.title") if found.listed else texts("platforms.none")
    lines = troubles if found.unreadable else [title, *troubles]
    return "\n\n".join(lines), rows


def platform_page(listed: Listed, texts: Texts, note: str) -> Page:
    """One platform and what can be done with it."""
    platform = listed.platform
    texts = texts.about(platform.type)
    text = texts(
        "platforms.one",
        id=clean(platform_name(listed, texts), LONGEST_ID),
        type=platform.type,
        place=clean(listed.place, LONGEST_ID),
        state=texts.plain(STATES[platform.enabled]),
        account=texts.plain("platform.account"),
        client=clean(platform.masked_account(), LONGEST_ID),
    )
    first = [button(Action.TEST, listed.ref, texts)]
    if platform.enabled is not None:
        switch = Action.DISABLE if platform.enabled else Action.ENABLE
        first.append(button(switch, listed.ref, texts))
    rows = (tuple(first), (button(Action.DROP, listed.ref, texts), _back(texts)))
    return f"{text}\n\n{note}".strip(), rows


def _entry(listed: Listed, texts: Texts) -> Button:
    platform = listed.platform
    mark = "⚪" if platform.enabled is False else "🟢"
    name = clean(platform_name(listed, texts), LONGEST_ID)
    label = f"{mark} {name} · {clean(platform.masked_account(), LONGEST_ID)}"
    return labelled(label, Action.PLATFORM, listed.ref)


def _note(changed: tuple[Listed, Ran | None], texts: Texts) -> str:
    listed, ran = changed
    return follow_up(listed, ran, texts.about(listed.platform.type))


def _back(texts: Texts) -> Button:
    return labelled(texts.plain("button.back"), Action.PLATFORMS, NOTHING)


def _trouble(error: CodedError, texts: Texts) -> str:
    if isinstance(error, TargetError):
        return f"⚠️ {trouble(error.place, error.code.value, error.line, error.column, texts)}"
    return texts("platforms.trouble", why=why(error, texts))
