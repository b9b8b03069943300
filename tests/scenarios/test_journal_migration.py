"""State files of earlier versions: carried over whole or not at all, and what waited goes on."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.journals.schema import LATEST
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk.answers import approving, fail, success, waiting
from bootstrap_bot.sandbox.telegram.stand_in import Trouble
from tests.support.attempts import ADMIN as OWNER
from tests.support.attempts import CLIENT_ID, OTHER, SECRET, an_attempt, captured
from tests.support.clock import START
from tests.support.full_attempt import DELIVERY, FULL
from tests.support.hindrances import mend, spoil
from tests.support.old_state_file import ADDED, FIRST, an_old_file, as_then, grown_old
from tests.support.scene import ADMIN, Scene

PAIR = {"client_id": CLIENT_ID, "client_secret": SECRET}
STORED_TABLE = {"type": "dingtalk", "enabled": True, **PAIR}
MINUTE, DAY = 60.0, 86400.0
DOWN = Trouble(502)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bootstrap-bot.db"


async def carried_over(path: Path) -> list[Attempt]:
    """Every attempt that a journal has which opens this file."""
    journal = SqliteJournal(path)
    await journal.open()
    assert journal.moved_aside is None
    with closing(sqlite3.connect(path)) as db:
        names = [name for (name,) in db.execute("SELECT id FROM attempts ORDER BY number")]
    found = [await journal.find(name) for name in names]
    await journal.close()
    return [attempt for attempt in found if attempt is not None]


# What is carried over.


async def test_everything_of_the_last_version_without_a_number(path: Path) -> None:
    old = [as_then(FULL), an_attempt(id="b", update="2")]
    an_old_file(path, old)
    for _ in range(2):
        assert await carried_over(path) == old
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (LATEST,)
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    assert "deliveries" not in tables


@pytest.mark.parametrize("added", range(len(ADDED)))
async def test_columns_that_an_earlier_version_lacks_have_what_holds_for_it(
    path: Path, added: int
) -> None:
    """As well for a file that an earlier start was killed over as it added columns."""
    plain = Delivery(
        DELIVERY.target,
        DELIVERY.place,
        DELIVERY.state,
        DELIVERY.platform_id,
        DELIVERY.updated,
        DELIVERY.trouble,
        DELIVERY.line,
        DELIVERY.column,
    )
    before = replace(as_then(FULL), let_go_at=0.0, topic=None, deliveries=(plain,))
    an_old_file(path, [before], added=added)
    assert await carried_over(path) == [before]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("told", [True, False])
async def test_an_attempt_in_every_state(path: Path, state: State, told: bool) -> None:
    attempt = captured(state=state, told=told)
    an_old_file(path, [attempt, replace(attempt, id="b", update="2", device_state=None, values={})])
    kept, over = await carried_over(path)
    assert kept == attempt
    journal = SqliteJournal(path)
    await journal.open()
    assert await journal.unfinished() == [attempt, *([] if told else [over])]
    assert await journal.save(kept) == attempt
    await journal.close()


async def test_ids_and_languages_are_telegrams(path: Path) -> None:
    an_old_file(path, [an_attempt(owner=OTHER, update="77")], {42: "en", 43: "zh"})
    journal = SqliteJournal(path)
    await journal.open()
    assert await journal.languages() == {OWNER: "en", OTHER: "zh"}
    assert await journal.asked_by("telegram", "77") == await journal.latest(OTHER)
    assert await journal.requests_since(START) == [(OTHER, START)]
    await journal.close()


async def test_a_file_that_was_being_made_when_the_power_failed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FIRST.partition(";")[0])
    assert await carried_over(path) == []


async def test_a_file_that_cannot_be_carried_over_is_kept_as_it_is(path: Path) -> None:
    an_old_file(path, [captured()])
    with closing(sqlite3.connect(path)) as db:
        # no text at all, though SQLite takes it for one
        db.execute("UPDATE attempts SET reason = CAST(x'ff' AS TEXT)")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(JournalError) as caught:
        await SqliteJournal(path).open()
    assert caught.value.code is Code.STATE_UNUSABLE
    assert path.read_bytes() == before
    assert not [*path.parent.glob("*.broken-*")]


async def test_no_secret_stays_behind_in_the_file(path: Path) -> None:
    an_old_file(path, [captured(id=str(n), update=str(n), reason="x" * 5000) for n in range(20)])
    journal = SqliteJournal(path)
    await journal.open()
    for attempt in await journal.unfinished():
        await journal.save(replace(attempt, device_state=None, values={}))
    await journal.close()
    content = path.read_bytes()
    assert SECRET.encode() not in content
    assert b"device-code" not in content


# Killed on the way.

KILLED = """
import os, shutil, signal, sqlite3, sys
from bootstrap_bot.journals.schema import bring_up_to_date, version_of

