"""With a second platform: which one a command is about, and what is said of both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.cloud import beside_dingtalk
from tests.support.host_app import HostApp
from tests.support.scene import ADMIN, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
OUTDATED = "This button is out of date. The status command shows how things stand."


@pytest.fixture(autouse=True)
def _two_platforms(tmp_path: Path) -> Iterator[None]:
    with beside_dingtalk(tmp_path / "words"):
        yield


class Stage(Scene):
    """The bot with DingTalk and a cloud, which the same stand-in plays."""

    PLATFORMS = "dingtalk,cloud"

    def write_config(self, more: str | None = None) -> None:
        url = self.dingtalk.url
        own = f'[cloud]\nregistration_url = "{url}"\napi_url = "{url}"\n'
        super().write_config(own + (self._more if more is None else more))

    async def waits(self, command: str, title: str) -> Message:
        """That command, up to a picture of that platform."""
        await self.says(command)
        message = await self.sees(title)
        await self.sees("Waiting for you")
        return message

    def open(self) -> list[str]:
        """The platforms of the attempts that are under way."""
        return [row["provider"] for row in self.journal() if row["state"] == "waiting"]


async def test_bot_new_asks_for_which_platform(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.says("/bot_new sales")
        question = await scene.sees("Which platform is the bot for?")
        assert question.button_texts == ["DingTalk", "Cloud", "Cancel"]
        assert (await scene.press("Cloud")).answer == "One moment"
        await scene.sees("Connect a Cloud bot")
        await scene.sees("Waiting for you to confirm in Cloud")
        await scene.telegram.until(lambda: question.deleted)
        await scene.poll(success(ID, SECRET))
        assert "your Cloud bot is stored" in (await scene.sees("Done")).text
        assert scene.platforms()["sales"]["type"] == "cloud"
        assert scene.journal()[-1]["provider"] == "cloud"


async def test_the_question_for_a_platform_can_be_left(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.says("/bot_new")
        question = await scene.sees("Which platform is the bot for?")
        assert (await scene.press("Cancel")).answer == "Nothing was changed"
        await scene.telegram.until(lambda: question.deleted)
        assert scene.journal() == []


async def test_a_person_has_one_open_attempt_for_each_platform(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.waits("/dingtalk_new", "Connect a DingTalk bot")
        first = await scene.waits("/cloud_new", "Connect a Cloud bot")
        await scene.says("/cloud_new")
        await scene.telegram.until(lambda: first.deleted)
        assert "Connect a Cloud bot" in scene.telegram.last(ADMIN).text
        assert scene.open() == ["dingtalk", "cloud"]


async def test_status_brings_all_of_them_down_or_that_of_one_platform(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.waits("/dingtalk_new", "Connect a DingTalk bot")
        await scene.waits("/cloud_new", "Connect a Cloud bot")
        await scene.waits("/dingtalk_status", "Connect a DingTalk bot")
        before = scene.telegram.last(ADMIN).id
        await scene.says("/status")
        await scene.settled()
        later = [one.text for one in scene.telegram.bot_messages(ADMIN) if one.id > before]
        assert sorted(text.splitlines()[0] for text in later) == [
            "Connect a Cloud bot",
            "Connect a DingTalk bot",
        ]


async def test_status_shows_the_last_one_where_nothing_is_under_way(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.says("/status")
        await scene.sees("Nothing is under way. Send /bot_new to connect a bot.")
        for name in ("cloud", "dingtalk"):
            await scene.waits(f"/{name}_new", "Connect a")
            await scene.says(f"/{name}_cancel")
            await scene.sees("This deletes nothing")
        await scene.says("/status")
        await scene.settled()
        assert "This deletes nothing at DingTalk." in scene.telegram.last(ADMIN).text
        await scene.says("/cloud_status")
        await scene.sees("This deletes nothing at Cloud.")


async def test_cancel_asks_which_where_there_are_several(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.waits("/dingtalk_new", "Connect a DingTalk bot")
        await scene.waits("/cloud_new", "Connect a Cloud bot")
        await scene.says("/cancel")
        question = await scene.sees("Which one shall be cancelled?")
        assert question.button_texts == ["DingTalk", "Cloud"]
        assert (await scene.press("DingTalk")).answer == "Cancelled"
        await scene.sees("This deletes nothing at DingTalk.")
        await scene.telegram.until(lambda: question.deleted)
        assert scene.open() == ["cloud"]
        await scene.says("/cancel")
        await scene.sees("This deletes nothing at Cloud.")
        assert scene.open() == []


async def test_a_platforms_own_cancel_means_its_own(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.waits("/dingtalk_new", "Connect a DingTalk bot")
        await scene.says("/cloud_cancel")
        await scene.sees("There is nothing to cancel.")
        await scene.waits("/cloud_new", "Connect a Cloud bot")
        await scene.says("/dingtalk_cancel")
        await scene.sees("This deletes nothing at DingTalk.")
        assert scene.open() == ["cloud"]


async def test_again_and_another_are_for_the_same_platform(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.waits("/cloud_new", "Connect a Cloud bot")
        await scene.says("/cloud_cancel")
        ended = await scene.sees("Cancelled")
        await scene.waits("/dingtalk_new", "Connect a DingTalk bot")
        await scene.telegram.press(ADMIN, ended, "Start again")
        await scene.pass_until(lambda: "Connect a Cloud bot" in ended.text)
        assert scene.open() == ["dingtalk", "cloud"]


async def test_what_exists_is_asked_about_platform_by_platform(tmp_path: Path) -> None:
    more = f'[platforms.mine]\ntype = "cloud"\nclient_id = "{ID}"\nclient_secret = "{SECRET}"\n'
    async with Stage(tmp_path, more=more) as scene:
        await scene.waits("/dingtalk_new", "Connect a DingTalk bot")
        await scene.says("/cloud_new")
        await scene.sees("There is a Cloud bot already.")
        await scene.press("Add it as another one")
        await scene.sees("Connect a Cloud bot")
        await scene.settled()
        assert scene.open() == ["dingtalk", "cloud"]
        await scene.says("/bots")
        await scene.sees("Your bots")
        await scene.press("🟢 mine · ding••••••••1234")
        await scene.sees("Type: cloud")


@pytest.mark.parametrize("data", ["choose:nowhere", "choose:", "add:0", "choose:.x", "another:0"])
async def test_a_forged_choice_begins_nothing(tmp_path: Path, data: str) -> None:
    async with Stage(tmp_path) as scene:
        await scene.says("/bot_new")
        question = await scene.sees("Which platform is the bot for?")
        press = await scene.telegram.presses_data(ADMIN, question, f"bootstrap:{data}")
        await scene.answered(press)
        assert press.answer in (OUTDATED, "One moment")
        await scene.settled()
        assert scene.journal() == []


async def test_the_help_has_the_menu_and_what_each_platform_needs(tmp_path: Path) -> None:
    async with Stage(tmp_path) as scene:
        await scene.says("/help")
        said = await scene.sees("I connect bots of several platforms")
        await scene.telegram.until(lambda: "chat:42" in scene.telegram.commands)
        offered = scene.telegram.commands["chat:42"]
        assert [name for name, _ in offered] == [
            *("bot_new", "dingtalk_new", "status", "cancel", "bots", "language", "doctor", "help"),
        ]
        assert all(f"/{name} – {what}" in said.text for name, what in offered)
        assert "You need DingTalk" in said.text
        assert "You need Cloud" in said.text


class Shop(HostApp, Stage):
    """The same in somebody else's bot."""


async def test_in_somebody_elses_bot_the_general_names_are_longer(tmp_path: Path) -> None:
    async with Shop(tmp_path, menu=True) as shop:
        await shop.waits("/cloud_new", "Connect a Cloud bot")
        await shop.waits("/bot_status", "Connect a Cloud bot")
        await shop.says("/bot_cancel")
        await shop.sees("This deletes nothing at Cloud.")
        for command, answer in (
            ("/bot_list", "No bot is stored yet. Send /bot_new"),
            ("/bot_language", "Which language"),
            ("/bot_new", "Which platform is the bot for?"),
        ):
            await shop.says(command)
            await shop.sees(answer)
        assert [name for name, _ in shop.telegram.commands["chat:42"]] == [
            *("bot_new", "dingtalk_new", "bot_status", "bot_cancel"),
            *("bot_list", "bot_language", "bot_doctor"),
        ]
        assert shop.passed == []
        for command in ("/status", "/cancel", "/bots"):
            assert await shop.passes(lambda: shop.says(command)) == 2, command  # noqa: B023
