"""What a chat may ask for: begun, looked up, decided on, taken up after a restart."""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bootstrap_bot.errors import Code, JournalError, RefusedError
from bootstrap_bot.providers.provider import Health
from bootstrap_bot.registration.attempt import Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError
from bootstrap_bot.registration.limits import Caps
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.service import LAST_ANSWER, RegistrationService, Request, random_id
from bootstrap_bot.registration.transitions import cancelled, forgotten, moved_down, removed
from tests.support.attempt_stage import holding
from tests.support.attempts import (
    ADMIN,
    CLIENT_ID,
    FORMER,
    OTHER,
    PAIR,
    SECRET,
    an_attempt,
    captured,
    held,
    stored,
    waiting,
)
from tests.support.clock import START, rest
from tests.support.fake_provider import NO_ROAD, SUCCESS
from tests.support.service_stage import OURS, ServiceStage, started

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
THEIRS = "b1b2c3d4e5"


def hang(scene: ServiceStage) -> None:
    """No target can be written."""
    for shelf in scene.shelves:
        shelf.faults = [Code.LOCKED] * 1000


def gone(scene: ServiceStage) -> None:
    """Nobody can be told anything, so that nothing is ever over."""
    scene.display.always = ChatGoneError()


def holds(scene: ServiceStage) -> None:
    """The target has the pair."""
    scene.shelf.there = [holding()]


# Beginning.


async def test_what_was_asked_for_is_on_disk_before_a_code_is_begun() -> None:
    async with started() as scene:
        scene.office.let_go.clear()
        begun = await scene.begin(
            chat="-5", language="zh", wanted_id="my_bot", replaces="dingold", message="9"
        )
        assert begun == Attempt(
            id="new1",
            provider="dingtalk",
            owner=ADMIN,
            chat="-5",
            language="zh",
            update="2001",
            message="9",
            requested_at=START,
            acted_at=START,
            wanted_id="my_bot",
            replaces="dingold",
        )
        assert scene.book.saved == [begun]
        assert scene.office.begun == [0]


async def test_without_a_wish_the_bot_is_named_after_its_platform() -> None:
    async with started() as scene:
        begun = await scene.begin()
        assert (begun.wanted_id, begun.replaces, begun.message) == ("dingtalk", "", None)


async def test_an_update_seen_twice_begins_one_attempt() -> None:
    async with started() as scene:
        first = await scene.begin(update="5")
        again = await scene.begin(update="5")
        assert again.id == first.id
        assert len(scene.book.rows) == 1
        assert scene.office.begun == [0]


async def test_an_update_seen_twice_at_once_begins_one_attempt() -> None:
    async with started() as scene:
        scene.book.let_go.clear()
        both = asyncio.gather(scene.begin(update="5"), scene.begin(update="5"))
        await rest()
        scene.book.let_go.set()
        first, second = await both
        assert first.id == second.id
        assert len(scene.book.rows) == 1


async def test_an_update_that_another_process_takes_up_meanwhile_begins_nothing_here() -> None:
    async with started() as scene:
        theirs = an_attempt(id=THEIRS, update="5")
        scene.book.meanwhile = [lambda: scene.book.rows.update({THEIRS: theirs})]
        assert await scene.begin(update="5") == theirs
        assert scene.book.rows == {THEIRS: theirs}
        assert scene.office.begun == []


async def test_what_the_disk_refuses_is_not_begun() -> None:
    async with started() as scene:
        scene.book.fails = 1
        with pytest.raises(JournalError):
            await scene.begin()
        assert scene.attempts.live(ADMIN) == []
        assert scene.office.begun == []
        assert (await scene.begin()).state is State.REQUESTED


async def test_beginning_is_an_audit_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with started() as scene:
        scene.office.let_go.clear()
        await scene.begin()
        assert [r.getMessage() for r in caplog.records] == [
            "attempt=new1 admin=42 event=requested client=-"
        ]


async def test_old_rows_are_dropped_at_the_start_and_with_each_attempt() -> None:
    async with started() as scene:
        assert scene.book.forgotten == [START - 30 * DAY]
        await scene.pass_time(5)
        await scene.begin()
        assert scene.book.forgotten == [START - 30 * DAY, START + 5 - 30 * DAY]