old, status, killed = sys.argv[1], signal.SIGKILL, 0


def carry_over(path, left):
    def count(_):
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    db = sqlite3.connect(path, isolation_level=None)
    db.set_trace_callback(count)
    bring_up_to_date(db, version_of(db))


while status:
    path = shutil.copy(old, f"{old}.{killed}")
    if (child := os.fork()) == 0:
        carry_over(path, killed)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    killed += 1
print(killed - 1)
"""


async def test_killed_at_any_point_it_is_carried_over_by_the_next_start(path: Path) -> None:
    # more than SQLite holds back in memory until the end
    old = [captured(id=str(n), update=str(n), reason="x" * 1_000_000) for n in range(4)]
    an_old_file(path, old, {42: "en"})
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(path)), stdout=subprocess.PIPE
    )
    printed, _ = await child.communicate()
    assert int(printed) > len(old)
    for number in range(int(printed) + 1):
        left = path.with_name(f"{path.name}.{number}")
        assert await carried_over(left) == old
        left.unlink()


# What waited goes on.


async def updated(scene: Scene, away: float = 0.0) -> None:
    """The bot was one of the last version without numbers until it is stopped; today's starts."""
    await scene.stop()
    grown_old(scene.state)
    await scene.clock.advance(away)
    await scene.start()
    await carried_over_by(scene)


async def carried_over_by(scene: Scene) -> None:
    """Returns when the bot that was started has read its file."""
    await scene.until(lambda: scene.sql("PRAGMA user_version") == [{"user_version": LATEST}])


