"""Any answer of a Bot API server, once and lasting, to each request: nobody is silenced."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk.answers import stage, success
from bootstrap_bot.sandbox.telegram.stand_in import Trouble
from tests.support.scene import ADMIN, Scene

WORDS = "words-of-the-answer"
MESSAGE = {"message_id": 7, "date": 1_790_000_000, "chat": {"id": ADMIN, "type": "private"}}
TOO_MANY = {"ok": False, "error_code": 429, "description": WORDS}


def flood(seconds: object) -> Trouble:
    return Trouble.says(TOO_MANY | {"parameters": {"retry_after": seconds}}, 429)


def page(status: int, body: bytes = b"<html>" + WORDS.encode()) -> Trouble:
    return Trouble(status, body=body)


KINDS: dict[str, Trouble] = {
    "200 and not ok": Trouble.says({"ok": False, "description": WORDS}),
    "200 and not ok, with a result": Trouble.says({"ok": False, "error_code": 400, "result": {}}),
    "true": Trouble.result(True),
    "false": Trouble.result(False),
    "null": Trouble.result(None),
    "a number": Trouble.result(7),
    "text": Trouble.result(WORDS),
    "a list": Trouble.result([]),
    "a list of text": Trouble.result([WORDS]),
    "a list of lists": Trouble.result([[]]),
    "an empty object": Trouble.result({}),
    "a message id in words": Trouble.result(MESSAGE | {"message_id": "7"}),
    "no message id": Trouble.result({"date": 1, "chat": MESSAGE["chat"]}),
    "a message id that is null": Trouble.result(MESSAGE | {"message_id": None}),
    "a message id below zero": Trouble.result(MESSAGE | {"message_id": -7}),
    "a date in words": Trouble.result(MESSAGE | {"date": WORDS}),
    "a date beyond every calendar": Trouble.result(MESSAGE | {"date": 10**18}),
    "a chat that is text": Trouble.result(MESSAGE | {"chat": WORDS}),
    "no result": Trouble.says({"ok": True}),
    "an empty JSON object": Trouble.says({}),
    "a JSON list": Trouble.says([]),
    "a JSON null": Trouble.says(None),
    "a JSON text": Trouble.says(WORDS),
    "nothing": page(200, b""),
    "a page": page(200),
    "half of a JSON object": page(200, b'{"ok":true,"resu'),
    "bytes that are no text": page(200, b"\xff\xfe\x00{"),
    "JSON without an end to its depth": page(200, b"[" * 100_000),
    "a number of 5,000 digits": page(200, b'{"ok":true,"result":' + b"9" * 5000 + b"}"),
    "cut off": Trouble(200, body=b'{"ok":true,"result":', cut=True),
    "cut off while it refuses": Trouble(502, body=b"<html>", cut=True),
    "compressed, it says": Trouble(200, body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    "moved": Trouble(302, body=b"", headers={"Location": "http://127.0.0.1:9/"}),
    "moved for good": Trouble(308, body=b"", headers={"Location": "/elsewhere"}),
    "too large": page(413),
    "an early hint of nothing": page(299, b"{}"),
    "a teapot": page(418),
    "500 with JSON": Trouble.says({"ok": False, "error_code": 500, "description": WORDS}, 500),
    "502 with a page": page(502),
    "503 with a list": Trouble.says([WORDS], 503),
    "504 with nothing": page(504, b""),
    "400 with a page": page(400),
    "400 whose parameters are a list": Trouble.says({"ok": False, "parameters": [1]}, 400),
    "a description that is a number": Trouble.says({"ok": False, "description": 7}, 500),
    "a wait in words": flood("17"),
    "a wait for ever": flood(10**9),
    "a wait beyond every calendar": flood(10**30),
    "a wait below zero": flood(-5),
    "a wait of nothing": flood(0),
    "a wait that is a list": flood([5]),
    "a wait that is true": flood(True),
    "a wait without saying how long": Trouble.says(TOO_MANY, 429),
    "reset": Trouble(reset=True),
    "moved to another chat": Trouble.says(
        {"ok": False, "parameters": {"migrate_to_chat_id": "x"}}, 400
    ),
}
TYPICAL = ("true", "a message id in words", "a page", "a wait in words")
Deed = Callable[[Scene], Awaitable[object]]


async def said(scene: Scene, text: str) -> None:
    """Returns as soon as one of the bot's messages says so."""

    def stands() -> bool:
        return any(text in one.text for one in scene.telegram.bot_messages(ADMIN))

    await scene.telegram.until(stands, 20)


async def help_is_sent(scene: Scene) -> None:
    await said(scene, "I connect DingTalk bots")


async def asks_for_help(scene: Scene) -> None:
    await scene.says("/help")


async def restarts(scene: Scene) -> None:
    await scene.restart()
    await asks_for_help(scene)


async def is_invited(scene: Scene) -> None:
    await scene.says("/dingtalk_new")


def hears(answer: Answer) -> Deed:
    async def hear(scene: Scene) -> None:
        scene.dingtalk.next_poll(answer)

    return hear


async def moves_down(scene: Scene) -> None:
    await scene.says("/dingtalk_status")


async def presses(scene: Scene) -> None:
    [invitation] = [m for m in scene.telegram.bot_messages(ADMIN) if m.photo]
    await scene.telegram.press(ADMIN, invitation, "Check now")


