"""Brings credentials into targets and reads them back, each target by itself."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bootstrap_bot.clock import Clock
from bootstrap_bot.credentials import Credentials, plain, secrets_of
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.delivery import INTERRUPTED, Closed, Delivery, DeliveryState
from bootstrap_bot.registration.record import Record
from bootstrap_bot.targets.command import Command, Ran
from bootstrap_bot.targets.target import Platform, Target

log = logging.getLogger(__name__)

RunCommand = Callable[[Command, Sequence[str]], Awaitable[Ran]]
"""Runs a command whose output must hold none of these secrets."""

Displaced = Callable[[str, str, str], Awaitable[object]]
"""Hears that a provider's account was replaced in a target, by its key, on its admin's word."""

# A command that restarts this very program is cut off each time.
MOST_RUNS = 2


class Deliverer:
    """Deliveries of one record's credentials, each step committed before the next one.

    They go to those `targets` that speak the record's platform.
    """

    def __init__(
        self,
        record: Record,
        targets: Sequence[Target],
        clock: Clock,
        run_command: RunCommand,
        displaced: Displaced,
    ) -> None:
        self._record = record
        self._all_targets = targets
        self.targets = [one for one in targets if one.speaks(record.attempt.provider)]
        self._clock = clock
        self._run_command = run_command
        self._displaced = displaced

    async def close_hopeless(self) -> None:
        """Ends deliveries whose target left the config or does not speak the platform."""
        keys = {target.key for target in self.targets}
        mute = [target for target in self._all_targets if target.key not in keys]

        def change(delivery: Delivery) -> Delivery:
            gone = delivery.target not in keys and delivery.state is not DeliveryState.VERIFIED
            return delivery.ended(Closed.LEFT) if delivery.open and gone else delivery

        def closed(now: Attempt) -> Attempt:
            unspoken = [_unspoken(now, target) for target in mute if not now.delivery(target.key)]
            left = _each(now, change)
            return replace(left, deliveries=(*left.deliveries, *unspoken))

        await self._record.commit_with_retry(closed)

    async def deliver(self, target: Target) -> Platform | None:
        """Stores the credentials there unless they are, and gives the bot as it is there.

        None as long as there is trouble, which is in the delivery then, and when the delivery
        is closed. A later call goes on where this one ended.
        """
        credentials = self._record.attempt.credentials
        if credentials is None or not self._delivery(target).open:
            return None
        try:
            with contained(target):
                if verified := await self._verified(target, credentials):
                    return verified
                written = await self._write(target, credentials)
                if await _find(target, credentials) is None:
                    raise TargetError(Code.NOT_READ_BACK, target.place)
        except TargetError as error:
            await self._trouble(target, error)
            return None
        listed = target.allows(credentials.provider)
        await self._mark(target, lambda now: replace(now.verified(), listed=listed))
        return written

    async def let_in(self) -> bool:
        """Puts who confirmed on the lists of people; True when they are on all of them."""
        await asyncio.gather(*map(self._let_in_at, self.targets))
        return not self._record.attempt.letting_in

    async def run_command(self, target: Target) -> None:
        """Runs what is to follow a delivery, unless it has; at least once, cut off or not."""
        command, delivery = target.after, self._delivery(target)
        if command is None or delivery.run_end or delivery.state is not DeliveryState.VERIFIED:
            return
        ran = INTERRUPTED
        if delivery.runs < MOST_RUNS:
            await self._mark(target, lambda now: now.running_since(self._clock.now()))
            ran = await self._run_command(command, self._secrets())
        await self._mark(target, lambda now: now.ran(ran))

    async def look_again(self) -> bool:
        """Reads every target once more and stores anew what somebody's stale copy wiped out.

        True when all of them could be read; the others have their trouble in the delivery.
        """
        return all(await asyncio.gather(*map(self._look_at, self.targets)))

    async def remove(self) -> bool:
        """Takes the credentials out of every target again; True when they are gone from all."""
        await asyncio.gather(*map(self._remove_from, self._record.attempt.deliveries))
        return not self._record.attempt.deliveries

    async def _look_at(self, target: Target) -> bool:
        delivery, credentials = self._delivery(target), self._record.attempt.credentials
        if delivery.state is not DeliveryState.VERIFIED or credentials is None:
            return True
        try:
            with contained(target):
                if await _find(target, credentials) is None:
                    await self._mend(target, credentials)
        except TargetError as error:
            if error.code is Code.OCCUPIED:
                await self._mark(target, lambda now: now.ended(Closed.DISPLACED))
                return True
            await self._trouble(target, error)
            return False
        if delivery.trouble:
            await self._mark(target, Delivery.untroubled)
        await self.run_command(target)
        return True

    async def _let_in_at(self, target: Target) -> None:
        attempt = self._record.attempt
        if self._delivery(target) not in attempt.letting_in:
            return
        try:
            with contained(target):
                await target.allow(attempt.provider, attempt.account, attempt.scanner)
        except TargetError as error:
            await self._trouble(target, error)
            return
        await self._mark(target, Delivery.opened)
        await self.run_command(target)

    async def _mend(self, target: Target, credentials: Credentials) -> None:
        """Stores once more what was wiped out, unless its admin had it taken out meanwhile."""
        await self._mark(target, Delivery.to_run_again)
        delivery = self._delivery(target)
        if not delivery.open:
            return
        replaced = self._replaced(delivery)
        await target.store(delivery.platform_id, credentials, replaced, exposed=delivery.exposed)
        if await _find(target, credentials) is None:
            raise TargetError(Code.NOT_READ_BACK, target.place)

    async def _remove_from(self, delivery: Delivery) -> None:
        target = next((one for one in self.targets if one.key == delivery.target), None)
        # one that was skipped may have got the pair with an answer that was lost
        there = delivery.open or delivery.closed == Closed.SKIPPED.value
        if target is not None and there:
            try:
                with contained(target):
                    attempt = self._record.attempt
                    await target.remove(attempt.provider, attempt.account, unwanted=True)
            except TargetError as error:
                await self._trouble(target, error)
                return
        # before its command, which may restart this program
        await self._record.commit_with_retry(lambda now: _without(now, delivery.target))
        if target is not None and target.after is not None and delivery.open:
            await self._run_command(target.after, self._secrets())

    async def _verified(self, target: Target, credentials: Credentials) -> Platform | None:
        """What an earlier call brought there, if it is still there."""
        if self._delivery(target).state is not DeliveryState.VERIFIED:
            return None
        found = await _find(target, credentials)
        if found is None:
            await self._mark(target, Delivery.to_run_again)
        return found

    async def _write(self, target: Target, credentials: Credentials) -> Platform:
        # whether the target knew this account is settled before our first write to it
        delivery = self._delivery(target)
        if delivery.state is DeliveryState.PENDING and not delivery.begun:
            there = await target.platforms()
            named = (credentials.provider, credentials.account)
            updated = any((platform.type, platform.account) == named for platform in there)
            await self._mark(target, lambda now: replace(now, updated=updated, begun=True))
        replaced = self._replaced(delivery)
        wanted_id = self._record.attempt.wanted_id
        stored = await target.store(wanted_id, credentials, replaced, exposed=delivery.exposed)
        if replaced:
            await self._displaced(credentials.provider, replaced, target.key)
        known = self._delivery(target)
        if known.updated and known.state is DeliveryState.PENDING:
            # an earlier attempt's secret of this bot is not to come back either
            await self._displaced(credentials.provider, credentials.account, target.key)
        await self._mark(target, lambda now: now.written(stored))
        return stored.platform

    def _replaced(self, delivery: Delivery) -> str:
        return delivery.occupant if delivery.agreed else self._record.attempt.replaces

    def _secrets(self) -> list[str]:
        attempt = self._record.attempt
        state = [] if attempt.device_state is None else [plain(attempt.device_state)]
        return [*secrets_of(attempt.values), *state]

    def _delivery(self, target: Target) -> Delivery:
        return _delivery(self._record.attempt, target)

    async def _trouble(self, target: Target, error: TargetError) -> None:
        log.info("attempt=%s target=%s: %s", self._record.attempt.id, target.kind, error.code)
        # another file of the target's program may be what hinders it
        await self._mark(target, lambda now: replace(now.troubled(error), place=error.place))

    async def _mark(self, target: Target, change: Callable[[Delivery], Delivery]) -> None:
        order = {one.key: place for place, one in enumerate(self._all_targets)}

        def marked(attempt: Attempt) -> Attempt:
            others = _without(attempt, target.key).deliveries
            changed = change(_delivery(attempt, target))
            if not changed.trouble:
                changed = replace(changed, place=target.place)
            deliveries = [*others, changed]
            # in the config's order, those that left it first
            deliveries.sort(key=lambda delivery: order.get(delivery.target, -1))
            return replace(attempt, deliveries=tuple(deliveries))

        await self._record.commit_with_retry(marked)


def _delivery(attempt: Attempt, target: Target) -> Delivery:
    """The attempt's delivery to that target, a pending one when there is none yet."""
    known = attempt.delivery(target.key)
    return known or Delivery(target.key, target.place, kind=target.kind)


def _unspoken(attempt: Attempt, target: Target) -> Delivery:
    """A delivery that comes to nothing, for there is no place for that platform's bots."""
    return _delivery(attempt, target).ended(Closed.UNSPOKEN)


@contextmanager
def contained(target: Target) -> Iterator[None]:
    """Whatever else goes wrong in a target is that target's trouble alone."""
    try:
        yield
    except TargetError:
        raise
    except Exception as error:
        # its text may hold what it was about
        log.error("a target (%s) failed by %s", target.kind, type(error).__name__)
        raise TargetError(Code.TARGET_FAILED, target.place) from None


async def _find(target: Target, credentials: Credentials) -> Platform | None:
    for platform in await target.platforms():
        if platform.holds(credentials):
            return platform
    return None


def _each(attempt: Attempt, change: Callable[[Delivery], Delivery]) -> Attempt:
    return replace(attempt, deliveries=tuple(map(change, attempt.deliveries)))


def _without(attempt: Attempt, target: str) -> Attempt:
    others = tuple(delivery for delivery in attempt.deliveries if delivery.target != target)
    return replace(attempt, deliveries=others)
