"""What the gate decides and says, one update at a time, without a bot around it."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import (
    CallbackQuery,
    Chat,
    InlineQuery,
    Message,
    MessageEntity,
    Update,
    User,
)

from bootstrap_bot.chat.access import MOST_STRANGERS, AccessControl
from bootstrap_bot.chat.buttons import Rows
from bootstrap_bot.chat.claim import Claimed, Claims, MemoryClaims
from bootstrap_bot.chat.commands import commands
from bootstrap_bot.chat.host import Address, Event
from bootstrap_bot.chat.outbox import Outbox
from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.errors import Code
from bootstrap_bot.hosts.telegram.events import event_of, person_of
from bootstrap_bot.registration.person import PersonId
from tests.support.admins import MemoryAdmins
from tests.support.clock import START, FakeClock

ADMIN, OTHER_ADMIN, STRANGER = 42, 43, 666
GROUP, CHANNEL = -100500, -100600
NAME = "bootstrap_demo_bot"
RIGHT = "ABCDEFGH23456722"
AUDIT = "bootstrap_bot.audit"
COMMANDS = ("bot_new", "dingtalk_new", "dingtalk_status", "dingtalk_cancel")
# What people type for the same thing: in a bot on its own, in somebody else's bot.
GENERAL = ("status", "cancel", "bots", "platforms", "language", "doctor")
OURS_BESIDE = (
    *("bot_status", "bot_cancel", "bot_list", "bot_language", "bot_doctor"),
    *("dingtalk_platforms", "dingtalk_language", "dingtalk_doctor"),
)
SERVES_OTHERS = (
    "This bot serves its owners only. Your Telegram user id is <code>{}</code>: "
    "an owner can add it to the admins."
)
WELCOME = "You are the admin of this bot now. Send /dingtalk_new to connect a DingTalk bot."
UNWRITTEN = "Your id could not be written into the config: look at the program's log."
PRIVATE_ONLY = "I do this in a private chat only, where nobody else sees the link."
Said = tuple[int, str, Rows]


class RecordingOutbox(Outbox):
    """Keeps what is handed over; work is done when a test says so."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.waiting: list[Coroutine[Any, Any, None]] = []

    def say(self, address: Address, text: str, rows: Rows = ()) -> None:
        self.said.append((int(address.chat), text, rows))

    def mention(self, address: Address, text: str) -> None:
        self.said.append((int(address.chat), text, ()))

    def work(self, doing: Coroutine[Any, Any, None]) -> None:
        self.waiting.append(doing)


class HeardClaims(Claims):
    """Real claims that remember what they were asked."""

    def __init__(self, admins: MemoryAdmins) -> None:
        self.clock = FakeClock()
        super().__init__(admins, MemoryClaims(self.clock), lambda: RIGHT)
        self.heard: list[tuple[int, str]] = []

    async def claim(self, person: PersonId, code: str) -> Claimed:
        self.heard.append((int(person.id), code))
        return await super().claim(person, code)


class Door:
    """A gate and what came of it."""

    def __init__(
        self,
        admins: MemoryAdmins | None = None,
        *,
        alone: bool = True,
        claims: HeardClaims | None = None,
        welcome: Callable[[Event], Awaitable[None]] | None = None,
    ) -> None:
        self.clock = claims.clock if claims else FakeClock()
        self.letters = RecordingOutbox()
        self.welcomed: list[Event] = []
        self.claims = claims
        self.gate = AccessControl(
            MemoryAdmins(ADMIN, OTHER_ADMIN) if admins is None else admins,
            alone=alone,
            commands=commands(["dingtalk"], alone=alone),
            outbox=self.letters,
            clock=self.clock,
            texts=self._texts,
            private_chat=lambda: f"https://t.me/{NAME}",
            welcome=welcome or self._welcome,
            claims=self.claims,
        )

    async def passes(self, update: Update) -> bool:
        """Whether the update reaches whoever is behind the gate."""
        return await self.gate.admits(event_of(update, NAME))

    async def ignores(self, person: int | None, text: object) -> bool:
        """Whether that person's words are not even parsed."""
        return await self.gate.ignores(None if person is None else person_of(person), text)

    async def turns_away(self, update: Update) -> list[Said]:
        """What is said to whoever may not pass."""
        before = len(self.letters.said)
        assert not await self.passes(update)
        while self.letters.waiting:
            await self.letters.waiting.pop(0)
        assert self.welcomed == []
        return self.letters.said[before:]

    async def tells(self, person: int, text: str = "hello") -> bool:
        """Whether that person, who may not pass, hears who is served."""
        said = await self.turns_away(private(text, person))
        assert said in ([], [(person, SERVES_OTHERS.format(person), ())])
        return bool(said)

    async def _texts(self, event: Event) -> Texts:
        return Texts("zh" if event.language == "zh" else "en", "dingtalk")

    async def _welcome(self, event: Event) -> None:
        self.welcomed.append(event)


