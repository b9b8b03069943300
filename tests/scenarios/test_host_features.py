"""Our messages and buttons in applications that change what goes through their own bot."""

from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.ext import Application, CallbackQueryHandler, Defaults, PicklePersistence, TypeHandler

from bootstrap_bot.bot import AnyApplication
from bootstrap_bot.chat.buttons import PREFIX
from bootstrap_bot.sandbox.dingtalk.answers import success
from tests.support.host_app import HostApp, direct
from tests.support.scene import ADMIN, TOKEN

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"


class Keyed(HostApp):
    """An application that exchanges what buttons carry for keys; `kept` is where it keeps them."""

    def __init__(self, folder: Path, *, size: int | bool = True, kept: bool = False) -> None:
        pytest.importorskip("cachetools", reason="the library keeps such keys with it")
        super().__init__(folder)
        self._size = size
        self._kept = folder / "kept" if kept else None

    def built(self) -> AnyApplication:
        builder: Any = Application.builder().token(TOKEN).base_url(f"{self.telegram.url}/bot")
        builder = builder.request(direct()).get_updates_request(direct())
        if self._kept is not None:
            builder = builder.persistence(PicklePersistence(self._kept))
        application: AnyApplication = builder.arbitrary_callback_data(self._size).build()
        application.add_handler(CallbackQueryHandler(self._keep), group=-5)
        application.add_handler(TypeHandler(Update, self._keep), group=5)
        return application


KEYED: list[dict[str, Any]] = [{}, {"size": 1}, {"kept": True}]


@pytest.mark.parametrize("options", KEYED, ids=["memory", "full", "persistence"])
@pytest.mark.parametrize("restart", [False, True])
async def test_our_buttons_work_where_an_application_keeps_what_buttons_carry(
    tmp_path: Path, options: dict[str, Any], restart: bool
) -> None:
    async with Keyed(tmp_path, **options) as shop:
        invitation = await shop.invited()
        buttons = [button for row in invitation.buttons for button in row if button.data]
        assert all(str(button.data).startswith(f"{PREFIX}:") for button in buttons)
        if restart:
            await shop.restart()
            await shop.idle()
        assert (await shop.press("Cancel")).answer == "Cancelled"
        await shop.sees("Cancelled")
        assert shop.passed == []


async def test_pages_of_buttons_work_there_too(tmp_path: Path) -> None:
    async with Keyed(tmp_path) as shop:
        await shop.invited()
        await shop.poll(success(ID, SECRET))
        await shop.sees("Done")
        await shop.recorded("stored")
        await shop.press("Not mine")
        message = shop.telegram.last(ADMIN)
        await shop.telegram.until(lambda: len(message.button_texts) == 2)
        keep = message.button_texts[1]
        assert (await shop.press(keep)).answered
        await shop.telegram.until(lambda: len(message.button_texts) == 3)
        await shop.press("Platforms")
        listed = await shop.sees("•")
        await shop.press(listed.button_texts[0])
        await shop.telegram.until(lambda: len(listed.button_texts) > 1)
        carried = [button.data for row in listed.buttons for button in row]
        assert all(str(data).startswith(f"{PREFIX}:") for data in carried)
        assert shop.passed == []


async def test_foreign_buttons_go_to_their_own_handlers_there(tmp_path: Path) -> None:
    async with Keyed(tmp_path) as shop:
        invitation = await shop.invited()
        for data in ("buy:1", "0" * 64):
            press = lambda: shop.telegram.presses_data(ADMIN, invitation, data)  # noqa: B023, E731
            assert await shop.passes(press) == 2, data


HOSTS = {
    "markdown": Defaults(parse_mode="MarkdownV2"),
    "silent": Defaults(disable_notification=True, protect_content=True, do_quote=True),
    "together": Defaults(parse_mode="HTML", block=False, allow_sending_without_reply=True),
}


@pytest.mark.parametrize("defaults", HOSTS.values(), ids=HOSTS)
async def test_a_hosts_defaults_change_nothing_of_ours(tmp_path: Path, defaults: Defaults) -> None:
    async with HostApp(tmp_path, defaults=defaults, concurrent=True) as shop:
        invitation = await shop.invited()
        assert "<" not in invitation.text
        assert not invitation.silent
        assert not invitation.protected
        await shop.poll(success(ID, SECRET))
        result = await shop.sees("Done")
        assert "<" not in result.text
        await shop.recorded("stored")
        for command, answer in (
            ("/dingtalk_status", "Done"),
            ("/dingtalk_language", "Which language"),
        ):
            await shop.says(command)
            said = await shop.sees(answer)
            assert (said.silent, said.protected, said.reply_to) == (False, False, None)
