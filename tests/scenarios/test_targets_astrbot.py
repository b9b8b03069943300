"""From /dingtalk_new into AstrBot: through its API while it runs, else into its file."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap_bot.editing.format import BOM
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    OLD_ID,
    OLD_SECRET,
    RETRY,
    SECRET,
    backup,
    chosen,
    connected,
    edited,
    error,
    hindered,
    note,
    said,
    state_of,
    stored,
    target,
    text_of,
    trouble,
    written,
)

KEY = "abk_0123456789abcdef"
TELEGRAM_BOT = {"id": "tg", "type": "telegram", "enable": True, "telegram_token": "123:abc"}
OLD_BOT = {
    "id": "dingtalk",
    "type": "dingtalk",
    "enable": True,
    "client_id": OLD_ID,
    "client_secret": OLD_SECRET,
    "card_template_id": "card-7",
}
CMD_CONFIG = f"""\
{BOM}{{
  "config_version": 2,
  "platform_settings": {{
    "unique_session": false,
    "reply_prefix": "喵～"
  }},
  "provider": [],
  "platform": [
    {{
      "id": "tg",
      "type": "telegram",
      "enable": true,
      "telegram_token": "123:abc"
    }},
    {{
      "id": "dingtalk",
      "type": "lark"
    }}
  ],
  "wake_prefix": ["/"],
  "admins_id": ["astrbot"]
}}"""


def bot(bot_id: str, client_id: str = ID, secret: str = SECRET, **more: str) -> dict[str, object]:
    """A DingTalk bot as AstrBot keeps it."""
    pair = {"client_id": client_id, "client_secret": secret}
    kept = {"card_template_id": "", **more}
    return {"id": bot_id, "type": "dingtalk", "enable": True, **pair, **kept}


def astrbot(stand_in: AstrBotStandIn) -> str:
    """The target, with its key."""
    return target("astrbot", url=stand_in.url, api_key=KEY)


def calls(stand_in: AstrBotStandIn) -> list[str]:
    """What changed something, in order."""
    return [one.method for one in stand_in.requests if one.method != "GET"]


# --- running -------------------------------------------------------------------------------------


async def test_a_running_astrbot_gets_one_bot_and_loads_it(tmp_path: Path) -> None:
    async with (
        AstrBotStandIn([TELEGRAM_BOT], key=KEY) as stand_in,
        Scene(tmp_path, more=astrbot(stand_in)) as scene,
    ):
        config = text_of(scene.config)
        done = await connected(scene)
        assert stand_in.bots == [TELEGRAM_BOT, bot("dingtalk")]
        assert stand_in.adapters["dingtalk"] == bot("dingtalk")
        assert stand_in.loads == [("loaded", "dingtalk")]
        assert calls(stand_in) == ["POST"]
        assert text_of(scene.config) == config
        place = stand_in.url.removeprefix("http://")
        told = stored("AstrBot", place, "dingtalk") + note("loaded")
        assert f"{told}Client ID: {MASKED}\n" in done.text


async def test_a_second_bot_of_a_running_astrbot_stands_beside_the_first(tmp_path: Path) -> None:
    async with (
        AstrBotStandIn([OLD_BOT, TELEGRAM_BOT], key=KEY) as stand_in,
        Scene(tmp_path, more=astrbot(stand_in)) as scene,
    ):
        await scene.says("/dingtalk_new")
        question = await scene.sees(said("question.title"))
        assert question.button_texts == [
            "Add it as another one",
            "Replace AstrBot dingtalk (ding••••••••9876)",
            "Cancel",
        ]
        await chosen(scene, "Add it as another one")
        await scene.sees("Done")
        assert stand_in.bots == [OLD_BOT, TELEGRAM_BOT, bot("dingtalk_2")]
        assert calls(stand_in) == ["POST"]


async def test_a_replaced_bot_of_a_running_astrbot_keeps_all_but_its_pair(tmp_path: Path) -> None:
    async with (
        AstrBotStandIn([OLD_BOT, TELEGRAM_BOT], key=KEY) as stand_in,
        Scene(tmp_path, more=astrbot(stand_in)) as scene,
    ):
        await scene.says("/dingtalk_new")
        await scene.sees(said("question.title"))
        await chosen(scene, "Replace AstrBot")
        await scene.sees("Done")
        replaced = bot("dingtalk", card_template_id="card-7")
        assert stand_in.bots == [replaced, TELEGRAM_BOT]
        assert stand_in.loads == [("reloaded", "dingtalk")]
        assert calls(stand_in) == ["PUT"]


async def test_an_astrbot_that_takes_no_such_key_is_said_and_gets_nothing(tmp_path: Path) -> None:
    async with (
        AstrBotStandIn([TELEGRAM_BOT], key="abk_another") as stand_in,
        Scene(tmp_path, more=astrbot(stand_in)) as scene,
    ):
        told = await hindered(scene, error("api_key_rejected"), name="sales")
        assert told.text.count(stand_in.url.removeprefix("http://")) == 1
        assert KEY not in told.text
        stand_in.key = KEY
        await scene.press(RETRY)
        await scene.sees("Done")
        assert stand_in.bots == [TELEGRAM_BOT, bot("sales")]


# --- stopped -------------------------------------------------------------------------------------


@contextmanager
def port() -> Iterator[socket.socket]:
    """A port of this machine that is somebody's; it answers once they listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


