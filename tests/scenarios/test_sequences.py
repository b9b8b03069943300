"""Sequences of answers to init, begin and poll: a pair that could be had ends in somebody's hands.

Every row of the poll table is played alone, before and after a success, through the whole bot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap_bot.sandbox.answers import OWN_CLIENT_ID, OWN_CLIENT_SECRET, Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import (
    ROWS,
    approving,
    errcode,
    expired,
    fail,
    publishing,
    stage,
    success,
    waiting,
)
from bootstrap_bot.sandbox.dingtalk.stand_in import Call
from tests.support.scene import Scene

# Seconds between polls, and how long a code lives.
INTERVAL, LIFETIME = 20, 200
# The ten minutes for a bad road past the deadline, then the two after a verdict.
LONGEST = LIFETIME + 600 + 60 + 120 + 60
STORED, PENDING, OFFERED, NONE = "stored", "pending", "offered", "none"
INVITES = "Waiting for you to confirm"
ENDS = ("refused", "expired", "failed")
# Rows that are an end with a pair, and how it ends.
GIVING = {
    "success": STORED,
    "success_extras": STORED,
    "approving": PENDING,
    "approval_required": PENDING,
}
KEPT = [row for row in ROWS if row.endswith("with_credentials")]
REFUSING = ("fail", "expired")


@dataclass(frozen=True)
class Played:
    """Answers to polls, the last of them for ever, after those to init and begin."""

    polls: Sequence[Answer]
    ends: str
    others: Mapping[Call, Sequence[Answer]] = field(default_factory=dict)


def alone(row: str) -> Played:
    return Played([ROWS[row]], GIVING.get(row, PENDING if row in KEPT else NONE))


def before(row: str) -> Played:
    ends = OFFERED if row in REFUSING else GIVING.get(row, STORED)
    return Played([ROWS[row], success()], ends)


def after(row: str) -> Played:
    return Played([success(), ROWS[row]], STORED)


OWN = {"client_id": OWN_CLIENT_ID, "client_secret": OWN_CLIENT_SECRET}
LATE = [waiting()] * 9
SPECIAL: dict[str, Played] = {
    "two refusals, then success": Played([fail(), fail(), success()], OFFERED),
    "five refusals, then success": Played([*[fail()] * 5, success()], OFFERED),
    "two expiries, then success": Played([expired(), expired(), success()], OFFERED),
    "refusal, expiry, approval": Played([fail(), expired(), approving()], OFFERED),
    "refusal, waiting, success": Played([fail(), waiting(), success()], OFFERED),
    "refusal, bad road, success": Played([fail(), http(502), success()], OFFERED),
    "refusal, a stage with a pair": Played([fail(), publishing()], OFFERED),
    "a refusal with the pair": Played([stage("FAIL", **OWN)], OFFERED),
    "an expiry with the pair": Played([stage("EXPIRED", **OWN)], OFFERED),
    "no verdict, then success": Played([*[stage("SUCCESS")] * 4, success()], OFFERED),
    "three empty successes, then one": Played([*[stage("SUCCESS")] * 3, success()], STORED),
    "the live way": Played([waiting(), stage("CREATING"), publishing(), success()], STORED),
    "the live way, the pair once": Played([publishing(), stage("SUCCESS")], STORED),
    "the live way, to an approval": Played([publishing(), stage("APPROVING")], PENDING),
    "a pair, then only its stage": Played([publishing(), stage("PUBLISHING")], PENDING),
    "a pair, then nothing known": Played([publishing(), stage("")], PENDING),
    "a pair, then a bad road": Played([publishing(), http(502)], PENDING),
    "a pair, then a refusal": Played([publishing(), fail()], OFFERED),
    "a pair, then an expiry": Played([publishing(), expired()], OFFERED),
    "a pair, a bad road, success": Played([publishing(), http(429), success()], STORED),
    "an expiry by our own clock, then success": Played([*LATE, waiting(), success()], OFFERED),
    "success at the deadline": Played([*LATE, success()], STORED),
    "success after a bad road over it": Played([*[http(502)] * 6, success()], STORED),
    "init is lost once": Played([success()], STORED, {"init": [Answer(reset=True)]}),
    "begin is lost once": Played([success()], STORED, {"begin": [Answer(reset=True)]}),
    "both are lost": Played(
        [success()], STORED, {"init": [Answer(reset=True)], "begin": [errcode(500)]}
    ),
    "a nonce that was used": Played([success()], STORED, {"begin": [errcode(40035)]}),
    "a rate limit on init": Played(
        [success()], STORED, {"init": [http(429, "", {"Retry-After": "3"})]}
    ),
}
SEQUENCES: dict[str, Played] = {
    **{f"{row} for ever": alone(row) for row in ROWS},
    **{f"{row}, then success": before(row) for row in ROWS},
    **{f"success, then {row}": after(row) for row in ROWS},
    **SPECIAL,
}
# What gives a pair in a way of its own is always played.
QUICK = {name for name in SEQUENCES if name in SPECIAL or name.endswith("credentials for ever")}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in SEQUENCES],
)
async def test_a_pair_that_could_be_had_is_stored_pending_or_offered(
    tmp_path: Path, name: str
) -> None:
    sequence = SEQUENCES[name]
    quiet = 0.2 if "timeout" in name else 5.0
    async with Scene(tmp_path, interval=INTERVAL, lifetime=LIFETIME, timeout=quiet) as scene:
        for call, answers in sequence.others.items():
            scene.dingtalk.next(call, *answers)
        await scene.says("/dingtalk_new")
        await scene.settled()
        await scene.pass_until(lambda: scene.dingtalk.registrations)
        await scene.sees(INVITES)
        await scene.idle()
        scene.dingtalk.next_poll(*sequence.polls)
        scene.dingtalk.always_poll(sequence.polls[-1])
        begun = scene.clock.now()
        while undecided(scene) and scene.clock.now() - begun <= LONGEST:
            await scene.next_poll()
            await scene.idle()
            invited = INVITES in scene.telegram.last(42).text
            assert not (invited and scene.journal()[-1]["client_secret"])
        assert scene.clock.now() - begun <= LONGEST
        assert await outcome(scene) == sequence.ends
        if sequence.ends != NONE:
            made, row = scene.dingtalk.latest, scene.journal()[-1]
            assert (row["client_id"], row["client_secret"]) == (made.client_id, made.client_secret)


def undecided(scene: Scene) -> bool:
    row = scene.journal()[-1]
    return row["state"] in ("waiting", *ENDS) and row["device_code"] is not None


async def outcome(scene: Scene) -> str:
    """How the last attempt ended, as the journal, the config and the chat say it."""
    row = scene.journal()[-1]
    if row["state"] == "stored":
        assert len(scene.platforms()) == 1
        return PENDING if row["approval"] == "pending" else STORED
    if row["state"] == "held":
        await scene.sees("Credentials of a DingTalk bot arrived")
        return OFFERED
    assert row["state"] in ENDS
    await scene.recorded(row["state"])
    assert INVITES not in scene.telegram.last(42).text
    return NONE