async def test_a_message_that_goes_on_with_another_attempt_is_no_longer_the_earlier_ones() -> None:
    """Not even for a moment after a crash."""
    ours, elsewhere = held(), held(id=THEIRS, chat="43", update="1")
    async with started(ours, elsewhere) as scene:
        await scene.begin(message="7")
        assert scene.row().message is None
        assert scene.row(THEIRS).message == "7"
        assert scene.row("new1").message == "7"
        assert [saved.id for saved in scene.book.saved[:2]] == [OURS, "new1"]


async def test_an_attempt_with_a_message_of_its_own_leaves_the_earlier_ones_alone() -> None:
    async with started(held(), held(id=THEIRS, update="1", message=None)) as scene:
        await scene.begin()
        await scene.begin(message="8")
        assert scene.row().message == "7"


async def test_nothing_is_begun_for_a_platform_that_no_target_speaks() -> None:
    def mute(scene: ServiceStage) -> None:
        scene.shelf.spoken = ("lark_like",)

    async with started(prepare=mute) as scene:
        with pytest.raises(RefusedError) as caught:
            await scene.begin()
        assert (caught.value.code, caught.value.platform) == (Code.NOT_SPOKEN, "dingtalk")
        assert scene.book.rows == {}
        assert scene.office.begun == []


# Limits.


async def test_twenty_attempts_an_hour_are_enough_for_one_person() -> None:
    async with started(prepare=gone) as scene:
        for _ in range(20):
            await scene.attempts.cancel((await scene.begin()).id, ADMIN)
        with pytest.raises(RefusedError) as caught:
            await scene.begin()
        assert caught.value.code is Code.TOO_MANY_PER_HOUR
        assert (await scene.begin(OTHER)).owner == OTHER
        await scene.clock.advance(HOUR)
        with pytest.raises(RefusedError):
            await scene.begin()
        await scene.clock.advance(1)
        assert (await scene.begin()).owner == ADMIN


async def test_twenty_live_attempts_in_all_are_enough() -> None:
    people = (ADMIN, OTHER)
    rows = [
        held(id=f"{n}", update=str(n), owner=people[n % 2], requested_at=1.0) for n in range(19)
    ]
    over = [held(id=f"over{n}", update="99", state=State.DISCARDED) for n in range(9)]

    def generous(scene: ServiceStage) -> None:
        gone(scene)
        scene.equip(caps=Caps(per_admin=20))

    async with started(*rows, *over, prepare=generous) as scene:
        last = await scene.begin()
        with pytest.raises(RefusedError) as caught:
            await scene.begin(OTHER)
        assert caught.value.code is Code.TOO_MANY_ATTEMPTS
        assert await scene.attempts.cancel(last.id, ADMIN)
        assert (await scene.begin(OTHER)).owner == OTHER


async def test_six_live_attempts_are_enough_for_one_person() -> None:
    rows = [held(id=f"{n}", update=str(n), requested_at=1.0) for n in range(6)]
    async with started(*rows, prepare=gone) as scene:
        with pytest.raises(RefusedError) as caught:
            await scene.begin()
        assert caught.value.code is Code.TOO_MANY_ATTEMPTS
        assert (await scene.begin(OTHER)).owner == OTHER
        assert await scene.attempts.decide("0", ADMIN, use=False)
        assert (await scene.begin()).owner == ADMIN


# Another code of the same person.


async def test_the_older_code_is_asked_about_once_more_before_a_new_one_is_begun() -> None:
    async with started(cancelled(waiting())) as scene:
        await scene.pass_time(1)
        await scene.begin()
        assert scene.office.begun == []
        await scene.pass_time(4)
        assert scene.office.times == [5]
        assert scene.office.begun == [5]
        assert scene.row("new1").state is State.WAITING


async def test_a_bad_road_to_the_older_code_does_not_keep_a_new_one_from_being_begun() -> None:
    async with started(waiting()) as scene:
        scene.office.says = [NO_ROAD]
        await scene.begin()
        await scene.pass_time(5)
        assert scene.office.begun == [5]


