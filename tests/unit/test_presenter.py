"""What a person is shown, and how long it is tried: the presenter with a display made of lists."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bootstrap_bot.registration.attempt import RESULTS, Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError
from bootstrap_bot.registration.presenter import Presenter
from tests.support.attempts import ERASED, an_attempt, captured
from tests.support.clock import START, FakeClock, rest
from tests.support.credentials import a_secret
from tests.support.memory_journal import MemoryJournal, a_record
from tests.support.recording_display import RecordingDisplay

TROUBLED = Delivery("config:/a", "a", trouble="locked")


class Scene:
    """A presenter at work on one attempt."""

    def __init__(self, attempt: Attempt) -> None:
        self.clock = FakeClock()
        self.journal = MemoryJournal()
        self.display = RecordingDisplay(self.clock)
        self.record = a_record(attempt, self.journal, self.clock)
        self.presenter = Presenter(self.record, self.display, self.clock)
        self.task: asyncio.Task[None] | None = None

    @property
    def attempt(self) -> Attempt:
        return self.record.attempt

    async def start(self) -> None:
        self.task = asyncio.create_task(self.presenter.run())
        await rest()

    async def change(self, **changes: Any) -> None:
        await self.record.commit(lambda now: replace(now, **changes))
        await rest()

    @property
    def ended(self) -> bool:
        assert self.task is not None
        return self.task.done() and self.task.exception() is None


Begin = Callable[..., Any]


@pytest.fixture
async def begin() -> AsyncIterator[Begin]:
    """Starts a presenter on an attempt, with a display as it is told to be."""
    scenes: list[Scene] = []

    async def begun(attempt: Attempt, **display: object) -> Scene:
        scene = Scene(attempt)
        scenes.append(scene)
        for name, value in display.items():
            setattr(scene.display, name, value)
        await scene.start()
        return scene

    yield begun
    for scene in scenes:
        assert scene.task is not None
        scene.task.cancel()
        await asyncio.gather(scene.task, return_exceptions=True)


def waiting(**changes: Any) -> Attempt:
    return an_attempt(state=State.WAITING, device_state=SecretStr("d"), **changes)


def result(state: State = State.STORED, **changes: Any) -> Attempt:
    return an_attempt(state=state, **{"message": "5", **changes})


# What is said, and when.


async def test_a_code_that_comes_within_three_seconds_is_the_first_word(begin: Begin) -> None:
    scene = await begin(an_attempt())
    await scene.clock.advance(2.9)
    await rest()
    assert scene.display.times == []
    await scene.change(state=State.WAITING)
    assert {shown.state for shown in scene.display.shown} == {State.WAITING}
    assert scene.display.times[0] == pytest.approx(2.9)


async def test_a_request_that_takes_three_seconds_is_told_to_be_worked_on(begin: Begin) -> None:
    scene = await begin(an_attempt())
    await scene.clock.advance(3)
    await rest()
    assert {shown.state for shown in scene.display.shown} == {State.REQUESTED}
    assert scene.display.times[0] == 3
    assert scene.attempt.message == "101"
    assert not scene.attempt.told
    await scene.change(state=State.WAITING)
    assert scene.display.shown[-1].state is State.WAITING
    assert scene.attempt.message == "101"


async def test_a_request_from_before_a_restart_is_told_at_once(begin: Begin) -> None:
    scene = await begin(an_attempt(requested_at=START - 3))
    assert scene.display.times[0] == 0


async def test_work_that_begins_while_a_message_waits_is_not_shown(begin: Begin) -> None:
    scene = await begin(waiting(message="5"))
    scene.display.waits_its_turn = asyncio.Event()
    await scene.record.note(lambda now: replace(now, trouble="timeout"))
    await rest()
    await scene.record.commit(lambda now: captured(message="5"))
    scene.display.waits_its_turn.set()
    await rest()
    assert {shown.state for shown in scene.display.shown} == {State.WAITING}


async def test_a_first_message_is_sent_and_its_id_kept(begin: Begin) -> None:
    scene = await begin(waiting())
    assert scene.attempt == waiting(message="101")
    assert scene.journal.saved == [waiting(message="101")]


async def test_a_message_with_a_countdown_is_renewed_each_minute(begin: Begin) -> None:
    scene = await begin(waiting())
    before = len(scene.display.shown)
    await scene.clock.advance(59.9)
    await rest()
    assert len(scene.display.shown) == before
    await scene.clock.advance(0.1)
    await rest()
    assert len(scene.display.shown) == before + 1
    for minutes in (2, 3):
        assert await scene.clock.pass_until_due() == 60
        await rest()
        assert len(scene.display.shown) == before + minutes
    assert not scene.attempt.told
    assert scene.display.removed == []


async def test_news_is_shown_at_once(begin: Begin) -> None:
    scene = await begin(waiting(message="5"))
    before = len(scene.display.shown)
    await scene.record.note(lambda now: replace(now, trouble="timeout"))
    await rest()
    assert [shown.trouble for shown in scene.display.shown[before:]] == ["timeout"]
    assert scene.clock.now() == START


@pytest.mark.parametrize("state", sorted(RESULTS))
async def test_a_result_is_shown_once_and_known_to_be_told(begin: Begin, state: State) -> None:
    scene = await begin(result(state))
    assert [shown.state for shown in scene.display.shown] == [state]
    assert scene.attempt.told
    assert scene.journal.saved[-1].told
    assert scene.ended
    assert scene.clock.pauses == []


async def test_what_was_told_is_not_told_again(begin: Begin) -> None:
    scene = await begin(result(told=True, values=a_secret("s")))
    assert scene.display.times == []
    assert not scene.ended  # the secret is still kept: there may be more to say
    await scene.change(values=ERASED)
    assert scene.ended
    assert scene.display.times == []


async def test_an_attempt_that_is_over_ends_at_once(begin: Begin) -> None:
    scene = await begin(result(told=True))
    assert scene.ended
    assert scene.display.times == []


async def test_storing_is_silent_unless_there_is_trouble(begin: Begin) -> None:
    scene = await begin(captured(message="5"))
    assert scene.display.times == []
    await scene.change(deliveries=(replace(TROUBLED, trouble=""),))
    assert scene.display.times == []
    await scene.change(deliveries=(TROUBLED,))
    assert scene.display.shown[-1].deliveries == (TROUBLED,)
    assert not scene.attempt.told
    before = len(scene.display.shown)
    await scene.change(deliveries=(replace(TROUBLED, trouble=""),))
    assert len(scene.display.shown) == before
    assert scene.clock.pauses == []
    await scene.change(state=State.STORED, values=ERASED, device_state=None)
    assert scene.display.shown[-1].state is State.STORED
    assert scene.ended


async def test_removing_is_silent_unless_there_is_trouble(begin: Begin) -> None:
    scene = await begin(result(State.REMOVED, deliveries=(replace(TROUBLED, trouble=""),)))
    assert scene.display.times == []
    await scene.change(deliveries=(TROUBLED,))
    assert scene.display.shown
    assert not scene.attempt.told
    await scene.change(deliveries=())
    assert scene.attempt.told


# A person who looked away.


@pytest.mark.parametrize(("ago", "new"), [(0.0, False), (120.0, False), (120.1, True)])
async def test_a_result_after_two_minutes_is_a_message_of_its_own(
    begin: Begin, ago: float, new: bool
) -> None:
    scene = await begin(result(acted_at=START - ago))
    assert scene.attempt.message == ("101" if new else "5")
    assert scene.display.removed == ([("42", "5")] if new else [])
    assert scene.attempt.old_message is None
    assert scene.attempt.told


async def test_the_old_message_goes_only_when_the_new_one_is_on_disk(begin: Begin) -> None:
    scene = await begin(an_attempt(message="5", acted_at=START - 1000))
    at_removal: list[tuple[str | None, str | None]] = []

    def look() -> None:
        saved = scene.journal.saved[-1]
        at_removal.append((saved.message, saved.old_message))

    scene.display.before_removal = look
    await scene.change(state=State.EXPIRED)
    assert at_removal == [("101", "5")]
    plan = [(saved.message, saved.old_message) for saved in scene.journal.saved]
    assert plan == [("5", None), (None, "5"), ("101", "5"), ("101", None)]


async def test_only_results_are_worth_a_message_of_their_own(begin: Begin) -> None:
    long_ago = START - 1000
    scene = await begin(waiting(message="5", acted_at=long_ago))
    assert scene.attempt.message == "5"
    scene = await begin(captured(message="5", acted_at=long_ago, deliveries=(TROUBLED,)))
    assert scene.attempt.message == "5"
    assert scene.display.removed == []


async def test_a_result_without_a_message_needs_none_removed(begin: Begin) -> None:
    scene = await begin(result(message=None, acted_at=START - 1000))
    assert scene.attempt.message == "101"
    assert scene.display.removed == []


async def test_a_small_change_of_what_was_told_is_an_edit_however_late(begin: Begin) -> None:
    scene = await begin(result(told=True, stale=True, acted_at=START - 10_000))
    assert scene.attempt == result(told=True, acted_at=START - 10_000)
    assert len(scene.display.shown) == 1
    assert scene.display.removed == []
    assert scene.ended


# A message that is gone, or was moved.


async def test_a_message_that_is_gone_is_replaced_by_another(begin: Begin) -> None:
    scene = await begin(result(), gone=True)
    assert scene.attempt.message == "101"
    assert scene.attempt.told
    assert scene.display.removed == []


async def test_a_copy_further_down_is_sent_and_the_old_one_removed(begin: Begin) -> None:
    scene = await begin(waiting(message="5"))
    await scene.change(message=None, old_message="5")
    assert (scene.attempt.message, scene.attempt.old_message) == ("101", None)
    assert scene.display.removed == [("42", "5")]


async def test_a_copy_asked_for_while_one_is_on_its_way_is_still_sent(begin: Begin) -> None:
    scene = await begin(an_attempt(message="5"))
    scene.display.let_go.clear()
    await scene.change(state=State.CANCELLED)
    assert len(scene.display.times) == 1
    await scene.change(message=None, old_message="5")
    scene.display.let_go.set()
    await rest()
    assert scene.display.removed == [("42", "5")]
    assert [shown.message for shown in scene.display.shown] == ["5", None]
    assert (scene.attempt.message, scene.attempt.told) == ("101", True)


async def test_a_copy_asked_for_while_the_message_is_replaced_leaves_one_message(
    begin: Begin,
) -> None:
    scene = await begin(an_attempt(message="5"), gone=True)
    scene.display.let_go.clear()
    await scene.change(state=State.CANCELLED)
    await scene.change(message=None, old_message="5")
    scene.display.let_go.set()
    await rest()
    assert scene.display.removed == [("42", "101")]  # 5 is gone already
    assert (scene.attempt.message, scene.attempt.told) == ("102", True)


# What changes while it is being told.


async def test_what_is_shown_is_what_is_true_when_its_turn_has_come(begin: Begin) -> None:
    scene = await begin(an_attempt(message="5"))
    scene.display.waits_its_turn = asyncio.Event()
    await scene.change(state=State.WAITING)
    await scene.change(state=State.EXPIRED)
    scene.display.waits_its_turn.set()
    await rest()
    assert [shown.state for shown in scene.display.shown] == [State.EXPIRED]
    assert scene.ended


async def test_told_is_only_what_is_still_true(begin: Begin) -> None:
    scene = await begin(an_attempt(message="5"))
    scene.display.let_go.clear()
    await scene.change(state=State.HELD)
    await scene.change(state=State.DISCARDED)
    scene.display.let_go.set()
    await rest()
    assert [shown.state for shown in scene.display.shown] == [State.HELD, State.DISCARDED]
    assert [saved.state for saved in scene.journal.saved if saved.told] == [State.DISCARDED]
    assert scene.ended


async def test_a_change_within_a_state_is_told_too(begin: Begin) -> None:
    scene = await begin(an_attempt(message="5"))
    scene.display.let_go.clear()
    await scene.change(state=State.STORED)
    await scene.change(reason="more")
    scene.display.let_go.set()
    await rest()
    assert [shown.reason for shown in scene.display.shown] == ["", "more"]
    assert scene.attempt.told


async def test_a_small_change_while_one_is_being_shown_is_not_forgotten(begin: Begin) -> None:
    scene = await begin(result(told=True, watching=True))
    scene.display.let_go.clear()
    await scene.change(stale=True)
    await scene.change(reason="more")
    scene.display.let_go.set()
    await rest()
    assert [shown.reason for shown in scene.display.shown] == ["", "more"]
    assert not scene.attempt.stale
    assert scene.attempt.told


async def test_a_disk_that_is_full_does_not_lose_the_message(begin: Begin) -> None:
    scene = await begin(an_attempt())
    await scene.change(state=State.FAILED)
    assert scene.attempt.told
    scene = await begin(an_attempt())
    scene.journal.let_go.clear()
    await scene.record.note(lambda now: replace(now, state=State.FAILED))
    await rest()
    scene.journal.fails = 2
    scene.journal.let_go.set()
    await rest()
    assert await scene.clock.pass_until_due() == 1
    assert await scene.clock.pass_until_due() == 2
    await rest()
    assert len(scene.display.shown) == 1
    assert (scene.attempt.message, scene.attempt.told) == ("101", True)


# When it does not arrive.


async def test_it_is_tried_without_end_each_minute_and_after_an_hour_each_five(
    begin: Begin,
) -> None:
    scene = await begin(result(), always=DeliveryError())
    pauses = []
    for _ in range(70):
        pauses.append(await scene.clock.pass_until_due())
        await rest()
    # 63 s of doubling, then minutes up to 3603 s, the first failure beyond the hour.
    assert pauses == [1, 2, 4, 8, 16, 32, *[60] * 59, *[300] * 5]
    assert not scene.attempt.told
    scene.display.always = None
    await scene.clock.pass_until_due()
    await rest()
    assert scene.attempt.told


@pytest.mark.parametrize(("seconds", "pause"), [(3600.0, 2), (3600.5, 300)])
async def test_an_hour_to_the_second_is_still_the_first_hour(
    begin: Begin, seconds: float, pause: float
) -> None:
    scene = await begin(waiting(message="5"), always=DeliveryError())
    await scene.clock.asleep()
    scene.display.let_go.clear()
    await scene.clock.pass_until_due()
    await rest()
    await scene.clock.advance(START + seconds - scene.clock.now())
    scene.display.let_go.set()
    await rest()
    assert await scene.clock.pass_until_due() == pause


async def test_after_a_success_the_pauses_begin_anew(begin: Begin) -> None:
    scene = await begin(waiting(message="5"), errors=[DeliveryError()] * 3)
    assert [await scene.clock.pass_until_due() for _ in range(3)] == [1, 2, 4]
    await rest()
    scene.display.errors = [DeliveryError()] * 2
    await scene.record.note(lambda now: replace(now, trouble="timeout"))
    await rest()
    assert [await scene.clock.pass_until_due() for _ in range(2)] == [1, 2]
    await rest()
    assert scene.display.shown[-1].trouble == "timeout"


async def test_an_hour_of_failures_is_counted_anew_after_a_success(begin: Begin) -> None:
    scene = await begin(waiting(message="5"), errors=[DeliveryError()])
    await scene.clock.pass_until_due()
    await rest()
    await scene.clock.advance(7200)
    scene.display.always = DeliveryError()
    await scene.record.note(lambda now: replace(now, trouble="timeout"))
    await rest()
    assert await scene.clock.pass_until_due() == 1


async def test_what_is_tried_again_is_what_is_true_by_then(begin: Begin) -> None:
    scene = await begin(waiting(message="5"), errors=[DeliveryError()])
    await scene.change(state=State.EXPIRED, device_state=None)
    assert scene.display.shown == []  # the road is left alone for its second
    await scene.clock.pass_until_due()
    await rest()
    assert [shown.state for shown in scene.display.shown] == [State.EXPIRED]
    assert scene.ended


async def test_a_closed_chat_is_left_alone_until_the_person_is_back(begin: Begin) -> None:
    scene = await begin(captured(message="5", deliveries=(TROUBLED,)), errors=[ChatGoneError()])
    assert len(scene.display.times) == 1
    await scene.change(state=State.STORED, values=ERASED, device_state=None)
    await scene.clock.advance(7 * 86400)
    await rest()
    assert len(scene.display.times) == 1
    assert scene.clock.pauses == []
    scene.presenter.person_is_back()
    await rest()
    assert [shown.state for shown in scene.display.shown] == [State.STORED]
    assert scene.attempt.told
    assert scene.ended


async def test_each_closed_chat_needs_a_sign_of_its_own(begin: Begin) -> None:
    scene = await begin(result(), errors=[ChatGoneError(), ChatGoneError()])
    scene.presenter.person_is_back()
    await rest()
    assert len(scene.display.times) == 2
    assert not scene.attempt.told
    scene.presenter.person_is_back()
    await rest()
    assert scene.attempt.told


async def test_a_sign_from_before_the_chat_closed_does_not_count(begin: Begin) -> None:
    scene = await begin(an_attempt(message="5"))
    scene.presenter.person_is_back()
    await rest()
    scene.display.errors = [ChatGoneError()]
    await scene.change(state=State.FAILED)
    assert len(scene.display.times) == 1
    assert not scene.attempt.told


async def test_a_person_who_is_back_sees_a_fresh_message(begin: Begin) -> None:
    scene = await begin(waiting(message="5"))
    before = len(scene.display.times)
    scene.presenter.person_is_back()
    await rest()
    assert len(scene.display.times) == before + 1


# A command that follows a delivery.

RUNNING = Delivery("config:/a", "a", DeliveryState.VERIFIED, runs=1, run_at=START)


async def test_a_command_is_shown_once_it_takes_longer_than_a_moment(begin: Begin) -> None:
    scene = await begin(captured(message="7", deliveries=(RUNNING,)))
    await scene.clock.advance(2.9)
    await rest()
    assert scene.display.shown == []
    await scene.clock.advance(0.1)
    await rest()
    assert scene.display.times == [3.0]
    assert scene.display.shown[-1].deliveries == (RUNNING,)


async def test_a_command_that_ends_within_a_moment_is_not_shown(begin: Begin) -> None:
    scene = await begin(captured(message="7", deliveries=(RUNNING,)))
    await scene.change(deliveries=(replace(RUNNING, run_end="exited"),))
    await scene.clock.advance(30)
    await rest()
    assert scene.display.shown == []


async def test_a_command_begun_long_ago_is_shown_at_once(begin: Begin) -> None:
    scene = await begin(captured(message="7", deliveries=(replace(RUNNING, run_at=START - 60),)))
    assert scene.display.times == [0.0]


async def test_of_a_result_nobody_waits_for_its_command(begin: Begin) -> None:
    stored = captured(state=State.STORED, told=True, message="7", deliveries=(RUNNING,))
    scene = await begin(replace(stored, values=ERASED, watching=True))
    await rest()
    assert scene.clock.pauses == []
