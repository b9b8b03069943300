"""Inside a bot that somebody already has: ours is handled, everything else is left alone."""

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from telegram.ext import (
    Defaults,
)

from bootstrap_bot.bot import AnyApplication, BootstrapBot
from bootstrap_bot.chat.buttons import PREFIX
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.settings import settings
from bootstrap_bot.targets.target import Platform, Target
from tests.support.clock import START
from tests.support.credentials import ding_bot
from tests.support.fake_target import FakeTarget
from tests.support.host_app import HostApp
from tests.support.scene import ADMIN, STRANGER, Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
GROUP = -100500
OURS = ["/dingtalk_new", "/dingtalk_status", "/dingtalk_cancel"]
THEIRS = [
    "/start",
    "/help",
    "/shop",
    "/dingtalk",
    "/dingtalk_newer",
    "hello",
    "/dingtalk_new@other",
]


@pytest.fixture(autouse=True)
def _connections_cut_off() -> Iterator[None]:
    """Connections that an application was cut off on when it stopped go before the next test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def texts(scene: Scene, chat: int) -> list[str]:
    """What stands in a chat by the bot."""
    return [message.text for message in scene.telegram.bot_messages(chat)]


# --- what the host forgot ------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["/dingtalk_new", "/dingtalk_status"])
async def test_a_bot_that_was_never_started_says_that_and_not_that_the_disk_is_full(
    tmp_path: Path, command: str
) -> None:
    async with HostApp(tmp_path, starts_ours=False) as shop:
        await shop.says(command)
        said = await shop.sees("was not started")
        assert "post_init" in said.text
        assert "running()" in said.text
        assert shop.dingtalk.requests == []
        assert not shop.state.exists()


async def test_a_second_install_is_refused(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        bot = BootstrapBot(settings.load(shop.config, {}), clock=shop.clock)
        bot.install(shop.built())
        for install in (bot.install, bot.install_alone):
            with pytest.raises(RuntimeError, match=r"install\(\) was called already"):
                install(shop.built())


# --- what is ours --------------------------------------------------------------------------------


async def test_the_whole_way_works_in_somebody_elses_bot(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        invitation = await shop.invited()
        assert (await shop.press("Check now")).answer == "Next look in 5 seconds"
        await shop.poll(success(ID, SECRET))
        assert (await shop.sees("Done")).id == invitation.id
        assert shop.platforms()["dingtalk"]["client_secret"] == SECRET
        assert shop.passed == []


@pytest.mark.parametrize("command", OURS)
async def test_our_commands_are_handled_and_not_passed_on(tmp_path: Path, command: str) -> None:
    async with HostApp(tmp_path) as shop:
        assert await shop.passes(lambda: shop.says(command)) == 0
        await shop.telegram.until(lambda: texts(shop, ADMIN))


async def test_everything_else_passes(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        for person in (ADMIN, STRANGER):
            for text in THEIRS:
                assert await shop.passes(lambda: shop.says(text, person)) == 2, text  # noqa: B023
                said = lambda: shop.says(text, person, group=GROUP)  # noqa: B023, E731
                assert await shop.passes(said) == 2, text
        assert set(texts(shop, ADMIN) + texts(shop, STRANGER) + texts(shop, GROUP)) == {
            "Welcome to the shop!"
        }
        assert shop.dingtalk.requests == []
        assert shop.journal() == []


async def test_edits_and_foreign_buttons_pass(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        said = await shop.says("hello")
        await shop.settled()
        edit = lambda: shop.telegram.edits(ADMIN, said.id, "/dingtalk_new")  # noqa: E731
        assert await shop.passes(edit) == 2
        for data in ("buy:1", PREFIX, f"{PREFIX}s:cancel:0123456789", f"x{PREFIX}:cancel:0"):
            press = lambda: shop.telegram.presses_data(ADMIN, said, data)  # noqa: B023, E731
            assert await shop.passes(press) == 2, data
        assert texts(shop, ADMIN) == []


@pytest.mark.parametrize(
    "update",
    [
        {
            "channel_post": {
                "message_id": 1,
                "date": int(START),
                "chat": {"id": -100600, "type": "channel", "title": "Channel"},
                "text": "/dingtalk_new",
                "entities": [{"type": "bot_command", "offset": 0, "length": 13}],
            }
        },
        {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0,
                  "is_closed": True, "is_anonymous": True, "type": "regular",
                  "allows_multiple_answers": False, "allows_revoting": False,
                  "members_only": False}},
        {"callback_query": {"id": "1", "chat_instance": "1", "game_short_name": "x",
                            "from": {"id": ADMIN, "is_bot": False, "first_name": "Alex"}}},
    ],
    ids=["channel post", "poll", "game"],
)  # fmt: skip
async def test_updates_without_a_person_or_a_message_pass(
    tmp_path: Path, update: dict[str, Any]
) -> None:
    async with HostApp(tmp_path) as shop:
        assert await shop.passes(lambda: shop.telegram.update(update)) >= 1
        assert shop.journal() == []


@pytest.mark.parametrize("options", [{}, {"defaults": Defaults(block=False)}, {"concurrent": True}])
@pytest.mark.parametrize("group", [None, GROUP])
async def test_strangers_get_nothing_and_reach_nothing(
    tmp_path: Path, options: dict[str, Any], group: int | None
) -> None:
    async with HostApp(tmp_path, **options) as shop:
        said = await shop.says("hello", STRANGER, group=group)
        await shop.settled()
        for command in OURS:
            assert (
                await shop.passes(lambda: shop.says(command, STRANGER, group=group)) == 0  # noqa: B023
            )
        press = await shop.telegram.presses_data(STRANGER, said, f"{PREFIX}:another:0123456789")
        await shop.settled()
        assert not press.answered
        assert texts(shop, group or STRANGER) == []
        assert shop.dingtalk.requests == []
        assert shop.journal() == []


async def test_in_a_group_an_admin_gets_the_link_here_too(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        assert await shop.passes(lambda: shop.says("/dingtalk_new", group=GROUP)) == 0
        [told] = texts(shop, GROUP)
        assert "private chat only" in told
        assert shop.dingtalk.requests == []


async def test_an_application_whose_handlers_do_not_block_is_served_too(tmp_path: Path) -> None:
    async with HostApp(tmp_path, defaults=Defaults(block=False)) as shop:
        await shop.invited()
        await shop.poll(success(ID, SECRET))
        await shop.sees("Done")
        assert shop.passed == []


# --- the menu ------------------------------------------------------------------------------------


async def test_the_menu_is_left_alone_unless_it_is_asked_for(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        shop.telegram.commands["default"] = [("shop", "Buy")]
        await shop.invited()
        await shop.settled()
        assert shop.telegram.commands == {"default": [("shop", "Buy")]}
        assert shop.telegram.calls("setMyCommands") == []


@pytest.mark.parametrize("scope", ["default", "all_private_chats", "chat:42"])
async def test_the_menu_keeps_what_is_there(tmp_path: Path, scope: str) -> None:
    there = [("shop", "Buy"), ("dingtalk_new", "Something old")]
    async with HostApp(tmp_path, menu=True) as shop:
        shop.telegram.commands[scope] = list(there)
        await shop.says("/shop")
        await shop.settled()
        assert shop.telegram.commands == {scope: there}
        await shop.says("/dingtalk_new", STRANGER)
        await shop.settled()
        assert shop.telegram.commands == {scope: there}
        await shop.says("/dingtalk_status")
        await shop.telegram.until(
            lambda: "bot_cancel" in dict(shop.telegram.commands.get("chat:42", []))
        )
        shown = dict(shop.telegram.commands["chat:42"])
        assert shown["shop"] == "Buy"
        assert shown["dingtalk_new"] == "Connect a DingTalk bot"
        assert not {"start", "help"} & shown.keys()
        assert shop.telegram.commands[scope][0] == there[0]


# --- what was stored -----------------------------------------------------------------------------


async def test_on_stored_is_awaited_with_the_platform(tmp_path: Path) -> None:
    heard: list[Platform] = []
    said: list[bool] = []

    async def on_stored(platform: Platform) -> None:
        heard.append(platform)
        said.append("Done" in shop.telegram.last(ADMIN).text)
        await asyncio.sleep(0)
        assert shop.platforms()["dingtalk"]["client_id"] == platform.client_id

    async with HostApp(tmp_path, on_stored=on_stored) as shop:
        await shop.invited()
        assert heard == []
        await shop.poll(success(ID, SECRET))
        await shop.sees("Done")
        [platform] = heard
        assert (platform.id, platform.type, platform.enabled) == ("dingtalk", "dingtalk", True)
        assert platform.client_id == ID
        assert platform.client_secret.get_secret_value() == SECRET
        assert SECRET not in repr(platform)
        assert said == [False]


async def test_an_on_stored_that_fails_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def on_stored(platform: Platform) -> None:
        raise RuntimeError(platform.client_secret.get_secret_value())

    async with HostApp(tmp_path, on_stored=on_stored) as shop:
        await shop.invited()
        await shop.poll(success(ID, SECRET))
        await shop.sees("Done")
    assert "on_stored failed for dingtalk: RuntimeError" in caplog.text
    assert SECRET not in caplog.text


# --- what the host brings itself -----------------------------------------------------------------


class Bringing(HostApp):
    """A host that keeps targets and admins in its own memory; nobody is admin in the config."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.target = FakeTarget([])
        self.admins: list[str] = []
        self.own_state = folder / "own.db"

    def ours(self) -> BootstrapBot:
        return BootstrapBot(
            settings.load(self.config, {"TELEGRAM_ADMINS": str(STRANGER)}),
            targets=[cast("Target", self.target)],
            admins=self.asked,
            state=self.own_state,
            clock=self.clock,
        )

    async def asked(self) -> list[str]:
        return self.admins


