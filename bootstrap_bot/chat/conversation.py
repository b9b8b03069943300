"""What an admin can say and press about attempts. Every handler returns at once."""

from bootstrap_bot.chat.beginning import Beginning
from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.card import card, remove_rows
from bootstrap_bot.chat.commands import menu
from bootstrap_bot.chat.context import ANSWERED, Asked, ChatContext, Press, Presses, decides
from bootstrap_bot.chat.errands import Errands
from bootstrap_bot.chat.host import Card
from bootstrap_bot.chat.question import which_attempt
from bootstrap_bot.errors import CodedError
from bootstrap_bot.registration.attempt import Attempt

# Buttons of the one card that invites to scan something.
INVITING = frozenset({Action.CHECK, Action.CANCEL})


class Conversation:
    """Begins attempts, shows them, ends them."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._attempts = context.attempts
        self._errands = Errands(context.outbox)
        self._beginning = Beginning(context, self._errands)
        self.new = self._beginning.new

    def presses(self) -> Presses:
        """Our buttons."""
        return {
            **self._beginning.presses(),
            Action.CANCEL: decides("answer.cancel", self._attempts.cancel),
            Action.CANCEL_ONE: self._cancel_one,
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
            Action.REMOVE: self._ask_to_remove,
            Action.KEEP: self._keep,
            Action.REMOVE_NOW: decides("answer.remove_now", self._attempts.remove),
        }

    async def status(self, asked: Asked, platform: str = "") -> None:
        """/status, /dingtalk_status: how attempts stand, and a nudge for whatever waits."""
        try:
            await self._show_status(asked, platform)
        except CodedError as error:
            self._errands.say_error(asked, error)

    async def cancel(self, asked: Asked, platform: str = "") -> None:
        """/cancel, /dingtalk_cancel: ends a live attempt's conversation; asks which of several."""
        live = self._live(asked, platform)
        try:
            if not live:
                self._say(asked, "reply.nothing_to_cancel", platform)
            elif len({one.provider for one in live}) > 1:
                self._context.outbox.say(asked.event.address, *which_attempt(live, asked.texts))
            elif not await self._cancel(live[-1].id, asked):
                self._say(asked, "reply.too_late_to_cancel", live[-1].provider)
        except CodedError as error:
            self._errands.say_error(asked, error)

    async def help(self, asked: Asked) -> None:
        """/start and /help, for a bot on its own."""
        platforms, texts = self._context.providers, asked.texts
        offered = menu(platforms, texts, alone=True).items()
        lines = [f"/{name} – {what}" for name, what in offered]
        needs = [texts.about(one).plain("platform.needs") for one in platforms]
        said = texts("help", commands="\n".join(lines), needs="\n".join(needs))
        self._context.outbox.say(asked.event.address, said)

    def _say(self, asked: Asked, code: str, platform: str) -> None:
        self._context.outbox.say(asked.event.address, asked.texts.about(platform)(code))

    def _live(self, asked: Asked, platform: str) -> list[Attempt]:
        live = self._attempts.live(asked.event.person)
        return [one for one in live if platform in ("", one.provider)]

    async def _show_status(self, asked: Asked, platform: str) -> None:
        owner, address = asked.event.person, asked.event.address
        await self._attempts.look(owner)
        shown = [
            await self._attempts.resend(one.id, owner, address.topic)
            for one in self._live(asked, platform)
        ]
        if any(shown):
            return
        latest = await self._attempts.latest(owner, platform or None)
        if latest is None:
            self._say(asked, "reply.no_attempt", platform)
        else:
            look = self._card(latest, asked)
            self._context.outbox.say(address, look.text, look.rows)

    async def _cancel(self, attempt: str, asked: Asked | Press) -> bool:
        owner, topic = asked.event.person, asked.event.address.topic
        return await self._attempts.cancel(attempt, owner, down=True, topic=topic)

    def _card(self, attempt: Attempt, asked: Asked | Press) -> Card:
        context = self._context
        limits = context.host.limits
        return card(attempt, asked.texts, context.clock.now(), context.zone, limits)

    async def put_away_if_astray(self, press: Press, action: Action) -> None:
        """Takes invitation and buttons off a message that is not its attempt's own.

        The host may have sent one whose answer was lost: what it invites to scan is dead.
        """
        if action is Action.CANCEL_ONE:
            return
        owner, message = press.event.person, press.event.message
        own = next((one for one in self._attempts.live(owner) if one.id == press.ref), None)
        if own is None and action in INVITING:
            own = await self._attempts.find(press.ref, owner)
        if own is None or own.message is None:
            return
        if message.id != own.message:
            texts = press.texts.about(own.provider)
            self._context.outbox.edit(message, texts("reply.astray"))

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

    async def _cancel_one(self, press: Press) -> str | None:
        self._context.outbox.delete(press.event.message)
        return "answer.cancel" if await self._cancel(press.ref, press) else None

    async def _check(self, press: Press) -> str | None:
        seconds = await self._attempts.check_now(press.ref, press.event.person)
        if seconds is None:
            return None
        if seconds < 1:
            return "answer.check"
        answer = press.texts.plural("answer.check_soon", round(seconds))
        self._context.outbox.answer(press.event, answer)
        return ANSWERED

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