async def test_no_new_code_is_begun_when_the_older_one_brings_credentials() -> None:
    other_offer = held(id=THEIRS, update="1", message="8")
    async with started(cancelled(waiting(told=True)), other_offer) as scene:
        scene.office.says = [SUCCESS]
        await scene.begin(message="9")
        await scene.pass_time(5)
        assert scene.office.begun == []
        ours = scene.row()
        assert (ours.state, ours.held) == (State.HELD, Held.LATE)
        assert ours.message not in (None, "7")  # further down, below the command
        assert ("42", "7") in scene.display.removed
        assert scene.row("new1").state is State.CANCELLED
        assert ("42", "9") in scene.display.removed
        assert scene.row(THEIRS).message == "8"


async def test_credentials_that_are_stored_at_once_do_not_keep_a_new_code_from_being_begun() -> (
    None
):
    async with started(waiting()) as scene:
        scene.office.says = [SUCCESS]
        await scene.begin()
        await scene.pass_time(5)
        assert scene.row().state is State.STORED
        assert scene.office.begun == [5]


async def test_somebody_elses_code_is_not_asked_about_for_a_new_one() -> None:
    async with started(waiting(owner=OTHER), held(id=THEIRS, update="1")) as scene:
        await scene.begin()
        assert scene.office.begun == [0]


# Looking up.


async def test_attempts_that_wait_for_something_are_live() -> None:
    rows = [
        held(),
        waiting(id="b", update="1"),
        replace(cancelled(waiting()), id="c", update="2"),
        held(id="d", update="3", owner=OTHER),
    ]
    async with started(*rows) as scene:
        assert scene.attempts.live(ADMIN) == [scene.row(), scene.row("b")]
        assert scene.attempts.live(OTHER) == [scene.row("d")]
        assert scene.attempts.live(FORMER) == []


async def test_the_latest_attempt_is_given_as_it_is_in_memory() -> None:
    over = an_attempt(state=State.EXPIRED, told=True, id=THEIRS, owner=OTHER)
    async with started(waiting(), over) as scene:
        scene.office.says = [NO_ROAD]
        await scene.pass_time(5)
        latest = await scene.attempts.latest(ADMIN)
        assert latest is not None
        assert latest.trouble == "timeout"  # a note, not on disk
        assert await scene.attempts.latest(OTHER) == over
        assert await scene.attempts.latest(OTHER, "dingtalk") == over
        assert await scene.attempts.latest(OTHER, "another") is None
        assert await scene.attempts.latest(FORMER) is None


async def test_a_stored_attempt_is_its_owners() -> None:
    over = forgotten(stored(id=THEIRS, update="1"))
    expired = an_attempt(id="c", update="2", state=State.EXPIRED, told=True)
    async with started(stored(), over, expired, prepare=holds) as scene:
        ours = await scene.attempts.stored(OURS, ADMIN)
        assert ours is not None
        assert ours.looked_at == START  # as it is in memory
        assert await scene.attempts.stored(THEIRS, ADMIN) == over
        assert await scene.attempts.stored(OURS, OTHER) is None
        assert await scene.attempts.stored("c", ADMIN) is None
        assert await scene.attempts.stored("nobody", ADMIN) is None


# Decisions.


Press = Callable[[RegistrationService, str, PersonId], Any]

# The handle of a delivery to the first shelf.
FIRST = Delivery("config:/a", "a").handle

PRESSES: dict[str, tuple[Press, frozenset[State]]] = {
    "cancel": (
        lambda attempts, name, owner: attempts.cancel(name, owner),
        frozenset({State.REQUESTED, State.WAITING}),
    ),
    "bring down": (
        lambda attempts, name, owner: attempts.resend(name, owner),
        frozenset({State.REQUESTED, State.WAITING, State.CAPTURED, State.HELD}),
    ),
    "use": (
        lambda attempts, name, owner: attempts.decide(name, owner, use=True),
        frozenset({State.HELD}),
    ),
    "discard": (
        lambda attempts, name, owner: attempts.decide(name, owner, use=False),
        frozenset({State.HELD}),
    ),
    "try again": (
        lambda attempts, name, owner: attempts.try_again(name, owner),
        frozenset({State.CAPTURED, State.REMOVED}),
    ),
    "skip": (
        lambda attempts, name, owner: attempts.skip(name + FIRST, owner),
        frozenset({State.CAPTURED}),
    ),
    "remove": (
        lambda attempts, name, owner: attempts.remove(name, owner),
        frozenset({State.STORED}),
    ),
}


