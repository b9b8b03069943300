"""What a person reads when Telegram does not take a message as it was meant."""

from pathlib import Path

import pytest

from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.telegram.stand_in import Message, Trouble
from tests.support.scene import ADMIN, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
NO_PICTURE = {
    "processing": Trouble(400, "Bad Request: IMAGE_PROCESS_FAILED"),
    "dimensions": Trouble(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    "rights": Trouble(400, "Bad Request: not enough rights to send photos to the chat"),
    "forbidden": Trouble(403, "Forbidden: not enough rights to send photos"),
    "size": Trouble(413, "Request Entity Too Large"),
    "proxy": Trouble(413, body=b"<html>Request Entity Too Large</html>"),
}
LOST = Trouble(502, after=True)
PICTURES = ("sendPhoto", "editMessageMedia")
BUTTONS = ["Open in DingTalk", "Open in browser", "Copy link", "Check now", "Cancel"]


def refuse_pictures(scene: Scene, trouble: Trouble) -> None:
    """No picture is taken from now on, sent or put into a message."""
    for method in PICTURES:
        scene.telegram.fail(method, trouble, -1)


def link_of(scene: Scene) -> str:
    """What the QR would lead to."""
    return str(scene.journal()[-1]["link"])


def assert_invites(scene: Scene, message: Message) -> None:
    """The text has everything that the picture and its caption have."""
    row = scene.journal()[-1]
    assert message.photo is None
    assert row["link"] in message.text
    assert row["user_code"] in message.text
    assert len(message.button_texts) == len(BUTTONS)


@pytest.mark.parametrize("trouble", NO_PICTURE.values(), ids=NO_PICTURE)
async def test_without_pictures_link_and_code_come_as_text_and_the_states_follow_on_it(
    tmp_path: Path, trouble: Trouble
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/help")
        await scene.settled()
        refuse_pictures(scene, trouble)
        invitation = await scene.invited()
        assert_invites(scene, invitation)
        await scene.poll(success(ID, SECRET))
        result = await scene.sees("Done")
        assert result.id == invitation.id
        assert result.photo is None
        await scene.recorded("stored")
        assert len(scene.telegram.calls("sendPhoto")) == 1


async def test_what_was_sent_as_text_is_edited_as_text_after_a_restart(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/help")
        await scene.settled()
        refuse_pictures(scene, NO_PICTURE["processing"])
        invitation = await scene.invited()
        await scene.restart()
        await scene.poll(success(ID, SECRET))
        assert (await scene.sees("Done")).id == invitation.id
        await scene.recorded("stored")


@pytest.mark.parametrize("restart", [False, True])
async def test_a_picture_that_cannot_be_changed_gives_way_to_a_text(
    tmp_path: Path, restart: bool
) -> None:
    async with Scene(tmp_path) as scene:
        invitation = await scene.invited()
        assert invitation.photo is not None
        if restart:
            await scene.stop()
        refuse_pictures(scene, NO_PICTURE["processing"])
        if restart:
            await scene.start()
            await scene.idle()
        await scene.poll(success(ID, SECRET))
        result = await scene.sees("Done")
        assert result.photo is None
        await scene.recorded("stored")
        await scene.telegram.until(lambda: invitation.deleted)


@pytest.mark.parametrize("method", ["sendPhoto", "sendMessage"])
async def test_markup_that_is_not_parsed_comes_as_plain_text(tmp_path: Path, method: str) -> None:
    refusal = Trouble(400, "Bad Request: can't parse entities: Unsupported start tag")
    async with Scene(tmp_path) as scene:
        scene.telegram.fail(method, refusal)
        await scene.says("/dingtalk_new" if method == "sendPhoto" else "/help")
        await scene.telegram.until(lambda: scene.telegram.bot_messages(ADMIN))
        await scene.settled()
        [message] = scene.telegram.bot_messages(ADMIN)
        assert message.entities == [] or "bold" not in str(message.entities)
        assert "<" not in message.text
        assert len(scene.telegram.calls(method)) == 2


@pytest.mark.parametrize(
    "words", ["BUTTON_URL_INVALID", "inline keyboard button URL 'x' is invalid: Wrong HTTP URL"]
)
async def test_a_button_that_is_refused_is_left_out(tmp_path: Path, words: str) -> None:
    async with Scene(tmp_path) as scene:
        scene.telegram.fail("sendPhoto", Trouble(400, f"Bad Request: {words}"))
        invitation = await scene.invited()
        assert invitation.button_texts == ["Check now", "Cancel"]
        assert invitation.photo is not None
        assert (await scene.press("Cancel")).answer == "Cancelled"


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("pictures", [False, True])
async def test_a_copy_whose_answer_was_lost_is_put_away_by_a_press(
    tmp_path: Path, over: bool, pictures: bool
) -> None:
    async with Scene(tmp_path) as scene:
        await scene.says("/language")
        await scene.settled()
        if not pictures:
            refuse_pictures(scene, NO_PICTURE["processing"])
        scene.telegram.fail("sendPhoto" if pictures else "sendMessage", LOST)
        await scene.says("/dingtalk_new")
        first = await scene.sees("Waiting for you")
        assert await scene.next_moment() == 1
        await scene.until(lambda: (scene.journal()[-1]["message"] or 0) > first.id)
        if over:
            await scene.idle()
            await scene.poll(success(ID, SECRET))
            await scene.sees("Done")
            await scene.recorded("stored")
        press = await scene.answered(await scene.telegram.press(ADMIN, first, "Check now"))
        assert press.answer
        await scene.telegram.until(lambda: "do not scan" in first.text)
        assert first.buttons == []