async def test_targets_admins_and_state_of_the_host_take_the_place_of_the_configs(
    tmp_path: Path,
) -> None:
    async with Bringing(tmp_path) as shop:
        shop.state = shop.own_state
        before = shop.config.read_bytes()
        for person in (ADMIN, STRANGER):
            await shop.says("/dingtalk_new", person)
        await shop.settled()
        assert shop.journal() == []
        shop.admins.append(str(ADMIN))
        await shop.invited()
        await shop.poll(success(ID, SECRET))
        await shop.sees("Done")
        assert [platform.account for platform in shop.target.there] == [ID]
        assert shop.config.read_bytes() == before
        assert not (tmp_path / "bootstrap-bot.db").exists()


class WithoutConfig(Bringing):
    """The same without any settings."""

    def ours(self) -> BootstrapBot:
        targets = [cast("Target", self.target)]
        return BootstrapBot(targets=targets, admins=[ADMIN], state=self.own_state, clock=self.clock)


async def test_with_targets_and_admins_no_settings_are_needed(tmp_path: Path) -> None:
    async with WithoutConfig(tmp_path) as shop:
        shop.target.there = [ding_bot("sales", True, ID, SECRET)]
        await shop.says("/dingtalk_platforms")
        listed = await shop.sees("Your bots")
        assert "sales" in listed.button_texts[0]
        await shop.says("/dingtalk_platforms", STRANGER)
        await shop.settled()
        assert texts(shop, STRANGER) == []