async def help_is_answered_too(scene: Scene) -> None:
    await asks_for_help(scene)
    await help_is_sent(scene)


async def another_press_is_answered(scene: Scene) -> None:
    [invitation] = [m for m in scene.telegram.bot_messages(ADMIN) if m.photo]
    press = await scene.telegram.press(ADMIN, invitation, "Check now")
    await scene.telegram.until(lambda: press.answered, 20)


async def menu_is_set(scene: Scene) -> None:
    async with asyncio.timeout(20):
        while not scene.telegram.commands:
            await asks_for_help(scene)
            await asyncio.sleep(0.05)


def tells(text: str) -> Deed:
    return lambda scene: said(scene, text)


async def examines(scene: Scene) -> None:
    await scene.says("/doctor")


# What the person does, and what they see in the end. The last three need an invitation before.
DEEDS: dict[str, tuple[Deed, Deed]] = {
    "getMe": (restarts, help_is_sent),
    "deleteWebhook": (restarts, help_is_sent),
    "getUpdates": (restarts, help_is_sent),
    "sendMessage": (asks_for_help, help_is_sent),
    "sendPhoto": (is_invited, tells("Waiting for you")),
    "setMyCommands": (asks_for_help, menu_is_set),
    "getWebhookInfo": (examines, tells("DingTalk")),
    "editMessageCaption": (hears(stage("SCANNED")), tells("Opened: now confirm")),
    "editMessageMedia": (hears(success("dingabcdefgh1234", "q" * 60)), tells("Done")),
    "deleteMessage": (moves_down, help_is_answered_too),
    "answerCallbackQuery": (presses, another_press_is_answered),
}
# Tried again with the next occasion only; a result that cannot be edited in is sent anew.
ONCE = ("deleteMessage", "setMyCommands", "getWebhookInfo", "editMessageMedia")
# What is too large as a picture is sent as text at once.
PICTURED = ("sendPhoto", "editMessageCaption")
INVITED = ("editMessageCaption", "editMessageMedia", "deleteMessage", "answerCallbackQuery")


# These take what they get for done, or leave it at one try.
TRUSTING = {
    "deleteMessage": frozenset(KINDS),
    "getWebhookInfo": frozenset(KINDS),
    "setMyCommands": frozenset({"true"}),
    "answerCallbackQuery": frozenset({"true"}),
    "deleteWebhook": frozenset(KINDS),
    "getUpdates": frozenset({"a list"}),
}


@asynccontextmanager
async def time_passes(scene: Scene) -> AsyncIterator[None]:
    """Two seconds go by as fast as the machine allows, again and again."""

    async def pass_by() -> None:
        while True:
            await scene.clock.advance(2)
            await asyncio.sleep(0.001)

    passing = asyncio.create_task(pass_by())
    try:
        yield
    finally:
        passing.cancel()


def is_trusted(method: str, trouble: Trouble) -> bool:
    """Whether that method takes this for a success."""
    return any(KINDS[kind] == trouble for kind in TRUSTING.get(method, ()))


async def survives(folder: Path, method: str, trouble: Trouble, times: int) -> int:
    """Plays it, and gives how many calls of the method there were meanwhile."""
    deed, seen = DEEDS[method]
    async with Scene(folder, interval=60) as scene:
        if method in INVITED:
            await scene.invited()
        before = len(scene.telegram.calls(method))
        scene.telegram.fail(method, trouble, times)
        await deed(scene)
        async with time_passes(scene):
            lasts = times < 0 and not is_trusted(method, trouble) and method not in ONCE
            again = lasts and not (method in PICTURED and trouble == KINDS["too large"])
            wanted = before + (3 if again else 1)
            await scene.telegram.until(lambda: len(scene.telegram.calls(method)) >= wanted, 20)
            scene.telegram.heal()
            await (help_is_answered_too if is_trusted(method, trouble) else seen)(scene)
        await scene.idle()
        assert len(scene.clock.pauses) <= 8
        return len(scene.telegram.calls(method)) - before


@pytest.mark.parametrize("method", DEEDS)
@pytest.mark.parametrize("kind", TYPICAL)
async def test_a_typical_odd_answer_silences_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, method: str
) -> None:
    await check(tmp_path, caplog, method, KINDS[kind], -1 if kind == TYPICAL[0] else 1)


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, -1], ids=["once", "lasting"])
@pytest.mark.parametrize("method", DEEDS)
@pytest.mark.parametrize("kind", KINDS)
async def test_no_answer_silences_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, method: str, times: int
) -> None:
    await check(tmp_path, caplog, method, KINDS[kind], times)


async def check(
    folder: Path, caplog: pytest.LogCaptureFixture, method: str, trouble: Trouble, times: int
) -> None:
    caplog.set_level(logging.INFO, "bootstrap_bot")
    calls = await survives(folder, method, trouble, times)
    assert calls < 60
    lines = [r.getMessage() for r in caplog.records if r.name.startswith("bootstrap_bot")]
    kinds = ("Error", "RetryAfter", "BadRequest", "ChatMigrated", "Conflict", "asks to wait")
    if not is_trusted(method, trouble):
        assert any(kind in line for line in lines for kind in kinds)
    assert len(lines) < 150
    assert WORDS not in caplog.text
    assert "Traceback" not in caplog.text
    assert "never retrieved" not in caplog.text
