"""What becomes of an attempt at each turn: a record in, a record out."""

from dataclasses import replace

from bootstrap_bot.attempts.attempt import Approval, Attempt, Held, State
from bootstrap_bot.attempts.delivery import Closed, DeliveryState
from bootstrap_bot.attempts.polling import Outcome
from bootstrap_bot.providers.provider import Invitation, Stage, Verdict, Waiting


def failed(now: Attempt, code: str) -> Attempt:
    """No code was to be had."""
    if now.state is not State.REQUESTED:
        return now
    return replace(now, state=State.FAILED, trouble=code)


def invited(now: Attempt, invitation: Invitation, moment: float) -> Attempt:
    """There is a code; `moment` is when it came (epoch seconds)."""
    # Cancelled meanwhile: nobody has seen this code, so it ends here.
    if now.state is not State.REQUESTED:
        return now
    return replace(
        now,
        state=State.WAITING,
        device_code=invitation.device_code,
        user_code=invitation.user_code,
        link=invitation.link,
        app_link=invitation.app_link,
        interval=invitation.interval,
        expires_at=moment + invitation.lifetime,
        stage_at=moment,
    )


def decided(
    now: Attempt, verdict: Verdict | None, outcome: Outcome | None, confirm: bool
) -> Attempt:
    """Keeps credentials that came and goes to the state that was decided, in one commit."""
    if verdict is not None and verdict.credentials is not None:
        now = replace(
            now,
            client_id=verdict.credentials.client_id,
            client_secret=verdict.credentials.client_secret,
            masked_secret=verdict.credentials.masked_secret(),
        )
    if outcome is None or not now.pollable:
        return now
    state, held = _destination(now, outcome, confirm)
    return replace(
        now,
        state=state,
        held=held,
        told=now.told and state is now.state,
        device_code=None if now.client_secret is None else now.device_code,
        approval=Approval.PENDING if outcome.approval else Approval.NONE,
        watching=outcome.approval,
        reason=outcome.reason,
        trouble=outcome.trouble.value if outcome.trouble else "",
        trouble_since=0.0,
    )


def _destination(now: Attempt, outcome: Outcome, confirm: bool) -> tuple[State, Held]:
    if now.state is State.CANCELLED:
        return (State.HELD if now.client_secret else State.CANCELLED), Held.LATE
    if outcome.state is State.CAPTURED and confirm:
        return State.HELD, Held.CONFIRM
    return outcome.state, Held.UNFINISHED


def placed(now: Attempt, stored_at: float) -> Attempt:
    """Every target has the pair or will not get it; without any that has it, it is held."""
    if any(delivery.state is DeliveryState.VERIFIED for delivery in now.deliveries):
        return replace(now, state=State.STORED, told=False, stored_at=stored_at)
    return replace(now, state=State.HELD, held=Held.UNPLACED, told=False)


def agreed(now: Attempt, handle: str) -> Attempt:
    """The admin wants the bot replaced that has the place of that delivery."""
    changed = (
        replace(one, agreed=True) if one.asks and one.handle == handle else one
        for one in now.deliveries
    )
    return replace(now, deliveries=tuple(changed))


def skipped(now: Attempt, handle: str) -> Attempt:
    """The admin goes on without the target of that delivery, which has trouble."""
    changed = (
        one.ended(Closed.SKIPPED) if one.trouble and one.handle == handle else one
        for one in now.deliveries
    )
    return replace(now, deliveries=tuple(changed))


def displaced(now: Attempt, target: str) -> Attempt:
    """The admin had the pair taken out of that target, or put another one in its place."""
    verified = DeliveryState.VERIFIED
    changed = tuple(
        one.ended(Closed.DISPLACED) if one.target == target and one.state is verified else one
        for one in now.deliveries
    )
    if changed == now.deliveries:
        return now
    return replace(now, deliveries=changed, stale=now.stale or now.told)


def reminded(now: Attempt) -> Attempt:
    """Still undecided: to be shown once more."""
    return replace(now, told=False) if now.state is State.HELD else now


def heard(now: Attempt, verdict: Verdict, interval: float, moment: float) -> Attempt:
    """What an answer says about a code that still waits."""
    if now.state is not State.WAITING:
        return now
    stage = verdict.stage if isinstance(verdict, Waiting) else now.stage
    if stage is Stage.UNKNOWN:
        stage = now.stage
    if stage is not now.stage:
        now = replace(now, stage=stage, stage_at=moment, checked_at=0.0)
    return replace(now, interval=interval, trouble="", trouble_since=0.0)


def moved_down(now: Attempt) -> Attempt:
    """To be sent anew at the end of the chat, the copy above to be removed."""
    if now.message is None:
        return now
    return replace(now, message=None, old_message=now.message, told=False)


def cancelled(now: Attempt) -> Attempt:
    """The person waits no longer; the code is still asked for, quietly."""
    return replace(now, state=State.CANCELLED, told=False)


def used(now: Attempt) -> Attempt:
    """The admin wants the held pair; targets that were skipped get their chance again."""
    again = tuple(delivery for delivery in now.deliveries if delivery.open)
    return replace(now, state=State.CAPTURED, told=False, deliveries=again)


def discarded(now: Attempt) -> Attempt:
    """The admin does not want the held pair: no secret stays."""
    return forgotten(replace(now, state=State.DISCARDED, told=False, watching=False))


def removed(now: Attempt) -> Attempt:
    """The pair is to be taken out of the targets again."""
    return forgotten(replace(now, state=State.REMOVED, told=False, watching=False))


def forgotten(now: Attempt) -> Attempt:
    """Neither code nor secret is kept any longer."""
    return replace(now, device_code=None, client_secret=None)