async def test_a_requested_one_gets_its_link(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.dingtalk.next("init", Answer(hang=True))
        await scene.says("/dingtalk_new")
        await scene.dingtalk.until(lambda: scene.dingtalk.requests)
        await scene.recorded("requested", told=False)
        await updated(scene)
        await scene.sees("Waiting for you")
        await scene.settled()
        assert len(scene.journal()) == len(scene.dingtalk.registrations) == 1


@pytest.mark.parametrize("topic", [None, 7001])
async def test_a_waiting_one_is_polled_with_its_code(tmp_path: Path, topic: int | None) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited(topic=topic)
        await updated(scene)
        await scene.idle()
        assert scene.telegram.last(ADMIN).text == before.text
        assert scene.telegram.last(ADMIN).button_texts == before.button_texts
        await scene.poll(success(CLIENT_ID, SECRET))
        after = await scene.sees("Done")
        assert (after.id, after.topic) == (before.id, topic)
        assert len(scene.dingtalk.registrations) == 1
        assert scene.platforms() == {"dingtalk": STORED_TABLE}


@pytest.mark.parametrize("button", ["Use it", "Discard"])
async def test_what_comes_for_a_cancelled_one_is_offered(tmp_path: Path, button: str) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.press("Cancel")
        await scene.sees("Cancelled")
        await scene.recorded("cancelled")
        await updated(scene)
        await scene.poll(success(CLIENT_ID, SECRET))
        await scene.sees("They came after you had cancelled")
        await scene.recorded("held")
        await updated(scene)
        await scene.press(button)
        await scene.recorded("stored" if button == "Use it" else "discarded")
        assert scene.platforms() == ({"dingtalk": STORED_TABLE} if button == "Use it" else {})


async def test_a_held_one_waits_for_its_admin(tmp_path: Path) -> None:
    async with Scene(tmp_path, more="[security]\nconfirm = true\n") as scene:
        await scene.invited()
        await scene.poll(success(CLIENT_ID, SECRET))
        await scene.sees("Credentials of a DingTalk bot arrived")
        await scene.recorded("held")
        await updated(scene, away=DAY)
        await scene.press("Store it")
        await scene.sees("Done")
        assert scene.platforms() == {"dingtalk": STORED_TABLE}


async def test_a_refused_one_is_asked_about_quietly_until_its_time_is_up(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        scene.dingtalk.latest.script.standing = fail()
        await scene.next_poll()
        shown = await scene.sees("DingTalk refused")
        await scene.recorded("refused")
        polls = scene.dingtalk.polls
        await updated(scene)
        while scene.journal()[-1]["device_code"]:
            await scene.next_poll()
        assert scene.dingtalk.polls > polls
        assert scene.telegram.bot_messages(ADMIN) == [shown]


async def test_an_expired_one_is_told(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await updated(scene, away=DAY)
        await scene.poll(waiting())
        await scene.sees("The link has expired")
        await scene.recorded("expired")


async def test_a_failed_one_that_nobody_was_told_of_is_told(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.telegram.fail("sendMessage", DOWN, -1)
        scene.dingtalk.extra_begin["verification_uri_complete"] = "https://evil.example/"
        await scene.says("/dingtalk_new")
        await scene.recorded("failed", told=False)
        await scene.stop()
        scene.telegram.heal()
        grown_old(scene.state)
        await scene.start()
        await carried_over_by(scene)
        await scene.recorded("failed")
        assert scene.telegram.last(ADMIN).button_texts == ["Start again"]


async def test_a_captured_one_is_stored_once_it_can_be(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = await scene.invited()
        spoil(scene)
        await scene.poll(success(CLIENT_ID, SECRET))
        await scene.sees("it is not stored yet")
        await updated(scene)
        await scene.idle()
        assert (await scene.recorded("captured", told=False))["client_secret"] == SECRET
        mend(scene)
        await scene.next_moment()
        assert (await scene.sees("Done")).id == before.id
        assert scene.platforms() == {"dingtalk": STORED_TABLE}


async def test_a_stored_one_that_is_not_published_is_looked_after(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.invited()
        await scene.poll(approving(CLIENT_ID, SECRET))
        await scene.sees("Your organisation still has to approve the bot")
        await scene.recorded("stored")
        await scene.idle()
        await scene.settled()
        await scene.dingtalk.grant()
        await updated(scene, away=DAY)
        await scene.sees("Done: your organisation has approved the bot")
        row = await scene.recorded("stored")
        assert (row["approval"], row["watching"]) == ("granted", False)


async def test_a_removal_under_way_is_finished(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await scene.stored(success(CLIENT_ID, SECRET))
        spoil(scene)
        scene.config.write_text(scene.config.read_text().replace("[platforms.dingtalk]", "[spare]"))
        await scene.press("Not mine")
        await scene.telegram.until(
            lambda: "Yes, remove it" in scene.telegram.last(ADMIN).button_texts
        )
        await scene.press("Yes, remove it")
        await scene.sees("The bot could not be removed yet")
        await updated(scene)
        await scene.idle()
        mend(scene)
        scene.config.write_text(scene.config.read_text().replace("[spare]", "[platforms.dingtalk]"))
        await scene.next_moment()
        await scene.sees("The bot is gone from where it was stored")
        await scene.recorded("removed")
        assert (scene.platforms(), scene.deliveries()) == ({}, [])


async def test_one_that_is_over_can_still_be_taken_back(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        result = await scene.stored(success(CLIENT_ID, SECRET))
        while scene.clock.pauses:
            await scene.next_moment()
            await scene.idle()
        await scene.press("Not mine")
        await scene.telegram.until(lambda: "Yes, remove it" in result.button_texts)
        await updated(scene, away=DAY)
        await scene.press("Yes, remove it")
        await scene.sees("The bot is gone from where it was stored")
        await scene.recorded("removed")
        assert scene.platforms() == {}


# As the first version left them.

UNTOUCHED, ON_ITS_WAY, HINDERED, WRITTEN, VERIFIED = (
    (),
    (Delivery("config:/a", "a"),),
    (Delivery("config:/a", "a", trouble="unparsable", line=3, column=9),),
    (Delivery("config:/a", "a", DeliveryState.WRITTEN, "dingtalk"),),
    (Delivery("config:/a", "a", DeliveryState.VERIFIED, "dingtalk", updated=True),),
)
STORED = {"state": State.STORED, "device_state": None, "stored_at": START}
LEFT = [
    *(captured(deliveries=old) for old in (UNTOUCHED, ON_ITS_WAY, HINDERED, WRITTEN, VERIFIED)),
    *(captured(**STORED, told=told, deliveries=VERIFIED) for told in (True, False)),
]


def at_home(attempt: Attempt, config: Path) -> Attempt:
    """The same, on its way into that file."""
    moved = (replace(one, target=f"config:{config}") for one in attempt.deliveries)
    return replace(attempt, deliveries=tuple(moved))


@pytest.mark.parametrize("added", [0, len(ADDED)])
@pytest.mark.parametrize("left", LEFT)
async def test_what_an_earlier_version_left_unfinished_is_finished(
    path: Path, left: Attempt, added: int
) -> None:
    an_old_file(path, [at_home(left, path.with_name("config.toml"))], added=added)
    async with Scene(path.parent) as scene:
        await carried_over_by(scene)
        # a chat that the stand-in has never heard of
        await scene.says("/help")
        if not left.told:
            await scene.telegram.until(lambda: any("Done" in text for text in scene.captions()))
        row = await scene.recorded("stored")
        assert (row["client_id"], row["client_secret"]) == (CLIENT_ID, SECRET)
        while scene.journal()[-1]["client_secret"] is not None:
            await scene.next_moment()
            await scene.idle()
        assert scene.platforms() == {"dingtalk": STORED_TABLE}
        [delivery] = scene.deliveries()
        assert (delivery["state"], delivery["kind"], delivery["trouble"]) == (
            "verified",
            "config",
            "",
        )
        assert len(scene.journal()) == 1
        assert SECRET.encode() not in path.read_bytes()
