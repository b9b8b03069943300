"""A wall clock that is set while an attempt is under way, or between two processes."""

import asyncio
from dataclasses import replace

import pytest

from bootstrap_bot.clock import WallClockSteps
from bootstrap_bot.errors import Code, JournalError, RefusedError, RemoteError
from bootstrap_bot.providers.provider import Health
from bootstrap_bot.registration.attempt import Approval, State
from bootstrap_bot.registration.authorization import invite
from bootstrap_bot.registration.delivery import Delivery
from bootstrap_bot.registration.limits import Caps
from bootstrap_bot.registration.timeline import moved, not_ahead
from bootstrap_bot.registration.transitions import cancelled
from tests.support.attempt_stage import holding
from tests.support.attempts import ADMIN, an_attempt, held, stored, waiting
from tests.support.clock import START, FakeClock
from tests.support.fake_provider import NO_ROAD, SUCCESS, FakeProvider
from tests.support.memory_journal import MemoryJournal, a_record
from tests.support.service_stage import ServiceStage, started

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
STEPS = [3 * DAY, -3 * DAY, 1.0]
PENDING = {"approval": Approval.PENDING, "watching": True}


# Noticing.


def test_a_step_is_noticed_once_and_drifting_is_none() -> None:
    clock = FakeClock()
    steps = WallClockSteps(clock)
    assert steps.taken() == 0
    clock.set_wall_clock(-3 * DAY)
    assert steps.taken() == -3 * DAY
    assert steps.taken() == 0
    for _ in range(4):
        clock.set_wall_clock(1)
        assert steps.taken() == 0
    clock.set_wall_clock(1)
    assert steps.taken() == 5


async def test_time_that_passes_is_no_step() -> None:
    clock = FakeClock()
    steps = WallClockSteps(clock)
    await clock.advance(3 * DAY)
    assert steps.taken() == 0


def test_every_moment_goes_along_but_those_that_are_none() -> None:
    ran = Delivery("a", "a", runs=1, run_at=START + 7)
    was = waiting(stage_at=START + 3, deliveries=(ran, Delivery("b", "b")))
    assert moved(was, 100.0) == replace(
        was,
        requested_at=START + 100,
        acted_at=START + 100,
        expires_at=START + 7300,
        stage_at=START + 103,
        deliveries=(replace(ran, run_at=START + 107), Delivery("b", "b")),
    )


def test_what_cannot_have_been_yet_is_moved_back_together() -> None:
    was = waiting(stage_at=START + 3 * DAY)
    assert not_ahead(was, START) == moved(was, -3 * DAY)
    assert not_ahead(was, START + 3 * DAY) == was


# On disk.


async def test_what_moved_is_committed_with_the_next_change_or_none() -> None:
    clock, journal = FakeClock(), MemoryJournal()
    record = a_record(waiting(), journal, clock)
    clock.set_wall_clock(DAY)
    assert record.attempt == moved(waiting(), DAY)
    assert journal.saved == []
    for _ in range(2):
        await record.commit(lambda now: now)
    assert journal.saved == [moved(waiting(), DAY)]


async def test_a_step_while_the_disk_is_busy_is_not_lost() -> None:
    clock, journal = FakeClock(), MemoryJournal()
    record = a_record(waiting(), journal, clock)
    journal.let_go.clear()
    saving = asyncio.create_task(record.commit(cancelled))
    await asyncio.sleep(0)
    clock.set_wall_clock(DAY)
    assert record.attempt == waiting()
    journal.let_go.set()
    await saving
    assert record.attempt == moved(cancelled(waiting()), DAY)


async def test_a_step_that_could_not_be_committed_is_committed_later() -> None:
    clock, journal = FakeClock(), MemoryJournal(fails=1)
    record = a_record(waiting(), journal, clock)
    clock.set_wall_clock(DAY)
    with pytest.raises(JournalError):
        await record.commit(lambda now: now)
    await record.commit(lambda now: now)
    assert journal.saved == [moved(waiting(), DAY)]


# In each state.


@pytest.mark.parametrize("step", STEPS)
async def test_asking_for_a_code_has_its_twenty_seconds(step: float) -> None:
    clock = FakeClock()
    office = FakeProvider(clock)
    office.refuses = [NO_ROAD] * 9
    task = asyncio.create_task(invite(office, clock))
    await clock.pass_until_due()
    clock.set_wall_clock(step)
    while len(office.begun) < 5:
        await clock.pass_until_due()
        await asyncio.sleep(0)
    with pytest.raises(RemoteError):
        await task
    assert office.begun == [0, 1, 3, 7, 15]


@pytest.mark.parametrize("step", STEPS)
async def test_a_code_lives_as_long_as_it_lives(step: float) -> None:
    async with started(waiting()) as scene:
        await scene.pass_time(7)
        scene.clock.set_wall_clock(step)
        await scene.pass_time(7100)
        assert scene.row().state is State.WAITING
        assert scene.office.times == [5.0 * poll for poll in range(1, 1422)]
        scene.office.says = [SUCCESS]
        await scene.pass_time(5)
        assert scene.row().state is State.STORED


