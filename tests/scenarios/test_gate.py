"""Who may use the bot: its admins, in their private chats. Everybody else passes it by."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telegram import Chat, Message, MessageEntity, Update, User
from telegram.ext import ApplicationHandlerStop

from bootstrap_bot.chat.access import AccessControl
from bootstrap_bot.chat.buttons import Action, data
from bootstrap_bot.chat.host import Event
from bootstrap_bot.hosts.telegram.handlers import Handlers
from bootstrap_bot.sandbox.telegram.stand_in import Message as Shown
from tests.support.admins import MemoryAdmins
from tests.support.clock import START, FakeClock
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER, Scene

GROUP = -100500
COMMANDS = ["/dingtalk_new", "/dingtalk_status", "/dingtalk_cancel", "/start", "/help"]
OUTDATED = "This button is out of date. Send /dingtalk_status to see how things stand."
Json = dict[str, Any]


@pytest.fixture
async def scene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Scene]:
    async with Scene(tmp_path) as scene:
        yield scene
    ours = ("bootstrap_bot", "telegram")
    errors = [one for one in caplog.get_records("call") if one.levelname == "ERROR"]
    assert not [one.getMessage() for one in errors if one.name.startswith(ours)]


async def nothing_happened(scene: Scene) -> None:
    """Nobody heard a word, DingTalk was not asked, nothing is remembered."""
    await scene.settled()
    assert scene.dingtalk.requests == []
    assert scene.journal() == []
    assert sent(scene) == []


async def invited(scene: Scene) -> tuple[Shown, Json]:
    """An admin's invitation, and the attempt on disk."""
    return await scene.invited(ADMIN), scene.journal()[0]


def sent(scene: Scene) -> list[Json]:
    """Everything the bot ever wrote, to anybody."""
    kinds = ("sendMessage", "sendPhoto", "editMessageCaption", "editMessageMedia")
    return [call for kind in kinds for call in scene.telegram.calls(kind)]


# --- strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*COMMANDS, "hello", "/dingtalk_new@bootstrap_demo_bot", "/x"])
async def test_a_stranger_gets_one_line_with_their_own_id(scene: Scene, text: str) -> None:
    await scene.says(text, STRANGER)
    told = await scene.sees("This bot serves its owners only.", STRANGER)
    assert f"Your Telegram user id is {STRANGER}" in told.text
    assert "\n" not in told.text
    assert told.buttons == []
    assert told.link_preview_disabled
    await scene.settled()
    assert len(sent(scene)) == 1
    assert scene.dingtalk.requests == []
    assert scene.journal() == []
    assert scene.telegram.commands == {}


async def test_a_stranger_is_told_at_most_once_a_minute(scene: Scene) -> None:
    for _ in range(5):
        await scene.says("/dingtalk_new", STRANGER)
    await scene.settled()
    assert len(sent(scene)) == 1
    await scene.clock.advance(59)
    await scene.says("/dingtalk_new", STRANGER)
    await scene.settled()
    assert len(sent(scene)) == 1
    await scene.clock.advance(1)
    await scene.says("/dingtalk_new", STRANGER)
    await scene.settled()
    assert len(sent(scene)) == 2
    assert {call["chat_id"] for call in sent(scene)} == {STRANGER}


async def test_one_strangers_minute_is_not_anothers(scene: Scene) -> None:
    for person in (STRANGER, STRANGER + 1):
        await scene.says("hello", person)
        await scene.sees(f"user id is {person}", person)


async def test_a_stranger_is_told_in_their_language(scene: Scene) -> None:
    await scene.says("hello", STRANGER, language="zh-hans")
    told = await scene.sees(str(STRANGER), STRANGER)
    assert "owners" not in told.text


@pytest.mark.parametrize("text", [*COMMANDS, "hello"])
async def test_a_stranger_gets_nothing_in_a_group(scene: Scene, text: str) -> None:
    await scene.says(text, STRANGER, group=GROUP)
    await nothing_happened(scene)


