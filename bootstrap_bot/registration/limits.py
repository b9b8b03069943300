"""How many attempts may be under way, and how often a person may begin one."""

from collections import defaultdict
from collections.abc import Iterable

from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import Code, RefusedError
from bootstrap_bot.registration.person import PersonId

MOST_LIVE = 20
MOST_PER_HOUR = 10
HOUR = 3600.0


class Limits:
    """Requests of the last hour, by the monotonic clock: setting the other one frees nobody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requests: defaultdict[PersonId, list[float]] = defaultdict(list)

    def restore(self, requests: Iterable[tuple[PersonId, float]]) -> None:
        """What each person asked for, and when (epoch seconds), before this process.

        A request that lies ahead was made before the wall clock was set back, who knows when.
        """
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for owner, moment in requests:
            if moment <= now:
                self._requests[owner].append(monotonic - (now - moment))

    def check(self, owner: PersonId, live: int) -> None:
        """Raises `RefusedError` when that person has to wait; `live` are under way in all."""
        if live >= MOST_LIVE:
            raise RefusedError(Code.TOO_MANY_ATTEMPTS)
        hour_ago = self._clock.monotonic() - HOUR
        self._requests[owner] = [one for one in self._requests[owner] if one >= hour_ago]
        if len(self._requests[owner]) >= MOST_PER_HOUR:
            raise RefusedError(Code.TOO_MANY_PER_HOUR)

    def count(self, owner: PersonId) -> None:
        """That person's request was taken up now."""
        self._requests[owner].append(self._clock.monotonic())
