"""The real process, killed with SIGKILL: nothing is lost, nothing is stored or told twice."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.support.crash_stage import CrashStage
from tests.support.scene import ADMIN

STEPS = [
    "request committed",
    "begin answered",
    "invitation committed",
    "message sent",
    "message recorded",
    "poll answered",
    "captured",
    "delivery begun",
    "written",
    "renamed",
    "writing committed",
    "read back",
    "reading back committed",
    "stored committed",
    "result sent",
    "told",
]
MOMENTS = [f"{side} {step}" for step in STEPS for side in ("before", "after")]
# The named exceptions: what is different when the process ends right there.
SECRET_IS_GONE = {"after poll answered", "before captured"}
SECOND_COPY = {"after message sent", "before message recorded"}
SECOND_CODE = {"after begin answered", "before invitation committed"}
# The exceptions and the other moments are in the slow run.
QUICK = {"after captured"}

# Seconds: a whole attempt from its process's first request on, and what a step takes.
WHOLE = 2.0
CLOSE = 0.03
EACH = [
    pytest.param(moment, marks=[] if moment in QUICK else [pytest.mark.slow]) for moment in MOMENTS
]


@pytest.mark.parametrize("moment", EACH)
async def test_a_kill_at_a_named_moment_loses_nothing_and_doubles_nothing(
    tmp_path: Path, moment: str
) -> None:
    async with CrashStage(tmp_path) as stage:
        stage.confirms()
        await stage.asks()
        await stage.start(moment)
        remains = await stage.dies()
        assert remains.lost == (moment in SECRET_IS_GONE)
        assert len(remains.copies) == (moment in SECOND_COPY)
        assert len(remains.unknown_codes) == (moment in SECOND_CODE)
        row = await stage.to_the_end()
        stage.check(row)
        assert row["state"] == ("failed" if moment in SECRET_IS_GONE else "stored")
        assert len(stage.dingtalk.registrations) == 1 + (moment in SECOND_CODE)
        assert len(stage.cards) == 1 + (moment in SECOND_COPY)


@pytest.mark.slow
@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_kill_around_an_answer_that_decided_nothing_changes_nothing(
    tmp_path: Path, side: str
) -> None:
    async with CrashStage(tmp_path) as stage:
        await stage.asks()
        await stage.start(f"{side} poll answered")
        remains = await stage.dies()
        assert [row["state"] for row in remains.rows] == ["waiting"]
        assert (remains.lost, remains.copies, remains.unknown_codes) == (False, set(), set())
        stage.check(await stage.to_the_end())
        assert len(stage.dingtalk.registrations) == 1
        assert len(stage.cards) == 1


@pytest.mark.slow
async def test_of_two_copies_of_a_message_either_works(tmp_path: Path) -> None:
    async with CrashStage(tmp_path) as stage:
        await stage.asks()
        await stage.start("after message sent")
        [copy] = (await stage.dies()).copies
        await stage.start()
        await stage.telegram.until(lambda: len(stage.cards) == 2)
        first, second = stage.telegram.bot_messages(ADMIN)
        assert (first.id, first.text) == (copy, second.text)
        for message in (second, first):
            answer = await stage.press(message, "Check now")
            assert answer is not None
            assert answer.startswith(("Asking DingTalk now", "Next look in"))
        await stage.telegram.until(lambda: "do not scan" in first.text)
        assert first.buttons == []
        assert await stage.press(second, "Cancel") == "Cancelled"
        await stage.telegram.until(lambda: "Cancelled" in second.text)
        await stage.stop()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 5))
async def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(
    tmp_path: Path, first: int
) -> None:
    # Five at a time: most of an attempt is waiting.
    await asyncio.gather(*(killed_at_random(tmp_path, seed) for seed in range(first, first + 5)))


async def killed_at_random(folder: Path, seed: int) -> None:
    """One attempt, killed up to three times: over its whole time, or close to a request."""
    dice = random.Random(seed)
    async with CrashStage(folder / str(seed)) as stage:
        stage.confirms()
        await stage.asks()
        for _ in range(dice.choice((1, 1, 2, 3))):
            await stage.start()
            if dice.random() < 0.4:
                await stage.kill_after(dice.uniform(0, WHOLE), requests=1)
            else:
                await stage.kill_after(dice.uniform(0, CLOSE), requests=dice.randint(1, 16))
        stage.check(await stage.to_the_end())