def in_state(state: State) -> Attempt:
    """An attempt that stays in that state until somebody does something."""
    pending = (Delivery("config:/a", "a", DeliveryState.VERIFIED),)
    code = {"device_state": waiting().device_state, "expires_at": START + 7200}
    rows: dict[State, Attempt] = {
        State.WAITING: waiting(),
        State.CAPTURED: captured(message="7"),
        State.HELD: held(),
        State.STORED: stored(looked_at=START, health=Health.WORKS),
        State.REMOVED: an_attempt(state=state, deliveries=pending, account=CLIENT_ID),
    }
    return rows.get(state, an_attempt(state=state, message="7", **code))


@pytest.mark.parametrize("name", PRESSES)
@pytest.mark.parametrize("state", State)
async def test_a_button_works_for_its_owner_in_its_states_only(name: str, state: State) -> None:
    press, states = PRESSES[name]

    def prepare(scene: ServiceStage) -> None:
        hang(scene)
        gone(scene)
        scene.office.let_go.clear()

    async with started(in_state(state), prepare=prepare) as scene:
        assert scene.row().state is state
        await scene.clock.advance(1)
        before = len(scene.book.saved)
        assert await press(scene.attempts, OURS, OTHER) is False
        assert await press(scene.attempts, "nobody", ADMIN) is False
        assert len(scene.book.saved) == before
        assert await press(scene.attempts, OURS, ADMIN) is (state in states)
        assert (scene.row().acted_at == START + 1) is (state in states)


async def test_what_was_decided_while_the_disk_was_busy_is_not_undone() -> None:
    async with started(waiting()) as scene:
        scene.office.says = [SUCCESS]
        await scene.clock.advance(4)
        scene.book.let_go.clear()
        await scene.clock.advance(1)
        await rest()
        cancelling = asyncio.create_task(scene.attempts.cancel(OURS, ADMIN))
        await rest()
        scene.book.let_go.set()
        assert await cancelling is False
        await rest()
        assert scene.row().state is State.STORED


async def test_cancelling_is_not_the_end_of_the_row() -> None:
    async with started(waiting()) as scene:
        assert await scene.attempts.cancel(OURS, ADMIN)
        await scene.pass_time(MINUTE + 10)
        assert scene.row().state is State.CANCELLED
        assert scene.row().device_state is not None
        assert scene.row().message == "7"
        assert scene.office.times == [5.0 * poll for poll in range(1, 15)]
        scene.office.says = [SUCCESS]
        await scene.pass_time(5)
        assert (scene.row().state, scene.row().held) == (State.HELD, Held.LATE)
        assert scene.shelf.there == []


async def test_cancelling_from_below_moves_the_message_down() -> None:
    async with started(waiting()) as scene:
        assert await scene.attempts.cancel(OURS, ADMIN, down=True)
        await rest()
        assert scene.row().message not in (None, "7")
        assert scene.display.removed == [("42", "7")]


async def test_bringing_down_sends_the_message_anew() -> None:
    async with started(held()) as scene:
        await scene.pass_time(1)
        assert await scene.attempts.resend(OURS, ADMIN)
        assert scene.row() == replace(moved_down(held()), acted_at=START + 1)
        await rest()
        assert scene.display.removed == [("42", "7")]


async def test_what_was_held_is_stored_when_its_admin_says_so() -> None:
    async with started(held()) as scene:
        assert await scene.attempts.decide(OURS, ADMIN, use=True)
        await rest()
        assert scene.row().state is State.STORED
        assert scene.shelf.there == [holding()]


async def test_what_was_held_is_discarded_when_its_admin_says_so() -> None:
    async with started(held()) as scene:
        assert await scene.attempts.decide(OURS, ADMIN, use=False)
        await rest()
        assert scene.row().state is State.DISCARDED
        assert not scene.row().has_secret
        assert scene.attempts.live(ADMIN) == []


