"""What becomes of an attempt at each turn: a record in, a record out, nothing else changed."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bootstrap_bot.credentials import MASK
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.provider import (
    Denied,
    DeviceAuthorization,
    Granted,
    Link,
    Pending,
    Stage,
)
from bootstrap_bot.registration.attempt import Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.inheritance import inherited
from bootstrap_bot.registration.polling import Outcome
from bootstrap_bot.registration.transitions import (
    agreed,
    cancelled,
    decided,
    discarded,
    displaced,
    exposed,
    failed,
    forgotten,
    heard,
    invited,
    let_go,
    moved_down,
    placed,
    reminded,
    removed,
    skipped,
    unheard,
    used,
)
from tests.support.attempts import (
    ADMIN,
    CLIENT_ID,
    ERASED,
    FORMER,
    OTHER,
    SECRET,
    an_attempt,
    captured,
)
from tests.support.clock import START
from tests.support.credentials import ding_pair

CODE = SecretStr("device-code")
UNTIL = START + 120
PAIR = ding_pair(CLIENT_ID, SECRET)
INVITATION = DeviceAuthorization(
    state=CODE,
    links=(Link("app", "app://link"), Link("browser", "https://link")),
    qr="https://link",
    user_code="ABCD-EFGH",
    interval=7.0,
    expires_in=600.0,
)
CAPTURED = Outcome(state=State.CAPTURED)
EXPIRED = Outcome(state=State.EXPIRED)
REFUSED = Outcome(state=State.REFUSED, reason="no")
PENDING, VERIFIED, CLOSED = DeliveryState.PENDING, DeliveryState.VERIFIED, DeliveryState.CLOSED


def waiting(**changes: Any) -> Attempt:
    return an_attempt(**{"state": State.WAITING, "device_state": CODE, **changes})


def kept(now: Attempt) -> Attempt:
    """The same with the pair."""
    return replace(
        now,
        account=CLIENT_ID,
        values=PAIR.values,
        masked_secret=MASK + SECRET[-4:],
    )


# A code.


def test_without_a_code_an_attempt_has_failed() -> None:
    assert failed(an_attempt(), "timeout") == an_attempt(state=State.FAILED, trouble="timeout")


@pytest.mark.parametrize("state", [state for state in State if state is not State.REQUESTED])
def test_what_was_decided_meanwhile_neither_fails_nor_gets_a_code(state: State) -> None:
    now = an_attempt(state=state)
    assert failed(now, "timeout") == now
    assert invited(now, INVITATION, START) == now


def test_a_code_comes_with_all_that_a_person_needs() -> None:
    assert invited(an_attempt(), INVITATION, START + 3) == an_attempt(
        state=State.WAITING,
        device_state=CODE,
        user_code="ABCD-EFGH",
        links=INVITATION.links,
        qr="https://link",
        interval=7.0,
        expires_at=START + 603,
        stage_at=START + 3,
    )


# An answer.


def test_credentials_are_kept_with_whatever_they_came() -> None:
    for verdict in (Pending(credentials=PAIR), Denied(credentials=PAIR)):
        assert decided(waiting(), verdict, None, False, UNTIL) == kept(waiting())
        late = an_attempt(state=State.DISCARDED, told=True)
        assert decided(late, verdict, CAPTURED, False, UNTIL) == kept(late)


def test_an_answer_without_credentials_or_an_outcome_changes_nothing() -> None:
    for verdict in (None, Pending(), Granted()):
        assert decided(waiting(told=True), verdict, None, True, UNTIL) == waiting(told=True)


def test_an_outcome_counts_only_while_the_code_is_asked_about() -> None:
    for now in (captured(), an_attempt(state=State.WAITING), waiting(state=State.STORED)):
        assert decided(now, Granted(), EXPIRED, False, UNTIL) == now


def test_a_success_is_captured_with_its_code_until_it_is_safe() -> None:
    now = waiting(told=True, trouble="timeout", trouble_since=START)
    after = decided(now, Granted(credentials=PAIR), CAPTURED, False, UNTIL)
    assert after == kept(waiting(told=False, held=Held.UNFINISHED, state=State.CAPTURED))


def test_a_success_is_held_when_its_admin_has_to_confirm_it() -> None:
    after = decided(waiting(), Granted(credentials=PAIR), CAPTURED, True, UNTIL)
    assert after == kept(waiting(state=State.HELD, held=Held.CONFIRM))


def test_confirming_is_for_successes_only() -> None:
    held = Outcome(state=State.HELD, reason="no", trouble=Code.NO_CREDENTIALS)
    after = decided(kept(waiting()), Denied(), held, True, START)
    held_for = kept(waiting(state=State.HELD, held=Held.UNFINISHED))
    assert after == replace(held_for, reason="no", trouble="no_credentials")


@pytest.mark.parametrize("state", [State.REFUSED, State.EXPIRED, State.FAILED])
def test_an_end_without_credentials_is_told_and_its_code_asked_about_for_a_while(
    state: State,
) -> None:
    after = decided(waiting(told=True), None, Outcome(state=state), False, UNTIL)
    assert after == waiting(state=state, held=Held.UNFINISHED, let_go_at=UNTIL)
    for verdict, outcome in ((None, None), (Denied(reason="no"), REFUSED), (Granted(), CAPTURED)):
        assert decided(after, verdict, outcome, False, UNTIL) == after
    assert let_go(after) == replace(after, device_state=None)


@pytest.mark.parametrize("state", [State.REFUSED, State.EXPIRED, State.FAILED])
@pytest.mark.parametrize("outcome", [None, CAPTURED, EXPIRED])
def test_a_pair_after_a_verdict_is_offered_whatever_it_comes_with(
    state: State, outcome: Outcome | None
) -> None:
    ended = waiting(state=state, told=True, let_go_at=UNTIL, reason="no", trouble="x")
    after = decided(ended, Pending(credentials=PAIR), outcome, False, UNTIL)
    assert after == kept(
        waiting(state=State.HELD, held=Held.AFTERWARDS, let_go_at=UNTIL, told=False)
    )
    assert let_go(after) == after


def test_an_approval_that_is_missing_after_a_verdict_is_looked_for() -> None:
    ended = waiting(state=State.REFUSED, told=True, let_go_at=UNTIL)
    approval = Outcome(state=State.CAPTURED, approval=True)
    after = decided(ended, Granted(credentials=PAIR), approval, False, UNTIL)
    assert (after.state, after.approval, after.watching) == (State.HELD, Approval.PENDING, True)


def test_an_approval_that_is_missing_is_looked_for() -> None:
    approval = Outcome(state=State.CAPTURED, approval=True)
    after = decided(kept(waiting()), Granted(), approval, False, START)
    assert (after.approval, after.watching) == (Approval.PENDING, True)
    after = decided(
        kept(waiting(approval=Approval.PENDING, watching=True)), None, CAPTURED, False, START
    )
    assert (after.approval, after.watching) == (Approval.NONE, False)


def test_what_comes_after_cancelling_is_held_as_late() -> None:
    now = waiting(told=True, held=Held.CONFIRM)
    now = replace(now, state=State.CANCELLED)
    for confirm in (True, False):
        after = decided(now, Granted(credentials=PAIR), CAPTURED, confirm, START)
        assert (after.state, after.held, after.told) == (State.HELD, Held.LATE, False)
        assert after.device_state == CODE


def test_a_cancelled_code_that_dies_is_nothing_to_tell() -> None:
    now = replace(waiting(told=True), state=State.CANCELLED)
    after = decided(now, None, EXPIRED, False, UNTIL)
    assert after == replace(now, let_go_at=UNTIL)
    assert decided(after, None, EXPIRED, False, UNTIL) == after
    assert let_go(after) == replace(now, let_go_at=UNTIL, device_state=None)


def test_what_an_answer_says_of_the_stage_is_kept_with_its_moment() -> None:
    now = waiting(checked_at=START, trouble="timeout", trouble_since=START)
    after = heard(now, Pending(stage=Stage.SCANNED), 9.0, START + 5)
    assert after == waiting(stage=Stage.SCANNED, stage_at=START + 5, interval=9.0)


@pytest.mark.parametrize(
    "verdict", [Pending(stage=Stage.SCANNED), Pending(stage=Stage.UNKNOWN), Denied(), Granted()]
)
def test_an_answer_without_another_stage_ends_trouble_only(verdict: Pending | Denied) -> None:
    now = waiting(stage=Stage.SCANNED, stage_at=START, checked_at=START + 1)
    troubled = replace(now, trouble="timeout", trouble_since=START)
    assert heard(troubled, verdict, 5.0, START + 9) == now


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.UNKNOWN, Stage.SCANNED, Stage.CREATING])
def test_nobody_waits_for_a_person_while_a_pair_is_kept(stage: Stage) -> None:
    after = heard(kept(waiting()), Pending(stage=stage), 5.0, START)
    assert after.stage is Stage.PUBLISHING
    assert heard(kept(waiting()), Pending(stage=Stage.APPROVING), 5.0, START).stage is (
        Stage.APPROVING
    )


def test_trouble_is_known_with_its_code_since_it_began() -> None:
    after = unheard(waiting(), RemoteError(Code.TIMEOUT), START)
    assert after == waiting(trouble="timeout", trouble_since=START)
    after = unheard(after, RemoteError(Code.NOT_JSON), START + 5)
    assert after == waiting(trouble="not_json", trouble_since=START)


@pytest.mark.parametrize("state", [State.CANCELLED, State.REFUSED, State.FAILED])
def test_nothing_is_heard_of_a_code_that_waits_no_longer(state: State) -> None:
    now = replace(waiting(), state=state, trouble="no_credentials")
    assert heard(now, Pending(stage=Stage.SCANNED), 9.0, START) == now
    assert unheard(now, RemoteError(Code.TIMEOUT), START) == now


# Targets.


def test_stored_is_what_at_least_one_target_has() -> None:
    there = Delivery("a", "a", VERIFIED)
    gone = Delivery("b", "b", CLOSED)
    now = captured(told=True, deliveries=(gone, there))
    assert placed(now, START + 5) == replace(
        now, state=State.STORED, told=False, stored_at=START + 5
    )


def test_what_no_target_has_is_held_as_unplaced() -> None:
    for deliveries in ((), (Delivery("b", "b", CLOSED),)):
        now = captured(told=True, deliveries=deliveries)
        assert placed(now, START) == replace(now, state=State.HELD, held=Held.UNPLACED, told=False)


def test_an_agreement_is_for_the_one_that_was_asked_about() -> None:
    asks = Delivery("a", "a", trouble="occupied", occupant="dingold")
    too, locked = replace(asks, target="b"), Delivery("c", "c", trouble="locked")
    now = captured(deliveries=(asks, too, locked))
    assert agreed(now, too.handle) == replace(
        now, deliveries=(asks, replace(too, agreed=True), locked)
    )
    assert agreed(now, locked.handle) == now
    assert agreed(now, replace(asks, occupant="dingelse").handle) == now


@pytest.mark.parametrize("trouble", ["readable_by_all", "rights_fixed"])
def test_a_yes_to_readers_is_for_the_place_that_was_asked_about(trouble: str) -> None:
    asks = Delivery("a", "a", trouble=trouble)
    too, locked = replace(asks, target="b"), Delivery("c", "c", trouble="locked")
    now = captured(deliveries=(asks, too, locked))
    said_yes = replace(too, exposed=True)
    assert exposed(now, too.handle) == replace(now, deliveries=(asks, said_yes, locked))
    assert exposed(now, locked.handle) == now
    assert agreed(now, too.handle) == now
    assert not said_yes.asks_exposed


def test_skipping_closes_the_one_that_has_trouble_and_was_meant() -> None:
    locked = Delivery("b", "b", trouble="locked", line=3, column=9)
    there, other = Delivery("a", "a", VERIFIED), Delivery("c", "c", trouble="locked")
    now = captured(deliveries=(there, locked, other))
    closed = Delivery("b", "b", CLOSED, closed="skipped")
    assert skipped(now, locked.handle) == replace(now, deliveries=(there, closed, other))
    assert skipped(now, there.handle) == now


def test_an_heir_is_asked_anew_what_a_former_admin_agreed_to() -> None:
    said_yes = Delivery("a", "a", trouble="occupied", occupant="dingold", agreed=True, exposed=True)
    now = captured(owner=FORMER, old_message="5", deliveries=(said_yes,))
    heirs = inherited(now, [ADMIN])
    assert heirs.deliveries == (replace(said_yes, agreed=False, exposed=False),)
    assert heirs.old_message is None


def test_displaced_is_what_that_target_had() -> None:
    there, other = Delivery("a", "a", VERIFIED), Delivery("b", "b", VERIFIED)
    now = captured(deliveries=(there, other))
    closed = Delivery("a", "a", CLOSED, closed="displaced")
    assert displaced(now, "a") == replace(now, deliveries=(closed, other))
    on_its_way = captured(deliveries=(Delivery("a", "a", PENDING),))
    assert displaced(on_its_way, "a") == on_its_way
    assert displaced(now, "c") == now


# Decisions.


def test_a_reminder_shows_what_is_held_once_more() -> None:
    held = captured(state=State.HELD, told=True)
    assert reminded(held) == replace(held, told=False)
    assert reminded(captured(told=True)) == captured(told=True)


def test_moving_down_sends_anew_and_marks_the_copy_above() -> None:
    assert moved_down(waiting(message="5", told=True)) == waiting(old_message="5")
    assert moved_down(waiting(told=True)) == waiting(told=True)


def test_cancelling_keeps_the_code() -> None:
    assert cancelled(waiting(told=True)) == replace(waiting(), state=State.CANCELLED)


def test_using_gives_targets_that_were_skipped_their_chance_again() -> None:
    there, closed = Delivery("a", "a", VERIFIED), Delivery("b", "b", CLOSED, closed="skipped")
    held = captured(state=State.HELD, told=True, deliveries=(there, closed))
    assert used(held) == captured(deliveries=(there,))


def test_after_discarding_and_removing_no_secret_stays() -> None:
    now = captured(state=State.HELD, told=True, watching=True)
    gone = replace(now, told=False, watching=False, device_state=None, values=ERASED)
    assert discarded(now) == replace(gone, state=State.DISCARDED)
    assert removed(now) == replace(gone, state=State.REMOVED)
    assert forgotten(now) == replace(now, device_state=None, values=ERASED)


# A former admin's attempt.


@pytest.mark.parametrize("state", [State.HELD, State.STORED])
def test_what_a_former_admin_got_is_the_first_admins(state: State) -> None:
    now = captured(state=state, message="5", told=True)
    assert inherited(now, (FORMER, OTHER)) == captured(
        state=state, owner=FORMER, chat="7", held=Held.INHERITED
    )


def test_what_a_former_admin_got_is_offered_before_it_is_stored() -> None:
    after = inherited(captured(), [FORMER])
    assert (after.state, after.held, after.owner) == (State.HELD, Held.INHERITED, FORMER)


def test_an_admin_keeps_what_is_theirs_and_nobody_inherits_nothing() -> None:
    assert inherited(captured(), (FORMER, ADMIN)) == captured()
    assert inherited(captured(), ()) == captured()
    for state in set(State) - {State.CAPTURED, State.HELD, State.STORED}:
        assert inherited(captured(state=state), (FORMER,)) == captured(state=state)


# Looking a target up.


def test_a_delivery_is_known_by_its_targets_key() -> None:
    there = Delivery("a", "a", VERIFIED)
    assert captured(deliveries=(Delivery("b", "b"), there)).delivery("a") is there
    assert captured(deliveries=(there,)).delivery("b") is None
