"""Keeps an attempt's message in line with the attempt, for as long as it takes."""

import asyncio
from dataclasses import replace

from bootstrap_bot.clock import Clock
from bootstrap_bot.providers.provider import Health
from bootstrap_bot.registration.attempt import RESULTS, Attempt, State
from bootstrap_bot.registration.delivery import Delivery
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError, Display
from bootstrap_bot.registration.record import Record

REFRESH = 60.0
# How long a request may take before the person hears that it is being worked on.
SILENCE = 3.0
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
PATIENT_AFTER = 3600.0
PATIENT_RETRY = 300.0
# An edit notifies nobody: a person who looked away this long gets a message that does.
LOOKED_AWAY = 120.0


class Presenter:
    """Shows every change of one record, the last one until it has arrived."""

    def __init__(self, record: Record, display: Display, clock: Clock) -> None:
        self._record = record
        self._display = display
        self._clock = clock
        self._back = asyncio.Event()
        self._failing_since: float | None = None
        self._pause = FIRST_RETRY

    async def run(self) -> None:
        """Returns when the attempt is over."""
        if self._record.attempt.told:
            # Whoever told it was ended before this.
            await self._remove_old_message()
        while not self._record.attempt.over:
            self._record.news.clear()
            if self._has_something_to_say():
                await self._try_to_tell()
            else:
                await self._wait_for_news()

    def person_is_back(self) -> None:
        """The person wrote or pressed something: the chat may be open again."""
        self._back.set()
        self._record.news.set()

    def _has_something_to_say(self) -> bool:
        attempt = self._record.attempt
        if attempt.at_work:
            return any(one.trouble or self._takes_long(one) for one in attempt.deliveries)
        if attempt.state is State.REQUESTED:
            return self._clock.now() - attempt.requested_at >= SILENCE
        return not attempt.told or attempt.stale

    def _takes_long(self, delivery: Delivery) -> bool:
        return delivery.running and self._clock.now() - delivery.run_at >= SILENCE

    async def _try_to_tell(self) -> None:
        try:
            await self._tell()
        except ChatGoneError:
            self._back.clear()
            await self._clock.wait(self._back)
        except DeliveryError:
            await self._clock.sleep(self._next_pause())
        else:
            self._failing_since, self._pause = None, FIRST_RETRY
            if self._has_something_to_say():
                await self._wait_for_news()

    async def _tell(self) -> None:
        shown = await self._record.commit_with_retry(self._with_room_for_a_result)
        if not self._has_something_to_say():
            return
        before = shown.message

        def latest() -> Attempt:
            nonlocal shown
            # Work that began meanwhile is shown only if it hangs.
            if self._has_something_to_say():
                shown = self._record.attempt
            return shown

        message = await self._display.show(latest)
        await self._record.commit_with_retry(lambda now: _shown(now, shown, before, message))
        await self._remove_old_message()

    async def _remove_old_message(self) -> None:
        """Once a later one stands."""
        attempt = self._record.attempt
        if attempt.old_message is not None and attempt.message is not None:
            await self._display.remove(attempt, attempt.old_message)
            await self._record.commit_with_retry(lambda now: replace(now, old_message=None))

    def _with_room_for_a_result(self, attempt: Attempt) -> Attempt:
        looked_away = self._clock.now() - attempt.acted_at > LOOKED_AWAY
        result = attempt.state in RESULTS and not attempt.told
        if result and looked_away and attempt.message is not None:
            return replace(attempt, message=None, old_message=attempt.message)
        return attempt

    async def _wait_for_news(self) -> None:
        """Waits for a change; a message with a countdown is also due each minute."""
        attempt = self._record.attempt
        running = any(delivery.running for delivery in attempt.deliveries)
        if attempt.state is State.REQUESTED or (attempt.state is State.CAPTURED and running):
            await self._clock.wait(self._record.news, SILENCE)
        elif attempt.state is State.WAITING:
            await self._clock.wait(self._record.news, REFRESH)
        else:
            await self._clock.wait(self._record.news)

    def _next_pause(self) -> float:
        """Doubling, up to a minute in the first hour and five minutes after that."""
        now = self._clock.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since > PATIENT_AFTER:
            return PATIENT_RETRY
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_RETRY)
        return pause


def _shown(now: Attempt, shown: Attempt, before: str | None, message: str) -> Attempt:
    """The message is recorded; `told` only if nothing that matters changed meanwhile.

    `before` is the attempt's message when telling began.
    """
    same = replace(now, message=None, old_message=None) == replace(
        shown, message=None, old_message=None
    )
    if now.message == before:
        known = _gist(now) == _gist(shown) and now.state in RESULTS and not now.at_work
        told = now.told or known
        return replace(now, message=message, told=told, stale=now.stale and not same)
    # Meanwhile the person asked for a copy further down: this one is the old one.
    return replace(now, old_message=message)


def _gist(attempt: Attempt) -> Attempt:
    """The record without what is worth an edit only; a message of its own says the rest."""
    return replace(
        attempt,
        message=None,
        old_message=None,
        stale=False,
        watching=False,
        health=Health.UNKNOWN,
        looked_at=0.0,
        bot_name="",
        connections=None,
    )
