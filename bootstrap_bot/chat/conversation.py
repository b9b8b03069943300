"""What an admin can say and press about attempts. Every handler returns at once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.card import card, remove_rows
from bootstrap_bot.chat.context import ANSWERED, Asked, ChatContext, Press, Presses, decides
from bootstrap_bot.chat.delivery_text import trouble, why
from bootstrap_bot.chat.host import Address, Card
from bootstrap_bot.chat.question import WANTED, ask
from bootstrap_bot.errors import CodedError, TargetError
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.service import Request

# Buttons of the one card that invites to scan something.
INVITING = frozenset({Action.CHECK, Action.CANCEL})


class Conversation:
    """Begins attempts, shows them, ends them."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._attempts = context.attempts
        self._turns: defaultdict[PersonId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def presses(self) -> Presses:
        """Our buttons."""
        return {
            Action.CANCEL: decides("answer.cancel", self._attempts.cancel),
            Action.RETRY: decides("answer.retry", self._attempts.try_again),
            Action.USE: self._use,
            Action.STORE: self._use,
            Action.STORE_LET_IN: self._store_let_in,
            Action.LET_IN: decides("answer.let_in", self._attempts.let_in),
            Action.DISCARD: self._discard,
            Action.OVERWRITE: decides("answer.overwrite", self._attempts.overwrite),
            Action.EXPOSE: decides("answer.expose", self._attempts.expose),
            Action.SKIP: decides("answer.skip", self._attempts.skip),
            Action.CHECK: self._check,
            Action.AGAIN: self._again,
            Action.ANOTHER: self._another,
            Action.REMOVE: self._ask_to_remove,
            Action.KEEP: self._keep,
            Action.REMOVE_NOW: decides("answer.remove_now", self._attempts.remove),
            Action.ADD: self._add,
            Action.REPLACE: self._replace,
            Action.LEAVE: self._leave,
        }

    async def new(self, asked: Asked) -> None:
        """/dingtalk_new [name]: begins an attempt, or brings the live one to the chat's end.

        Where a platform exists and no name is given, it asks first what to do with that one.
        """
        wanted = asked.event.argument
        if wanted and not WANTED.fullmatch(wanted):
            self._say(asked, "reply.bad_name")
        else:
            self._work(asked, lambda: self._ask_or_begin(asked, wanted))

    async def status(self, asked: Asked) -> None:
        """/dingtalk_status: how the last attempt stands, and a nudge for whatever waits."""
        try:
            await self._show_status(asked)
        except CodedError as error:
            self._say_error(asked, error)

    async def cancel(self, asked: Asked) -> None:
        """/dingtalk_cancel: ends the live attempt's conversation."""
        owner, topic = asked.event.person, asked.event.address.topic
        live = self._attempts.live(owner)
        try:
            if live is None:
                self._say(asked, "reply.nothing_to_cancel")
            elif not await self._attempts.cancel(live.id, owner, down=True, topic=topic):
                self._say(asked, "reply.too_late_to_cancel")
        except CodedError as error:
            self._say_error(asked, error)

    async def help(self, asked: Asked) -> None:
        """/start and /help, for a bot on its own."""
        self._say(asked, "help")

    def _say(self, asked: Asked, code: str) -> None:
        self._context.outbox.say(asked.event.address, asked.texts(code))

    def _say_error(self, asked: Asked | Press, error: CodedError) -> None:
        texts = asked.texts
        if isinstance(error, TargetError):
            wrong = trouble(error.place, error.code.value, error.line, error.column, texts)
            self._context.outbox.say(asked.event.address, f"⚠️ {wrong}")
        else:
            self._context.outbox.say(asked.event.address, why(error, texts))

    def _work(self, asked: Asked | Press, doing: Callable[[], Awaitable[object]]) -> None:
        """What may wait for a target, which no handler does; one thing at a time for a person."""

        async def work() -> None:
            async with self._turns[asked.event.person]:
                try:
                    await doing()
                except CodedError as error:
                    self._say_error(asked, error)

        self._context.outbox.work(work())

    def _answer_later(self, press: Press, doing: Callable[[], Awaitable[str | None]]) -> str:
        """The same for a button; its short answer says how that went."""

        async def work() -> None:
            try:
                answer = press.texts.plain(await doing() or "answer.outdated")
            except CodedError as error:
                answer = why(error, press.texts)
            self._context.outbox.answer(press.event, answer)

        self._work(press, work)
        return ANSWERED

    async def _ask_or_begin(self, asked: Asked | Press, wanted: str = "") -> None:
        if await self._bring_down(asked):
            return
        if wanted or not await self._ask(asked):
            await self._begin(asked, wanted_id=wanted)

    async def _bring_down(self, asked: Asked | Press) -> bool:
        owner = asked.event.person
        live = self._attempts.live(owner)
        return live is not None and await self._attempts.resend(
            live.id, owner, asked.event.address.topic
        )

    async def _ask(self, asked: Asked | Press) -> bool:
        """Asks what to do with the platforms that are there; False when there is none.

        Raises `TargetError` when no target can be read: nothing could be stored either.
        """
        found = await self._context.platforms.of("dingtalk")
        if found.listed:
            texts = asked.texts.about("dingtalk")
            self._context.outbox.say(asked.event.address, *ask(found, texts))
        elif found.unreadable:
            raise found.troubles[0]
        return bool(found.listed)

    async def _begin(
        self,
        asked: Asked | Press,
        *,
        address: Address | None = None,
        wanted_id: str = "",
        replaces: str = "",
        message: str | None = None,
    ) -> None:
        address = address or asked.event.address
        request = Request(
            provider="dingtalk",
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

    async def _show_status(self, asked: Asked) -> None:
        owner, address = asked.event.person, asked.event.address
        await self._attempts.look(owner)
        latest = await self._attempts.latest(owner)
        if latest is None:
            self._say(asked, "reply.no_attempt")
        elif not await self._attempts.resend(latest.id, owner, address.topic):
            look = self._card(latest, asked)
            self._context.outbox.say(address, look.text, look.rows)

    def _card(self, attempt: Attempt, asked: Asked | Press) -> Card:
        context = self._context
        limits = context.host.limits
        return card(attempt, asked.texts, context.clock.now(), context.zone, limits)

    async def put_away_if_astray(self, press: Press, action: Action) -> None:
        """Takes invitation and buttons off a message that is not its attempt's own.

        The host may have sent one whose answer was lost: what it invites to scan is dead.
        """
        owner, message = press.event.person, press.event.message
        own = self._attempts.live(owner)
        if (own is None or own.id != press.ref) and action in INVITING:
            own = await self._attempts.latest(owner)
        if own is None or own.id != press.ref or own.message is None:
            return
        if message.id != own.message:
            self._context.outbox.edit(message, press.texts("reply.astray"))

    async def _use(self, press: Press) -> str | None:
        done = await self._attempts.decide(press.ref, press.event.person, use=True)
        return "answer.use" if done else None

    async def _store_let_in(self, press: Press) -> str | None:
        person = press.event.person
        done = await self._attempts.decide(press.ref, person, use=True, let_in=True)
        return "answer.use" if done else None

    async def _discard(self, press: Press) -> str | None:
        done = await self._attempts.decide(press.ref, press.event.person, use=False)
        return "answer.discard" if done else None

    async def _check(self, press: Press) -> str | None:
        seconds = await self._attempts.check_now(press.ref, press.event.person)
        if seconds is None:
            return None
        if seconds < 1:
            return "answer.check"
        answer = press.texts.plural("answer.check_soon", round(seconds))
        self._context.outbox.answer(press.event, answer)
        return ANSWERED

    async def _again(self, press: Press) -> str | None:
        """Begins anew in the same message."""
        latest = await self._attempts.latest(press.event.person)
        if latest is None or latest.id != press.ref or latest.live:
            return None
        address = press.event.address
        await self._begin(
            press,
            address=replace(address, topic=address.topic or latest.topic),
            wanted_id=latest.wanted_id,
            replaces=latest.replaces,
            message=latest.message,
        )
        return "answer.again"

    async def _another(self, press: Press) -> str | None:
        async def work() -> str:
            await self._ask_or_begin(press)
            return "answer.another"

        return self._answer_later(press, work)

    async def _ask_to_remove(self, press: Press) -> str | None:
        return await self._swap_buttons(press, ask_first=True)

    async def _keep(self, press: Press) -> str | None:
        return await self._swap_buttons(press, ask_first=False)

    async def _swap_buttons(self, press: Press, *, ask_first: bool) -> str | None:
        """A result's own buttons, or the question whether it is to be removed."""
        found = await self._attempts.stored(press.ref, press.event.person)
        if found is None:
            return None
        rows = remove_rows(press.ref, press.texts) if ask_first else self._card(found, press).rows
        self._context.outbox.set_buttons(press.event.message, rows)
        return "answer.remove" if ask_first else "answer.keep"

    async def _add(self, press: Press) -> str | None:
        async def work() -> str:
            await self._answer_question(press)
            return "answer.another"

        return self._answer_later(press, work)

    async def _replace(self, press: Press) -> str | None:
        async def work() -> str | None:
            listed = await self._context.platforms.find(press.ref)
            if listed is None:
                return None
            await self._answer_question(press, replaces=listed.platform.account)
            return "answer.another"

        return self._answer_later(press, work)

    async def _leave(self, press: Press) -> str | None:
        self._context.outbox.delete(press.event.message)
        return "answer.leave"

    async def _answer_question(self, press: Press, replaces: str = "") -> None:
        if not await self._bring_down(press):
            await self._begin(press, replaces=replaces)
        self._context.outbox.delete(press.event.message)