async def test_try_again_is_now() -> None:
    async with started(captured(), prepare=hang) as scene:
        scene.shelf.faults.clear()
        assert await scene.attempts.try_again(OURS, ADMIN)
        await rest()
        assert scene.row().state is State.STORED


async def test_overwriting_replaces_the_bot_that_has_the_place() -> None:
    async with started(captured(), prepare=lambda scene: scene.occupy("dingold")) as scene:
        assert scene.row().deliveries[0].asks
        ref = OURS + scene.row().deliveries[0].handle
        assert not await scene.attempts.overwrite(ref, OTHER)
        assert not await scene.attempts.overwrite(OURS + FIRST, ADMIN)
        assert await scene.attempts.overwrite(ref, ADMIN)
        await rest()
        assert scene.shelf.wanted == [("dingtalk", "dingold")]
        assert scene.row().state is State.STORED


async def test_an_attempt_whose_pair_was_overwritten_does_not_bring_it_back() -> None:
    old = stored(id=THEIRS, update="1", account="dingold", looked_at=START, health=Health.WORKS)
    asking = replace(captured(), deliveries=())
    async with started(old, asking, prepare=lambda scene: scene.occupy("dingold")) as scene:
        assert await scene.attempts.overwrite(OURS + scene.row().deliveries[0].handle, ADMIN)
        await rest()
        assert scene.row(THEIRS).deliveries[0].closed == "displaced"
        assert scene.row().deliveries[0].state is DeliveryState.VERIFIED


async def test_what_is_displaced_in_one_target_stays_in_the_others() -> None:
    there = tuple(Delivery(f"config:/{name}", name, DeliveryState.VERIFIED) for name in ("a", "b"))
    other = stored(id=THEIRS, update="1", account="dingother")
    async with started(stored(deliveries=there), other, targets="ab", prepare=gone) as scene:
        await scene.attempts.displaced("dingtalk", CLIENT_ID, "config:/b")
        assert [d.closed for d in scene.row().deliveries] == ["", "displaced"]
        assert scene.row(THEIRS).deliveries[0].closed == ""


async def test_skipping_goes_on_without_the_targets_that_have_trouble() -> None:
    def first_hangs(scene: ServiceStage) -> None:
        scene.shelf.faults = [Code.LOCKED] * 1000

    async with started(captured(), targets="ab", prepare=first_hangs) as scene:
        assert scene.row().state is State.CAPTURED
        assert await scene.attempts.skip(OURS + FIRST, ADMIN)
        assert not await scene.attempts.skip(OURS + FIRST, ADMIN)
        await rest()
        assert scene.row().state is State.STORED
        assert [d.closed for d in scene.row().deliveries] == ["skipped", ""]


# Taking a stored pair out.


async def test_a_stored_pair_is_taken_out_while_it_is_looked_after() -> None:
    async with started(stored(), prepare=holds) as scene:
        await scene.clock.advance(1)
        assert await scene.attempts.remove(OURS, ADMIN)
        await rest()
        assert scene.shelf.there == []
        assert scene.row().state is State.REMOVED
        assert scene.row().acted_at == START + 1
        assert not scene.row().has_secret


async def test_a_stored_pair_is_taken_out_however_long_ago_it_was_stored() -> None:
    async with started(forgotten(stored()), prepare=holds) as scene:
        await scene.clock.advance(DAY)
        assert await scene.attempts.remove(OURS, ADMIN)
        assert scene.book.saved[0] == replace(removed(forgotten(stored())), acted_at=START + DAY)
        await rest()
        assert scene.shelf.there == []
        assert scene.row().deliveries == ()
        assert scene.row().told


async def test_a_stored_pair_that_another_process_changes_meanwhile_is_taken_out() -> None:
    async with started(forgotten(stored()), prepare=holds) as scene:
        scene.book.meanwhile = [lambda: scene.book.change(OURS, language="zh")]
        assert await scene.attempts.remove(OURS, ADMIN)
        await rest()
        assert scene.shelf.there == []
        assert (scene.row().state, scene.row().language) == (State.REMOVED, "zh")


