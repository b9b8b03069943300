"""One attempt from where it stands to its end: what is asked when, and what becomes of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bootstrap_bot.activity import waits
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.provider import (
    Denied,
    Expired,
    Granted,
    Health,
    Pending,
    PollResult,
    Stage,
)
from bootstrap_bot.registration.attempt import Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery
from bootstrap_bot.registration.person import FixedAdmins
from bootstrap_bot.registration.transitions import (
    agreed,
    cancelled,
    discarded,
    forgotten,
    invited,
    removed,
    skipped,
    used,
)
from bootstrap_bot.registration.worker import Worker
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.target import Platform
from tests.support import attempt_stage
from tests.support.attempt_stage import ended, holding
from tests.support.attempts import (
    CLIENT_ID,
    FORMER,
    OTHER,
    PAIR,
    SECRET,
    an_attempt,
    captured,
    first,
    stored,
    waiting,
)
from tests.support.clock import START, rest
from tests.support.fake_provider import INVITATION, NO_ROAD, SUCCESS

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NAME = "a1b2c3d4e5"
# The polls of the two minutes after a verdict at 10 seconds.
AFTER_TEN = [*range(15, 131, 5)]


class Scene(attempt_stage.Stage):
    """One run, and what it asked of others."""

    run: Worker
    task: "asyncio.Task[None]"

    def __init__(self, targets: str = "a") -> None:
        super().__init__(targets=targets)
        self.may_begin = True
        self.asked: list[Attempt] = []
        self.displaced: list[tuple[str, str]] = []
        self.announced: list[Platform] = []
        self.announcing: Exception | None = None

    def start(self, attempt: Attempt) -> None:
        self.run = Worker(attempt, self.services, self._may_begin, self._displaced)
        self.task = asyncio.create_task(self.run.run())

    @property
    def attempt(self) -> Attempt:
        return self.run.attempt

    @property
    def times(self) -> list[float]:
        """When the platform was asked, in seconds from the start."""
        return self.office.times

    @property
    def stores(self) -> int:
        """How often the first target was written."""
        return self.events.count("a: store")

    async def on_stored(self, platform: Platform) -> None:
        self.events.append("announced")
        self.announced.append(platform)
        if self.announcing is not None:
            raise self.announcing

    async def _may_begin(self, attempt: Attempt) -> bool:
        self.asked.append(attempt)
        await asyncio.sleep(0)
        return self.may_begin

    async def _displaced(self, _: str, client_id: str, target: str) -> None:
        self.displaced.append((client_id, target))


@asynccontextmanager
async def running(attempt: Attempt, scene: Scene | None = None) -> AsyncIterator[Scene]:
    """The attempt while it is led to its end."""
    scene = scene or Scene()
    scene.start(attempt)
    async with ended(scene.task):
        await rest()
        yield scene


def hears(*answers: Any, targets: str = "a") -> Scene:
    """A scene whose platform gives these answers."""
    scene = Scene(targets)
    scene.office.says = list(answers)
    return scene


def locked(*shelves: str, times: int = 1000) -> Scene:
    """A scene with targets of which the first cannot be written for a while."""
    scene = Scene("".join(shelves) or "a")
    scene.shelf.faults = [Code.LOCKED] * times
    return scene


# A code.


async def test_a_code_is_begun_once_somebody_said_it_may_be() -> None:
    scene = Scene()
    async with running(an_attempt(), scene):
        assert scene.asked == [an_attempt()]
        assert scene.office.begun == [0]
        assert scene.book.saved[0] == invited(an_attempt(), INVITATION, START)
        assert scene.attempt.expires_at == START + 7200
        assert scene.display.shown[0] == scene.book.saved[0]


async def test_a_code_counts_from_the_moment_it_came() -> None:
    scene = Scene()
    scene.office.refuses = [NO_ROAD]
    async with running(an_attempt(), scene):
        await scene.pass_time(1)
        assert scene.office.begun == [0, 1]
        assert scene.attempt.stage_at == START + 1


async def test_without_a_code_the_attempt_has_failed_and_says_why() -> None:
    scene = Scene()
    scene.office.refuses = [RemoteError(Code.BAD_LINK)]
    async with running(an_attempt(), scene):
        assert scene.attempt == an_attempt(
            state=State.FAILED, trouble="bad_link", told=True, message="101"
        )
        assert scene.task.done()


async def test_an_attempt_that_may_not_begin_leaves_no_code_and_no_message() -> None:
    scene = Scene()
    scene.may_begin = False
    async with running(an_attempt(message="7"), scene):
        assert scene.office.begun == []
        assert scene.attempt == an_attempt(state=State.CANCELLED, told=True, message="7")
        assert scene.display.removed == [("42", "7")]
        assert scene.display.shown == []
        assert scene.task.done()


async def test_an_attempt_that_may_not_begin_and_was_not_shown_has_no_message_to_remove() -> None:
    scene = Scene()
    scene.may_begin = False
    async with running(an_attempt(), scene):
        assert scene.task.done()
        assert scene.task.exception() is None
        assert scene.display.removed == []


async def test_a_message_that_is_told_stays() -> None:
    async with running(waiting(told=True), hears(Expired())) as scene:
        await scene.pass_time(125)
        assert scene.task.done()
        assert scene.display.removed == []


# Asking.


async def test_the_platform_is_asked_at_its_interval() -> None:
    async with running(waiting(interval=7.0)) as scene:
        await scene.pass_time(30)
        assert scene.times == [7, 14, 21, 28]
        assert scene.office.codes == ["device-code"] * 4


async def test_a_platform_that_asks_for_more_time_gets_it() -> None:
    async with running(waiting(), hears(Pending(slow_down=5.0))) as scene:
        await scene.pass_time(40)
        assert scene.times == [5, 15, 25, 35]
        assert scene.attempt.interval == 10


async def test_failures_double_the_pause_and_an_answer_ends_that() -> None:
    async with running(waiting(), hears(*[NO_ROAD] * 5)) as scene:
        await scene.pass_time(220)
        assert scene.times == [5, 15, 35, 75, 135, 195, 200, 205, 210, 215, 220]


async def test_trouble_is_shown_since_it_began_and_until_an_answer_comes() -> None:
    async with running(waiting(), hears(NO_ROAD, RemoteError(Code.SERVER_ERROR))) as scene:
        await scene.pass_time(5)
        assert (scene.attempt.trouble, scene.attempt.trouble_since) == ("timeout", START + 5)
        await scene.pass_time(10)
        assert (scene.attempt.trouble, scene.attempt.trouble_since) == ("server_error", START + 5)
        await scene.pass_time(20)
        assert (scene.attempt.trouble, scene.attempt.trouble_since) == ("", 0)


async def test_a_stage_is_shown_with_the_moment_it_was_heard() -> None:
    async with running(waiting(), hears(Pending(stage=Stage.SCANNED))) as scene:
        await scene.pass_time(9)
        assert (scene.attempt.stage, scene.attempt.stage_at) == (Stage.SCANNED, START + 5)


async def test_a_cancelled_code_is_asked_about_for_two_minutes_and_then_once_a_minute() -> None:
    async with running(cancelled(waiting())) as scene:
        await scene.pass_time(5 * MINUTE)
        assert scene.times == [*range(5, 121, 5), 180, 240, 300]


async def test_a_code_that_expired_is_asked_about_once_more() -> None:
    async with running(waiting(expires_at=START + 8)) as scene:
        await scene.pass_time(DAY)
        assert scene.times == [5, 10, *AFTER_TEN]
        assert scene.attempt.state is State.EXPIRED
        assert scene.attempt.device_state is None
        assert scene.task.done()


async def test_a_code_that_expires_as_it_is_asked_about_is_over() -> None:
    async with running(waiting(expires_at=START + 5)) as scene:
        await scene.pass_time(DAY)
        assert scene.times == [5, 10, *AFTER_TEN[:-1]]


async def test_a_bad_road_gives_an_expired_code_ten_minutes_more() -> None:
    async with running(waiting(expires_at=START), hears(*[NO_ROAD] * 1000)) as scene:
        await scene.pass_time(DAY)
        assert scene.display.shown[-1].state is State.EXPIRED
        assert 600 < scene.display.times[-1] <= 660
        assert 720 < scene.times[-1] <= 840
        assert scene.task.done()


async def test_a_verdict_is_told_at_once_and_asked_about_for_two_minutes_more() -> None:
    async with running(waiting(), hears(Pending(), Denied(reason="No."))) as scene:
        await scene.pass_time(10)
        assert [shown.state for shown in scene.display.shown][-1] is State.REFUSED
        await scene.pass_time(DAY)
        assert scene.times == [5, 10, *AFTER_TEN]
        assert (scene.attempt.state, scene.attempt.reason) == (State.REFUSED, "No.")
        assert scene.attempt.device_state is None
        assert scene.task.done()


@pytest.mark.parametrize("verdict", [Denied(reason="No."), Expired(), Granted()])
@pytest.mark.parametrize("later", [SUCCESS, Pending(credentials=PAIR), Denied(credentials=PAIR)])
async def test_a_verdict_that_passes_is_not_final(verdict: PollResult, later: PollResult) -> None:
    said = [verdict] * (4 if isinstance(verdict, Granted) else 1)
    async with running(waiting(), hears(*said, verdict, NO_ROAD, Pending(), later)) as scene:
        await scene.pass_time(60)
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.AFTERWARDS)
        assert scene.attempt.credentials == PAIR
        assert scene.shelf.there == []


async def test_the_two_minutes_after_a_verdict_survive_a_restart() -> None:
    scene = hears(Denied(reason="No."))
    async with running(waiting(), scene):
        await scene.pass_time(60)
        was = scene.attempt
    scene.times.clear()
    async with running(was, scene):
        await scene.pass_time(DAY)
        assert scene.times == [*range(65, 126, 5)]


async def test_a_code_whose_two_minutes_passed_without_a_process_is_asked_about_once_more() -> None:
    refused = waiting(state=State.REFUSED, told=True, let_go_at=START - DAY)
    async with running(refused, hears(SUCCESS)) as scene:
        await scene.pass_time(5)
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.AFTERWARDS)


@pytest.mark.parametrize("answer", [Pending(), NO_ROAD, Expired()])
async def test_that_once_more_is_the_last(answer: PollResult | RemoteError) -> None:
    refused = waiting(state=State.REFUSED, told=True, let_go_at=START - DAY)
    async with running(refused, hears(answer)) as scene:
        await scene.pass_time(DAY)
        assert scene.times == [5]
        assert scene.task.done()


async def test_a_cancelled_code_is_asked_about_for_two_minutes_after_its_verdict() -> None:
    start = cancelled(waiting(acted_at=START - DAY))
    async with running(start, hears(Pending(), Denied(), Pending(), SUCCESS)) as scene:
        await scene.pass_time(DAY / 2)
        assert scene.times == [60, 120, 125, 130]
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.LATE)


async def test_a_pair_that_was_kept_before_a_restart_counts() -> None:
    kept = waiting(account=CLIENT_ID, values=PAIR.values)
    async with running(kept, hears(Expired())) as scene:
        await scene.pass_time(5)
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.UNFINISHED)
        assert scene.attempt.credentials == PAIR


async def test_a_pair_is_held_when_its_admin_has_to_confirm_it() -> None:
    scene = hears(SUCCESS)
    scene.equip(confirm=True)
    async with running(waiting(), scene):
        await scene.pass_time(5)
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.CONFIRM)
        assert scene.stores == 0


async def test_what_came_for_a_former_admin_is_offered_to_the_first_one() -> None:
    scene = hears(SUCCESS)
    scene.equip(admins=FixedAdmins([FORMER, OTHER]))
    async with running(waiting(), scene):
        await scene.pass_time(5)
        assert (scene.attempt.owner, scene.attempt.state) == (FORMER, State.HELD)
        assert scene.attempt.held is Held.INHERITED


async def test_what_came_late_is_held() -> None:
    async with running(cancelled(waiting()), hears(SUCCESS)) as scene:
        await scene.pass_time(MINUTE)
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.LATE)
        assert scene.display.shown[-1].state is State.HELD


async def test_what_was_decided_reaches_a_disk_that_is_full_for_a_while() -> None:
    scene = hears(Expired())
    async with running(waiting(), scene):
        scene.book.fails = 1
        await scene.pass_time(5)
        assert scene.attempt == waiting()
        await scene.pass_time(1)
        assert scene.attempt.state is State.EXPIRED


# Somebody wants to know.


async def test_whoever_wants_to_know_waits_for_the_interval_only() -> None:
    async with running(waiting(), hears(NO_ROAD, NO_ROAD)) as scene:
        await scene.pass_time(16)
        assert scene.times == [5, 15]
        assert scene.attempt.checked_at == 0
        assert scene.run.seconds_to_next_poll() == 4
        scene.run.ask_now()
        await scene.pass_time(4)
        assert scene.times == [5, 15, 20]
        assert scene.attempt.checked_at == START + 20
        await scene.pass_time(5)
        assert scene.times == [5, 15, 20, 25]
        assert scene.attempt.checked_at == START + 20  # nobody asked for this one


async def test_when_the_interval_is_over_it_is_asked_at_once() -> None:
    async with running(waiting(), hears(NO_ROAD, NO_ROAD)) as scene:
        await scene.pass_time(22)
        assert scene.run.seconds_to_next_poll() == 0
        scene.run.ask_now()
        await rest()
        assert scene.times == [5, 15, 22]


async def test_an_answer_that_failed_is_an_answer_to_whoever_wants_to_know() -> None:
    async with running(waiting(), hears(NO_ROAD)) as scene:
        scene.run.ask_now()
        await scene.pass_time(5)
        assert scene.attempt.checked_at == START + 5


async def test_there_is_nothing_to_wait_for_while_it_is_being_asked() -> None:
    scene = Scene()
    scene.office.let_go.clear()
    async with running(waiting(), scene):
        assert scene.run.seconds_to_next_poll() == 5
        await scene.pass_time(9)
        assert scene.run.seconds_to_next_poll() == 0
        scene.office.let_go.set()
        await rest()


async def test_there_is_nothing_to_wait_for_before_it_began() -> None:
    async with running(waiting()) as scene:
        fresh = Worker(waiting(), scene.services, scene._may_begin, scene._displaced)
        assert fresh.seconds_to_next_poll() == 0


async def test_asking_once_more_ends_with_the_next_answer() -> None:
    async with running(cancelled(waiting())) as scene:
        await scene.pass_time(181)
        once_more = asyncio.create_task(scene.run.ask_once_more())
        await scene.pass_time(3)
        assert not once_more.done()
        await scene.pass_time(1)
        assert scene.times[-2:] == [180, 185]
        assert once_more.done()


async def test_asking_once_more_about_a_code_that_is_gone_does_not_wait() -> None:
    async with running(captured(device_state=None)) as scene:
        await asyncio.wait_for(scene.run.ask_once_more(), 1)


async def test_asking_once_more_ends_with_a_failure_too() -> None:
    async with running(waiting(), hears(NO_ROAD)) as scene:
        once_more = asyncio.create_task(scene.run.ask_once_more())
        await scene.pass_time(5)
        assert once_more.done()


async def test_an_answer_on_its_way_is_committed_though_the_run_was_ended() -> None:
    scene = hears(SUCCESS)
    scene.office.let_go.clear()
    async with running(waiting(), scene):
        await scene.pass_time(5)
        finishing = asyncio.create_task(scene.run.finish_asking())
        scene.task.cancel()
        await rest()
        assert scene.task.cancelled()
        assert not finishing.done()
        scene.office.let_go.set()
        await rest()
        assert finishing.done()
        assert scene.book.saved[-1].credentials == PAIR
        assert scene.stores == 0


async def test_without_a_question_there_is_no_answer_to_wait_for() -> None:
    async with running(waiting()) as scene:
        await scene.run.finish_asking()
        assert scene.times == []


# Storing.


async def test_a_success_is_stored_announced_and_told() -> None:
    scene = hears(SUCCESS)
    scene.equip(on_stored=scene.on_stored)
    scene.shelf.after = Command(("restart",))
    async with running(waiting(), scene):
        await scene.pass_time(5)
        assert scene.events == ["a: read", "a: store", "a: read", "announced"]
        assert scene.announced == [holding()]
        assert scene.commands == [("restart", SECRET, "device-code")]
        assert (scene.attempt.state, scene.attempt.stored_at) == (State.STORED, START + 5)
        assert scene.display.shown[-1].state is State.STORED
        assert scene.attempt.told


async def test_nobody_has_to_be_told_of_what_is_stored() -> None:
    async with running(captured()) as scene:
        assert scene.attempt.state is State.STORED


async def test_what_goes_wrong_with_announcing_does_not_matter_and_its_text_is_not_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    scene.equip(on_stored=scene.on_stored)
    scene.announcing = ValueError(SECRET)
    async with running(captured(), scene):
        assert scene.attempt.state is State.STORED
        [record] = [r for r in caplog.records if r.name.endswith("worker")]
        assert record.levelno == logging.ERROR
        assert record.getMessage() == "on_stored failed for dingtalk: ValueError"
        assert SECRET not in caplog.text


async def test_trouble_is_retried_with_doubling_pauses_up_to_five_minutes() -> None:
    async with running(captured(), locked()) as scene:
        times = []
        for _ in range(11):
            assert len(scene.clock.pauses) == 1
            times.append(await scene.clock.pass_until_due())
            await rest()
        assert times == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
        assert scene.events == ["a: read"] * 12
        assert scene.attempt.deliveries[0].trouble == "locked"


async def test_one_target_with_trouble_does_not_hold_up_another() -> None:
    scene = locked("a", "b")
    scene.equip(on_stored=scene.on_stored)
    async with running(captured(), scene):
        assert scene.shelves[1].there == [holding()]
        assert scene.announced == [holding()]
        assert scene.attempt.state is State.CAPTURED
        scene.shelf.faults.clear()
        await scene.pass_time(2)
        assert scene.shelf.there == [holding()]
        assert scene.announced == [holding()] * 2
        assert scene.events.count("b: store") == 1
        assert (scene.attempt.state, scene.attempt.stored_at) == (State.STORED, START + 2)


async def test_try_again_means_every_target_at_once_and_keeps_the_pauses() -> None:
    scene = locked("a", "b")
    scene.shelves[1].faults = [Code.NO_SPACE] * 1000
    async with running(captured(), scene):
        await scene.pass_time(3)
        scene.run.hurry()
        await rest()
        assert sorted(scene.events) == ["a: read"] * 3 + ["b: read"] * 3
        await scene.pass_time(7)
        assert len(scene.events) == 6
        await scene.pass_time(1)
        assert len(scene.events) == 8


async def test_a_pair_that_is_agreed_to_replaces_another_and_that_is_said() -> None:
    scene = Scene()
    scene.shelf.occupant = "dingold"
    async with running(captured(), scene):
        assert scene.stores == 1
        await scene.run.record.commit(first(agreed))
        scene.run.hurry()
        await rest()
        assert scene.displaced == [("dingold", "config:/a")]
        assert scene.attempt.state is State.STORED


async def test_a_target_that_is_skipped_is_waited_for_no_longer() -> None:
    async with running(captured(), locked("a", "b")) as scene:
        await scene.run.record.commit(first(skipped))
        scene.run.hurry()
        await rest()
        assert scene.attempt.state is State.STORED
        assert [one.state.value for one in scene.attempt.deliveries] == ["closed", "verified"]


async def test_without_any_target_the_pair_is_held() -> None:
    async with running(captured(), locked()) as scene:
        await scene.run.record.commit(first(skipped))
        scene.run.hurry()
        await rest()
        assert (scene.attempt.state, scene.attempt.held) == (State.HELD, Held.UNPLACED)
        assert scene.display.shown[-1].state is State.HELD


async def test_a_target_that_left_the_config_is_closed_before_storing() -> None:
    gone = Delivery("config:/gone", "gone", trouble="locked")
    async with running(captured(deliveries=(gone,))) as scene:
        assert [(d.place, d.closed) for d in scene.attempt.deliveries] == [
            ("gone", "left"),
            ("a", ""),
        ]
        assert scene.attempt.state is State.STORED


async def test_what_needs_an_approval_is_stored_and_looked_after() -> None:
    scene = hears(Granted(credentials=PAIR, needs_approval=True))
    scene.office.health = Health.NOT_PUBLISHED
    async with running(waiting(), scene):
        await scene.pass_time(5)
        assert (scene.attempt.state, scene.attempt.approval) == (State.STORED, Approval.PENDING)
        assert scene.office.checked == [5]
        await scene.pass_time(20 * MINUTE)
        assert scene.office.checked == [5, 605, 1205]


# Decisions.


async def test_a_day_without_a_decision_brings_the_offer_once_more() -> None:
    async with running(captured(state=State.HELD, device_state=None)) as scene:
        await scene.pass_time(DAY - 1)
        assert len(scene.display.shown) == 1
        await scene.pass_time(1)
        assert len(scene.display.shown) == 2
        await scene.pass_time(DAY)
        assert len(scene.display.shown) == 3
        assert scene.stores == 0


async def test_an_offer_that_could_not_be_told_is_not_reminded_of() -> None:
    scene = Scene()
    scene.display.let_go.clear()
    async with running(captured(state=State.HELD), scene):
        before = len(scene.book.saved)
        await scene.pass_time(3 * DAY)
        assert len(scene.book.saved) == before
        scene.display.let_go.set()
        await rest()


async def test_a_decision_is_acted_on_at_once() -> None:
    async with running(captured(state=State.HELD)) as scene:
        await scene.run.record.commit(used)
        scene.run.hurry()
        await rest()
        assert scene.attempt.state is State.STORED


async def test_whoever_hurries_decides_nothing_and_the_day_counts_anew() -> None:
    async with running(captured(state=State.HELD)) as scene:
        await scene.pass_time(DAY / 2)
        scene.run.hurry()
        await scene.pass_time(DAY - 1)
        assert len(scene.display.shown) == 1
        await scene.pass_time(1)
        assert len(scene.display.shown) == 2


async def test_what_is_discarded_is_over_once_it_is_told() -> None:
    async with running(captured(state=State.HELD)) as scene:
        await scene.run.record.commit(discarded)
        scene.run.hurry()
        await rest()
        assert scene.task.done()
        assert scene.display.shown[-1].state is State.DISCARDED


# Taking it out.


async def test_removing_is_tried_until_it_is_done() -> None:
    scene = locked(times=3)
    scene.shelf.there = [holding()]
    async with running(removed(stored()), scene):
        await scene.pass_time(14 - 1)
        assert scene.shelf.there == [holding()]
        await scene.pass_time(1)
        assert scene.shelf.there == []
        assert scene.events == [f"a: remove {CLIENT_ID}"] * 4
        assert scene.attempt.deliveries == ()
        assert scene.task.done()


async def test_removing_is_retried_with_doubling_pauses_up_to_five_minutes() -> None:
    async with running(removed(stored()), locked()) as scene:
        times = []
        for _ in range(10):
            times.append(await scene.clock.pass_until_due())
            await rest()
        assert times == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_try_again_means_removing_at_once_and_once() -> None:
    async with running(removed(stored()), locked()) as scene:
        await scene.pass_time(3)
        assert len(scene.events) == 2
        scene.run.hurry()
        await rest()
        assert len(scene.events) == 3
        await scene.pass_time(7)
        assert len(scene.events) == 3
        await scene.pass_time(1)
        assert len(scene.events) == 4


# Looking after it.


async def test_what_is_stored_is_looked_after_while_its_secret_is_kept() -> None:
    async with running(stored()) as scene:
        scene.shelf.there = [holding()]
        await scene.pass_time(10 * MINUTE)
        assert not scene.attempt.has_secret
        assert scene.office.checked == [0]
        assert scene.task.done()


async def test_what_is_stored_and_watched_is_looked_after_without_a_secret() -> None:
    scene = Scene()
    scene.shelf.there = [holding()]
    watched = forgotten(stored(approval=Approval.PENDING, watching=True, looked_at=START))
    async with running(watched, scene):
        await scene.pass_time(10 * MINUTE)
        assert scene.attempt.approval is Approval.GRANTED
        assert scene.display.shown[-1].approval is Approval.GRANTED
        assert scene.task.done()


async def test_what_is_stored_told_and_erased_is_over() -> None:
    async with running(forgotten(stored())) as scene:
        assert scene.task.done()
        assert scene.office.checked == []
        assert scene.display.shown == []


async def test_a_hurry_reaches_whoever_looks_after_it() -> None:
    scene = Scene()
    scene.office.health = Health.NOT_PUBLISHED
    async with running(stored(), scene):
        await scene.pass_time(5)
        scene.run.hurry()
        await rest()
        assert scene.office.checked == [0, 5]


# The end.


async def test_a_run_ends_when_the_person_knows() -> None:
    scene = Scene()
    scene.display.let_go.clear()
    async with running(an_attempt(state=State.EXPIRED), scene):
        assert not scene.task.done()
        scene.display.let_go.set()
        await rest()
        assert scene.task.done()
        assert scene.attempt.told


async def test_nothing_is_told_once_a_run_was_ended() -> None:
    async with running(waiting()) as scene:
        for told in (True, False):
            before = len(scene.display.shown)
            await scene.run.record.note(lambda now: replace(now, trouble=f"{now.trouble}!"))
            await rest()
            assert (len(scene.display.shown) > before) is told
            scene.task.cancel()
            await rest()


async def test_it_is_idle_but_for_what_is_under_way() -> None:
    scene = Scene()
    scene.office.let_go.clear()
    async with running(waiting(), scene):
        assert scene.run.idle
        await scene.pass_time(5)
        assert not scene.run.idle
        assert waits(scene.task)
        scene.office.let_go.set()
        await rest()
        assert scene.run.idle
        assert waits(scene.task)


@pytest.mark.parametrize("stored", [True, False])
async def test_it_is_at_work_while_a_target_is(stored: bool) -> None:
    scene = Scene("ab") if stored else locked()
    scene.book.let_go.clear()
    async with running(captured(), scene):
        assert not scene.run.idle
        assert waits(scene.task)
        scene.book.let_go.set()
        await rest()
        assert scene.task.done() is False
        assert scene.run.idle
        assert waits(scene.task)


async def test_a_changed_state_is_on_disk_before_it_is_asked_with_at_once() -> None:
    moved = SecretStr("elsewhere")
    async with running(waiting(), hears(Pending(state=moved), Pending(), SUCCESS)) as scene:
        await scene.pass_time(5)
        assert scene.office.times == [5, 5]
        assert scene.office.codes == ["device-code", "elsewhere"]
        assert scene.book.saved[-1].device_state == moved
        await scene.pass_time(5)
        assert scene.office.times == [5, 5, 10]


async def test_the_state_of_a_cancelled_code_changes_too() -> None:
    moved = SecretStr("elsewhere")
    cancelled = waiting(state=State.CANCELLED, told=True)
    async with running(cancelled, hears(Pending(state=moved))) as scene:
        await scene.pass_time(60)
        assert scene.office.codes[:2] == ["device-code", "elsewhere"]
        assert scene.attempt.device_state == moved
