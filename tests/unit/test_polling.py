"""When to ask next, and what an answer makes of an attempt: the whole table."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import pytest
from pydantic import SecretStr

from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.dingtalk.kind import KIND
from bootstrap_bot.providers.provider import (
    Denied,
    DeviceAuthorization,
    Expired,
    Granted,
    Link,
    Pending,
    PollResult,
    Provider,
    Stage,
)
from bootstrap_bot.registration.attempt import State
from bootstrap_bot.registration.authorization import invite
from bootstrap_bot.registration.polling import QUIET_INTERVAL, Outcome, Polling
from tests.support.clock import START, FakeClock
from tests.support.credentials import ding_pair

PAIR = ding_pair("dingabcdefgh1234", "s" * 40)
BAD_ROAD = RemoteError(Code.SERVER_ERROR)
CAPTURED = Outcome(state=State.CAPTURED)
HELD = Outcome(state=State.HELD)
EXPIRED = Outcome(state=State.EXPIRED)
NO_CREDENTIALS = Outcome(state=State.FAILED, trouble=Code.NO_CREDENTIALS)


def heard(*answers: PollResult | RemoteError, start: Polling | None = None) -> Polling:
    """What these answers make of an attempt, one after the other."""
    polling = start or Polling(KIND.policy, 5.0)
    for answer in answers:
        if isinstance(answer, RemoteError):
            polling = polling.failed(answer)
        else:
            polling = polling.answered(answer)
    return polling


def asked_to_wait(seconds: float) -> RemoteError:
    return RemoteError(Code.RATE_LIMITED, retry_after=seconds)


UNDECIDED: list[Sequence[PollResult | RemoteError]] = [
    *[[Pending(stage=stage)] for stage in Stage],
    [Pending(credentials=PAIR, stage=Stage.PUBLISHING)],
    [Pending(credentials=PAIR), Pending()],
    [BAD_ROAD] * 300,
    [Granted()],
    [Granted()] * 3,
    [Granted(), Pending(), Granted(), BAD_ROAD, Granted()],
    [BAD_ROAD, BAD_ROAD, Pending(credentials=PAIR), BAD_ROAD],
]


@pytest.mark.parametrize("answers", UNDECIDED)
def test_these_answers_decide_nothing(answers: Sequence[PollResult | RemoteError]) -> None:
    assert heard(*answers).outcome is None


DECIDED: list[tuple[list[PollResult | RemoteError], Outcome]] = [
    ([Granted(credentials=PAIR)], CAPTURED),
    ([BAD_ROAD, Pending(), Granted(credentials=PAIR)], CAPTURED),
    ([Pending(credentials=PAIR, stage=Stage.PUBLISHING), Granted()], CAPTURED),
    ([Granted(), Granted(credentials=PAIR)], CAPTURED),
    ([Granted()] * 4, NO_CREDENTIALS),
    ([Granted(), Pending(), Granted(), BAD_ROAD, Granted(), Granted()], NO_CREDENTIALS),
    ([Granted(credentials=PAIR, needs_approval=True)], replace(CAPTURED, approval=True)),
    (
        [Pending(credentials=PAIR, stage=Stage.PUBLISHING), Pending(stage=Stage.APPROVING)],
        replace(CAPTURED, approval=True),
    ),
    ([Pending(credentials=PAIR), Granted(needs_approval=True)], replace(CAPTURED, approval=True)),
    ([Denied(reason="a")], Outcome(state=State.REFUSED, reason="a")),
    ([Granted(), Pending(), Denied(reason="b")], Outcome(state=State.REFUSED, reason="b")),
    # A pair that stays without a verdict: a review, whatever its name.
    ([Pending(credentials=PAIR)] * 3, replace(CAPTURED, approval=True)),
    ([BAD_ROAD, Pending(credentials=PAIR), Pending(), BAD_ROAD], replace(CAPTURED, approval=True)),
    ([Pending(), *[Pending(credentials=PAIR, stage=Stage.UNKNOWN)] * 2, Granted()], CAPTURED),
    ([Expired()], EXPIRED),
    ([Pending(), BAD_ROAD, Expired()], EXPIRED),
    # What came before a bad end is offered, not thrown away.
    ([Pending(credentials=PAIR), Expired()], HELD),
    ([Expired(credentials=PAIR)], HELD),
    ([Denied(credentials=PAIR, reason="b")], replace(HELD, reason="b")),
    ([Pending(credentials=PAIR), Denied(reason="b")], replace(HELD, reason="b")),
]


@pytest.mark.parametrize(("answers", "outcome"), DECIDED)
def test_these_answers_decide(answers: list[PollResult | RemoteError], outcome: Outcome) -> None:
    *before, last = answers
    assert heard(*before).outcome is None
    assert heard(*answers).outcome == outcome
    assert heard(last, start=replace(heard(*before), outcome=EXPIRED)).outcome == outcome


def test_credentials_kept_before_a_restart_count() -> None:
    taken_up = Polling(KIND.policy, 5.0, kept=True)
    assert heard(Granted(), start=taken_up).outcome == CAPTURED
    assert heard(Expired(), start=taken_up).outcome == HELD
    assert heard(Denied(), start=taken_up).outcome == HELD
    assert heard(*[BAD_ROAD] * 3, start=taken_up).outcome == replace(CAPTURED, approval=True)


def test_credentials_once_kept_stay_kept() -> None:
    assert not heard(Pending()).kept
    assert heard(Pending(credentials=PAIR), BAD_ROAD, Denied(), Pending()).kept


def test_what_was_decided_is_forgotten_with_the_next_answer() -> None:
    decided = heard(Expired())
    assert heard(Pending(), start=decided).outcome is None
    assert heard(BAD_ROAD, start=decided).outcome is None


def test_no_answer_breaks_a_row_of_empty_successes() -> None:
    assert heard(Granted(), Pending(), BAD_ROAD, Denied()).empty == 1


# Pauses.


@pytest.mark.parametrize(
    ("interval", "failures", "pause"),
    [
        (5.0, 0, 5.0),
        (5.0, 1, 10.0),
        (5.0, 2, 20.0),
        (5.0, 3, 40.0),
        (5.0, 4, 60.0),
        (5.0, 1000, 60.0),
        (1.0, 0, 1.0),
        (1.0, 1, 2.0),
        (1.0, 5, 32.0),
        (1.0, 6, 60.0),
        (0.5, 0, 0.5),
        (0.1, 8, 25.6),
        (0.1, 9, 25.6),
        (59.0, 0, 59.0),
        (60.0, 0, 60.0),
        (61.0, 0, 60.0),
    ],
)
def test_the_pause_is_doubled_with_each_failure_up_to_a_minute(
    interval: float, failures: int, pause: float
) -> None:
    assert heard(*[BAD_ROAD] * failures, start=Polling(KIND.policy, interval)).pause() == pause


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [
        (0.0, 10.0),
        (9.0, 10.0),
        (10.5, 10.5),
        (59.0, 59.0),
        (60.0, 60.0),
        (61.0, 60.0),
        (1e12, 60.0),
    ],
)
def test_retry_after_is_honoured_up_to_a_minute(seconds: float, pause: float) -> None:
    assert heard(asked_to_wait(seconds)).pause() == pause


def test_retry_after_counts_once_and_any_answer_ends_the_back_off() -> None:
    assert heard(asked_to_wait(50)).asked_to_wait == 50
    assert heard(asked_to_wait(50), BAD_ROAD).asked_to_wait == 0
    assert heard(asked_to_wait(50), BAD_ROAD).pause() == 20
    for answer in (Pending(), Granted(), Denied(), Expired()):
        after = heard(BAD_ROAD, asked_to_wait(50), answer)
        assert (after.failures, after.asked_to_wait, after.pause()) == (0, 0.0, 5.0)


@pytest.mark.parametrize(
    ("interval", "shortest"),
    [(0.5, 2.0), (1.0, 2.0), (2.0, 2.0), (2.5, 2.5), (5.0, 5.0), (60.0, 60.0), (90.0, 60.0)],
)
def test_whoever_is_in_a_hurry_waits_the_interval_and_two_seconds_at_least(
    interval: float, shortest: float
) -> None:
    assert Polling(KIND.policy, interval).shortest_pause() == shortest


def test_no_hurry_beats_retry_after_but_failures_alone_do_not_slow_it() -> None:
    assert heard(asked_to_wait(30)).shortest_pause() == 30
    assert heard(asked_to_wait(1e12)).shortest_pause() == 60
    assert heard(BAD_ROAD, BAD_ROAD).shortest_pause() == 5


def test_slow_down_is_added_for_good_up_to_a_minute() -> None:
    slower = heard(Pending(slow_down=5.0))
    assert slower.interval == 10
    assert heard(Pending(), Pending(slow_down=5.0), start=slower).interval == 15
    assert heard(*[Pending(slow_down=5.0)] * 50).interval == 60
    assert heard(Granted(), Denied(), Pending()).interval == 5


def test_a_cancelled_code_is_asked_for_once_a_minute() -> None:
    assert QUIET_INTERVAL == 60


# The deadline.

ANSWERED = heard(Pending())
FAILING = heard(BAD_ROAD)


@pytest.mark.parametrize("seconds", [-7200.0, -1.0, -0.001])
@pytest.mark.parametrize("polling", [ANSWERED, FAILING])
def test_before_the_deadline_nothing_expires(polling: Polling, seconds: float) -> None:
    assert polling.past_deadline(seconds) == polling


@pytest.mark.parametrize("seconds", [0.0, 0.001, 5.0, 1e9])
def test_one_answer_after_the_deadline_is_the_last(seconds: float) -> None:
    assert ANSWERED.past_deadline(seconds).outcome == EXPIRED


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(0.0, None), (599.0, None), (600.0, None), (600.001, EXPIRED), (1e9, EXPIRED)],
)
def test_a_road_that_stays_bad_gets_ten_minutes_more(
    seconds: float, outcome: Outcome | None
) -> None:
    assert FAILING.past_deadline(seconds).outcome == outcome


def test_late_success_is_real() -> None:
    assert heard(Granted(credentials=PAIR)).past_deadline(1.0).outcome == CAPTURED
    refused = heard(Denied(reason="b")).past_deadline(1.0)
    assert refused.outcome == Outcome(state=State.REFUSED, reason="b")


def test_kept_credentials_are_offered_when_the_time_is_up() -> None:
    assert heard(Pending(credentials=PAIR)).past_deadline(0.0).outcome == HELD
    assert heard(Pending(credentials=PAIR), BAD_ROAD).past_deadline(601.0).outcome == HELD
    assert heard(Pending(credentials=PAIR), BAD_ROAD).past_deadline(600.0).outcome is None


def test_success_without_credentials_is_told_as_such_when_the_time_is_up() -> None:
    assert heard(Granted()).past_deadline(0.0).outcome == NO_CREDENTIALS


# Asking for a code.

INVITATION = DeviceAuthorization(
    state=SecretStr("d"),
    links=(Link("app", "https://a"),),
    qr="https://dingtalk.com",
    user_code="u",
    interval=5.0,
    expires_in=7200.0,
)


class Platform:
    """Fails as told, then invites; remembers when it was asked."""

    def __init__(self, clock: FakeClock, *errors: RemoteError, always: bool = False) -> None:
        self.asked: list[float] = []
        self._clock = clock
        self._errors = list(errors)
        self._always = always

    async def begin(self) -> DeviceAuthorization:
        self.asked.append(self._clock.now() - START)
        if self._errors:
            raise self._errors[0] if self._always else self._errors.pop(0)
        return INVITATION


async def invited(clock: FakeClock, platform: Platform) -> DeviceAuthorization:
    """Begins on a clock that jumps to wherever it is waited for."""
    task = asyncio.create_task(invite(cast("Provider", platform), clock))
    while not task.done():
        await asyncio.sleep(0)
        if clock.pauses:
            await clock.pass_until_due()
    return task.result()


async def test_a_code_that_comes_at_once_needs_no_second_try() -> None:
    platform = Platform(FakeClock())
    assert await invited(FakeClock(), platform) == INVITATION
    assert platform.asked == [0.0]


async def test_beginning_is_repeated_with_pauses_of_1_2_4_and_8_seconds_for_20_seconds() -> None:
    clock = FakeClock()
    platform = Platform(clock, BAD_ROAD, always=True)
    with pytest.raises(RemoteError) as caught:
        await invited(clock, platform)
    assert caught.value is BAD_ROAD
    assert platform.asked == [0.0, 1.0, 3.0, 7.0, 15.0]
    assert clock.now() == START + 15


async def test_the_third_try_may_succeed() -> None:
    clock = FakeClock()
    platform = Platform(clock, BAD_ROAD, RemoteError(Code.TIMEOUT))
    assert await invited(clock, platform) == INVITATION
    assert platform.asked == [0.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("seconds", "asked"), [(0.5, [0.0, 1.0]), (5.0, [0.0, 5.0]), (19.9, [0.0, 19.9])]
)
async def test_beginning_honours_retry_after(seconds: float, asked: list[float]) -> None:
    clock = FakeClock()
    platform = Platform(clock, asked_to_wait(seconds))
    assert await invited(clock, platform) == INVITATION
    assert platform.asked == pytest.approx(asked)


@pytest.mark.parametrize("seconds", [20.0, 1e12])
async def test_a_retry_after_beyond_the_20_seconds_ends_it_at_once(seconds: float) -> None:
    clock = FakeClock()
    platform = Platform(clock, asked_to_wait(seconds))
    with pytest.raises(RemoteError) as caught:
        await invited(clock, platform)
    assert caught.value.code is Code.RATE_LIMITED
    assert platform.asked == [0.0]


async def test_a_bad_link_is_not_asked_for_again() -> None:
    clock = FakeClock()
    platform = Platform(clock, RemoteError(Code.BAD_LINK), always=True)
    with pytest.raises(RemoteError) as caught:
        await invited(clock, platform)
    assert caught.value.code is Code.BAD_LINK
    assert platform.asked == [0.0]


async def test_a_call_that_hangs_ends_with_the_20_seconds_as_a_timeout() -> None:
    clock = FakeClock()
    platform = Platform(clock, asked_to_wait(19.95))
    begin: Callable[[], object] = platform.begin

    async def hanging() -> DeviceAuthorization:
        begin_now = begin()
        assert asyncio.iscoroutine(begin_now)
        await begin_now
        await asyncio.Event().wait()
        raise AssertionError("it is never let go")

    platform.begin = hanging  # type: ignore[method-assign]
    async with asyncio.timeout(5):  # real seconds: only 0.05 of them are left to it
        with pytest.raises(RemoteError) as caught:
            await invited(clock, platform)
    assert caught.value.code is Code.TIMEOUT
    assert platform.asked == pytest.approx([0.0, 19.95])


def test_a_code_that_dies_after_an_empty_success_says_that_the_secret_was_given() -> None:
    empty = Polling(KIND.policy, 5.0).answered(Granted())
    ended = Outcome(state=State.FAILED, trouble=Code.NO_CREDENTIALS)
    assert empty.outcome is None
    assert empty.answered(Expired()).outcome == ended
    assert empty.past_deadline(0.0).outcome == ended
