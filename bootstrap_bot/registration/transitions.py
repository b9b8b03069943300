"""What becomes of an attempt at each turn: a record in, a record out."""

from dataclasses import replace

from bootstrap_bot.credentials import Credentials, public
from bootstrap_bot.errors import RemoteError
from bootstrap_bot.providers.provider import DeviceAuthorization, Pending, PollResult, Stage
from bootstrap_bot.registration.attempt import Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Closed, DeliveryState
from bootstrap_bot.registration.polling import Outcome


def failed(now: Attempt, code: str) -> Attempt:
    """No code was to be had."""
    if now.state is not State.REQUESTED:
        return now
    return replace(now, state=State.FAILED, trouble=code)


def invited(now: Attempt, invitation: DeviceAuthorization, moment: float) -> Attempt:
    """There is a code; `moment` is when it came (epoch seconds)."""
    # Cancelled meanwhile: nobody has seen this code, so it ends here.
    if now.state is not State.REQUESTED:
        return now
    return replace(
        now,
        state=State.WAITING,
        device_state=invitation.state,
        user_code=invitation.user_code,
        links=invitation.links,
        qr=invitation.qr,
        interval=invitation.interval,
        expires_at=moment + invitation.expires_in,
        stage_at=moment,
    )


def decided(
    now: Attempt,
    verdict: PollResult | None,
    outcome: Outcome | None,
    confirm: bool,
    let_go_at: float,
) -> Attempt:
    """Keeps credentials that came and goes to the state that was decided, in one commit.

    The platform is asked whether it stays with a verdict until `let_go_at` (epoch seconds).
    """
    if verdict is not None and verdict.credentials is not None:
        now = _keeping(now, verdict.credentials)
    if not now.pollable:
        return now
    if now.state is not State.WAITING:
        return _decided_late(now, outcome, let_go_at)
    if outcome is None:
        return now
    confirms = confirm and outcome.state is State.CAPTURED
    return replace(
        _approving(now, outcome),
        state=State.HELD if confirms else outcome.state,
        held=Held.CONFIRM if confirms else Held.UNFINISHED,
        told=False,
        let_go_at=0.0 if now.has_secret else let_go_at,
        reason=outcome.reason,
        trouble=outcome.trouble.value if outcome.trouble else "",
        trouble_since=0.0,
    )


def _decided_late(now: Attempt, outcome: Outcome | None, let_go_at: float) -> Attempt:
    """The person does not wait any more: what comes all the same is offered, if anything."""
    if now.has_secret:
        late = now.state is State.CANCELLED
        held = Held.LATE if late else Held.AFTERWARDS
        now = _approving(now, outcome) if outcome is not None else now
        return replace(now, state=State.HELD, held=held, told=False, reason="", trouble="")
    if outcome is not None and not now.let_go_at:
        return replace(now, let_go_at=let_go_at)
    return now


def _keeping(now: Attempt, credentials: Credentials) -> Attempt:
    return replace(
        now,
        account=credentials.account,
        values=credentials.values,
        masked_secret=credentials.masked_secret(),
    )


def _approving(now: Attempt, outcome: Outcome) -> Attempt:
    approval = Approval.PENDING if outcome.approval else Approval.NONE
    return replace(now, approval=approval, watching=outcome.approval)


def let_go(now: Attempt) -> Attempt:
    """Its code is not asked about any more."""
    return replace(now, device_state=None) if now.pollable else now


def placed(now: Attempt, stored_at: float) -> Attempt:
    """Every target has the pair or will not get it; without any that has it, it is held."""
    if now.state is not State.CAPTURED:
        return now
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


def exposed(now: Attempt, handle: str) -> Attempt:
    """The admin wants the pair written where others can read it."""
    changed = (
        replace(one, exposed=True) if one.asks_exposed and one.handle == handle else one
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


def heard(now: Attempt, verdict: PollResult, interval: float, moment: float) -> Attempt:
    """What an answer says about a code that still waits."""
    if isinstance(verdict, Pending) and verdict.state is not None and now.pollable:
        now = replace(now, device_state=verdict.state)
    if now.state is not State.WAITING:
        return now
    stage = verdict.stage if isinstance(verdict, Pending) else now.stage
    if stage is Stage.UNKNOWN:
        stage = now.stage
    if now.has_secret and stage is not Stage.APPROVING:
        # whatever it is called: credentials are given when the app exists
        stage = Stage.PUBLISHING
    if stage is not now.stage:
        now = replace(now, stage=stage, stage_at=moment, checked_at=0.0)
    return replace(now, interval=interval, trouble="", trouble_since=0.0)


def unheard(now: Attempt, error: RemoteError, moment: float) -> Attempt:
    """The platform gave no usable answer about a code that still waits."""
    if now.state is not State.WAITING:
        return now
    return replace(now, trouble=error.code.value, trouble_since=now.trouble_since or moment)


def moved_to(now: Attempt, topic: str | None) -> Attempt:
    """To be sent anew at the end of that topic, where its person is now."""
    return replace(moved_down(now), topic=topic)


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
    return replace(now, device_state=None, values=public(now.values))