def stopped(taken: socket.socket) -> str:
    """The target whose AstrBot would answer at that port."""
    url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    return target("astrbot-file", path="data/cmd_config.json", url=url)


async def test_a_stopped_astrbots_file_gets_one_entry_and_keeps_its_mark(tmp_path: Path) -> None:
    file = written(tmp_path / "data/cmd_config.json", CMD_CONFIG)
    with port() as taken:
        async with Scene(tmp_path, more=stopped(taken)) as scene:
            done = await connected(scene)
    # the id is taken by a bot of another type
    entry = json.dumps(bot("dingtalk_2"), indent=2).replace("\n", "\n    ")
    after = edited(CMD_CONFIG, ('"type": "lark"\n    }', f'"type": "lark"\n    }},\n    {entry}'))
    assert text_of(file) == after
    assert text_of(backup(file)) == CMD_CONFIG
    assert file.read_bytes()[:3] == b"\xef\xbb\xbf"
    assert json.loads(file.read_text("utf-8-sig"))["platform"][2] == bot("dingtalk_2")
    told = stored("AstrBot", "data/cmd_config.json", "dingtalk_2") + note("astrbot_start")
    assert f"{told}Client ID: {MASKED}\n" in done.text


async def test_the_file_of_an_astrbot_that_answers_waits_until_it_is_stopped(
    tmp_path: Path,
) -> None:
    file = written(tmp_path / "data/cmd_config.json", CMD_CONFIG)
    before = state_of(file)
    with port() as taken:
        async with Scene(tmp_path, more=stopped(taken)) as scene:
            taken.listen()
            told = await hindered(scene, error("still_running"))
            assert trouble("data/cmd_config.json", "still_running") in told.text
            await scene.press(RETRY)
            await scene.idle()
            assert state_of(file) == before
            taken.close()
            await scene.press(RETRY)
            await scene.sees("Done")
            assert json.loads(file.read_text("utf-8-sig"))["platform"][2] == bot("dingtalk_2")


async def test_nothing_is_switched_or_removed_in_the_file_of_an_astrbot_that_answers(
    tmp_path: Path,
) -> None:
    file = written(tmp_path / "data/cmd_config.json", CMD_CONFIG)
    with port() as taken:
        async with Scene(tmp_path, more=stopped(taken)) as scene:
            await connected(scene)
            taken.listen()
            before = state_of(file)
            await scene.says("/platforms")
            await scene.sees("Your DingTalk bots")
            await scene.press("AstrBot dingtalk_2")
            await scene.sees("Client ID")
            for label, sure in (("Switch off", ""), ("Remove", "Yes, remove it")):
                await scene.press(label)
                if sure:
                    await scene.sees("Really remove it?")
                    await scene.press(sure)
                told = await scene.sees(error("still_running"))
                assert told.text == f"⚠️ {trouble('data/cmd_config.json', 'still_running')}"
                await scene.press("Back to the list")
                await scene.sees("Tap one")
                await scene.press("AstrBot dingtalk_2")
                await scene.sees("Client ID")
            assert state_of(file) == before
