"""The platforms that targets hold already: listed, checked, switched, removed."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap_bot.credentials import secrets_of
from bootstrap_bot.errors import TargetError
from bootstrap_bot.providers.provider import Health, Provider
from bootstrap_bot.registration.deliverer import Displaced, RunCommand, contained
from bootstrap_bot.targets.command import Ran
from bootstrap_bot.targets.target import Platform, Target

REF_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """A platform with its place; `ref` names both in a button without naming the account."""

    ref: str
    kind: str
    place: str
    platform: Platform


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored in the targets that could be read, and why the others could not.

    `room`: some target has room for another bot; `unreadable`: none could be read.
    """

    listed: Sequence[Listed]
    troubles: Sequence[TargetError] = ()
    room: bool = True
    unreadable: bool = False


class Inventory:
    """What is stored in the targets now, read afresh at each call.

    Methods that are about one platform raise `TargetError`; those that change something give
    the platform as it was found and what became of the command that followed, None when it is
    gone. `displaced` hears what was taken out.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        provider: Provider,
        run_command: RunCommand,
        displaced: Displaced,
    ) -> None:
        self._targets = targets
        self._provider = provider
        self._run_command = run_command
        self._displaced = displaced

    async def all(self) -> Found:
        """Every platform of our provider's type, target by target."""
        listed: list[Listed] = []
        troubles: list[TargetError] = []
        room = False
        answers = await asyncio.gather(*map(_listed, self._targets))
        for target, answer in zip(self._targets, answers, strict=True):
            if isinstance(answer, TargetError):
                troubles.append(answer)
            else:
                listed += answer
                room = room or not (target.single_slot and answer)
        return Found(listed, troubles, room, unreadable=len(troubles) == len(self._targets))

    async def find(self, ref: str) -> Listed | None:
        """The platform a button names."""
        found = await self.all()
        for listed in found.listed:
            if listed.ref == ref:
                return listed
        if found.troubles:
            raise found.troubles[0]
        return None

    async def check(self, ref: str) -> Health | None:
        """Asks the provider whether that pair works. Raises `RemoteError` too."""
        listed = await self.find(ref)
        if listed is None:
            return None
        return await self._provider.check(listed.platform.credentials)

    async def set_enabled(self, ref: str, enabled: bool) -> tuple[Listed, Ran | None] | None:
        """Switches it on or off."""
        listed = await self.find(ref)
        if listed is None:
            return None
        target = self._target(listed)
        await target.set_enabled(listed.platform.account, enabled)
        return listed, await self._follow(target, listed.platform)

    async def remove(self, ref: str) -> tuple[Listed, Ran | None] | None:
        """Removes it; the version before is kept where the target keeps one."""
        listed = await self.find(ref)
        if listed is None:
            return None
        target, account = self._target(listed), listed.platform.account
        # first, or a look at what was wiped out could bring it back in the same moment
        await self._displaced(account, target.key)
        await target.remove(account)
        return listed, await self._follow(target, listed.platform)

    async def _follow(self, target: Target, platform: Platform) -> Ran | None:
        if target.after is None:
            return None
        return await self._run_command(target.after, secrets_of(platform.values))

    def _target(self, listed: Listed) -> Target:
        return next(t for t in self._targets if listed.ref == _ref(t, listed.platform))


async def _listed(target: Target) -> list[Listed] | TargetError:
    try:
        with contained(target):
            there = await target.platforms()
    except TargetError as error:
        return error
    return [Listed(_ref(target, one), target.kind, target.place, one) for one in there]


def _ref(target: Target, platform: Platform) -> str:
    named = f"{target.key}\n{platform.account}".encode(errors="replace")
    return hashlib.sha256(named).hexdigest()[:REF_LENGTH]
