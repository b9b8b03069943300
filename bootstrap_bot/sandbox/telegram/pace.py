"""How fast the bot writes, and how fast it may."""

import math
from collections import defaultdict, deque
from collections.abc import Callable

from bootstrap_bot.sandbox.telegram.rules import BotApiError

BURST = 20
PRIVATE_SECONDS = 20.0
GROUP_SECONDS = 60.0


class Pace:
    """Sends and edits per chat: 20 in any 20 s in private, 20 in any minute in a group."""

    def __init__(self, now: Callable[[], float], limited: bool) -> None:
        self._now = now
        self._limited = limited
        self._times: dict[int, deque[float]] = defaultdict(deque)

    def write(self, chat_id: int) -> None:
        """Counts one write, or refuses it with 429."""
        if not self._limited:
            return
        now, times = self._now(), self._times[chat_id]
        seconds = PRIVATE_SECONDS if chat_id > 0 else GROUP_SECONDS
        while times and times[0] <= now - seconds:
            times.popleft()
        if len(times) >= BURST:
            wait = math.ceil(times[0] + seconds - now)
            raise BotApiError(429, f"Too Many Requests: retry after {wait}", wait)
        times.append(now)
