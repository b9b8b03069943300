"""No secret leaves its place: with every library at DEBUG, in every request, message and line."""

import asyncio
import gc
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram.error import NetworkError

from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.hosts.telegram.polling import UpdateLoop
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import errcode, fail, stage, success
from bootstrap_bot.sandbox.telegram.stand_in import Trouble
from bootstrap_bot.secret_spellings import HIDDEN
from bootstrap_bot.settings import settings
from bootstrap_bot.standalone import application_for
from bootstrap_bot.targets.target import Platform
from tests.support.leaks import (
    ID,
    LIBRARIES,
    SECRET,
    Lines,
    all_at_debug,
    check_requests,
    every_callback_is_named,
    listening,
    places,
    reprs,
    secrets,
)
from tests.support.scene import ADMIN, TOKEN, Scene


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The root logger and every library's at DEBUG."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    with listening() as handler:
        yield handler


def check_texts(scene: Scene, texts: list[str]) -> None:
    for secret in secrets(scene):
        assert [text for text in texts if secret in text] == []
        assert [text for text in scene.captions() if secret in text] == []


def files_with(secret: str, folder: Path) -> list[str]:
    """The names of the files that hold it."""
    return [file.name for file in folder.iterdir() if secret.encode() in file.read_bytes()]


async def test_a_whole_life_at_debug(
    tmp_path: Path, lines: Lines, capfd: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    async with Scene(tmp_path) as scene:
        all_at_debug()
        every_callback_is_named()
        await scene.says("/help")
        await scene.invited()
        await scene.poll(http(502, "<html>"), errcode(500), Answer(reset=True), Answer(body="{"))
        scene.telegram.fail("editMessageCaption", Trouble(500))
        await scene.poll(stage("SCANNED"))
        shown += await reprs(scene)
        await scene.press("Check now")
        await scene.says("/dingtalk_status")
        await scene.poll(stage("PUBLISHING", client_id=ID, client_secret=SECRET))
        shown += await reprs(scene)
        whole = scene.config.read_text(encoding="utf-8")
        scene.config.write_text(whole + "= oops\n", encoding="utf-8")
        await scene.poll(stage("SUCCESS"))
        await scene.sees("not stored yet")
        shown += await reprs(scene)
        scene.config.write_text(whole, encoding="utf-8")
        await scene.press("Try again now")
        await scene.sees("DingTalk has not given the rights yet")
        await scene.dingtalk.grant()
        await scene.next_moment()
        await scene.sees("Checked: DingTalk accepts the credentials")
        await scene.says("/dingtalk_status")
        await scene.says("/platforms")
        await scene.settled()
        await scene.says("/dingtalk_new")
        await scene.sees("There is a DingTalk bot already")
        await scene.press("Add it as another one")
        await scene.sees("Waiting for you")
        await scene.poll(fail("no"))
        await scene.sees("DingTalk refused")
        shown += await reprs(scene)
        check_requests(scene)
        assert SECRET in scene.config.read_text(encoding="utf-8")
        assert SECRET.encode() in scene.state.read_bytes()
    check_texts(scene, [*lines.lines, *shown, *capfd.readouterr()])
    assert set(LIBRARIES) - {"aiohttp"} <= lines.loggers  # that one has nothing to say
    assert any(HIDDEN in line for line in lines.lines)


async def test_a_secret_that_is_held_and_discarded(tmp_path: Path, lines: Lines) -> None:
    async with Scene(tmp_path) as scene:
        all_at_debug()
        await scene.cancelled_while_asked(success(ID, SECRET))
        scene.dingtalk.release_polls()
        await scene.sees("Credentials of a DingTalk bot arrived")
        shown = await reprs(scene)
        await scene.press("Discard")
        await scene.recorded("discarded")
        assert places(SECRET, scene.dingtalk) == places(SECRET, scene.telegram) == set()
        assert files_with(SECRET, tmp_path) == []
    check_texts(scene, lines.lines + shown)


async def test_a_restart_and_a_second_look(tmp_path: Path, lines: Lines) -> None:
    async with Scene(tmp_path) as scene:
        all_at_debug()
        await scene.invited()
        await scene.restart()
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        row = await scene.recorded("stored")
        assert row["client_secret"] == SECRET
        while scene.journal()[-1]["client_secret"] is not None:
            await scene.next_moment()
            await scene.idle()
        assert scene.journal()[-1]["device_code"] is None
        assert SECRET.encode() not in scene.state.read_bytes()
        assert SECRET in scene.config.read_text(encoding="utf-8")
        check_requests(scene)
    check_texts(scene, lines.lines)


# --- forced errors -------------------------------------------------------------------------------

WRONG: dict[str, Answer] = {
    "not an object": Answer(body=f'"{SECRET}"'),
    "broken": Answer(body=f'{{"errcode": 0, "client_secret": "{SECRET}"'),
    "an error": Answer(500, {"errmsg": SECRET, "client_secret": SECRET}),
    "another type": stage("SUCCESS", client_id=[SECRET], client_secret={"x": SECRET}),
    "too large": stage("WAITING", padding=SECRET * 1000),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
async def test_a_wrong_answer_is_not_repeated(tmp_path: Path, lines: Lines, answer: Answer) -> None:
    async with Scene(tmp_path) as scene:
        all_at_debug()
        await scene.invited()
        await scene.poll(answer)
        await scene.settled()
        assert places(SECRET, scene.telegram) == set()
    check_texts(scene, lines.lines)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(401, "Unauthorized"),
        Trouble(404, "Not Found"),
        Trouble(409, "Conflict"),
        Trouble(500),
        Trouble(502, "Bad Gateway"),
        Trouble(reset=True),
    ],
    ids=lambda trouble: f"{trouble.status} {trouble.reset}",
)
async def test_trouble_with_telegram_names_no_token(
    tmp_path: Path, lines: Lines, trouble: Trouble, capfd: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        all_at_debug()
        await scene.invited()
        for method in ("getUpdates", "sendMessage", "editMessageCaption", "editMessageMedia"):
            scene.telegram.fail(method, trouble)
        await scene.says("/help")
        await scene.telegram.until(lambda: scene.telegram.calls("sendMessage"))
        await scene.poll(stage("SCANNED"))
        await scene.telegram.until(lambda: scene.telegram.calls("editMessageCaption"))
        assert await scene.next_moment() == 1
        await shown(scene, "Opened: now confirm")
        await scene.poll(success(ID, SECRET))
        await scene.telegram.until(lambda: scene.telegram.calls("editMessageMedia"))
        assert await scene.next_moment() == 1
        await shown(scene, "Done")
        check_requests(scene)
    check_texts(scene, [*lines.lines, *capfd.readouterr()])


async def shown(scene: Scene, text: str) -> None:
    """Returns as soon as one of the bot's messages to the admin says so."""
    said = scene.telegram.bot_messages
    await scene.telegram.until(lambda: any(text in one.text for one in said(ADMIN)))


async def test_a_handler_that_fails_shows_a_traceback_without_secrets(
    tmp_path: Path, lines: Lines
) -> None:
    async with Scene(tmp_path) as scene:
        all_at_debug()
        await scene.invited()
        scene.sql("ALTER TABLE attempts RENAME TO gone")
        await scene.says("/dingtalk_status")
        await scene.sees("The state file cannot be written")
        scene.sql("ALTER TABLE gone RENAME TO attempts")
    check_texts(scene, lines.lines)


async def test_an_on_stored_that_fails_with_the_secret_in_its_words(
    tmp_path: Path, lines: Lines, capfd: pytest.CaptureFixture[str]
) -> None:
    async def on_stored(platform: Platform) -> None:
        raise RuntimeError(f"{TOKEN} {platform.client_secret.get_secret_value()}")

    async with Scene(tmp_path) as scene:
        await scene.stop()
        loaded = settings.load(scene.config, {})
        application = application_for(loaded)
        bot = BootstrapBot(loaded, clock=scene.clock)
        bot.install(application, on_stored)
        all_at_debug()
        async with bot.running(application), application:
            updates = UpdateLoop(application, bot.admins, bot.works, scene.clock)
            polling = asyncio.create_task(updates.run())
            await scene.invited()
            await scene.poll(success(ID, SECRET))
            await scene.sees("Done")
            polling.cancel()
            await asyncio.wait([polling])
    check_texts(scene, [*lines.lines, *capfd.readouterr()])
    assert any("on_stored failed" in line for line in lines.lines)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("source", ["setting", "environment"])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxys_password_is_in_no_line_of_any_library(
    tmp_path: Path, lines: Lines, scheme: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def closes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    server = await asyncio.start_server(closes, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = f"{scheme}://me:pass%40word-of-the-proxy@127.0.0.1:{port}"
    config = tmp_path / "config.toml"
    config.touch(0o600)
    setting = f'proxy = "{proxy}"\n' if source == "setting" else ""
    config.write_text(f'[telegram]\ntoken = "{TOKEN}"\n{setting}[dingtalk]\nproxy = "none"\n')
    if source == "environment":
        monkeypatch.setenv("https_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
    application = application_for(settings.load(config, dict(os.environ)))
    all_at_debug()
    async with server:
        with pytest.raises(NetworkError):
            await application.initialize()
    await application.bot.shutdown()
    # The library leaves a connection that broke in SOCKS to the garbage collector.
    gc.collect()
    assert reached.is_set()
    sent = b64encode(b"me:pass@word-of-the-proxy").decode()
    for spelled in ("pass@word-of-the-proxy", "pass%40word-of-the-proxy", sent, TOKEN):
        assert [line for line in lines.lines if spelled in line] == []
    assert "httpcore" in lines.loggers


def test_settings_show_no_secret(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    proxy = "http://user:pass-word-of-the-proxy@127.0.0.1:3128"
    config.write_text(
        f'[telegram]\ntoken = "{TOKEN}"\nproxy = "{proxy}"\n[dingtalk]\nproxy = "{proxy}"\n',
        encoding="utf-8",
    )
    loaded = settings.load(config, {})
    for text in (repr(loaded), str(loaded), repr(loaded.telegram.model_dump())):
        assert TOKEN not in text
        assert "pass-word-of-the-proxy" not in text