async def test_a_stranger_who_edits_or_presses_gets_nothing(scene: Scene) -> None:
    said = await scene.telegram.says(STRANGER, "hello")
    await scene.settled()
    before = len(sent(scene))
    await scene.clock.advance(120)
    await scene.telegram.edits(STRANGER, said.id, "/dingtalk_new")
    press = await scene.telegram.presses_data(STRANGER, said, data(Action.CANCEL, "0123456789"))
    await scene.settled()
    assert len(sent(scene)) == before
    assert not press.answered
    assert scene.dingtalk.requests == []
    assert scene.journal() == []


async def test_a_stranger_cannot_press_an_admins_button(scene: Scene) -> None:
    invitation, row = await invited(scene)
    presses = [
        await scene.telegram.presses_data(STRANGER, invitation, data(action, row["id"]))
        for action in Action
    ]
    await scene.settled()
    assert not any(press.answered for press in presses)
    assert scene.journal() == [row]
    assert len(scene.dingtalk.registrations) == 1


# --- groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["/dingtalk_new", "/dingtalk_new@bootstrap_demo_bot"])
async def test_in_a_group_an_admin_gets_a_link_to_the_private_chat_never_a_qr(
    scene: Scene, text: str
) -> None:
    await scene.says(text, ADMIN, group=GROUP)
    await scene.settled()
    [told] = scene.telegram.bot_messages(GROUP)
    assert "private chat only" in told.text
    assert [b.url for row in told.buttons for b in row] == ["https://t.me/bootstrap_demo_bot"]
    assert told.photo is None
    assert len(sent(scene)) == 1
    assert scene.dingtalk.requests == []
    assert scene.journal() == []


@pytest.mark.parametrize("text", ["/start", "/help", "hello", "see /dingtalk_new", "/dingtalk_n"])
async def test_in_a_group_an_admin_gets_nothing_for_what_is_not_ours(
    scene: Scene, text: str
) -> None:
    await scene.says(text, ADMIN, group=GROUP)
    await nothing_happened(scene)


async def test_a_button_pressed_in_a_group_does_nothing(scene: Scene) -> None:
    _, row = await invited(scene)
    said = await scene.telegram.says(ADMIN, "look", group=GROUP)
    press = await scene.telegram.presses_data(ADMIN, said, data(Action.CANCEL, row["id"]))
    await scene.settled()
    assert not press.answered
    assert scene.journal() == [row]


# --- what is no command of ours ------------------------------------------------------------------


async def test_an_edited_message_is_no_command(scene: Scene) -> None:
    said = await scene.says("hello", ADMIN)
    await scene.telegram.edits(ADMIN, said.id, "/dingtalk_new")
    await nothing_happened(scene)


@pytest.mark.parametrize("group", [None, GROUP])
async def test_a_command_for_another_bot_is_not_ours(scene: Scene, group: int | None) -> None:
    await scene.says("/dingtalk_new@another_bot", ADMIN, group=group)
    await nothing_happened(scene)


@pytest.mark.parametrize("text", ["dingtalk_new", "now /dingtalk_new", "/dingtalk_newer", "/ x"])
async def test_what_only_looks_like_a_command_is_none(scene: Scene, text: str) -> None:
    await scene.says(text, ADMIN)
    await nothing_happened(scene)


@pytest.mark.parametrize("text", ["/DINGTALK_NEW", "/dingtalk_new@BOOTSTRAP_demo_bot"])
async def test_letters_may_be_large_or_small(scene: Scene, text: str) -> None:
    await scene.says(text, ADMIN)
    await scene.sees("Waiting for you", ADMIN)


# --- forged buttons ------------------------------------------------------------------------------

