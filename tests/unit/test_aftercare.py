"""What follows storing: when to look at what, for how long, and what it is worth to people."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Health, Provider
from bootstrap_bot.registration.attempt import Approval, Attempt, State
from bootstrap_bot.registration.deliverer import Deliverer
from bootstrap_bot.registration.transitions import forgotten
from bootstrap_bot.registration.verification import Verification, next_look, settling
from tests.support.attempt_stage import Stage, ended, holding
from tests.support.attempts import CLIENT_ID, ERASED, PAIR, stored
from tests.support.clock import START, rest
from tests.support.credentials import ding_pair
from tests.support.fake_provider import NO_ROAD
from tests.support.memory_journal import a_record

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
PENDING = {"approval": Approval.PENDING, "watching": True}
WITHOUT_SECRET = {"device_state": None, "values": ERASED}


class Care(Stage):
    """One stored attempt that is looked after."""

    def __init__(self, attempt: Attempt, targets: str = "a") -> None:
        super().__init__(targets=targets)
        self.shelf.there = [holding()]
        self.hurry = asyncio.Event()
        self.record = a_record(attempt, self.book, self.clock)
        storing = Deliverer(
            self.record, self.services.targets, self.clock, self._run_command, self._displaced
        )
        self.care = Verification(
            self.record, cast("Provider", self.office), self.services.targets, storing, self.clock
        )

    async def _displaced(self, _: str, client_id: str, target: str) -> None:
        raise AssertionError("nobody's place is taken")

    @property
    def attempt(self) -> Attempt:
        return self.record.attempt

    @property
    def reads(self) -> int:
        """How often the first target was read."""
        return self.events.count("a: read")


@asynccontextmanager
async def caring(attempt: Attempt, targets: str = "a", **office: Any) -> AsyncIterator[Care]:
    """The attempt while it is looked after, by a platform with these traits."""
    care = Care(attempt, targets)
    for name, value in office.items():
        setattr(care.office, name, value)
    task = asyncio.create_task(care.care.run(care.hurry))
    async with ended(task):
        await rest()
        yield care


def over(attempt: Attempt) -> bool:
    return next_look(attempt, START + 30 * DAY) is None


# The first look.


async def test_the_platform_is_asked_at_once_about_our_own_copy() -> None:
    async with caring(stored(), health=Health.NOT_PUBLISHED) as care:
        assert care.office.checked == [0]
        assert care.office.pairs == [PAIR]
        assert care.reads == 0
        assert care.attempt == stored(health=Health.NOT_PUBLISHED, looked_at=START, stale=True)
        assert care.book.saved == [care.attempt]


async def test_the_first_look_is_worth_an_edit_even_when_it_says_nothing() -> None:
    async with caring(stored(), health=NO_ROAD) as care:
        assert care.attempt == stored(looked_at=START, stale=True)


async def test_a_bot_that_works_is_asked_about_once() -> None:
    async with caring(stored(**WITHOUT_SECRET)) as care:
        assert care.office.checked == [0]
        await care.pass_time(DAY)
        assert care.office.checked == [0]
        assert care.attempt.health is Health.WORKS


async def test_rights_that_lag_are_looked_for_every_half_minute_for_ten_minutes() -> None:
    async with caring(stored(), health=Health.NOT_PUBLISHED) as care:
        await care.pass_time(DAY)
        assert care.office.checked == [30.0 * look for look in range(21)]


async def test_an_outcome_as_before_is_no_edit() -> None:
    async with caring(stored(), health=Health.NOT_PUBLISHED) as care:
        await care.record.commit(lambda now: replace(now, stale=False))
        await care.pass_time(30)
        assert care.office.checked == [0, 30]
        assert not care.attempt.stale
        assert care.attempt.looked_at == START + 30
        care.office.health = Health.WRONG_PAIR
        await care.pass_time(30)
        assert care.attempt.stale
        assert care.attempt.health is Health.WRONG_PAIR


async def test_an_edit_that_is_due_stays_due() -> None:
    async with caring(stored(), health=Health.NOT_PUBLISHED) as care:
        await care.pass_time(30)
        assert care.office.checked == [0, 30]
        assert care.attempt.stale


async def test_the_end_of_the_ten_minutes_is_an_edit_for_a_bot_that_cannot_work() -> None:
    was = stored(looked_at=START + 590, health=Health.NOT_PUBLISHED)
    async with caring(was, health=Health.NOT_PUBLISHED) as care:
        await care.pass_time(9 * MINUTE)
        assert care.office.checked == []
        assert not care.attempt.stale
        await care.pass_time(MINUTE)
        assert care.office.checked == [600]
        assert care.attempt.stale
        await care.pass_time(DAY)
        assert care.office.checked == [600]


async def test_no_check_is_a_line_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with caring(stored(), health=NO_ROAD):
        pass
    [record] = [r for r in caplog.records if r.name.endswith("verification")]
    assert record.levelno == logging.INFO
    assert record.getMessage() == "attempt=a1b2c3d4e5 not checked: timeout"


async def test_what_was_checked_counts_only_while_the_pair_is_stored() -> None:
    """The admin took it out while the platform thought about it."""
    care = Care(stored())

    async def check(credentials: Credentials) -> Health:
        await care.record.commit(lambda now: replace(now, state=State.REMOVED))
        return Health.WORKS

    care.office.check = check  # type: ignore[method-assign]  # answers late
    async with asyncio.timeout(1):
        await care.care.run(care.hurry)
    assert care.attempt == stored(state=State.REMOVED)


# The second look.


async def test_after_ten_minutes_the_targets_are_read_and_code_and_secret_erased(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with caring(stored()) as care:
        await care.pass_time(10 * MINUTE - 1)
        assert care.reads == 0
        assert care.attempt.has_secret
        await care.pass_time(1)
        assert care.events == ["a: read"]
        assert not care.attempt.has_secret
        assert care.attempt.device_state is None
        assert over(care.attempt)
        erased = "attempt=a1b2c3d4e5 admin=42 event=erased client=ding••••••••1234"
        assert erased in [r.getMessage() for r in caplog.records]


async def test_what_a_stale_copy_wiped_out_is_stored_anew_and_no_edit() -> None:
    looked_at = stored(looked_at=START, health=Health.WORKS)
    async with caring(looked_at) as care:
        care.shelf.there = []
        await care.pass_time(10 * MINUTE)
        assert care.shelf.there == [holding()]
        assert care.attempt == forgotten(looked_at)


async def test_trouble_with_the_second_look_is_an_edit_and_comes_again_each_minute() -> None:
    async with caring(stored(looked_at=START, health=Health.WORKS)) as care:
        care.shelf.faults = [Code.LOCKED] * 3
        await care.pass_time(10 * MINUTE)
        assert care.reads == 1
        assert care.attempt.stale
        assert care.attempt.deliveries[0].trouble == "locked"
        assert care.attempt.has_secret
        await care.record.commit(lambda now: replace(now, stale=False))
        await care.pass_time(MINUTE - 1)
        assert care.reads == 1
        await care.pass_time(1)
        assert care.reads == 2
        assert not care.attempt.stale  # the same trouble
        await care.pass_time(2 * MINUTE)
        assert care.reads == 4
        assert care.attempt.stale
        assert care.attempt.deliveries[0].trouble == ""
        assert not care.attempt.has_secret


async def test_whoever_is_in_a_hurry_brings_the_next_look_at_once() -> None:
    async with caring(stored(), health=Health.NOT_PUBLISHED) as care:
        await care.pass_time(5)
        care.hurry.set()
        await rest()
        assert care.office.checked == [0, 5]
        assert not care.hurry.is_set()
        await care.pass_time(30)
        assert care.office.checked == [0, 5, 35]
        assert care.reads == 0


async def test_looking_after_ends_when_the_pair_is_taken_out() -> None:
    async with caring(stored(), health=Health.NOT_PUBLISHED) as care:
        await care.record.commit(lambda now: replace(now, state=State.REMOVED))
        care.hurry.set()
        await care.pass_time(DAY)
        assert len(care.office.checked) <= 2


# An approval that is missing.


async def test_an_approval_is_looked_for_every_ten_minutes_then_hourly_for_a_week() -> None:
    async with caring(stored(**PENDING), health=Health.NOT_PUBLISHED) as care:
        await care.pass_time(6 * DAY)
        await care.record.commit(lambda now: replace(now, stale=False))
        await care.pass_time(DAY - 1)
        assert not care.attempt.stale
        await care.pass_time(2 * DAY)
        early = [10 * MINUTE * look for look in range(13)]
        late = [HOUR * look for look in range(3, 7 * 24 + 1)]
        assert care.office.checked == early + late
        assert care.attempt.watching is False
        assert care.attempt.stale
        assert care.attempt.looked_at == START + 7 * DAY
        assert care.attempt.approval is Approval.PENDING
        assert over(care.attempt)


async def test_an_approval_is_a_message_and_ends_the_looking() -> None:
    was = stored(**PENDING, looked_at=START, **WITHOUT_SECRET)
    async with caring(was) as care:
        await care.pass_time(DAY)
        assert care.office.checked == [600]
        assert care.attempt == replace(
            was,
            approval=Approval.GRANTED,
            watching=False,
            told=False,
            health=Health.WORKS,
            looked_at=START + 600,
        )


async def test_a_bot_that_works_without_a_pending_approval_is_no_message() -> None:
    async with caring(stored(**WITHOUT_SECRET)) as care:
        assert care.attempt.told
        assert care.attempt.approval is Approval.NONE


async def test_the_watch_takes_what_the_targets_hold_when_our_copy_is_erased() -> None:
    was = stored(**PENDING, **WITHOUT_SECRET)
    async with caring(was, targets="abc", health=Health.NOT_PUBLISHED) as care:
        first, second, third = care.shelves
        first.faults = [None, Code.LOCKED]
        first.there = [holding("older", "dingother")]
        second.there = [holding("older", "dingother"), holding("newer")]
        third.there = [holding("of the third")]
        await care.pass_time(10 * MINUTE)
        await care.pass_time(10 * MINUTE)
        assert care.office.pairs == [PAIR] + [ding_pair(CLIENT_ID, "newer")] * 2
        assert "c: read" not in care.events


async def test_what_no_target_holds_is_not_asked_about_and_looked_for_again() -> None:
    was = stored(**PENDING, looked_at=START, **WITHOUT_SECRET)
    async with caring(was) as care:
        care.shelf.there = [holding("older", "dingother")]
        await care.pass_time(10 * MINUTE)
        assert care.office.checked == []
        assert care.attempt == replace(was, looked_at=START + 600, stale=True)
        care.shelf.there = [holding()]
        await care.pass_time(10 * MINUTE)
        assert care.office.pairs == [PAIR]


# When to look next.


@pytest.mark.parametrize(
    ("changes", "now", "due"),
    [
        ({"looked_at": START}, 0, 30),
        ({"looked_at": START - 1}, 5, -1),
        ({"looked_at": START + 590}, 595, 600),
        ({"looked_at": START, "health": Health.WORKS}, 0, 600),
        ({"looked_at": START + 600}, 600, 600),
        ({"looked_at": START, "health": Health.WORKS, **WITHOUT_SECRET}, 0, None),
        ({"looked_at": START + 599, **WITHOUT_SECRET}, 700, 629),
        ({"looked_at": START + 600, **WITHOUT_SECRET}, 600, None),
        ({"looked_at": START - 1, **WITHOUT_SECRET}, 5, -1),
        ({**PENDING, **WITHOUT_SECRET, "looked_at": START}, 0, 600),
        ({**PENDING, **WITHOUT_SECRET, "looked_at": START + 60}, 7199, 660),
        ({**PENDING, **WITHOUT_SECRET, "looked_at": START + 60}, 7200, 3660),
        ({**PENDING, "looked_at": START, "health": Health.WORKS}, 0, 600),
        ({**PENDING, "looked_at": START + 60}, 60, 600),
        ({**PENDING, **WITHOUT_SECRET, "looked_at": START}, 7 * DAY, 3600),
        ({"approval": Approval.PENDING, **WITHOUT_SECRET, "looked_at": START}, 60, None),
        ({"approval": Approval.GRANTED, **WITHOUT_SECRET, "looked_at": START}, 60, 30),
    ],
)
def test_the_next_look_is_due(changes: dict[str, Any], now: float, due: float | None) -> None:
    expected = None if due is None else START + due
    assert next_look(stored(**changes), START + now) == expected


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (599.9, True), (600, False)])
def test_rights_may_come_within_ten_minutes(seconds: float, may: bool) -> None:
    assert settling(stored(), START + seconds) is may
