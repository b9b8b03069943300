"""The real process, killed with SIGKILL while an app of Lark or Feishu is on its way."""

from pathlib import Path

import pytest

from bootstrap_bot.sandbox.lark.stand_in import Brand
from tests.support.lark_crash_stage import LarkCrashStage

STEPS = [
    "request committed",
    "begin answered",
    "invitation committed",
    "message recorded",
    "poll answered",
    "captured",
    "written",
    "writing committed",
    "reading back committed",
    "stored committed",
    "told",
]
MOMENTS = [f"{side} {step}" for step in STEPS for side in ("before", "after")]
BRANDS: tuple[Brand, ...] = ("feishu", "lark")
# Lark gives the credentials out once and then forgets the code.
LOST = {"after poll answered", "before captured"}
# To a person of Lark's own brand the first answer only says which host has the credentials, once,
# and not again after a kill: tests/scenarios/test_lark.py shows what comes of that.
EACH = [
    pytest.param(moment, brand, id=f"{moment}-{brand}")
    for moment in MOMENTS
    for brand in BRANDS
    if (moment, brand) != ("after poll answered", "lark")
]
SECOND_CODE = {"after begin answered", "before invitation committed"}


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "brand"), EACH)
async def test_a_kill_loses_an_app_only_where_the_person_is_told_where_it_is(
    tmp_path: Path, moment: str, brand: Brand
) -> None:
    async with LarkCrashStage(tmp_path, brand) as stage:
        stage.confirms()
        await stage.asks()
        await stage.start(moment)
        await stage.dies()
        row = await stage.to_the_end()
        stage.check_end(row, lost=moment in LOST)
        assert len(stage.lark.registrations) == 1 + (moment in SECOND_CODE)