FORGED = [
    "bootstrap:",
    "bootstrap:cancel",
    "bootstrap:cancel:",
    "bootstrap:cancel:0123456789",
    "bootstrap:cancel:{id}x",
    "bootstrap:cancel:{ID}",
    "bootstrap:cancel:{id}\n",
    "bootstrap:cancel: {id}",
    "bootstrap:CANCEL:{id}",
    "bootstrap:explode:{id}",
    "bootstrap:use:{id}",
    "bootstrap:store:{id}",
    "bootstrap:discard:{id}",
    "bootstrap:retry:{id}",
    "bootstrap:again:{id}",
    "bootstrap:remove_now:{id}",
    "bootstrap:cancel:{id}:{id}",
    "bootstrap:cancel:%' OR 1=1 --",
    "bootstrap:cancel:١٢٣",
]


async def test_forged_data_is_answered_and_does_nothing(scene: Scene) -> None:
    invitation, row = await invited(scene)
    for forged in FORGED:
        made = forged.format(id=row["id"], ID=row["id"].upper() + "A")
        press = await scene.telegram.presses_data(ADMIN, invitation, made)
        await scene.answered(press)
        assert press.answer == OUTDATED, forged
    await scene.settled()
    assert scene.journal() == [row]
    assert len(scene.dingtalk.registrations) == 1


async def test_every_action_on_something_unknown_is_answered(scene: Scene) -> None:
    said = await scene.says("/help", ADMIN)
    for action in Action:
        press = await scene.telegram.presses_data(ADMIN, said, data(action, "0123456789"))
        await scene.answered(press)
        assert press.answer, action


async def test_data_of_somebody_elses_buttons_is_left_alone(scene: Scene) -> None:
    said = await scene.says("hello", ADMIN)
    press = await scene.telegram.presses_data(ADMIN, said, "another:cancel:0123456789")
    await nothing_happened(scene)
    assert not press.answered


@pytest.mark.parametrize("label", ["Cancel", "Check now"])
async def test_another_admin_cannot_press_somebody_elses_button(scene: Scene, label: str) -> None:
    invitation, row = await invited(scene)
    press = await scene.telegram.press(OTHER_ADMIN, invitation, label)
    await scene.answered(press)
    await scene.settled()
    assert press.answer == OUTDATED
    assert scene.journal() == [row]


# --- odd updates ---------------------------------------------------------------------------------


def command(**changes: Any) -> Json:
    """/dingtalk_new by an admin in private, but for what is changed; None leaves it out."""
    message: Json = {
        "message_id": 1,
        "date": int(START),
        "chat": {"id": ADMIN, "type": "private", "first_name": "Alex"},
        "from": {"id": ADMIN, "is_bot": False, "first_name": "Alex"},
        "text": "/dingtalk_new",
        "entities": [{"type": "bot_command", "offset": 0, "length": 13}],
    }
    return {key: value for key, value in (message | changes).items() if value is not None}


def pressed(**changes: Any) -> Json:
    """A button of ours pressed by an admin, but for what is changed."""
    query: Json = {
        "id": "1",
        "from": {"id": ADMIN, "is_bot": False, "first_name": "Alex"},
        "chat_instance": "1",
        "data": data(Action.ANOTHER, "0123456789"),
        "message": command(text="x", entities=None),
    }
    return {key: value for key, value in (query | changes).items() if value is not None}


