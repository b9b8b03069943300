"""When to ask next, and what an answer makes of an attempt. Nothing here waits."""

from dataclasses import dataclass, replace
from typing import Self

from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.provider import (
    Denied,
    Expired,
    Granted,
    Pending,
    Policy,
    PollResult,
    Stage,
)
from bootstrap_bot.registration.attempt import Attempt, State

LONGEST_PAUSE = 60.0
QUIET_INTERVAL = 60.0
# How long after a cancel the platform is asked as often as before.
PATIENCE = 120.0


def has_patience(attempt: Attempt, now: float) -> bool:
    """Whether its owner cancelled a while ago and the platform gave no verdict since."""
    cancelled = attempt.state is State.CANCELLED and not attempt.let_go_at
    return cancelled and now - attempt.acted_at >= PATIENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was decided: the state to go to, and why."""

    state: State
    reason: str = ""
    trouble: Code | None = None
    approval: bool = False


@dataclass(frozen=True, slots=True)
class Polling:
    """What the answers so far say, by the platform's policy; each answer gives the next of these.

    `interval` is what the platform asked for, `asked_to_wait` the last `Retry-After`, both in
    seconds. `failures` counts answers in a row that said nothing, `with_pair` all polls since
    the credentials came, `empty` successes without any.
    """

    policy: Policy
    interval: float
    kept: bool = False
    failures: int = 0
    asked_to_wait: float = 0.0
    with_pair: int = 0
    empty: int = 0
    outcome: Outcome | None = None

    def pause(self) -> float:
        """Seconds until the next poll: the interval, doubled for each failure, a minute at most."""
        backed_off = self.interval * 2.0 ** min(self.failures, 8)
        return min(max(backed_off, self.asked_to_wait), LONGEST_PAUSE)

    def shortest_pause(self) -> float:
        """Seconds that have to pass even when somebody asks for news at once."""
        return min(
            max(self.interval, self.policy.shortest_pause, self.asked_to_wait), LONGEST_PAUSE
        )

    def failed(self, error: RemoteError) -> Self:
        """The road is bad: nothing is said."""
        after = replace(
            self._asked(),
            failures=self.failures + 1,
            asked_to_wait=error.retry_after or 0.0,
        )
        if error.code is Code.UNUSABLE_PAIR:
            return after._ending(State.FAILED, trouble=error.code)
        return after._decide_undecided()

    def answered(self, verdict: PollResult) -> Self:
        """What this verdict says on top of those before it."""
        kept = self.kept or verdict.credentials is not None
        after = replace(replace(self, kept=kept)._asked(), failures=0, asked_to_wait=0.0)
        match verdict:
            case Granted(needs_approval=True):
                return after._ending(State.CAPTURED, approval=True)
            case Granted():
                return replace(after, empty=self.empty + 1)._decide_created()
            case Denied():
                return after._ending(State.REFUSED, reason=verdict.reason)
            case Expired():
                return after._ending_dead()
            case Pending(stage=Stage.APPROVING) if kept:
                # The pair came with an earlier stage: it is not given again.
                return after._ending(State.CAPTURED, approval=True)
        slow_down = verdict.slow_down if isinstance(verdict, Pending) else 0.0
        interval = min(self.interval + slow_down, LONGEST_PAUSE)
        return replace(after, interval=interval)._decide_undecided()

    def past_deadline(self, seconds: float) -> Self:
        """The same, ended as expired if this poll was begun that long after the expiry.

        Late success is real, so one poll after the expiry has to be answered; a road that
        stays bad gets the policy's grace for that.
        """
        waited_enough = self.failures == 0 or seconds > self.policy.grace
        if self.outcome is None and seconds >= 0 and waited_enough:
            return self._ending_dead()
        return self

    def _asked(self) -> Self:
        return replace(self, with_pair=self.with_pair + self.kept, outcome=None)

    def _decide_undecided(self) -> Self:
        if self.with_pair >= self.policy.polls_with_pair:
            return self._ending(State.CAPTURED, approval=True)
        return self

    def _decide_created(self) -> Self:
        if self.kept:
            return self._ending(State.CAPTURED)
        if self.empty >= self.policy.empty_successes:
            return self._ending(State.FAILED, trouble=Code.NO_CREDENTIALS)
        return self

    def _ending_dead(self) -> Self:
        """The code is dead; what it said before tells more than that."""
        if self.empty:
            return self._ending(State.FAILED, trouble=Code.NO_CREDENTIALS)
        return self._ending(State.EXPIRED)

    def _ending(
        self, state: State, *, reason: str = "", trouble: Code | None = None, approval: bool = False
    ) -> Self:
        # Credentials that came before a bad end are nobody's to throw away: they are offered.
        if self.kept and state is not State.CAPTURED:
            state = State.HELD
        outcome = Outcome(state=state, reason=reason, trouble=trouble, approval=approval)
        return replace(self, outcome=outcome)