@pytest.mark.parametrize("theirs", [{"state": State.REMOVED}, {"owner": OTHER}])
async def test_a_stored_pair_that_another_process_takes_out_or_gives_away_meanwhile_is_left_to_it(
    theirs: dict[str, Any],
) -> None:
    async with started(forgotten(stored()), prepare=holds) as scene:
        await scene.clock.advance(1)
        scene.book.meanwhile = [lambda: scene.book.change(OURS, **theirs)]
        assert not await scene.attempts.remove(OURS, ADMIN)
        await rest()
        assert scene.shelf.there == [holding()]
        assert scene.row() == replace(forgotten(stored()), **theirs)


async def test_what_is_nobodys_or_not_stored_is_not_taken_out() -> None:
    over = an_attempt(state=State.EXPIRED, told=True)
    async with started(over, forgotten(stored(id=THEIRS, update="1")), prepare=holds) as scene:
        assert not await scene.attempts.remove(OURS, ADMIN)
        assert not await scene.attempts.remove(THEIRS, OTHER)
        assert not await scene.attempts.remove("nobody", ADMIN)
        assert scene.shelf.there == [holding()]


# Languages.


async def test_a_language_is_remembered_and_attempts_go_on_in_it() -> None:
    waits = waiting(id=THEIRS, update="1")
    others = held(id="c", update="2", owner=OTHER)
    async with started(held(), waits, others) as scene:
        assert await scene.attempts.language_of(ADMIN) is None
        await scene.attempts.speak(ADMIN, "zh")
        assert scene.book.chosen == {ADMIN: "zh"}
        assert await scene.attempts.language_of(ADMIN) == "zh"
        assert await scene.attempts.language_of(OTHER) is None
        assert scene.row() == held(language="zh", stale=True)
        assert (scene.row(THEIRS).language, scene.row(THEIRS).stale) == ("zh", False)
        assert scene.row("c") == others


async def test_a_language_is_known_after_a_restart() -> None:
    async with started(prepare=lambda scene: scene.book.chosen.update({OTHER: "zh"})) as scene:
        assert await scene.attempts.language_of(OTHER) == "zh"
        assert await scene.attempts.language_of(ADMIN) is None


async def test_nobody_has_chosen_a_language_before_the_start() -> None:
    assert await RegistrationService(ServiceStage().services).language_of(ADMIN) is None


async def test_a_language_the_disk_refuses_is_not_spoken() -> None:
    async with started(held()) as scene:
        scene.book.fails = 1
        with pytest.raises(JournalError):
            await scene.attempts.speak(ADMIN, "zh")
        assert await scene.attempts.language_of(ADMIN) is None
        assert scene.row() == held()


# Whoever looks.


async def test_looking_brings_whatever_the_owner_waits_for_at_once() -> None:
    async with started(captured(), prepare=hang) as scene:
        scene.shelf.faults.clear()
        await scene.attempts.look(OTHER)
        await rest()
        assert scene.row().state is State.CAPTURED
        await scene.attempts.look(ADMIN)
        await rest()
        assert scene.row().state is State.STORED


async def test_checking_now_asks_as_soon_as_the_platform_allows() -> None:
    async with started(waiting()) as scene:
        scene.office.says = [NO_ROAD] * 2
        await scene.pass_time(16)
        assert await scene.attempts.check_now(OURS, ADMIN) == 4
        await scene.pass_time(4)
        assert scene.office.times == [5, 15, 20]
        assert (scene.row().acted_at, scene.row().state) == (START + 16, State.WAITING)
        latest = await scene.attempts.latest(ADMIN)
        assert latest is not None
        assert latest.checked_at == START + 20


async def test_only_what_waits_is_checked_and_for_its_owner_only() -> None:
    async with started(waiting(), held(id=THEIRS, update="1")) as scene:
        assert await scene.attempts.check_now(OURS, OTHER) is None
        assert await scene.attempts.check_now(THEIRS, ADMIN) is None
        assert await scene.attempts.check_now("nobody", ADMIN) is None


