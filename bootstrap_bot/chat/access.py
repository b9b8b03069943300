"""Who may pass: admins, in private chats, before any handler sees an update."""

import logging
from collections.abc import Callable, Collection

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop

from bootstrap_bot.chat.buttons import is_ours
from bootstrap_bot.chat.claim import Claimed, Claims
from bootstrap_bot.chat.commands import CLAIM, START, argument_in, command_in, ours
from bootstrap_bot.chat.manner import topic_of
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import TargetError

log = logging.getLogger("bootstrap_bot.audit")

STRANGER_PAUSE = 60.0
# In all, however many they are: so many at once, and one more each second.
MOST_AT_ONCE = 10
# Nobody who was told within the pause is forgotten: more than these are not told in that time.
MOST_STRANGERS = MOST_AT_ONCE + int(STRANGER_PAUSE)

Welcome = Callable[[Update, User], None]


class AccessControl:
    """Judges every update when the bot is on its own, only ours in somebody else's bot.

    `welcome` is called for each update of an admin in a private chat.
    """

    def __init__(
        self,
        admins: Collection[int],
        *,
        alone: bool,
        outbox: Outbox,
        clock: Clock,
        texts: Callable[[User], Texts],
        username: Callable[[], str],
        welcome: Welcome,
        claims: Claims | None = None,
    ) -> None:
        self._admins = admins
        self._alone = alone
        self._commands = ours(alone=alone)
        self._outbox = outbox
        self._clock = clock
        self._texts = texts
        self._username = username
        self._welcome = welcome
        self._claims = claims
        self._told: dict[int, float] = {}
        self._words_left = float(MOST_AT_ONCE)
        self._words_counted = clock.monotonic()

    async def check(self, update: Update, _: object) -> None:
        """Lets the update pass or raises `ApplicationHandlerStop`."""
        if not self._alone and not self._concerns_us(update):
            return
        try:
            passes = self._judge(update)
        except Exception as error:
            # After an error the library would hand the update to the next handlers.
            log.error("an update could not be judged: %s", type(error).__name__)
            passes = False
        if not passes:
            raise ApplicationHandlerStop

    def ignores(self, person: object, text: object) -> bool:
        """Whether a person's message is sure to come to nothing, known before it is parsed.

        A crowd's messages are, once the words for strangers are used up.
        """
        if person in self._admins or not self._alone:
            return False
        claims = self._claims is not None and self._claims.open
        if claims and isinstance(text, str) and text.startswith("/"):
            return False
        return not self._has_a_word_for(person)

    def _judge(self, update: Update) -> bool:
        """Whether it may pass; whoever may not is told what is to be told."""
        user, chat = update.effective_user, update.effective_chat
        if user is None or chat is None or not _is_person(update, user):
            return False
        private = chat.type == ChatType.PRIVATE
        if user.id not in self._admins:
            self._turn_away(update, user, private=private)
            return False
        if not private:
            self._point_to_private_chat(update, user)
            return False
        self._welcome(update, user)
        return True

    def _concerns_us(self, update: Update) -> bool:
        if update.callback_query is not None:
            return is_ours(update.callback_query.data)
        return command_in(update.message, self._username()) in self._commands

    def _turn_away(self, update: Update, user: User, *, private: bool) -> None:
        """One short line with the person's id, so that an owner can add them."""
        if not (self._alone and private and update.message):
            return
        if self._claims is not None and self._claims.open and self._is_claim(update.message):
            self._outbox.work(self._claim(self._claims, user, update.message))
        elif self._may_be_told(user.id):
            self._introduce(user, topic_of(update.message))

    def _is_claim(self, message: Message) -> bool:
        command = command_in(message, self._username())
        return command in (START, CLAIM) and bool(argument_in(message))

    async def _claim(self, claims: Claims, user: User, message: Message) -> None:
        code, topic = argument_in(message), topic_of(message)
        try:
            claimed = await claims.claim(user.id, code)
        except TargetError as error:
            log.error("the first admin could not be written down: %s", error.code)
            self._outbox.say(user.id, self._texts(user)("gate.claim_failed"), topic=topic)
            return
        if claimed is Claimed.DONE:
            log.info("admin=%s event=claimed", user.id)
            self._outbox.say(user.id, self._texts(user)("gate.claim_done"), topic=topic)
        elif claimed is Claimed.WRONG and self._may_be_told(user.id):
            self._introduce(user, topic)

    def _introduce(self, user: User, topic: int | None) -> None:
        self._outbox.mention(user.id, self._texts(user)("gate.stranger", id=user.id), topic)

    def _may_be_told(self, person: int) -> bool:
        """Whether a stranger hears a word: each once a minute, all together one a second."""
        if not self._has_a_word_for(person):
            return False
        self._words_left -= 1
        self._told.pop(person, None)
        if len(self._told) >= MOST_STRANGERS:
            del self._told[next(iter(self._told))]
        self._told[person] = self._clock.monotonic()
        return True

    def _has_a_word_for(self, person: object) -> bool:
        now = self._clock.monotonic()
        passed, self._words_counted = now - self._words_counted, now
        self._words_left = min(self._words_left + passed, MOST_AT_ONCE)
        last = self._told.get(person) if isinstance(person, int) else None
        return self._words_left >= 1 and (last is None or now - last >= STRANGER_PAUSE)

    def _point_to_private_chat(self, update: Update, user: User) -> None:
        message = update.message
        if message is None or command_in(message, self._username()) not in self._commands:
            return
        texts = self._texts(user)
        url = f"https://t.me/{self._username()}"
        button = InlineKeyboardButton(texts.plain("button.private_chat"), url=url)
        keyboard = InlineKeyboardMarkup([[button]])
        self._outbox.say(message.chat_id, texts("gate.group"), keyboard, topic_of(message))


def _is_person(update: Update, user: User) -> bool:
    """Not a bot, and not somebody who writes in a group's or channel's name."""
    # Whose message a button stands in says nothing about who pressed it.
    message = None if update.callback_query else update.effective_message
    return not user.is_bot and (message is None or message.sender_chat is None)
