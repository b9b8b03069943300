"""One attempt's way from where it stands to its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bootstrap_bot.attempts.attempt import Attempt, State
from bootstrap_bot.attempts.inviting import invite
from bootstrap_bot.attempts.polling import QUIET_INTERVAL, Outcome, Polling
from bootstrap_bot.attempts.record import Record, audit
from bootstrap_bot.attempts.storing import Storing
from bootstrap_bot.attempts.teller import Teller
from bootstrap_bot.attempts.voice import Voice
from bootstrap_bot.clock import Clock
from bootstrap_bot.errors import RemoteError, TargetError
from bootstrap_bot.journal.journal import Journal
from bootstrap_bot.providers.provider import Invitation, Provider, Stage, Verdict, Waiting
from bootstrap_bot.targets.target import Platform, Target

log = logging.getLogger(__name__)

OnStored = Callable[[Platform], Awaitable[object]]

STORE_FIRST_RETRY = 2.0
STORE_LONGEST_RETRY = 300.0
SECOND_LOOK = 600.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run works with."""

    provider: Provider
    targets: Sequence[Target]
    journal: Journal
    voice: Voice
    clock: Clock
    on_stored: OnStored | None = None


class Run:
    """Takes one attempt up in whatever state it is and leads it to its end."""

    def __init__(self, attempt: Attempt, tools: Tools) -> None:
        self.record = Record(attempt, tools.journal, tools.clock)
        self.teller = Teller(self.record, tools.voice, tools.clock)
        self._tools = tools
        self._hurry = asyncio.Event()
        self._asking: asyncio.Task[Polling] | None = None
        self._earliest_poll = 0.0

    @property
    def attempt(self) -> Attempt:
        """The record as it is now."""
        return self.record.attempt

    def hurry(self) -> None:
        """Something was decided or asked for: whatever waits looks again."""
        self._hurry.set()

    def seconds_to_next_poll(self) -> float:
        """How long the platform has to be left alone at the least; 0 while it is being asked."""
        return max(self._earliest_poll - self._tools.clock.now(), 0.0)

    async def run(self) -> None:
        """Returns when nothing is left to do and the person knows."""
        telling = asyncio.create_task(self.teller.run(), name=f"teller:{self.attempt.id}")
        try:
            while step := self._next_step():
                await step()
            await telling
        finally:
            telling.cancel()

    async def finish_asking(self) -> None:
        """Waits for the answer to a poll that is on its way, and for its commit."""
        if self._asking is not None:
            await asyncio.wait([self._asking])

    def _next_step(self) -> Callable[[], Awaitable[None]] | None:
        if self.attempt.pollable:
            return self._poll
        steps = {
            State.REQUESTED: self._invite,
            State.CAPTURED: self._store,
            State.HELD: self._await_decision,
            State.STORED: self._look_again,
        }
        if self.attempt.state is State.STORED and self.attempt.client_secret is None:
            return None
        return steps.get(self.attempt.state)

    async def _invite(self) -> None:
        try:
            invitation = await invite(self._tools.provider, self._tools.clock)
        except RemoteError as error:
            code = error.code.value
            await self.record.commit_surely(lambda now: _failed(now, code))
        else:
            expires_at = self._tools.clock.now() + invitation.lifetime
            await self.record.commit_surely(lambda now: _invited(now, invitation, expires_at))

    async def _poll(self) -> None:
        polling = Polling(self.attempt.interval, kept=self.attempt.client_secret is not None)
        while self.attempt.pollable:
            await self._wait_to_ask(polling)
            polling = await self._ask_surely(polling)

    async def _ask_surely(self, polling: Polling) -> Polling:
        """Polls once. The answer is read and committed even if the caller is cancelled."""
        self._asking = asyncio.create_task(self._ask(polling), name=f"poll:{self.attempt.id}")
        return await asyncio.shield(self._asking)

    async def _ask(self, polling: Polling) -> Polling:
        code = self.attempt.device_code
        if code is None:
            return polling
        deadline_passed = self._tools.clock.now() - self.attempt.expires_at
        try:
            verdict = await self._tools.provider.poll(code)
        except RemoteError as error:
            polling = polling.failed(error).past_deadline(deadline_passed)
            await self._note_trouble(error)
            await self.record.commit_surely(lambda now: _decided(now, None, polling.outcome))
        else:
            polling = polling.answered(verdict).past_deadline(deadline_passed)
            await self.record.commit_surely(lambda now: _decided(now, verdict, polling.outcome))
            await self.record.note(lambda now: _heard(now, verdict, polling.interval))
        return polling

    async def _wait_to_ask(self, polling: Polling) -> None:
        clock = self._tools.clock
        pause = polling.pause()
        if self.attempt.state is State.CANCELLED:
            pause = max(pause, QUIET_INTERVAL)
        self._earliest_poll = clock.now() + polling.shortest_pause()
        if await clock.wait(self._hurry, pause):
            self._hurry.clear()
            await clock.sleep(self.seconds_to_next_poll())

    async def _note_trouble(self, error: RemoteError) -> None:
        since = self._tools.clock.now()
        await self.record.note(
            lambda now: replace(
                now, trouble=error.code.value, trouble_since=now.trouble_since or since
            )
        )

    async def _store(self) -> None:
        storing = Storing(self.record, self._tools.targets)
        pause = STORE_FIRST_RETRY
        while not (platforms := await storing.deliver()):
            await self._tools.clock.wait(self._hurry, pause)
            self._hurry.clear()
            pause = min(pause * 2, STORE_LONGEST_RETRY)
        for platform in platforms:
            await self._announce(platform)
        stored_at = self._tools.clock.now()
        await self.record.commit_surely(
            lambda now: replace(now, state=State.STORED, told=False, stored_at=stored_at)
        )

    async def _announce(self, platform: Platform) -> None:
        if self._tools.on_stored is None:
            return
        try:
            await self._tools.on_stored(platform)
        except Exception as error:
            # Its text may hold what it was given; the credentials are stored either way.
            log.error("on_stored failed for %s: %s", platform.id, type(error).__name__)

    async def _await_decision(self) -> None:
        await self._hurry.wait()
        self._hurry.clear()

    async def _look_again(self) -> None:
        """An editor with a stale copy may have wiped the table: then it is written once more."""
        due = self.attempt.stored_at + SECOND_LOOK
        await self._tools.clock.sleep(max(due - self._tools.clock.now(), 0.0))
        try:
            await Storing(self.record, self._tools.targets).look_again()
        except TargetError as error:
            log.warning("attempt=%s second look failed: %s", self.attempt.id, error.code)
            await self.record.commit_surely(
                lambda now: replace(now, stored_at=self._tools.clock.now())
            )
            return
        await self.record.commit_surely(_erased)
        audit(self.attempt, "erased")


