"""The real process with two targets, killed while one of them is away: neither is forgotten."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.support.target_stage import Away, TargetStage

FILE = [
    *("config delivery begun", "config written", "renamed", "config writing committed"),
    *("config read back", "config reading back committed"),
    *("command begun", "command ran", "command committed"),
]
ASTRBOT = [
    *("astrbot delivery begun", "astrbot written", "astrbot asked", "astrbot writing committed"),
    *("astrbot read back", "astrbot reading back committed"),
]
TROUBLE = ["trouble committed", "trouble shown"]
END = ["stored committed", "result sent", "told"]
# What happens while a target is away, and once it is back.
STEPS: dict[Away, tuple[list[str], list[str]]] = {
    "astrbot": ([*FILE, *TROUBLE], [*ASTRBOT, *END]),
    "file": ([*ASTRBOT, *TROUBLE], [*FILE, *END]),
}
# A command that nobody knows the end of is run once more.
CUT_OFF = {
    *("after command begun", "before command ran"),
    *("after command ran", "before command committed"),
}
# What an AstrBot that is away does to an attempt comes while the file's command runs, or later.
BESIDE = {*ASTRBOT, *TROUBLE}
# Seconds: what the steps take, and a while after that.
BUSY = 0.12
IDLE = 2.0


async def test_a_kill_between_two_targets_loses_neither(tmp_path: Path) -> None:
    await killed_at(tmp_path, "astrbot", "after config reading back committed", late=False)


@pytest.mark.slow
@pytest.mark.parametrize("step", [*FILE, *ASTRBOT, *TROUBLE, *END])
async def test_a_kill_at_a_named_moment_loses_nothing_and_doubles_nothing(
    tmp_path: Path, step: str
) -> None:
    # All at a time: most of an attempt is waiting.
    async with asyncio.TaskGroup() as group:
        for side in ("before", "after"):
            for away, (_, late) in STEPS.items():
                folder = tmp_path / f"{side} {away}"
                group.create_task(killed_at(folder, away, f"{side} {step}", late=step in late))


@pytest.mark.slow
async def test_a_kill_right_after_the_secret_came_loses_nothing(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for away in STEPS:
            group.create_task(killed_at(tmp_path / away, away, "after captured", late=False))


async def killed_at(folder: Path, away: Away, moment: str, *, late: bool) -> None:
    """One attempt, killed while a target is away, or `late`: once it is back."""
    async with TargetStage(folder, away=away) as stage:
        stage.confirms()
        await stage.asks()
        await stage.start(moment)
        if late:
            await stage.hears_and_mends()
        remains = await stage.dies()
        assert (remains.lost, remains.copies, remains.unknown_codes) == (False, set(), set())
        cut_off = stage.is_command_cut_off
        beside = away == "astrbot" and moment.partition(" ")[2] in BESIDE
        assert beside or cut_off == (moment in CUT_OFF)
        await stage.goes_on()
        if not late:
            await stage.hears_and_mends()
        stage.check(await stage.ends_well())
        assert len(stage.dingtalk.registrations) == len(stage.cards) == 1
        assert stage.delivery("config")["runs"] == 1 + cut_off


@pytest.mark.slow
async def test_a_bot_that_astrbot_made_as_we_were_killed_is_not_made_twice(
    tmp_path: Path,
) -> None:
    async with TargetStage(tmp_path) as stage:
        stage.astrbot.meanwhile("create", stage.kill_now)
        stage.confirms()
        await stage.asks()
        await stage.start()
        await stage.dies()
        assert stage.delivery("astrbot")["state"] == "pending"
        assert len(stage.astrbot.bots) == 2
        stage.check(await stage.to_the_end())


@pytest.mark.slow
async def test_a_file_that_somebody_locked_is_written_once_they_are_done(tmp_path: Path) -> None:
    async with TargetStage(tmp_path, away="lock") as stage:
        stage.confirms()
        await stage.asks()
        for _ in range(2):
            await stage.start()
            await stage.reached("astrbot", "state", "verified")
            await stage.kill()
        assert stage.delivery("config")["state"] == "pending"
        await stage.goes_on()
        await stage.hears_and_mends()
        stage.check(await stage.ends_well())


@pytest.mark.slow
async def test_a_file_that_somebody_keeps_locked_does_not_keep_us_from_stopping(
    tmp_path: Path,
) -> None:
    async with TargetStage(tmp_path, away="lock") as stage:
        stage.confirms()
        await stage.asks()
        await stage.start()
        await stage.reached("astrbot", "state", "verified")
        begun = time.monotonic()
        await stage.stop()
        assert time.monotonic() - begun < 5  # the lock would be waited for twice as long


@pytest.mark.slow
async def test_a_command_that_outlives_us_runs_once_more(tmp_path: Path) -> None:
    waits = 'echo begun >> "$1"; while [ ! -e "$2" ]; do sleep 0.05; done; exit 7'
    async with TargetStage(tmp_path, away="astrbot", after=waits) as stage:
        stage.confirms()
        await stage.asks()
        await stage.start()
        await stage.until(lambda: stage.begins == 1)
        await stage.kill()
        stage.come_back()
        await stage.goes_on()
        await stage.until(lambda: stage.begins == 2)
        await stage.sees("Your command is running")
        stage.number.touch()
        stage.check(await stage.ends_well())
        assert "exit status 7" in stage.result


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 40, 4))
async def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(
    tmp_path: Path, first: int
) -> None:
    async with asyncio.TaskGroup() as group:
        for seed in range(first, first + 4):
            group.create_task(killed_at_random(tmp_path / str(seed), seed))


async def killed_at_random(folder: Path, seed: int) -> None:
    """One attempt, killed up to three times: most likely while much happens at once."""
    dice = random.Random(seed)
    async with TargetStage(folder, away=dice.choice(list(STEPS))) as stage:
        stage.confirms()
        await stage.asks()
        for life in range(dice.choice((1, 2, 3))):
            await stage.start()
            if life == 0:
                await stage.is_given_the_secret()
            elif stage.is_away and dice.random() < 0.5:
                await stage.hears_and_mends()
            else:
                await stage.speaks()
            await asyncio.sleep(dice.uniform(0, dice.choice((BUSY, BUSY, IDLE))))
            if (await stage.kill()).lost:
                break
        if dice.random() < 0.5:
            stage.come_back()
        await stage.goes_on()
        stage.come_back()
        stage.check(await stage.ends_well())


# A command that restarts this very program.

# Waits, as a supervisor's own command does, until the process is gone.
KILLS = """
echo begun >> "$1"
process=$(cat "$2")
kill -{signal} "$process"
while kill -0 "$process" 2> /dev/null; do sleep 0.05; done
"""
ONCE = '[ -e "$1" ] && { echo begun >> "$1"; exit 3; }' + KILLS
ENDS = {"TERM": 0, "KILL": -9}


@pytest.mark.slow
@pytest.mark.parametrize("signal", ["TERM", "KILL"])
async def test_a_command_that_restarts_us_each_time_is_begun_twice_and_that_is_said(
    tmp_path: Path, signal: str
) -> None:
    async with TargetStage(tmp_path, after=KILLS.format(signal=signal)) as stage:
        stage.confirms()
        await stage.asks()
        assert await stage.supervised() == [ENDS[signal]] * 2
        await stage.stop()
        stage.check(stage.row)
        assert stage.begins == stage.delivery("config")["runs"] == 2
        assert "cut off with this program, twice" in stage.result


@pytest.mark.slow
@pytest.mark.parametrize("signal", ENDS)
async def test_a_command_that_restarted_us_runs_to_its_end_the_second_time(
    tmp_path: Path, signal: str
) -> None:
    async with TargetStage(tmp_path, after=ONCE.replace("{signal}", signal)) as stage:
        stage.confirms()
        await stage.asks()
        assert await stage.supervised() == [ENDS[signal]]
        await stage.stop()
        stage.check(stage.row)
        assert stage.begins == stage.delivery("config")["runs"] == 2
        assert "exit status 3" in stage.result


@pytest.mark.slow
@pytest.mark.parametrize("signal", ENDS)
async def test_restarts_do_not_lose_the_target_that_is_away(tmp_path: Path, signal: str) -> None:
    async with TargetStage(tmp_path, away="astrbot", after=KILLS.format(signal=signal)) as stage:
        stage.confirms()
        await stage.asks()
        async with asyncio.TaskGroup() as group:
            supervised = group.create_task(stage.supervised())
            await stage.reached("config", "run_end", "interrupted")
            stage.come_back()
        assert supervised.result() == [ENDS[signal]] * 2
        await stage.stop()
        stage.check(stage.row)
