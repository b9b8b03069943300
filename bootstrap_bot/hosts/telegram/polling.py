"""Fetches updates for the bot on its own, and acknowledges none before it is dealt with."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeGuard

from telegram import Update
from telegram.error import Conflict, RetryAfter, TelegramError
from telegram.ext import Application

from bootstrap_bot.clock import Clock
from bootstrap_bot.hosts.telegram.events import person_of
from bootstrap_bot.hosts.telegram.odd_answers import OddAnswerError, kind_of, understood
from bootstrap_bot.hosts.telegram.sender import seconds_of
from bootstrap_bot.registration.person import Admins, PersonId

log = logging.getLogger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
Works = Callable[[], Collection["asyncio.Task[None]"]]
Ignores = Callable[[PersonId | None, object], Awaitable[bool]]
Json = dict[str, Any]

UPDATES = ["message", "edited_message", "callback_query"]
# Spelled so that python-telegram-bot gives it the connection that is kept for polling.
METHOD = "get_Updates"
LONG_POLL = 10
ANSWER_TIME = 5.0
FULL = 100
FIRST_RETRY = 1.0
LONGEST_RETRY = 30.0
# How long others wait at most while an update's work is not done.
SHORT_POLL = 0.25
LOG_PAUSE = 60.0
CONFLICT = "another program takes this bot's updates: stop it, or give each its own bot"


class UpdateLoop:
    """One batch after the other. `works` gives the tasks in which handlers go on working,
    `ignores` says of a sender and a text whether the update need not even be parsed.

    An update counts as dealt with once its handlers returned and what they began is done; until
    then Telegram keeps it, and a process that is killed gets it again.
    """

    def __init__(
        self,
        application: AnyApplication,
        admins: Admins,
        works: Works,
        clock: Clock,
        ignores: Ignores | None = None,
    ) -> None:
        self._application = application
        self._admins = admins
        self._works = works
        self._clock = clock
        self._ignores = ignores
        self._offset = 0
        self._handed: dict[int, set[asyncio.Task[None]]] = {}
        self._skipped = Skipped(clock)

    async def run(self) -> None:
        """Does not return. Cancelling it drops the connection."""
        await self._surely(lambda: self._application.bot.delete_webhook())
        while True:
            for update in await self._surely(self._fetch):
                await self._hand_over(update)
            await self._look_at_works()

    async def _surely(self, request: Callable[[], Any]) -> Any:
        """Tried until it succeeds, ever more patiently."""
        pause = FIRST_RETRY
        while True:
            try:
                return await understood(request)
            except TelegramError as error:
                _note(error)
                flood = seconds_of(error) if isinstance(error, RetryAfter) else 0.0
            await self._clock.sleep(max(pause, flood))
            pause = min(pause * 2, LONGEST_RETRY)

    async def _fetch(self) -> list[Json]:
        """Updates that were not handed over yet, admins' first. Raises `OddAnswerError`."""
        wait = 0 if self._handed else LONG_POLL
        answer = await self._application.bot.do_api_request(
            METHOD,
            {"offset": self._offset, "timeout": wait, "allowed_updates": UPDATES},
            read_timeout=wait + ANSWER_TIME,
        )
        found = _with_ids(answer)
        fresh = [one for one in found if one["update_id"] not in self._handed]
        if found and not fresh and len(found) >= FULL:
            # Nothing else fits into an answer: those behind must not wait any longer.
            self._acknowledge_all()
        admins = await self._admins.all()
        return sorted(fresh, key=lambda one: sender_of(one) not in admins)

    async def _hand_over(self, raw: Json) -> None:
        before = set(self._works())
        if self._ignores and await self._ignores(sender_of(raw), text_of(raw)):
            self._handed[raw["update_id"]] = set()
            return
        try:
            update = Update.de_json(raw, self._application.bot)
        except Exception as error:
            self._skipped.count(error)
        else:
            await self._application.process_update(update)
        self._handed[raw["update_id"]] = set(self._works()) - before

    async def _look_at_works(self) -> None:
        """Acknowledges what is dealt with, up to the first that is not."""
        working = {task for tasks in self._handed.values() for task in tasks if not task.done()}
        if working:
            await asyncio.wait(working, timeout=SHORT_POLL, return_when=asyncio.FIRST_COMPLETED)
        for number in sorted(self._handed):
            if not all(task.done() for task in self._handed[number]):
                return
            self._acknowledge(number)

    def _acknowledge(self, number: int) -> None:
        self._offset = number + 1
        del self._handed[number]

    def _acknowledge_all(self) -> None:
        for number in sorted(self._handed):
            self._acknowledge(number)


class Skipped:
    """Updates that the library cannot read: how many, said once a minute at most."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._number = 0
        self._next_line = 0.0

    def count(self, error: Exception) -> None:
        """One more."""
        self._number += 1
        if self._clock.monotonic() >= self._next_line:
            self._next_line = self._clock.monotonic() + LOG_PAUSE
            kind = type(error).__name__
            log.warning("an update cannot be read (%s): skipped; %d so far", kind, self._number)


def sender_of(raw: Json) -> PersonId | None:
    """The person an update comes from; None where none is named by a number."""
    for kind in UPDATES:
        body = raw.get(kind)
        if isinstance(body, dict) and isinstance(body.get("from"), dict):
            user = body["from"].get("id")
            return person_of(user) if _is_id(user) else None
    return None


def text_of(raw: Json) -> object:
    """The text of a message as it stands there; None of anything else."""
    message = raw.get("message")
    return message.get("text") if isinstance(message, dict) else None


def _with_ids(answer: object) -> list[Json]:
    if not isinstance(answer, list):
        raise OddAnswerError(f"{type(answer).__name__} for updates")
    found = [one for one in answer if isinstance(one, dict) and _is_id(one.get("update_id"))]
    if answer and not found:
        raise OddAnswerError("updates without ids")
    return found


def _is_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _note(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error(CONFLICT)
    else:
        log.warning("Telegram does not answer (%s); trying again", kind_of(error))
