"""One attempt's way from where it stands to its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bootstrap_bot.activity import Tasks, waiting
from bootstrap_bot.clock import Clock
from bootstrap_bot.credentials import plain
from bootstrap_bot.errors import RemoteError
from bootstrap_bot.providers.provider import PollResult, Provider
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.authorization import invite
from bootstrap_bot.registration.deliverer import Deliverer, Displaced, RunCommand
from bootstrap_bot.registration.display import Display
from bootstrap_bot.registration.inheritance import inherited
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.limits import Caps
from bootstrap_bot.registration.person import Admins, FixedAdmins
from bootstrap_bot.registration.polling import QUIET_INTERVAL, Outcome, Polling, has_patience
from bootstrap_bot.registration.presenter import Presenter
from bootstrap_bot.registration.record import Record
from bootstrap_bot.registration.supervising import supervised
from bootstrap_bot.registration.transitions import (
    decided,
    failed,
    heard,
    invited,
    let_go,
    placed,
    reminded,
    unheard,
)
from bootstrap_bot.registration.verification import Verification
from bootstrap_bot.targets.target import Platform, Target

log = logging.getLogger(__name__)

MayBegin = Callable[[Attempt], Awaitable[bool]]
OnStored = Callable[[Platform], Awaitable[object]]

STORE_FIRST_RETRY = 2.0
STORE_LONGEST_RETRY = 300.0
REMINDER = 86400.0


@dataclass(frozen=True, slots=True)
class Services:
    """What every run works with.

    `providers` are the platforms by name. `run_command` runs what is to follow a delivery.
    `confirm` holds every pair back until its admin has
    agreed to store it.
    """

    providers: Mapping[str, Provider]
    targets: Sequence[Target]
    journal: Journal
    display: Display
    clock: Clock
    run_command: RunCommand
    on_stored: OnStored | None = None
    admins: Admins = field(default_factory=FixedAdmins)
    confirm: bool = False
    caps: Caps = field(default_factory=Caps)


class Worker:
    """Takes one attempt up in whatever state it is and leads it to its end.

    `may_begin` is asked before a code is begun, `displaced` hears what storing replaced.
    """

    def __init__(
        self, attempt: Attempt, services: Services, may_begin: MayBegin, displaced: Displaced
    ) -> None:
        self.record = Record(attempt, services.journal, services.clock)
        self._storing = Deliverer(
            self.record, services.targets, services.clock, services.run_command, displaced
        )
        self.presenter = Presenter(self.record, services.display, services.clock)
        self._services = services
        self._provider = services.providers[attempt.provider]
        self._may_begin = may_begin
        self._hurry = asyncio.Event()
        self._retries = {target.key: asyncio.Event() for target in self._storing.targets}
        self._answered = asyncio.Event()
        self._asking: asyncio.Task[Polling] | None = None
        self._helpers = Tasks()
        self._wanted = False
        self._earliest_poll = 0.0
        self._given_up = False

    @property
    def attempt(self) -> Attempt:
        """The record as it is now."""
        return self.record.attempt

    @property
    def idle(self) -> bool:
        """Whether all that goes on beside `run` only waits."""
        return self._helpers.idle

    def hurry(self) -> None:
        """Something was decided or asked for: whatever waits looks again."""
        self._hurry.set()
        for retry in self._retries.values():
            retry.set()

    def ask_now(self) -> None:
        """The person wants to know: asks as soon as it may be, and says when it did."""
        self._wanted = True
        self._hurry.set()

    def seconds_to_next_poll(self) -> float:
        """How long the platform has to be left alone at the least; 0 while it is being asked."""
        return max(self._earliest_poll - self._services.clock.monotonic(), 0.0)

    async def run(self) -> None:
        """Returns when nothing is left to do and the person knows."""
        name = f"presenter:{self.attempt.id}"
        surely = supervised(self.presenter.run, name, self._services.clock)
        telling = self._helpers.add(asyncio.create_task(surely, name=name))
        try:
            while not telling.done():
                while step := self._next_step():
                    await step()
                await self._told_or_decided(telling)
            await telling
            # Only now is it sure that no message of it is still on its way.
            if self._given_up and self.attempt.message is not None:
                await self._services.display.remove(self.attempt, self.attempt.message)
        finally:
            telling.cancel()

    async def ask_once_more(self) -> None:
        """Returns after the next answer, or failure to get one.

        Asks as soon as it may be; at once about a code that has its verdict already.
        """
        self._answered.clear()
        if self.attempt.let_go_at:
            self._earliest_poll = 0.0
        if self.attempt.pollable:
            self._hurry.set()
            await self._services.clock.wait(self._answered)

    async def finish_asking(self) -> None:
        """Waits for the answer to a poll that is on its way, and for its commit."""
        if self._asking is not None:
            await asyncio.wait([self._asking])

    async def _told_or_decided(self, telling: asyncio.Task[None]) -> None:
        """Waits for the person to know; they may ask for something else before they do."""
        deciding = asyncio.create_task(self._hurry.wait())
        try:
            with waiting(lambda: telling.done() or self._hurry.is_set()):
                await asyncio.wait([telling, deciding], return_when=asyncio.FIRST_COMPLETED)
        finally:
            deciding.cancel()
        self._hurry.clear()

    def _next_step(self) -> Callable[[], Awaitable[None]] | None:
        if self.attempt.pollable:
            return self._poll
        steps = {
            State.REQUESTED: self._invite,
            State.CAPTURED: self._store,
            State.HELD: self._await_decision,
        }
        attempt = self.attempt
        if attempt.letting_in:
            return self._let_in
        if attempt.state is State.STORED and (attempt.has_secret or attempt.watching):
            return self._look_after
        if attempt.state is State.REMOVED and attempt.deliveries:
            return self._remove
        return steps.get(attempt.state)

    async def _invite(self) -> None:
        if not await self._may_begin(self.attempt):
            await self._give_up()
            return
        try:
            invitation = await invite(self._provider, self._services.clock)
        except RemoteError as error:
            code = error.code.value
            await self.record.commit_with_retry(lambda now: failed(now, code))
        else:
            now = self._services.clock.now()
            await self.record.commit_with_retry(lambda was: invited(was, invitation, now))

    async def _give_up(self) -> None:
        """An older code has brought credentials after all: their message takes this one's place."""
        self._given_up = True
        await self.record.commit_with_retry(
            lambda now: replace(now, state=State.CANCELLED, told=True)
        )

    async def _poll(self) -> None:
        polling = Polling(
            self._provider.kind.policy, self.attempt.interval, kept=self.attempt.has_secret
        )
        asked_with = self.attempt.device_state
        while self.attempt.pollable:
            # where to ask has changed: nobody asked there yet
            if self.attempt.device_state == asked_with:
                await self._wait_to_ask(polling)
            asked_with = self.attempt.device_state
            polling = await self._ask_surely(polling)
            self._answered.set()

    async def _ask_surely(self, polling: Polling) -> Polling:
        """Polls once. The answer is read and committed even if the caller is cancelled."""
        asking = asyncio.create_task(self._ask(polling), name=f"poll:{self.attempt.id}")
        self._asking = self._helpers.add(asking)
        with waiting(asking.done):
            return await asyncio.shield(asking)

    async def _ask(self, polling: Polling) -> Polling:
        state = self.attempt.device_state
        if state is None:
            return polling
        asked_at = self._services.clock.now()
        deadline_passed = asked_at - self.attempt.expires_at
        last = 0.0 < self.attempt.let_go_at <= asked_at
        try:
            verdict = await self._provider.poll(state)
        except RemoteError as error:
            polling = polling.failed(error).past_deadline(deadline_passed)
            await self._note_trouble(error)
            await self._decide(None, polling.outcome)
        else:
            polling = polling.answered(verdict).past_deadline(deadline_passed)
            await self._decide(verdict, polling.outcome)
            heard_at = self._services.clock.now()
            await self._note_heard(verdict, polling.interval, heard_at)
        if last or (self.attempt.let_go_at and not self._provider.kind.policy.quiet_period):
            await self.record.commit_with_retry(let_go)
        await self._note_wanted()
        return polling

    async def _note_heard(self, verdict: PollResult, interval: float, moment: float) -> None:
        """What the next poll needs is on disk before it; how far the person came need not be."""

        def change(now: Attempt) -> Attempt:
            return heard(now, verdict, interval, moment)

        before, after = self.attempt, change(self.attempt)
        if (before.device_state, before.interval) != (after.device_state, after.interval):
            await self.record.commit_with_retry(change)
        else:
            await self.record.note(change)

    async def _decide(self, verdict: PollResult | None, outcome: Outcome | None) -> None:
        admins, confirm = await self._services.admins.all(), self._services.confirm
        let_go_at = self._services.clock.now() + self._provider.kind.policy.quiet_period
        await self.record.commit_with_retry(
            lambda now: inherited(
                self._knowing_scanner(decided(now, verdict, outcome, confirm, let_go_at)), admins
            )
        )

    def _knowing_scanner(self, now: Attempt) -> Attempt:
        """With who confirmed, if the platform tells and some target keeps a list of people."""
        scanner = now.values.get(self._provider.kind.scanner, "")
        listed = any(target.allows(now.provider) for target in self._storing.targets)
        return replace(now, scanner=plain(scanner)) if scanner and listed else now

    async def _wait_to_ask(self, polling: Polling) -> None:
        clock = self._services.clock
        pause = polling.pause()
        if has_patience(self.attempt, clock.now()):
            pause = max(pause, QUIET_INTERVAL)
        self._earliest_poll = clock.monotonic() + polling.shortest_pause()
        if await clock.wait(self._hurry, pause):
            self._hurry.clear()
            await clock.sleep(self.seconds_to_next_poll())

    async def _note_wanted(self) -> None:
        if self._wanted:
            self._wanted, asked_at = False, self._services.clock.now()
            await self.record.note(lambda now: replace(now, checked_at=asked_at))

    async def _note_trouble(self, error: RemoteError) -> None:
        moment = self._services.clock.now()
        await self.record.note(lambda now: unheard(now, error, moment))

    async def _store(self) -> None:
        """Every target by itself: one that is away holds up nobody."""
        await self._storing.close_hopeless()
        bringing: list[asyncio.Task[None]] = []
        with waiting(lambda: all(task.done() for task in bringing)):
            async with asyncio.TaskGroup() as group:
                for number, target in enumerate(self._storing.targets):
                    name = f"attempt:{self.attempt.id}:{number}"
                    bring = supervised(partial(self._bring, target), name, self._services.clock)
                    bringing.append(self._helpers.add(group.create_task(bring, name=name)))
        stored_at = self._services.clock.now()
        await self.record.commit_with_retry(lambda now: placed(now, stored_at))

    async def _bring(self, target: Target) -> None:
        pause, retry = STORE_FIRST_RETRY, self._retries[target.key]
        while True:
            retry.clear()
            platform = await self._storing.deliver(target)
            if platform is not None:
                await self._announce(platform)
                await self._storing.run_command(target)
                return
            delivery = self.attempt.delivery(target.key)
            if delivery is not None and not delivery.open:
                return
            pause = await self._wait_to_retry(retry, pause)

    async def _remove(self) -> None:
        pause = STORE_FIRST_RETRY
        while not await self._storing.remove():
            pause = await self._wait_to_retry(self._hurry, pause)
            self._hurry.clear()

    async def _let_in(self) -> None:
        pause = STORE_FIRST_RETRY
        while not await self._storing.let_in():
            pause = await self._wait_to_retry(self._hurry, pause)
            self._hurry.clear()
        await self.record.commit_with_retry(lambda now: replace(now, stale=now.told))

    async def _wait_to_retry(self, retry: asyncio.Event, pause: float) -> float:
        """Waits, no longer than that, and gives the pause after the next failure."""
        await self._services.clock.wait(retry, pause)
        return min(pause * 2, STORE_LONGEST_RETRY)

    async def _announce(self, platform: Platform) -> None:
        if self._services.on_stored is None:
            return
        try:
            await self._services.on_stored(platform)
        except Exception as error:
            # Its text may hold what it was given; the credentials are stored either way.
            log.error("on_stored failed for %s: %s", platform.id, type(error).__name__)

    async def _await_decision(self) -> None:
        """Waits for the admin; a day without a word brings the message once more."""
        if not await self._services.clock.wait(self._hurry, REMINDER) and self.attempt.told:
            await self.record.commit_with_retry(reminded)
        self._hurry.clear()

    async def _look_after(self) -> None:
        services = self._services
        care = Verification(
            self.record, self._provider, self._storing.targets, self._storing, services.clock
        )
        await care.run(self._hurry)
