"""Access control: admins, in private chats, before anybody answers."""

import logging
from collections.abc import Awaitable, Callable, Container

from bootstrap_bot.chat.buttons import Button, is_ours
from bootstrap_bot.chat.claim import Claimed, Claims
from bootstrap_bot.chat.commands import CLAIM, START
from bootstrap_bot.chat.host import ButtonEvent, Event, MessageEvent
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import TargetError
from bootstrap_bot.registration.person import Admins, PersonId

log = logging.getLogger("bootstrap_bot.audit")

STRANGER_PAUSE = 60.0
# In all, however many they are: so many at once, and one more each second.
MOST_AT_ONCE = 10
# Nobody who was told within the pause is forgotten: more than these are not told in that time.
MOST_STRANGERS = MOST_AT_ONCE + int(STRANGER_PAUSE)

Welcome = Callable[[Event], Awaitable[None]]


class AccessControl:
    """Judges every event when the bot is on its own, only ours in somebody else's bot.

    `commands` are ours, as people type them. `private_chat` gives a link to the one with this
    bot. `welcome` is awaited for each event of an admin in a private chat.
    """

    def __init__(
        self,
        admins: Admins,
        *,
        alone: bool,
        commands: Container[str],
        outbox: Outbox,
        clock: Clock,
        texts: Callable[[Event], Awaitable[Texts]],
        private_chat: Callable[[], str],
        welcome: Welcome,
        claims: Claims | None = None,
    ) -> None:
        self._admins = admins
        self._alone = alone
        self._commands = commands
        self._outbox = outbox
        self._clock = clock
        self._texts = texts
        self._private_chat = private_chat
        self._welcome = welcome
        self._claims = claims
        self._told: dict[PersonId, float] = {}
        self._words_left = float(MOST_AT_ONCE)
        self._words_counted = clock.monotonic()

    async def admits(self, event: Event) -> bool:
        """Whether the event may pass; whoever may not is told what is to be told."""
        if not self._alone and not self._concerns_us(event):
            return True
        try:
            return await self._judge(event)
        except Exception as error:
            # Whoever is asked next must not take it for one that passed.
            log.error("an update could not be judged: %s", type(error).__name__)
            return False

    async def ignores(self, person: PersonId | None, text: object) -> bool:
        """Whether a person's message is sure to come to nothing, known before it is parsed.

        A crowd's messages are, once the words for strangers are used up.
        """
        if not self._alone or person in await self._admins.all():
            return False
        claims = self._claims is not None and await self._claims.open()
        if claims and isinstance(text, str) and text.startswith("/"):
            return False
        return not self._has_a_word_for(person)

    async def _judge(self, event: Event) -> bool:
        if not event.by_person:
            return False
        if event.person not in await self._admins.all():
            await self._turn_away(event)
            return False
        if not event.private:
            await self._point_to_private_chat(event)
            return False
        await self._welcome(event)
        return True

    def _concerns_us(self, event: Event) -> bool:
        if isinstance(event, ButtonEvent):
            return is_ours(event.data)
        return isinstance(event, MessageEvent) and event.command in self._commands

    async def _turn_away(self, event: Event) -> None:
        """One short line with the person's id, so that an owner can add them."""
        if not (self._alone and event.private and isinstance(event, MessageEvent)):
            return
        is_claim = event.command in (START, CLAIM) and bool(event.argument)
        if is_claim and self._claims is not None and await self._claims.open():
            self._outbox.work(self._claim(self._claims, event))
        elif self._may_be_told(event.person):
            await self._introduce(event)

    async def _claim(self, claims: Claims, event: MessageEvent) -> None:
        person, texts = event.person, await self._texts(event)
        try:
            claimed = await claims.claim(person, event.argument)
        except TargetError as error:
            log.error("the first admin could not be written down: %s", error.code)
            self._outbox.say(event.address, texts("gate.claim_failed"))
            return
        if claimed is Claimed.DONE:
            log.info("admin=%s event=claimed", person.id)
            self._outbox.say(event.address, texts("gate.claim_done"))
        elif claimed is Claimed.WRONG and self._may_be_told(person):
            await self._introduce(event)

    async def _introduce(self, event: Event) -> None:
        texts = await self._texts(event)
        self._outbox.mention(event.address, texts("gate.stranger", id=event.person.id))

    def _may_be_told(self, person: PersonId) -> bool:
        """Whether a stranger hears a word: each once a minute, all together one a second."""
        if not self._has_a_word_for(person):
            return False
        self._words_left -= 1
        self._told.pop(person, None)
        if len(self._told) >= MOST_STRANGERS:
            del self._told[next(iter(self._told))]
        self._told[person] = self._clock.monotonic()
        return True

    def _has_a_word_for(self, person: PersonId | None) -> bool:
        now = self._clock.monotonic()
        passed, self._words_counted = now - self._words_counted, now
        self._words_left = min(self._words_left + passed, MOST_AT_ONCE)
        last = self._told.get(person) if person else None
        return self._words_left >= 1 and (last is None or now - last >= STRANGER_PAUSE)

    async def _point_to_private_chat(self, event: Event) -> None:
        if not isinstance(event, MessageEvent) or event.command not in self._commands:
            return
        texts = await self._texts(event)
        button = Button(texts.plain("button.private_chat"), url=self._private_chat())
        self._outbox.say(event.address, texts("gate.group"), ((button,),))