async def test_a_person_who_is_back_is_told_what_could_not_be_told() -> None:
    async with started(
        held(told=False),
        held(id=THEIRS, update="1", owner=OTHER, told=False),
        prepare=gone,
    ) as scene:
        scene.display.always = None
        await scene.attempts.person_is_back(ADMIN)
        await rest()
        assert scene.row().told
        assert not scene.row(THEIRS).told


# A start and a stop.


async def test_a_start_takes_up_what_is_not_over_and_nothing_else() -> None:
    over = an_attempt(id=THEIRS, update="1", state=State.EXPIRED, told=True)
    async with started(waiting(), over) as scene:
        assert scene.book.saved == []
        await scene.pass_time(5)
        assert scene.office.times == [5]
        assert {shown.id for shown in scene.display.shown} == {OURS}


async def test_a_former_admins_code_is_asked_about_quietly_and_its_pair_is_the_first_admins() -> (
    None
):
    async with started(waiting(owner=FORMER, chat="7")) as scene:
        assert scene.book.saved[0] == cancelled(waiting(owner=FORMER, chat="7"))
        assert scene.office.times == []
        scene.office.says = [SUCCESS]
        await scene.pass_time(5)
        assert scene.office.times == [5]
        assert (scene.row().owner, scene.row().chat) == (ADMIN, ADMIN.id)
        assert (scene.row().state, scene.row().held) == (State.HELD, Held.INHERITED)


async def test_a_former_admins_request_gets_no_code() -> None:
    async with started(an_attempt(owner=FORMER, chat="7")) as scene:
        assert scene.office.begun == []
        assert scene.row().state is State.CANCELLED


async def test_what_a_former_admin_captured_is_offered_to_the_first_admin_on_disk_too() -> None:
    async with started(captured(owner=FORMER, chat="7")) as scene:
        first = scene.book.saved[0]
        assert (first.owner, first.state, first.held) == (ADMIN, State.HELD, Held.INHERITED)
        assert scene.shelf.there == []


async def test_a_former_admins_attempt_is_taken_over_as_another_process_left_it() -> None:
    def prepare(scene: ServiceStage) -> None:
        scene.book.meanwhile = [lambda: scene.book.change(OURS, language="zh", message="9")]

    async with started(waiting(owner=FORMER, chat="7"), prepare=prepare) as scene:
        assert (scene.row().state, scene.row().language) == (State.CANCELLED, "zh")
        await rest()
        assert [shown.message for shown in scene.display.shown] == ["9"]


async def test_an_admin_who_stays_keeps_what_is_theirs() -> None:
    async with started(held(owner=OTHER, chat=OTHER.id)) as scene:
        assert scene.row().owner == OTHER
        assert scene.book.saved == []


async def test_a_stop_leaves_no_task_and_a_start_goes_on() -> None:
    async with started(waiting(), held(id=THEIRS, update="1")) as scene:
        await scene.attempts.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert scene.row().state is State.WAITING
        await scene.start()
        await scene.pass_time(5)
        assert scene.office.times == [5]


async def test_a_stop_waits_for_an_answer_on_its_way() -> None:
    async with started(waiting()) as scene:
        scene.office.says = [SUCCESS]
        scene.office.let_go.clear()
        await scene.pass_time(5)
        stopping = asyncio.create_task(scene.attempts.stop())
        await rest()
        assert not stopping.done()
        scene.office.let_go.set()
        await stopping
        assert scene.row().credentials == PAIR
        assert scene.shelf.there == []


async def test_a_stop_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LAST_ANSWER == 5.0
    monkeypatch.setattr("bootstrap_bot.registration.service.LAST_ANSWER", 0.01)
    async with started(waiting()) as scene:
        scene.office.let_go.clear()
        await scene.pass_time(5)
        async with asyncio.timeout(1):
            await scene.attempts.stop()
        assert scene.row().state is State.WAITING


async def test_it_is_idle_while_everybody_only_waits() -> None:
    async with started(waiting(), held(id=THEIRS, update="1")) as scene:
        assert scene.attempts.idle
        scene.office.let_go.clear()
        await scene.pass_time(5)
        assert not scene.attempts.idle
        scene.office.let_go.set()
        assert not scene.attempts.idle
        await rest()
        assert scene.attempts.idle