@pytest.mark.parametrize("brought", [{}, {"targets": ()}, {"admins": (ADMIN,)}])
def test_without_settings_both_are_needed(brought: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="targets and admins"):
        BootstrapBot(**brought)


# --- starting and stopping -----------------------------------------------------------------------


async def test_running_needs_installing_first(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        bot = BootstrapBot(settings.load(shop.config, {}))
        with pytest.raises(RuntimeError, match="install"):
            await bot.running(shop.built()).__aenter__()


async def test_an_attempt_goes_on_when_the_program_starts_again(tmp_path: Path) -> None:
    async with HostApp(tmp_path) as shop:
        invitation = await shop.invited()
        await shop.restart()
        await shop.poll(success(ID, SECRET))
        assert (await shop.sees("Done")).id == invitation.id
        assert len(shop.dingtalk.registrations) == 1


async def test_run_polling_starts_and_stops_it_and_their_hooks_are_still_called(
    tmp_path: Path,
) -> None:
    async with HostApp(tmp_path) as shop:
        await shop.stop()
        happened: list[str] = []
        loops: list[asyncio.AbstractEventLoop] = []

        async def theirs_first(_: AnyApplication) -> None:
            loops.append(asyncio.get_running_loop())
            happened.append("their post_init")

        async def theirs_last(_: AnyApplication) -> None:
            happened.append("their post_stop")

        async def theirs_very_last(_: AnyApplication) -> None:
            happened.append("their post_shutdown")

        application = shop.built()
        application.post_init = theirs_first
        application.post_stop = theirs_last
        application.post_shutdown = theirs_very_last
        bot = BootstrapBot.from_config(shop.config)
        bot.install(application)

        def program() -> None:
            asyncio.set_event_loop(asyncio.new_event_loop())
            application.run_polling(stop_signals=None)

        thread = threading.Thread(target=program)
        thread.start()
        await shop.says("/dingtalk_new")
        await shop.sees("Waiting for you")
        assert happened == ["their post_init"]
        [row] = shop.journal()
        loops[0].call_soon_threadsafe(application.stop_running)
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()
        assert happened == ["their post_init", "their post_stop", "their post_shutdown"]
        assert row["state"] == "waiting"
        await shop.start()  # the state file was given back, and the attempt goes on
        await shop.idle()