SUPERGROUP = {"id": GROUP, "type": "supergroup", "title": "Group"}
CHANNEL = {"id": -100600, "type": "channel", "title": "Channel"}
NOBODY = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
A_BOT = {"id": ADMIN, "is_bot": True, "first_name": "Robot"}
ODD: dict[str, Json] = {
    "an anonymous admin": {
        "message": command(chat=SUPERGROUP, sender_chat=SUPERGROUP, **{"from": NOBODY})
    },
    "an admin in a group's name": {"message": command(chat=SUPERGROUP, sender_chat=SUPERGROUP)},
    "an admin in a channel's name": {"message": command(sender_chat=CHANNEL)},
    "nobody": {"message": command(**{"from": None})},
    "a bot": {"message": command(**{"from": A_BOT})},
    "a channel post": {"channel_post": command(chat=CHANNEL, **{"from": None})},
    "an edited post": {"edited_channel_post": command(chat=CHANNEL, edit_date=int(START))},
    "no text": {"message": command(text=None, entities=None, sticker=None)},
    "no entities": {"message": command(entities=None)},
    "another entity": {"message": command(entities=[{"type": "bold", "offset": 0, "length": 13}])},
    "a caption": {
        "message": command(
            text=None,
            entities=None,
            caption="/dingtalk_new",
            caption_entities=[{"type": "bot_command", "offset": 0, "length": 13}],
        )
    },
    "somebody joins": {
        "message": command(
            chat=SUPERGROUP,
            text=None,
            entities=None,
            new_chat_members=[{"id": ADMIN, "is_bot": False, "first_name": "Alex"}],
        )
    },
    "a press without a message": {"callback_query": pressed(message=None)},
    "a press in an inline message": {
        "callback_query": pressed(message=None, inline_message_id="x")
    },
    "a bot's press": {"callback_query": pressed(**{"from": A_BOT})},
    "a game": {"callback_query": pressed(data=None, game_short_name="x")},
    "a press in a channel": {
        "callback_query": pressed(message=command(chat=CHANNEL, text="x", entities=None))
    },
    "a press in a message that is gone": {
        "callback_query": pressed(
            message={"chat": SUPERGROUP, "message_id": 1, "date": 0},
        )
    },
    "an edited command": {"edited_message": command(edit_date=int(START))},
    "a kind of tomorrow": {"teleported_message": command()},
    "nothing": {},
}


@pytest.mark.parametrize("update", ODD.values(), ids=ODD)
async def test_an_odd_update_does_nothing_and_the_bot_goes_on(scene: Scene, update: Json) -> None:
    await scene.telegram.update({"update_id": 5000, **update})
    await scene.settled()
    assert scene.dingtalk.requests == []
    assert scene.journal() == []
    assert sent(scene) == []
    await scene.telegram.update({"update_id": 5001, "message": command(text="x", entities=None)})
    await scene.telegram.says(ADMIN, "hello")
    await scene.telegram.update({"update_id": 5002, "message": command()})
    await scene.sees("Waiting for you", ADMIN)


async def test_a_press_on_a_message_that_is_gone_counts_if_it_is_the_owners(scene: Scene) -> None:
    invitation, row = await invited(scene)
    scene.telegram.person_deletes(ADMIN, invitation.id)
    made = data(Action.CANCEL, row["id"])
    theirs = await scene.telegram.presses_data(STRANGER, invitation, made)
    await scene.settled()
    assert not theirs.answered
    assert scene.journal() == [row]
    mine = await scene.telegram.presses_data(ADMIN, invitation, made)
    await scene.answered(mine)
    assert mine.answer == "Cancelled"


class Untouched:
    """Must not be asked for anything."""


@pytest.mark.parametrize("alone", [True, False])
async def test_an_error_while_judging_lets_nobody_pass(alone: bool) -> None:
    """The library goes on with the next handlers after an error in one of them."""

    async def broken(_: Event) -> Any:
        raise RuntimeError("broken")

    outbox: Any = Untouched()
    dispatcher: Any = Untouched()
    gate = AccessControl(
        MemoryAdmins(ADMIN),
        alone=alone,
        commands=["dingtalk_new"],
        outbox=outbox,
        clock=FakeClock(),
        texts=broken,
        private_chat=lambda: "https://t.me/bootstrap_demo_bot",
        welcome=broken,
    )
    handlers = Handlers(gate, dispatcher, lambda: "bootstrap_demo_bot")
    for person in (ADMIN, STRANGER):
        message = Message(
            1,
            date=None,  # type: ignore[arg-type]
            chat=Chat(person, "private"),
            from_user=User(person, "Alex", is_bot=False),
            text="/dingtalk_new",
            entities=[MessageEntity(MessageEntity.BOT_COMMAND, 0, 13)],
        )
        with pytest.raises(ApplicationHandlerStop):
            await handlers.take(Update(1, message=message), None)
