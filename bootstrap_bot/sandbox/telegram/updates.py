"""What waits for the bot: updates until their offset confirms them, pressed buttons to answer."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from bootstrap_bot.sandbox.telegram.chats import Json
from bootstrap_bot.sandbox.telegram.rules import MAX_ANSWER, bad_request, units

UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
# Telegram does not publish how long a query can be answered.
QUERY_SECONDS = 600.0


class Updates:
    """The queue. Handing an update out does not remove it; a higher offset does."""

    def __init__(self) -> None:
        self._waiting: list[Json] = []
        self._ids = count(1001)
        self._allowed: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._waiting)

    def allow(self, kinds: list[str] | None) -> None:
        """Remembers the kinds asked for, for updates from now on; None changes nothing."""
        if kinds is not None:
            self._allowed = frozenset(kinds)

    def put(self, update: Json) -> None:
        """Queues it unless the bot does not want that kind; fills `update_id` in."""
        kinds = update.keys() - {"update_id"}
        unwanted = kinds - self._allowed if self._allowed else kinds & UNASKED
        if not unwanted:
            self._waiting.append({"update_id": next(self._ids), **update})

    def confirm(self, offset: int) -> None:
        """Forgets what lies below the offset; a negative one keeps that many at the end."""
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif offset:
            self._waiting = [one for one in self._waiting if one["update_id"] >= offset]

    def peek(self, limit: int) -> list[Json]:
        return self._waiting[: max(1, min(limit, 100))]

    def drop(self) -> None:
        self._waiting.clear()


@dataclass(slots=True, eq=False)
class Press:
    """A pressed button; `answer` and `alert` are filled in when the bot answers. `at` seconds."""

    id: str
    user_id: int
    data: str
    at: float
    answered: bool = False
    answer: str | None = None
    alert: bool = False


class Presses:
    """Callback queries, each to be answered once and soon."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ids = count(7_000_000_001)
        self._open: dict[str, Press] = {}

    def new(self, user_id: int, data: str) -> Press:
        press = Press(str(next(self._ids)), user_id, data, self._now())
        self._open[press.id] = press
        return press

    def answer(self, params: dict[str, Any]) -> bool:
        text = params.get("text") or None
        if text and units(text) > MAX_ANSWER:
            raise bad_request("MESSAGE_TOO_LONG")
        press = self._open.pop(str(params.get("callback_query_id")), None)
        if press is None or self._now() - press.at > QUERY_SECONDS:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        press.answered, press.answer = True, text
        press.alert = bool(params.get("show_alert"))
        return True
