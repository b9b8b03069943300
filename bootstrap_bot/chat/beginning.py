"""What leads to a registration: for which platform, beside or in place of which bot."""

from dataclasses import replace

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.context import Asked, ChatContext, Press, Presses
from bootstrap_bot.chat.errands import Errands
from bootstrap_bot.chat.host import Address
from bootstrap_bot.chat.question import WANTED, ask, choice, which_platform
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.service import Request


class Beginning:
    """Begins attempts; a person has one open for each platform at the most."""

    def __init__(self, context: ChatContext, errands: Errands) -> None:
        self._context = context
        self._attempts = context.attempts
        self._errands = errands

    def presses(self) -> Presses:
        """Our buttons."""
        return {
            Action.CHOOSE: self._choose,
            Action.AGAIN: self._again,
            Action.ANOTHER: self._another,
            Action.ADD: self._add,
            Action.REPLACE: self._replace,
            Action.LEAVE: self._leave,
        }

    async def new(self, asked: Asked, platform: str = "") -> None:
        """/bot_new [name], /dingtalk_new [name]: begins, or brings the live one to the chat's end.

        Asks for which platform where there are several, and, where one of its bots exists and no
        name is given, what to do with that one.
        """
        wanted = asked.event.argument
        if wanted and not WANTED.fullmatch(wanted):
            texts = asked.texts.about(platform)
            self._context.outbox.say(asked.event.address, texts("reply.bad_name"))
        else:
            self._errands.do(asked, lambda: self._choose_or_begin(asked, platform, wanted))

    async def _choose_or_begin(
        self, asked: Asked | Press, platform: str = "", wanted: str = ""
    ) -> None:
        platforms = self._context.providers
        if not platform and len(platforms) == 1:
            platform = platforms[0]
        if platform:
            await self._ask_or_begin(asked, platform, wanted)
        else:
            question = which_platform(platforms, wanted, asked.texts)
            self._context.outbox.say(asked.event.address, *question)

    async def _ask_or_begin(self, asked: Asked | Press, platform: str, wanted: str = "") -> None:
        if await self._bring_down(asked, platform):
            return
        if wanted or not await self._ask(asked, platform):
            await self._begin(asked, platform, wanted_id=wanted)

    async def _bring_down(self, asked: Asked | Press, platform: str) -> bool:
        owner, topic = asked.event.person, asked.event.address.topic
        live = [one for one in self._attempts.live(owner) if one.provider == platform]
        return bool(live) and await self._attempts.resend(live[-1].id, owner, topic)

    async def _ask(self, asked: Asked | Press, platform: str) -> bool:
        """Asks what to do with the bots that are there; False when there is none.

        Raises `TargetError` when no target can be read: nothing could be stored either.
        """
        found = await self._context.platforms.of(platform)
        if found.listed:
            question = ask(found, platform, asked.texts.about(platform))
            self._context.outbox.say(asked.event.address, *question)
        elif found.unreadable:
            raise found.troubles[0]
        return bool(found.listed)

    async def _begin(
        self,
        asked: Asked | Press,
        platform: str,
        *,
        address: Address | None = None,
        wanted_id: str = "",
        replaces: str = "",
        message: str | None = None,
    ) -> None:
        address = address or asked.event.address
        request = Request(
            provider=platform,
            owner=asked.event.person,
            chat=address.chat,
            language=asked.texts.language,
            update=asked.event.update,
            wanted_id=wanted_id,
            replaces=replaces,
            topic=address.topic,
            message=message,
        )
        await self._attempts.begin(request)

    async def _choose(self, press: Press) -> str | None:
        platform, wanted = choice(press.ref)
        if platform not in self._context.providers:
            return None

        async def work() -> str:
            await self._ask_or_begin(press, platform, wanted)
            self._remove_question(press)
            return "answer.another"

        return self._errands.answer_later(press, work)

    async def _again(self, press: Press) -> str | None:
        """Begins anew in the same message."""
        ended = await self._latest(press)
        if ended is None or ended.id != press.ref or ended.live:
            return None
        address = press.event.address
        await self._begin(
            press,
            ended.provider,
            address=replace(address, topic=address.topic or ended.topic),
            wanted_id=ended.wanted_id,
            replaces=ended.replaces,
            message=ended.message,
        )
        return "answer.again"

    async def _latest(self, press: Press) -> Attempt | None:
        """The presser's last attempt with the platform of the one that the button is about."""
        owner = press.event.person
        found = await self._attempts.find(press.ref, owner)
        return await self._attempts.latest(owner, found.provider) if found else None

    async def _another(self, press: Press) -> str | None:
        async def work() -> str:
            earlier = await self._attempts.find(press.ref, press.event.person)
            await self._choose_or_begin(press, earlier.provider if earlier else "")
            return "answer.another"

        return self._errands.answer_later(press, work)

    async def _add(self, press: Press) -> str | None:
        if press.ref not in self._context.providers:
            return None

        async def work() -> str:
            await self._answer_question(press, press.ref)
            return "answer.another"

        return self._errands.answer_later(press, work)

    async def _replace(self, press: Press) -> str | None:
        async def work() -> str | None:
            listed = await self._context.platforms.find(press.ref)
            if listed is None:
                return None
            bot = listed.platform
            await self._answer_question(press, bot.type, replaces=bot.account)
            return "answer.another"

        return self._errands.answer_later(press, work)

    async def _leave(self, press: Press) -> str | None:
        self._remove_question(press)
        return "answer.leave"

    async def _answer_question(self, press: Press, platform: str, replaces: str = "") -> None:
        if not await self._bring_down(press, platform):
            await self._begin(press, platform, replaces=replaces)
        self._remove_question(press)

    def _remove_question(self, press: Press) -> None:
        self._context.outbox.delete(press.event.message)
