"""Brings credentials into every target and reads them back."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bootstrap_bot.attempts.attempt import Attempt, Delivery, DeliveryState
from bootstrap_bot.attempts.record import Record
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.target import Platform, Target


class Storing:
    """Deliveries of one record's credentials, each committed before and after its write."""

    def __init__(self, record: Record, targets: Sequence[Target]) -> None:
        self._record = record
        self._targets = targets

    async def deliver(self) -> list[Platform]:
        """Stores the credentials wherever they are not yet verified.

        Gives what is stored now, or nothing as long as one target has trouble; the trouble
        is in the deliveries then. A second call goes on where the first one ended.
        """
        stored = [await self._deliver_to(target) for target in self._targets]
        return [platform for platform in stored if platform is not None] if all(stored) else []

    async def look_again(self) -> None:
        """Reads every target once more and stores anew what somebody's stale copy wiped out."""
        attempt = self._record.attempt
        credentials = attempt.credentials
        for target in self._targets:
            if credentials is not None and await self._find(target, credentials) is None:
                await target.store(attempt.wanted_id, credentials, attempt.replaces)

    async def remove(self) -> bool:
        """Takes the credentials out of every target again; True when they are gone from all."""
        for delivery in self._record.attempt.deliveries:
            await self._remove_from(delivery)
        return not self._record.attempt.deliveries

    async def _remove_from(self, delivery: Delivery) -> None:
        try:
            for target in self._targets:
                if target.key == delivery.target:
                    await target.remove(self._record.attempt.client_id)
        except TargetError as error:
            await self._mark(target, _troubled(error))
        else:
            await self._record.commit_surely(lambda now: _without(now, delivery.target))

    async def _deliver_to(self, target: Target) -> Platform | None:
        credentials = self._record.attempt.credentials
        if credentials is None:
            return None
        try:
            if verified := await self._verified(target, credentials):
                return verified
            written = await self._write(target, credentials)
            if await self._find(target, credentials) is None:
                raise TargetError(Code.NOT_READ_BACK, target.place)
        except TargetError as error:
            await self._mark(target, _troubled(error))
            return None
        await self._mark(target, lambda now: replace(now, state=DeliveryState.VERIFIED))
        return written

    async def _verified(self, target: Target, credentials: Credentials) -> Platform | None:
        """What an earlier call brought there, if it is still there."""
        if _delivery(self._record.attempt, target).state is DeliveryState.VERIFIED:
            return await self._find(target, credentials)
        return None

    async def _write(self, target: Target, credentials: Credentials) -> Platform:
        # Whether the target knew this client id is settled before our first write to it: a
        # pending delivery with trouble was not written, one without may have been.
        delivery = _delivery(self._record.attempt, target)
        begun = delivery in self._record.attempt.deliveries and not delivery.trouble
        if delivery.state is DeliveryState.PENDING and not begun:
            there = await target.platforms()
            updated = any(platform.client_id == credentials.client_id for platform in there)
            await self._mark(target, lambda now: replace(_untroubled(now), updated=updated))
        attempt = self._record.attempt
        written = await target.store(attempt.wanted_id, credentials, attempt.replaces)
        await self._mark(target, lambda now: _written(now, written))
        return written

    async def _find(self, target: Target, credentials: Credentials) -> Platform | None:
        for platform in await target.platforms():
            if platform.holds(credentials):
                return platform
        return None

    async def _mark(self, target: Target, change: Callable[[Delivery], Delivery]) -> None:
        def marked(attempt: Attempt) -> Attempt:
            delivery = change(_delivery(attempt, target))
            others = _without(attempt, target.key).deliveries
            return replace(attempt, deliveries=(*others, delivery))

        await self._record.commit_surely(marked)


def _without(attempt: Attempt, target: str) -> Attempt:
    others = tuple(delivery for delivery in attempt.deliveries if delivery.target != target)
    return replace(attempt, deliveries=others)


def _written(delivery: Delivery, platform: Platform) -> Delivery:
    return replace(_untroubled(delivery), state=DeliveryState.WRITTEN, platform_id=platform.id)


def _untroubled(delivery: Delivery) -> Delivery:
    return replace(delivery, trouble="", line=0, column=0)


def _troubled(error: TargetError) -> Callable[[Delivery], Delivery]:
    return lambda now: replace(now, trouble=error.code.value, line=error.line, column=error.column)


def _delivery(attempt: Attempt, target: Target) -> Delivery:
    """The attempt's delivery to that target, a pending one when there is none yet."""
    for delivery in attempt.deliveries:
        if delivery.target == target.key:
            return delivery
    return Delivery(target.key, target.place)