@pytest.mark.parametrize("step", STEPS)
async def test_a_code_that_nobody_confirms_ends_at_its_time(step: float) -> None:
    async with started(waiting(expires_at=START + 600)) as scene:
        await scene.pass_time(7)
        scene.clock.set_wall_clock(step)
        await scene.pass_time(592)
        assert scene.row().state is State.WAITING
        await scene.pass_time(5)
        assert scene.row().state is State.EXPIRED


@pytest.mark.parametrize("step", STEPS)
async def test_what_was_moved_is_there_after_a_restart(step: float) -> None:
    async with started(waiting()) as scene:
        scene.clock.set_wall_clock(step)
        await scene.pass_time(60)
        await scene.attempts.stop()
        await scene.start()
        await scene.pass_time(7200 - 70)
        assert scene.row().state is State.WAITING
        await scene.pass_time(15)
        assert scene.row().state is State.EXPIRED


@pytest.mark.parametrize("step", STEPS)
async def test_a_clock_set_while_nobody_was_there_loses_no_pair(step: float) -> None:
    async with started(waiting()) as scene:
        await scene.pass_time(60)
        await scene.attempts.stop()
        scene.clock.set_wall_clock(step)
        scene.office.says = [SUCCESS]
        await scene.start()
        await scene.pass_time(5)
        assert scene.row().state is State.STORED


async def test_a_clock_set_back_while_nobody_was_there_gives_a_code_no_more_days() -> None:
    async with started(waiting()) as scene:
        await scene.pass_time(60)
        await scene.attempts.stop()
        scene.clock.set_wall_clock(-3 * DAY)
        await scene.start()
        await scene.pass_time(7200 + 10)
        assert scene.row().state is State.EXPIRED


@pytest.mark.parametrize("step", STEPS)
async def test_a_reminder_of_what_is_held_comes_after_a_day(step: float) -> None:
    async with started(held()) as scene:
        scene.clock.set_wall_clock(step)
        await scene.pass_time(DAY - 1)
        assert scene.display.shown == []
        await scene.pass_time(2)
        assert len(scene.display.shown) == 1


def keeps(scene: ServiceStage) -> None:
    scene.shelf.there = [holding()]


def unapproved(scene: ServiceStage) -> None:
    scene.shelf.there = [holding()]
    scene.office.health = Health.NOT_PUBLISHED


@pytest.mark.parametrize("step", STEPS)
async def test_the_second_look_comes_after_ten_minutes(step: float) -> None:
    async with started(stored(), prepare=keeps) as scene:
        scene.clock.set_wall_clock(step)
        await scene.pass_time(10 * MINUTE - 1)
        assert scene.row().has_secret
        await scene.pass_time(2)
        assert not scene.row().has_secret


@pytest.mark.parametrize("step", STEPS)
async def test_an_approval_is_looked_for_every_ten_minutes(step: float) -> None:
    async with started(stored(**PENDING), prepare=unapproved) as scene:
        await scene.pass_time(15 * MINUTE)
        scene.clock.set_wall_clock(step)
        await scene.pass_time(16 * MINUTE)
        assert scene.office.checked == [0, 600, 1200, 1800]
        assert scene.row().watching


async def test_an_approval_given_during_a_step_across_a_restart_is_still_seen() -> None:
    async with started(stored(**PENDING), prepare=unapproved) as scene:
        await scene.pass_time(MINUTE)
        await scene.attempts.stop()
        scene.clock.set_wall_clock(8 * DAY)
        scene.office.health = Health.WORKS
        await scene.start()
        await scene.pass_time(1)
        assert scene.row().approval is Approval.GRANTED


@pytest.mark.parametrize("step", STEPS)
async def test_so_many_attempts_an_hour_whatever_the_wall_clock_says(step: float) -> None:
    async with started() as scene:
        for _ in range(Caps().per_hour):
            await scene.attempts.cancel((await scene.begin()).id, ADMIN)
        scene.clock.set_wall_clock(step)
        with pytest.raises(RefusedError) as caught:
            await scene.begin()
        assert caught.value.code is Code.TOO_MANY_PER_HOUR
        await scene.clock.advance(HOUR + 1)
        assert (await scene.begin()).owner == ADMIN


@pytest.mark.parametrize(("step", "refused"), [(0.0, True), (3 * DAY, False), (-3 * DAY, False)])
async def test_what_was_asked_for_before_a_restart_counts_if_its_time_is_known(
    step: float, refused: bool
) -> None:
    rows = [
        an_attempt(id=f"{n}", update=str(n), state=State.DISCARDED, told=True)
        for n in range(Caps().per_hour)
    ]

    def later(scene: ServiceStage) -> None:
        scene.clock.set_wall_clock(step)

    async with started(*rows, prepare=later) as scene:
        if refused:
            with pytest.raises(RefusedError):
                await scene.begin()
        else:
            assert (await scene.begin()).owner == ADMIN


@pytest.mark.parametrize("step", STEPS)
async def test_a_request_that_takes_long_is_told_of_after_three_seconds(step: float) -> None:
    async with started() as scene:
        scene.office.let_go.clear()
        scene.clock.set_wall_clock(step)
        await scene.begin()
        scene.clock.set_wall_clock(-step)
        await scene.pass_time(2.9)
        assert scene.display.shown == []
        await scene.pass_time(3.1)
        assert [shown.state for shown in scene.display.shown][:1] == [State.REQUESTED]
