"""Several targets: each gets the pair by itself, and one that is away holds up nobody."""

from collections.abc import AsyncIterator
from pathlib import Path

import dotenv
import pytest

from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from tests.support.scene import OTHER_ADMIN, Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    RETRY,
    SECRET,
    SKIP,
    connected,
    delivery,
    disowned,
    edited,
    error,
    followed,
    hindered,
    looked_again,
    note,
    said,
    shell,
    state_of,
    stored,
    target,
    text_of,
    trouble,
    written,
)

KEY = "abk_0123456789abcdef"
PARTLY, AWAY = said("captured.partly"), error("api_unreachable")
RAN = followed("well", status=0, seconds="0.0")
HERMES = stored("Hermes", "hermes.env") + note("hermes_users", about="DINGTALK_ALLOWED_USERS") + RAN
OURS = said("stored.added", id="dingtalk", place="config.toml") + f"\n{RAN}"


@pytest.fixture
async def astrbot() -> AsyncIterator[AstrBotStandIn]:
    """An AstrBot that runs, and has no bot yet."""
    async with AstrBotStandIn(key=KEY) as stand_in:
        yield stand_in


def in_astrbot(stand_in: AstrBotStandIn, *after: str) -> str:
    return target("astrbot", url=stand_in.url, api_key=KEY, after=after)


def place(stand_in: AstrBotStandIn) -> str:
    return stand_in.url.removeprefix("http://")


def says(word: str, folder: Path) -> tuple[str, ...]:
    """A command that leaves its word in a file."""
    return shell(f'echo {word} >> "{folder}/ran"')


def ran(folder: Path) -> list[str]:
    """Words of the commands that ran, in order."""
    file = folder / "ran"
    return file.read_text().split() if file.exists() else []


def three(folder: Path, stand_in: AstrBotStandIn) -> str:
    """Our config, a Hermes and an AstrBot, each with a command that follows."""
    hermes = target("hermes", path="hermes.env", after=says("hermes", folder))
    config = target("config", after=says("config", folder))
    return config + hermes + in_astrbot(stand_in, *says("astrbot", folder))


