"""An attempt's moments, kept in line with a wall clock that may be set."""

from dataclasses import replace

from bootstrap_bot.registration.attempt import Attempt


def moved(attempt: Attempt, seconds: float) -> Attempt:
    """The same with all its moments so much later, for the wall clock was set by that."""

    def later(moment: float) -> float:
        return moment + seconds if moment else moment

    return replace(
        attempt,
        requested_at=later(attempt.requested_at),
        acted_at=later(attempt.acted_at),
        expires_at=later(attempt.expires_at),
        let_go_at=later(attempt.let_go_at),
        stage_at=later(attempt.stage_at),
        checked_at=later(attempt.checked_at),
        looked_at=later(attempt.looked_at),
        trouble_since=later(attempt.trouble_since),
        stored_at=later(attempt.stored_at),
        deliveries=tuple(replace(one, run_at=later(one.run_at)) for one in attempt.deliveries),
    )


def not_ahead(attempt: Attempt, now: float) -> Attempt:
    """The same, moved back if it has a moment that cannot have been yet.

    The wall clock was set back while no process was there to notice.
    """
    latest = max(
        attempt.requested_at,
        attempt.acted_at,
        attempt.stage_at,
        attempt.checked_at,
        attempt.looked_at,
        attempt.trouble_since,
        attempt.stored_at,
        *(delivery.run_at for delivery in attempt.deliveries),
    )
    return moved(attempt, min(now - latest, 0.0))