async def claimable(admins: MemoryAdmins, *, alone: bool = True) -> Door:
    """A gate at which the right code makes an admin."""
    claims = HeardClaims(admins)
    await claims.renew()
    return Door(admins, alone=alone, claims=claims)


def message(text: str, person: int | None, chat: Chat, **more: Any) -> Message:
    """A message as Telegram delivers it; a command in front is marked as one."""
    command = text.split(maxsplit=1)[0] if text.startswith("/") else ""
    entities = [MessageEntity(MessageEntity.BOT_COMMAND, 0, len(command))] if command else None
    user = None if person is None else User(person, "Alex", is_bot=False)
    date = datetime.fromtimestamp(START, UTC)
    made = {"from_user": user, "text": text, "entities": entities} | more
    return Message(1, date, chat, **made)


def private(text: str, person: int = ADMIN, **more: Any) -> Update:
    return Update(1, message=message(text, person, Chat(person, Chat.PRIVATE), **more))


def in_group(text: str, person: int = ADMIN, kind: str = Chat.SUPERGROUP, **more: Any) -> Update:
    return Update(1, message=message(text, person, Chat(GROUP, kind), **more))


def press(data: str | None, person: int = ADMIN, message: Message | None = None) -> Update:
    query = CallbackQuery("1", User(person, "Alex", False), "1", message=message, data=data)
    return Update(1, callback_query=query)