def _failed(now: Attempt, code: str) -> Attempt:
    if now.state is not State.REQUESTED:
        return now
    return replace(now, state=State.FAILED, trouble=code)


def _invited(now: Attempt, invitation: Invitation, expires_at: float) -> Attempt:
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
        expires_at=expires_at,
    )


def _decided(now: Attempt, verdict: Verdict | None, outcome: Outcome | None) -> Attempt:
    """Keeps credentials that came and goes to the state that was decided, in one commit."""
    if verdict is not None and verdict.credentials is not None:
        now = replace(
            now,
            client_id=verdict.credentials.client_id,
            client_secret=verdict.credentials.client_secret,
        )
    if outcome is None or not now.pollable:
        return now
    state = outcome.state
    if now.state is State.CANCELLED:
        state = State.HELD if now.client_secret is not None else State.CANCELLED
    return replace(
        now,
        state=state,
        told=now.told and state is now.state,
        device_code=None if now.client_secret is None else now.device_code,
        approval=outcome.approval,
        reason=outcome.reason,
        trouble=outcome.trouble.value if outcome.trouble else "",
        trouble_since=0.0,
    )


def _heard(now: Attempt, verdict: Verdict, interval: float) -> Attempt:
    if now.state is not State.WAITING:
        return now
    stage = verdict.stage if isinstance(verdict, Waiting) else now.stage
    if stage is Stage.UNKNOWN:
        stage = now.stage
    return replace(now, stage=stage, interval=interval, trouble="", trouble_since=0.0)


def _erased(now: Attempt) -> Attempt:
    return replace(now, device_code=None, client_secret=None)
