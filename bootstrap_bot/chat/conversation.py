"""What an admin can say and press about attempts. Every handler returns at once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from telegram import CallbackQuery, Message, Update, User
from telegram.constants import ParseMode
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.card import card, remove_rows
from bootstrap_bot.chat.commands import argument_in
from bootstrap_bot.chat.context import (
    ANSWERED,
    ChatContext,
    Press,
    Presses,
    decides,
    id_of,
    number_of,
    person_of,
    said,
)
from bootstrap_bot.chat.delivery_text import trouble, why
from bootstrap_bot.chat.manner import topic_of
from bootstrap_bot.chat.question import WANTED, ask
from bootstrap_bot.errors import CodedError, TargetError
from bootstrap_bot.registration.service import Request

# Buttons of the one card that invites to scan something.
INVITING = frozenset({Action.CHECK, Action.CANCEL})


class Conversation:
    """Begins attempts, shows them, ends them."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._attempts = context.attempts
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def presses(self) -> Presses:
        """Our buttons."""
        return {
            Action.CANCEL: decides("answer.cancel", self._attempts.cancel),
            Action.RETRY: decides("answer.retry", self._attempts.try_again),
            Action.USE: self._use,
            Action.STORE: self._use,
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

    async def new(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/dingtalk_new [name]: begins an attempt, or brings the live one to the chat's end.

        Where a platform exists and no name is given, it asks first what to do with that one.
        """
        message, user = said(update)
        wanted = argument_in(message)
        if wanted and not WANTED.fullmatch(wanted):
            self._say(message, user, "reply.bad_name")
        else:
            topic = topic_of(message)
            self._work(
                user, topic, lambda: self._ask_or_begin(user, update.update_id, topic, wanted)
            )
        raise ApplicationHandlerStop

    async def status(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/dingtalk_status: how the last attempt stands, and a nudge for whatever waits."""
        message, user = said(update)
        try:
            await self._show_status(message, user)
        except CodedError as error:
            self._say_error(message.chat_id, topic_of(message), user, error)
        raise ApplicationHandlerStop

    async def cancel(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/dingtalk_cancel: ends the live attempt's conversation."""
        message, user = said(update)
        live, topic = self._attempts.live(person_of(user)), topic_of(message)
        try:
            if live is None:
                self._say(message, user, "reply.nothing_to_cancel")
            elif not await self._attempts.cancel(
                live.id, person_of(user), down=True, topic=id_of(topic)
            ):
                self._say(message, user, "reply.too_late_to_cancel")
        except CodedError as error:
            self._say_error(message.chat_id, topic, user, error)
        raise ApplicationHandlerStop

    async def help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """/start and /help, for a bot on its own."""
        message, user = said(update)
        self._say(message, user, "help")
        raise ApplicationHandlerStop

    def _say(self, asked: Message, user: User, code: str) -> None:
        self._context.outbox.say(
            asked.chat_id, self._context.texts(user)(code), topic=topic_of(asked)
        )

    def _say_error(self, chat: int, topic: int | None, user: User, error: CodedError) -> None:
        texts = self._context.texts(user)
        if isinstance(error, TargetError):
            wrong = trouble(error.place, error.code.value, error.line, error.column, texts)
            self._context.outbox.say(chat, f"⚠️ {wrong}", topic=topic)
        else:
            self._context.outbox.say(chat, why(error, texts), topic=topic)

    def _work(self, user: User, topic: int | None, doing: Callable[[], Awaitable[object]]) -> None:
        """What may wait for a target, which no handler does; one thing at a time for a person."""

        async def work() -> None:
            async with self._turns[user.id]:
                try:
                    await doing()
                except CodedError as error:
                    self._say_error(user.id, topic, user, error)

        self._context.outbox.work(work())

    def _answer_later(self, press: Press, doing: Callable[[], Awaitable[str | None]]) -> str:
        """The same for a button; its short answer says how that went."""

        async def work() -> None:
            try:
                answer = press.texts.plain(await doing() or "answer.outdated")
            except CodedError as error:
                answer = why(error, press.texts)
            self._context.outbox.answer(press.query, answer)

        self._work(press.query.from_user, press.topic, work)
        return ANSWERED

    async def _ask_or_begin(
        self, user: User, update: int, topic: int | None, wanted: str = ""
    ) -> None:
        if await self._bring_down(user, topic):
            return
        if wanted or not await self._ask(user, topic):
            await self._begin(user, update, topic, wanted_id=wanted)

    async def _bring_down(self, user: User, topic: int | None) -> bool:
        live = self._attempts.live(person_of(user))
        return live is not None and await self._attempts.resend(
            live.id, person_of(user), id_of(topic)
        )

    async def _ask(self, user: User, topic: int | None) -> bool:
        """Asks what to do with the platforms that are there; False when there is none.

        Raises `TargetError` when no target can be read: nothing could be stored either.
        """
        found = await self._context.platforms.of("dingtalk")
        if found.listed:
            self._context.outbox.say(user.id, *ask(found, self._context.texts(user)), topic)
        elif found.unreadable:
            raise found.troubles[0]
        return bool(found.listed)

    async def _begin(
        self,
        user: User,
        update: int,
        topic: int | None,
        *,
        wanted_id: str = "",
        replaces: str = "",
        message: str | None = None,
    ) -> None:
        request = Request(
            provider="dingtalk",
            owner=person_of(user),
            chat=str(user.id),
            language=self._context.texts(user).language,
            update=str(update),
            wanted_id=wanted_id,
            replaces=replaces,
            topic=id_of(topic),
            message=message,
        )
        await self._attempts.begin(request)

    async def _show_status(self, asked: Message, user: User) -> None:
        self._attempts.look(person_of(user))
        latest = await self._attempts.latest(person_of(user))
        if latest is None:
            self._say(asked, user, "reply.no_attempt")
        elif not await self._attempts.resend(latest.id, person_of(user), id_of(topic_of(asked))):
            look = card(
                latest, self._context.texts(user), self._context.clock.now(), self._context.zone
            )
            self._context.outbox.say(asked.chat_id, look.caption, look.keyboard, topic_of(asked))

    async def put_away_if_astray(self, press: Press, action: Action) -> None:
        """Takes invitation and buttons off a message that is not its attempt's own.

        Telegram may have sent one whose answer was lost: what it invites to scan is dead.
        """
        own, message = self._attempts.live(press.owner), press.query.message
        if (own is None or own.id != press.ref) and action in INVITING:
            own = await self._attempts.latest(press.owner)
        if own is None or own.id != press.ref or own.message is None or message is None:
            return
        if str(message.message_id) != own.message:
            query, text = press.query, press.texts("reply.astray")
            self._context.outbox.post(press.chat, lambda: _put_away(query, text))

    async def _use(self, press: Press) -> str | None:
        done = await self._attempts.decide(press.ref, press.owner, use=True)
        return "answer.use" if done else None

    async def _discard(self, press: Press) -> str | None:
        done = await self._attempts.decide(press.ref, press.owner, use=False)
        return "answer.discard" if done else None

    async def _check(self, press: Press) -> str | None:
        seconds = await self._attempts.check_now(press.ref, press.owner)
        if seconds is None:
            return None
        if seconds < 1:
            return "answer.check"
        answer = press.texts.plural("answer.check_soon", round(seconds))
        self._context.outbox.answer(press.query, answer)
        return ANSWERED

    async def _again(self, press: Press) -> str | None:
        """Begins anew in the same message."""
        latest = await self._attempts.latest(press.owner)
        if latest is None or latest.id != press.ref or latest.live:
            return None
        await self._begin(
            press.query.from_user,
            press.update,
            number_of(latest.topic) if press.topic is None else press.topic,
            wanted_id=latest.wanted_id,
            replaces=latest.replaces,
            message=latest.message,
        )
        return "answer.again"

    async def _another(self, press: Press) -> str | None:
        async def work() -> str:
            await self._ask_or_begin(press.query.from_user, press.update, press.topic)
            return "answer.another"

        return self._answer_later(press, work)

    async def _ask_to_remove(self, press: Press) -> str | None:
        return await self._swap_buttons(press, ask_first=True)

    async def _keep(self, press: Press) -> str | None:
        return await self._swap_buttons(press, ask_first=False)

    async def _swap_buttons(self, press: Press, *, ask_first: bool) -> str | None:
        """A result's own buttons, or the question whether it is to be removed."""
        found = await self._attempts.stored(press.ref, press.owner)
        if found is None:
            return None
        look = card(found, press.texts, self._context.clock.now(), self._context.zone)
        keyboard = remove_rows(press.ref, press.texts) if ask_first else look.keyboard
        query = press.query
        self._context.outbox.post(press.chat, lambda: query.edit_message_reply_markup(keyboard))
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
        self._remove_question(press)
        return "answer.leave"

    async def _answer_question(self, press: Press, replaces: str = "") -> None:
        user = press.query.from_user
        if not await self._bring_down(user, press.topic):
            await self._begin(user, press.update, press.topic, replaces=replaces)
        self._remove_question(press)

    def _remove_question(self, press: Press) -> None:
        self._context.outbox.post(press.chat, press.query.delete_message)


async def _put_away(query: CallbackQuery, text: str) -> None:
    is_text = isinstance(query.message, Message) and query.message.text
    edit = query.edit_message_text if is_text else query.edit_message_caption
    await edit(text, parse_mode=ParseMode.HTML)
