"""Ten minutes after storing: what was wiped out comes back, what was meant stays as it is."""

import json
from collections.abc import Sequence
from pathlib import Path

import dotenv

from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from bootstrap_bot.sandbox.dingtalk.answers import success
from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    MINUTE,
    OVERWRITE,
    confirmed,
    connected,
    delivery,
    disowned,
    followed,
    looked_again,
    said,
    shell,
    state_of,
    stored,
    target,
    text_of,
    written,
)

KEY = "abk_0123456789abcdef"
NEW_ID, NEW_SECRET = "dingnewnewne0001", "n" * 60 + "KLMN"
NANOBOT = '{\n  "channels": {}\n}\n'


def following(word: str, folder: Path) -> Sequence[str]:
    """A command that leaves its word in a file."""
    return shell(f'echo {word} >> "{folder}/ran"')


def ran(folder: Path) -> list[str]:
    """Words of the commands that ran, in the alphabet's order."""
    return sorted((folder / "ran").read_text().split())


def tables(folder: Path) -> str:
    """A Hermes and a nanobot, each with a command that follows."""
    written(folder / "nanobot.json", NANOBOT)
    hermes = target("hermes", path="hermes.env", after=following("hermes", folder))
    return hermes + target("nanobot", path="nanobot.json", after=following("nanobot", folder))


async def test_what_a_stale_copy_wiped_out_comes_back_with_its_command(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=tables(tmp_path)) as scene:
        done = await connected(scene)
        await scene.sees("🟢 Checked")
        hermes, nanobot = tmp_path / "hermes.env", tmp_path / "nanobot.json"
        assert ran(tmp_path) == ["hermes", "nanobot"]
        pair, untouched = text_of(hermes), state_of(nanobot)
        written(hermes, "WORD=kept\n")
        await looked_again(scene)
        assert scene.clock.now() - scene.journal()[-1]["stored_at"] == 10 * MINUTE
        assert text_of(hermes) == "WORD=kept\n" + pair
        assert state_of(nanobot) == untouched
        assert ran(tmp_path) == ["hermes", "hermes", "nanobot"]
        await scene.settled()
        assert done.text.count(followed("well", status=0, seconds="0.0")) == 2


async def test_what_a_running_astrbot_lost_comes_back_too(tmp_path: Path) -> None:
    async with AstrBotStandIn(key=KEY) as stand_in:
        table = target("astrbot", url=stand_in.url, api_key=KEY)
        async with Scene(tmp_path, more=table) as scene:
            await connected(scene, name="sales")
            before = [*stand_in.bots]
            stand_in.bots.clear()
            await looked_again(scene)
            assert stand_in.bots == before


async def test_what_was_taken_out_through_the_list_does_not_come_back(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=tables(tmp_path)) as scene:
        await connected(scene)
        await scene.says("/platforms")
        await scene.sees("Your DingTalk bots")
        await scene.press("nanobot")
        await scene.sees("Client ID")
        await scene.press("Remove")
        await scene.sees("Really remove it?")
        await scene.press("Yes, remove it")
        await scene.sees(said("platforms.dropped", id="nanobot"))
        nanobot = state_of(tmp_path / "nanobot.json")
        await looked_again(scene)
        assert state_of(tmp_path / "nanobot.json") == nanobot
        assert delivery(scene, "nanobot")["closed"] == "displaced"
        assert dotenv.dotenv_values(tmp_path / "hermes.env")["DINGTALK_CLIENT_ID"] == ID
        assert ran(tmp_path) == ["hermes", "nanobot", "nanobot"]
        await scene.says("/dingtalk_status")
        status = await scene.sees(said("closed.displaced", place="nanobot.json"))
        assert stored("Hermes", "hermes.env") in status.text


async def test_what_was_replaced_does_not_come_back(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=target("config") + tables(tmp_path)) as scene:
        await connected(scene)
        await scene.says("/dingtalk_new")
        await scene.sees(said("question.title"))
        await scene.press("Replace dingtalk")
        await scene.sees("Waiting for you")
        await scene.idle()
        await scene.poll(success(NEW_ID, NEW_SECRET))
        await scene.sees("Done")
        await looked_again(scene)
        assert list(scene.platforms()) == ["dingtalk"]
        assert scene.platforms()["dingtalk"]["client_id"] == NEW_ID
        assert dotenv.dotenv_values(tmp_path / "hermes.env")["DINGTALK_CLIENT_ID"] == NEW_ID
        channel = json.loads(text_of(tmp_path / "nanobot.json"))["channels"]["dingtalk"]
        assert channel["clientId"] == NEW_ID


async def test_what_was_replaced_where_there_is_room_for_one_does_not_come_back(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path, more=tables(tmp_path)) as scene:
        await connected(scene)
        await confirmed(scene, NEW_ID, NEW_SECRET, name="sales")
        await scene.sees("Replace it?")
        asked = await scene.sees("nanobot.json has room")
        await scene.until(lambda: f"{OVERWRITE}: nanobot" in asked.button_texts)
        await scene.press(f"{OVERWRITE}: Hermes")
        await scene.until(lambda: OVERWRITE in asked.button_texts)
        await scene.press(OVERWRITE)
        await scene.sees("Done")
        await looked_again(scene)
        assert dotenv.dotenv_values(tmp_path / "hermes.env")["DINGTALK_CLIENT_ID"] == NEW_ID


async def test_a_new_secret_of_the_same_bot_is_not_taken_back(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=tables(tmp_path)) as scene:
        await connected(scene)
        await connected(scene, ID, NEW_SECRET, name="sales")
        hermes, nanobot = tmp_path / "hermes.env", tmp_path / "nanobot.json"
        before = state_of(hermes), state_of(nanobot)
        await looked_again(scene)
        assert (state_of(hermes), state_of(nanobot)) == before
        assert dotenv.dotenv_values(hermes)["DINGTALK_CLIENT_SECRET"] == NEW_SECRET
        assert ran(tmp_path) == ["hermes", "hermes", "nanobot", "nanobot"]


async def test_what_was_taken_out_altogether_does_not_come_back(tmp_path: Path) -> None:
    async with Scene(tmp_path, more=tables(tmp_path)) as scene:
        await connected(scene)
        await scene.sees("🟢 Checked")
        await disowned(scene)
        await scene.sees("🗑 Removed")
        left = state_of(tmp_path / "hermes.env"), state_of(tmp_path / "nanobot.json")
        await scene.clock.advance(15 * MINUTE)
        await scene.settled()
        assert (state_of(tmp_path / "hermes.env"), state_of(tmp_path / "nanobot.json")) == left
        assert scene.journal()[-1]["client_secret"] is None