async def test_every_target_gets_the_pair_and_its_command(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    async with Scene(tmp_path, more=three(tmp_path, astrbot)) as scene:
        done = await connected(scene)
        assert scene.platforms()["dingtalk"]["client_secret"] == SECRET
        assert dotenv.dotenv_values(tmp_path / "hermes.env")["DINGTALK_CLIENT_ID"] == ID
        assert astrbot.find("dingtalk")["client_id"] == ID
        assert sorted(ran(tmp_path)) == ["astrbot", "config", "hermes"]
        theirs = stored("AstrBot", place(astrbot), "dingtalk") + note("loaded") + RAN
        assert f"{OURS}\n{HERMES}\n{theirs}\nClient ID: {MASKED}\n" in done.text


async def test_one_that_is_away_is_tried_alone_while_the_others_are_done(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    astrbot.away = True
    async with Scene(tmp_path, more=three(tmp_path, astrbot)) as scene:
        told = await hindered(scene, PARTLY)
        await scene.until(lambda: sorted(ran(tmp_path)) == ["config", "hermes"])
        await scene.sees(HERMES)
        before = state_of(scene.config), state_of(tmp_path / "hermes.env")
        assert trouble(place(astrbot), "api_unreachable") in told.text
        await scene.sees(OURS)
        assert said("captured.goes_on") in told.text
        assert told.button_texts == [RETRY, SKIP]
        pauses = [await scene.next_moment() for _ in range(4)]
        assert pauses == [2, 4, 8, 16]
        astrbot.away = False
        await scene.next_moment()
        done = await scene.sees("Done")
        assert done.id == told.id
        assert stored("AstrBot", place(astrbot), "dingtalk") in done.text
        assert astrbot.find("dingtalk")["client_secret"] == SECRET
        await scene.until(lambda: sorted(ran(tmp_path)) == ["astrbot", "config", "hermes"])
        assert (state_of(scene.config), state_of(tmp_path / "hermes.env")) == before


async def test_one_that_is_away_can_be_left_out(tmp_path: Path, astrbot: AstrBotStandIn) -> None:
    astrbot.away = True
    async with Scene(tmp_path, more=three(tmp_path, astrbot)) as scene:
        await hindered(scene, PARTLY)
        await scene.press(SKIP)
        done = await scene.sees("Done")
        assert said("closed.skipped", place=place(astrbot)) in done.text
        astrbot.away = False
        await looked_again(scene)
        assert astrbot.bots == []
        assert sorted(ran(tmp_path)) == ["config", "hermes"]


async def test_where_all_were_left_out_the_pair_can_be_used_with_every_target(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    astrbot.away = True
    tables = target("nanobot", path="nanobot.json") + in_astrbot(astrbot)
    async with Scene(tmp_path, more=tables) as scene:
        await hindered(scene, trouble("nanobot.json", "file_missing"))
        told = await scene.sees(AWAY)
        await scene.until(lambda: f"{SKIP}: nanobot" in told.button_texts)
        await scene.press(f"{SKIP}: nanobot")
        await scene.until(lambda: SKIP in told.button_texts)
        await scene.press(SKIP)
        await scene.sees(said("held.unplaced"))
        written(tmp_path / "nanobot.json", "{}")
        await scene.press("Use it")
        await scene.sees(stored("nanobot", "nanobot.json"))
        told = await scene.sees(PARTLY)
        assert trouble(place(astrbot), "api_unreachable") in told.text
        astrbot.away = False
        await scene.press(RETRY)
        done = await scene.sees("Done")
        assert said("closed.skipped", place=place(astrbot)) not in done.text
        assert astrbot.find("dingtalk")["client_id"] == ID


async def test_a_target_that_left_the_config_is_closed_and_said(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    astrbot.away = True
    async with Scene(tmp_path, more=three(tmp_path, astrbot)) as scene:
        await hindered(scene, PARTLY)
        # both commands have ended, so that none of them is cut off
        await scene.sees(OURS.strip())
        await scene.sees(HERMES.strip())
        await scene.stop()
        astrbot.away = False
        astrbot.requests.clear()
        leaving = in_astrbot(astrbot, *says("astrbot", tmp_path))
        scene.config.write_text(edited(text_of(scene.config), (leaving, "")))
        await scene.start()
        done = await scene.sees("Done")
        assert said("closed.left", place=place(astrbot)) in done.text
        assert astrbot.requests == []
        assert delivery(scene, "astrbot")["state"] == "closed"
        assert sorted(ran(tmp_path)) == ["config", "hermes"]


async def test_a_target_that_came_into_the_config_gets_what_waits(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    astrbot.away = True
    async with Scene(tmp_path, more=in_astrbot(astrbot)) as scene:
        await hindered(scene, AWAY, name="sales")
        await scene.stop()
        hermes = target("hermes", path="hermes.env")
        scene.config.write_text(edited(text_of(scene.config), (in_astrbot(astrbot), hermes)))
        await scene.start()
        done = await scene.sees("Done")
        assert dotenv.dotenv_values(tmp_path / "hermes.env")["DINGTALK_CLIENT_ID"] == ID
        assert said("closed.left", place=place(astrbot)) in done.text


async def test_not_mine_takes_it_out_of_every_target(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    async with Scene(tmp_path, more=three(tmp_path, astrbot)) as scene:
        before = text_of(scene.config)
        await connected(scene)
        await scene.sees("🟢 Checked")
        (tmp_path / "ran").unlink()
        astrbot.away = True
        await disowned(scene)
        told = await scene.sees(said("removing.title"))
        assert trouble(place(astrbot), "api_unreachable") in told.text
        assert told.button_texts == [RETRY]
        await scene.until(lambda: text_of(scene.config) == before)
        await scene.until(lambda: text_of(tmp_path / "hermes.env") == "")
        await scene.until(lambda: sorted(ran(tmp_path)) == ["config", "hermes"])
        astrbot.away = False
        await scene.press(RETRY)
        removed = await scene.sees(said("removed.title"))
        assert astrbot.bots == []
        assert astrbot.loads == [("loaded", "dingtalk"), ("unloaded", "dingtalk")]
        await scene.recorded("removed")
        assert ran(tmp_path)[-1] == "astrbot"
        assert said("removed.why") in removed.text


async def test_a_target_that_does_not_answer_keeps_nobody_waiting(
    tmp_path: Path, astrbot: AstrBotStandIn
) -> None:
    astrbot.always("list", Answer(hang=True))
    async with Scene(tmp_path, more=in_astrbot(astrbot), timeout=1.0) as scene:
        await scene.says("/dingtalk_new")
        await astrbot.until(lambda: astrbot.requests)
        await scene.says("/language", OTHER_ADMIN)
        await scene.sees("Which language", OTHER_ADMIN)
        assert scene.captions() == []
        await scene.sees(said("error.api_timeout"))