async def test_what_was_asked_for_is_at_work_at_once() -> None:
    async with started(held()) as scene:
        assert scene.attempts.idle
        await scene.attempts.decide(OURS, ADMIN, use=True)
        assert not scene.attempts.idle
        await rest()
        assert scene.attempts.idle
        assert scene.row().state is State.STORED


async def test_a_stop_without_attempts_is_over_at_once() -> None:
    async with started() as scene:
        await scene.attempts.stop()


async def test_what_is_over_is_no_longer_in_memory() -> None:
    async with started(held(), held(id=THEIRS, update="1")) as scene:
        await scene.attempts.decide(OURS, ADMIN, use=False)
        await rest()
        [live] = scene.attempts.live(ADMIN)
        assert live.id == THEIRS
        saved = len(scene.book.saved)
        await scene.attempts.speak(ADMIN, "zh")
        assert {row.id for row in scene.book.saved[saved:]} == {THEIRS}


async def test_a_run_that_breaks_is_one_line_without_what_broke_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(scene: ServiceStage) -> None:
        scene.display.always = ValueError(SECRET)

    async with started(
        an_attempt(state=State.EXPIRED), held(id=THEIRS, update="1"), prepare=breaks
    ):
        errors = [r for r in caplog.records if r.levelno == logging.ERROR]
        said = f"presenter:{OURS} broke by ValueError: again in 1 s"
        assert said in [r.getMessage() for r in errors]
        assert SECRET not in caplog.text


async def test_a_run_that_was_ended_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async with started(waiting()) as scene:
        await scene.attempts.stop()
        await rest()
        assert [r for r in caplog.records if r.levelno == logging.ERROR] == []
        assert scene.attempts.live(ADMIN) == []


# Names.


def test_an_attempts_name_is_ten_hexadecimal_digits_and_no_other_ones() -> None:
    names = {random_id() for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch("[0-9a-f]{10}", name) for name in names)


async def test_an_attempt_gets_such_a_name_of_its_own() -> None:
    scene = ServiceStage()
    attempts = RegistrationService(scene.services)
    begun = await attempts.begin(
        Request(provider="dingtalk", owner=ADMIN, chat=ADMIN.id, language="en", update="1")
    )
    assert re.fullmatch("[0-9a-f]{10}", begun.id)
    await attempts.stop()


# What is asked for while a row comes to its end.


async def test_a_removal_asked_for_before_the_last_word_arrived_is_done() -> None:
    def road_is_bad(scene: ServiceStage) -> None:
        holds(scene)
        scene.display.errors.append(DeliveryError())

    async with started(forgotten(stored(stale=True)), prepare=road_is_bad) as scene:
        assert await scene.attempts.remove(OURS, ADMIN)
        await scene.pass_time(DAY)
        assert scene.shelf.there == []


async def test_a_removal_waits_for_no_answer_of_the_platform() -> None:
    async with started(stored(looked_at=START), prepare=holds) as scene:
        await scene.pass_time(5)
        asked = len(scene.office.checked)
        assert await scene.attempts.remove(OURS, ADMIN)
        await rest()
        assert scene.shelf.there == []
        assert len(scene.office.checked) == asked


async def test_an_old_message_of_a_former_admins_chat_is_not_looked_for_in_the_heirs() -> None:
    row = held(owner=FORMER, chat="-100", message="9", old_message="5")
    async with started(row) as scene:
        assert (ADMIN.id, "5") not in scene.display.removed


async def test_two_removals_at_once_are_one() -> None:
    async with started(forgotten(stored()), prepare=hang) as scene:
        both = [asyncio.create_task(scene.attempts.remove(OURS, ADMIN)) for _ in range(2)]
        assert sorted(await asyncio.gather(*both)) == [False, True]
        await rest()
        await scene.attempts.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_attempt_whose_platform_is_gone_waits_and_holds_up_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone = an_attempt(id="gone", update="0", provider="uninstalled")
    async with started(gone, waiting()) as scene:
        await scene.pass_time(60)
        assert scene.office.times
        assert scene.row("gone") == gone
        assert (await scene.begin()).owner == ADMIN
    assert "uninstalled waits until that platform is there" in caplog.text
