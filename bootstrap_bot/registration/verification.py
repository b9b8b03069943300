"""What follows storing: is the bot able to work, and is its entry still there?"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from bootstrap_bot.clock import Clock
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import RemoteError, TargetError
from bootstrap_bot.providers.provider import About, Health, Provider
from bootstrap_bot.registration.attempt import Approval, Attempt, State
from bootstrap_bot.registration.deliverer import Deliverer
from bootstrap_bot.registration.record import Record, audit
from bootstrap_bot.registration.transitions import forgotten
from bootstrap_bot.targets.target import Target

log = logging.getLogger(__name__)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
# Rights lag minutes behind a success.
SETTLING = 10 * MINUTE
SETTLING_PACE = 30.0
# An editor with a stale copy may have wiped out what was stored.
SECOND_LOOK = 10 * MINUTE
APPROVAL_PACE = 10 * MINUTE
APPROVAL_PATIENT_AFTER = 2 * HOUR
APPROVAL_PATIENT_PACE = HOUR
APPROVAL_LONGEST = 7 * DAY


class Verification:
    """Looks after one stored attempt until nothing is left to look for."""

    def __init__(
        self,
        record: Record,
        provider: Provider,
        targets: Sequence[Target],
        storing: Deliverer,
        clock: Clock,
    ) -> None:
        self._record = record
        self._provider = provider
        self._targets = targets
        self._storing = storing
        self._clock = clock
        self._not_before = 0.0

    async def run(self, hurry: asyncio.Event) -> None:
        """Returns when the attempt needs no more looks; `hurry` brings the next one at once."""
        while self._record.attempt.state is State.STORED:
            now = self._clock.now()
            due = next_look(self._record.attempt, now)
            if due is None:
                return
            not_before = self._not_before - self._clock.monotonic()
            await self._clock.wait(hurry, max(due - now, not_before))
            hurry.clear()
            if self._record.attempt.letting_in:
                return
            if self._record.attempt.state is State.STORED:
                await self._look()

    async def _look(self) -> None:
        now = self._clock.now()
        if _looking(self._record.attempt, now) or self._record.attempt.watching:
            await self._look_at_platform()
        # Last, for an attempt without a secret may be over, and then tells nothing more.
        if self._record.attempt.has_secret and now >= self._second_look():
            await self._look_at_targets()

    def _second_look(self) -> float:
        return self._record.attempt.stored_at + SECOND_LOOK

    async def _look_at_targets(self) -> None:
        before = self._record.attempt.deliveries
        well = await self._storing.look_again()
        if self._record.attempt.deliveries != before:
            await self._record.commit_with_retry(lambda was: replace(was, stale=True))
        if not well:
            self._not_before = self._clock.monotonic() + MINUTE
            return
        await self._record.commit_with_retry(forgotten)
        audit(self._record.attempt, "erased")

    async def _look_at_platform(self) -> None:
        credentials = await self._credentials()
        health, about = Health.UNKNOWN, About()
        if credentials is not None:
            try:
                health = await self._provider.check(credentials)
                about = await self._provider.about(credentials)
            except RemoteError as error:
                log.info("attempt=%s not checked: %s", self._record.attempt.id, error.code)
        now = self._clock.now()
        await self._record.commit_with_retry(
            lambda was: _looked(_told_about(was, about), health, now)
        )

    async def _credentials(self) -> Credentials | None:
        """Our own copy, while it is kept; afterwards what the targets hold."""
        if (own := self._record.attempt.credentials) is not None:
            return own
        for target in self._targets:
            try:
                there = await target.platforms()
            except TargetError:
                continue
            for platform in there:
                attempt = self._record.attempt
                if (platform.type, platform.account) == (attempt.provider, attempt.account):
                    return platform.credentials
        return None


def next_look(attempt: Attempt, now: float) -> float | None:
    """When to look next (epoch seconds); None when never again."""
    looks = []
    if attempt.has_secret:
        looks.append(attempt.stored_at + SECOND_LOOK)
    if _looking(attempt, now) or attempt.watching:
        looks.append(attempt.looked_at + _pace(attempt, now))
    return min(looks, default=None)


def settling(attempt: Attempt, now: float) -> bool:
    """Whether a bot that cannot work yet may still get its rights."""
    return now < attempt.stored_at + SETTLING


def _looking(attempt: Attempt, now: float) -> bool:
    if attempt.approval is Approval.PENDING:
        return attempt.watching and now < attempt.stored_at + APPROVAL_LONGEST
    if attempt.looked_at < attempt.stored_at:
        return True
    return attempt.health is not Health.WORKS and attempt.looked_at < attempt.stored_at + SETTLING


def _pace(attempt: Attempt, now: float) -> float:
    if attempt.looked_at < attempt.stored_at:
        return 0.0
    if attempt.approval is not Approval.PENDING:
        return SETTLING_PACE
    patient = now >= attempt.stored_at + APPROVAL_PATIENT_AFTER
    return APPROVAL_PATIENT_PACE if patient else APPROVAL_PACE


def _told_about(was: Attempt, about: About) -> Attempt:
    if was.state is not State.STORED:
        return was
    name = about.name or was.bot_name
    return replace(was, bot_name=name, connections=about.connections)


def _looked(was: Attempt, health: Health, now: float) -> Attempt:
    """An outcome that changes what is shown is worth an edit, an approval a message."""
    if was.state is not State.STORED:
        return was
    if was.approval is Approval.PENDING and health is Health.WORKS:
        granted = replace(was, approval=Approval.GRANTED, watching=False, told=False)
        return replace(granted, health=health, looked_at=now)
    if was.watching and now >= was.stored_at + APPROVAL_LONGEST:
        return replace(was, watching=False, stale=True, looked_at=now)
    changed = health is not was.health or was.looked_at < was.stored_at
    ended = settling(was, was.looked_at) and not settling(was, now)
    return replace(was, health=health, looked_at=now, stale=was.stale or changed or ended)