def press_in_private(data: str | None, person: int = ADMIN, **more: Any) -> Update:
    return press(data, person, message("x", person, Chat(person, Chat.PRIVATE), **more))


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is logged; a test that expects an error takes it away."""
    caplog.set_level(logging.INFO, AUDIT)
    yield caplog
    lines = caplog.get_records("call")
    assert [line.getMessage() for line in lines if line.levelno > logging.INFO] == []


def logged(log: pytest.LogCaptureFixture) -> list[tuple[str, int, str]]:
    """What was logged until now."""
    lines = list(log.record_tuples)
    log.clear()
    return lines


# --- admins in their private chats ---------------------------------------------------------------

OWN = {
    "words": private,
    "an edit": lambda text, person: Update(1, edited_message=private(text, person).message),
    "a press": press_in_private,
    "a press in a message that speaks for a chat": lambda text, person: press_in_private(
        text, person, sender_chat=Chat(CHANNEL, Chat.CHANNEL)
    ),
}


@pytest.mark.parametrize("person", [ADMIN, OTHER_ADMIN])
@pytest.mark.parametrize("made", OWN.values(), ids=OWN)
async def test_every_admin_passes_in_their_private_chat_and_is_welcomed(
    made: Callable[[str, int], Update], person: int
) -> None:
    door, update = Door(), made("/dingtalk_new", person)
    assert await door.passes(update)
    assert [(event.person, event.update) for event in door.welcomed] == [(person_of(person), "1")]
    assert door.letters.said == []


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("data", ["bootstrap:", "bootstrap:explode:1", "bootstrap:" + "x" * 4096])
async def test_forged_and_oversized_data_goes_where_it_is_answered(alone: bool, data: str) -> None:
    door = Door(alone=alone)
    assert await door.passes(press_in_private(data))
    assert not await door.passes(press_in_private(data, STRANGER))
    assert [event.person for event in door.welcomed] == [person_of(ADMIN)]
    assert door.letters.said == []


async def test_who_becomes_admin_passes_from_then_on() -> None:
    admins = MemoryAdmins(ADMIN)
    door = Door(admins)
    assert not await door.passes(private("/help", OTHER_ADMIN))
    admins.ids.append(OTHER_ADMIN)
    assert await door.passes(private("/help", OTHER_ADMIN))


# --- strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["hello", "/dingtalk_new", "/start", "/claim", f"/claim {RIGHT}"])
async def test_a_stranger_hears_one_line_with_their_own_id(text: str) -> None:
    assert await Door().tells(STRANGER, text)


async def test_a_stranger_hears_it_in_their_language() -> None:
    user = User(STRANGER, "小明", is_bot=False, language_code="zh")
    [(chat, text, _)] = await Door().turns_away(private("hello", STRANGER, from_user=user))
    assert (chat, text) == (STRANGER, Texts("zh", "dingtalk")("gate.stranger", id=STRANGER))


async def test_a_stranger_is_told_once_a_minute_to_the_moment() -> None:
    door = Door()
    for _ in range(3):
        assert await door.tells(STRANGER)
        assert not await door.tells(STRANGER)
        await door.clock.advance(59)
        assert not await door.tells(STRANGER)
        await door.clock.advance(1)


async def test_a_crowd_hears_ten_words_at_once_and_one_a_second_from_then_on() -> None:
    door, crowd = Door(), iter(range(1000, 100_000))
    assert [await door.tells(next(crowd)) for _ in range(11)] == [True] * 10 + [False]
    for _ in range(3):
        await door.clock.advance(1)
        assert [await door.tells(next(crowd)) for _ in range(3)] == [True, False, False]
    await door.clock.advance(3600)
    assert [await door.tells(next(crowd)) for _ in range(11)] == [True] * 10 + [False]


async def test_who_was_told_is_remembered_for_the_minute_whatever_crowd_comes() -> None:
    door = Door()
    assert await door.tells(STRANGER)
    for person in range(1000, 1000 + 2 * MOST_STRANGERS):
        await door.tells(person)
        await door.clock.advance(0.4)
        assert not await door.tells(STRANGER)
    await door.clock.advance(60)
    assert await door.tells(STRANGER)


async def test_a_crowd_is_ignored_unparsed_but_for_claims_and_admins() -> None:
    admins = MemoryAdmins()
    door = await claimable(admins)
    assert not await door.ignores(STRANGER, "hello")
    for person in range(1000, 1010):
        assert await door.tells(person)
    assert await door.ignores(STRANGER, "hello")
    assert await door.ignores(None, {"text": 1})
    assert not await door.ignores(STRANGER, f"/claim {RIGHT}")
    admins.ids.append(ADMIN)
    assert await door.ignores(STRANGER, f"/claim {RIGHT}")
    assert not await door.ignores(ADMIN, "hello")
    await door.clock.advance(1)
    assert not await door.ignores(STRANGER, "hello")
    assert await door.ignores(1000, "hello")
    assert not await Door(alone=False).ignores(STRANGER, "hello")


SILENT = {
    "in a group": in_group("/dingtalk_new", STRANGER),
    "in a small group": in_group("/start", STRANGER, Chat.GROUP),
    "in a channel": in_group("/start", STRANGER, Chat.CHANNEL),
    "an edit": Update(1, edited_message=private("/start", STRANGER).message),
    "a press": press_in_private("bootstrap:cancel:0123456789", STRANGER),
    "a press of somebody else's": press_in_private("another:cancel", STRANGER),
}


@pytest.mark.parametrize("update", SILENT.values(), ids=SILENT)
async def test_a_stranger_hears_nothing(update: Update) -> None:
    assert await Door().turns_away(update) == []


# --- groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alone", "command"),
    [(alone, name) for alone in (True, False) for name in COMMANDS]
    + [(True, name) for name in GENERAL]
    + [(False, name) for name in OURS_BESIDE],
)
@pytest.mark.parametrize("kind", [Chat.GROUP, Chat.SUPERGROUP])
async def test_in_a_group_an_admin_is_shown_to_the_private_chat(
    alone: bool, command: str, kind: str
) -> None:
    for text in (f"/{command}", f"/{command}@{NAME}"):
        door = Door(alone=alone)
        [(chat, said, rows)] = await door.turns_away(in_group(text, kind=kind))
        assert (chat, said) == (GROUP, PRIVATE_ONLY)
        [[button]] = rows
        assert (button.label, button.url) == ("Open the private chat", f"https://t.me/{NAME}")


@pytest.mark.parametrize(
    "text",
    ["/start", "/help", "hello", "/dingtalk_new@another_bot", *map("/{}".format, OURS_BESIDE)],
)
async def test_in_a_group_an_admin_hears_nothing_about_what_is_not_ours(text: str) -> None:
    assert await Door().turns_away(in_group(text)) == []


async def test_in_a_group_an_admins_press_stops_in_silence() -> None:
    update = press("bootstrap:cancel:0123456789", ADMIN, in_group("x").message)
    assert await Door().turns_away(update) == []


# --- nobody --------------------------------------------------------------------------------------

SPEAKS_FOR = Chat(CHANNEL, Chat.CHANNEL)
ANONYMOUS = User(1087968824, "Group", is_bot=True, username="GroupAnonymousBot")
NOBODY = {
    "an anonymous admin": in_group("/dingtalk_new", from_user=ANONYMOUS, sender_chat=SPEAKS_FOR),
    "a group's name": in_group("/dingtalk_new", sender_chat=Chat(GROUP, Chat.SUPERGROUP)),
    "a channel's name": private("/dingtalk_new", sender_chat=SPEAKS_FOR),
    "an edit in a channel's name": Update(
        1, edited_message=private("/dingtalk_new", sender_chat=SPEAKS_FOR).message
    ),
    "a bot with an admin's id": private("x", from_user=User(ADMIN, "Robot", is_bot=True)),
    "no sender": private("/dingtalk_new", from_user=None),
    "a channel post": Update(1, channel_post=message("/start", None, SPEAKS_FOR)),
    "an edited post": Update(1, edited_channel_post=message("/start", None, SPEAKS_FOR)),
    "no chat": Update(1, inline_query=InlineQuery("1", User(ADMIN, "Alex", False), "x", "")),
    "a press without a message": press("bootstrap:cancel:0123456789"),
    "nothing": Update(1),
}


@pytest.mark.parametrize("update", NOBODY.values(), ids=NOBODY)
async def test_who_is_no_person_in_a_chat_neither_passes_nor_hears_a_word(update: Update) -> None:
    assert await Door().turns_away(update) == []


# --- in somebody else's bot ----------------------------------------------------------------------

THEIRS = {
    "words": private("hello", STRANGER),
    "their start": private("/start", STRANGER),
    "a claim": private(f"/claim {RIGHT}", STRANGER),
    "a general name": private("/platforms", STRANGER),
    "another bot's": private("/dingtalk_new@another_bot", STRANGER),
    "an edited command": Update(1, edited_message=private("/dingtalk_new", STRANGER).message),
    "their button": press_in_private("another:cancel:0123456789", STRANGER),
    "a game": press_in_private(None, STRANGER),
    "an admin's words": private("hello"),
    "a channel post": Update(1, channel_post=message("/start", None, SPEAKS_FOR)),
    "nothing": Update(1),
}


@pytest.mark.parametrize("update", THEIRS.values(), ids=THEIRS)
async def test_in_somebody_elses_bot_what_is_not_ours_passes_unjudged(update: Update) -> None:
    door = await claimable(MemoryAdmins(), alone=False)
    assert await door.passes(update)
    assert door.welcomed == []
    assert door.letters.said == []
    assert door.letters.waiting == []


@pytest.mark.parametrize("name", [*COMMANDS, *OURS_BESIDE, f"DINGTALK_NEW@{NAME.upper()}"])
async def test_in_somebody_elses_bot_strangers_are_stopped_in_silence_by_ours_only(
    name: str,
) -> None:
    door = Door(alone=False)
    assert await door.turns_away(private(f"/{name}", STRANGER)) == []
    assert await door.turns_away(press_in_private("bootstrap:cancel:0123456789", STRANGER)) == []
    assert await door.passes(private(f"/{name}", ADMIN))


# --- claims --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["start", "claim", f"CLAIM@{NAME}"])
async def test_the_right_code_is_checked_behind_the_gate_and_makes_an_admin(
    command: str, log: pytest.LogCaptureFixture
) -> None:
    admins = MemoryAdmins()
    door = await claimable(admins)
    update = private(f"/{command}   {RIGHT} ", STRANGER)
    assert not await door.passes(update)
    assert (admins.ids, door.letters.said) == ([], [])
    await door.letters.waiting.pop()
    assert admins.ids == [STRANGER]
    assert door.letters.said == [(STRANGER, WELCOME, ())]
    assert door.claims is not None
    assert door.claims.heard == [(STRANGER, RIGHT)]
    assert logged(log) == [(AUDIT, logging.INFO, f"admin={STRANGER} event=claimed")]
    assert await door.passes(private("/help", STRANGER))


async def test_a_wrong_code_is_answered_like_any_strangers_words() -> None:
    admins = MemoryAdmins()
    door = await claimable(admins)
    assert await door.tells(STRANGER, "/claim WRONG")
    await door.clock.advance(59)
    assert not await door.tells(STRANGER, "/claim WRONG")
    assert not await door.tells(STRANGER)
    await door.clock.advance(1)
    assert await door.tells(STRANGER)
    await door.clock.advance(1)
    assert not await door.tells(STRANGER, "/claim WRONG")
    assert admins.ids == []


async def test_twenty_guesses_a_second_close_the_door_to_nobody() -> None:
    admins = MemoryAdmins()
    door = await claimable(admins)
    for person in range(1000, 1200):
        await door.tells(person, "/claim WRONG")
        await door.clock.advance(0.05)
    assert await door.turns_away(private(f"/claim {RIGHT}", STRANGER)) == [(STRANGER, WELCOME, ())]
    assert admins.ids == [STRANGER]


async def test_five_wrong_tries_and_that_person_hears_of_no_code_any_more() -> None:
    admins = MemoryAdmins()
    door = await claimable(admins)
    for _ in range(5):
        assert await door.tells(STRANGER, "/claim WRONG")
        await door.clock.advance(60)
    for text in ("/claim WRONG", f"/claim {RIGHT}", f"/start {RIGHT}"):
        assert not await door.tells(STRANGER, text)
        await door.clock.advance(60)
    assert admins.ids == []


async def test_a_claim_that_cannot_be_written_down_is_told_and_logged_by_its_code(
    log: pytest.LogCaptureFixture,
) -> None:
    admins = MemoryAdmins()
    admins.broken = True
    door = await claimable(admins)
    said = await door.turns_away(private(f"/start {RIGHT}", STRANGER))
    assert said == [(STRANGER, UNWRITTEN, ())]
    line = f"the first admin could not be written down: {Code.UNPARSABLE}"
    assert logged(log) == [(AUDIT, logging.ERROR, line)]
    assert admins.ids == []


@pytest.mark.parametrize(
    ("text", "code"), [(f"/start {RIGHT}", "gate.claim_done"), ("/start X", "gate.stranger")]
)
async def test_a_claim_is_answered_in_its_persons_language(text: str, code: str) -> None:
    user = User(STRANGER, "小明", is_bot=False, language_code="zh")
    door = await claimable(MemoryAdmins())
    [(chat, said, _)] = await door.turns_away(private(text, STRANGER, from_user=user))
    assert (chat, said) == (STRANGER, Texts("zh", "dingtalk")(code, id=STRANGER))


async def test_a_claim_that_failed_is_told_in_its_persons_language(
    log: pytest.LogCaptureFixture,
) -> None:
    user = User(STRANGER, "小明", is_bot=False, language_code="zh")
    admins = MemoryAdmins()
    admins.broken = True
    door = await claimable(admins)
    [(_, said, _)] = await door.turns_away(private(f"/claim {RIGHT}", STRANGER, from_user=user))
    assert said == Texts("zh", "dingtalk")("gate.claim_failed")
    assert len(logged(log)) == 1


@pytest.mark.parametrize(
    "text", ["/start", "/claim ", RIGHT, f"/help {RIGHT}", f"x /claim {RIGHT}"]
)
async def test_without_a_code_behind_the_command_nothing_is_claimed(text: str) -> None:
    door = await claimable(MemoryAdmins())
    assert await door.tells(STRANGER, text)
    assert door.claims is not None
    assert door.claims.heard == []


NO_CLAIMS = {
    "a group": in_group(f"/claim {RIGHT}", STRANGER),
    "an edit": Update(1, edited_message=private(f"/claim {RIGHT}", STRANGER).message),
    "a channel's name": private(f"/claim {RIGHT}", STRANGER, sender_chat=SPEAKS_FOR),
    "a bot": private(f"/claim {RIGHT}", from_user=User(STRANGER, "Robot", is_bot=True)),
}


@pytest.mark.parametrize("update", NO_CLAIMS.values(), ids=NO_CLAIMS)
async def test_a_code_counts_from_a_person_in_a_private_chat_only(update: Update) -> None:
    door = await claimable(MemoryAdmins())
    assert await door.turns_away(update) == []
    assert door.claims is not None
    assert door.claims.heard == []


async def test_once_somebody_is_admin_the_code_is_not_even_looked_at() -> None:
    door = await claimable(MemoryAdmins(ADMIN))
    assert await door.tells(STRANGER, f"/claim {RIGHT}")
    assert door.claims is not None
    assert door.claims.heard == []


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("alone", [True, False])
async def test_an_error_while_judging_lets_nobody_pass_and_logs_its_kind_alone(
    alone: bool, log: pytest.LogCaptureFixture
) -> None:
    async def broken(_: Event) -> None:
        raise RuntimeError("something secret")

    door = Door(alone=alone, welcome=broken)
    assert not await door.passes(private("/dingtalk_new"))
    assert door.letters.said == []
    line = "an update could not be judged: RuntimeError"
    assert logged(log) == [(AUDIT, logging.ERROR, line)]
