"""What was asked for in a topic is answered there."""

from pathlib import Path

import pytest

from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.scene import ADMIN, STRANGER, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
TOPIC, ANOTHER = 7001, 7002
COMMANDS = ["/help", "/dingtalk_status", "/dingtalk_cancel", "/platforms", "/language", "/doctor"]
COMMANDS += ["/dingtalk_new not a name"]


async def invited(scene: Scene, topic: int | None = TOPIC) -> Message:
    """/dingtalk_new in a topic, up to the message with the QR."""
    return await scene.invited(topic=topic)


@pytest.mark.parametrize("restart", [False, True])
async def test_every_message_of_an_attempt_stands_in_its_topic(
    tmp_path: Path, restart: bool
) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await invited(scene)
        assert invitation.topic == TOPIC
        if restart:
            await scene.restart()
            await scene.idle()
        await scene.clock.advance(200)
        await scene.poll(success(ID, SECRET))
        result = await scene.sees("Done")
        assert result.topic == TOPIC
        assert result.id != invitation.id
        await scene.recorded("stored")
        assert {message.topic for message in scene.telegram.bot_messages(ADMIN)} == {TOPIC}


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_is_answered_in_its_topic(tmp_path: Path, command: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says(command, topic=TOPIC)
        await scene.telegram.until(lambda: scene.telegram.bot_messages(ADMIN))
        await scene.settled()
        assert {message.topic for message in scene.telegram.bot_messages(ADMIN)} == {TOPIC}


async def test_a_stranger_is_told_in_the_topic(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/start", STRANGER, topic=TOPIC)
        await scene.telegram.until(lambda: scene.telegram.bot_messages(STRANGER))
        assert scene.telegram.last(STRANGER).topic == TOPIC


@pytest.mark.parametrize("command", ["/dingtalk_new", "/dingtalk_status", "/dingtalk_cancel"])
async def test_a_live_attempt_goes_along_into_the_topic_where_its_person_is(
    tmp_path: Path, command: str
) -> None:
    async with Scene(tmp_path) as scene:
        first = await invited(scene)
        await scene.says(command, topic=ANOTHER)
        await scene.telegram.until(lambda: first.deleted)
        assert scene.telegram.last(ADMIN).topic == ANOTHER
        assert scene.journal()[-1]["topic"] == ANOTHER


async def test_what_a_button_begins_stands_in_the_buttons_topic(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await invited(scene)
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        await scene.recorded("stored")
        await scene.press("Connect another")
        question = await scene.sees("already")
        assert question.topic == TOPIC
        await scene.press("Add")
        assert (await scene.sees("Waiting for you")).topic == TOPIC


async def test_a_deleted_topic_gives_way_to_the_chat(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await invited(scene)
        scene.telegram.delete_topic(ADMIN, TOPIC)
        await scene.poll(success(ID, SECRET))
        result = await scene.sees("Done")
        assert result.topic is None
        await scene.recorded("stored")
        await scene.says("/help")
        await scene.sees("/dingtalk_new")
        assert scene.telegram.last(ADMIN).topic is None


async def test_without_topics_none_is_named(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await invited(scene, None)
        sent = scene.telegram.calls("sendPhoto") + scene.telegram.calls("sendMessage")
        assert all("message_thread_id" not in params for params in sent)
