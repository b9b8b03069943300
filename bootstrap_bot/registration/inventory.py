"""The platforms that targets hold already: listed, checked, switched, removed."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
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
    """A platform with its place; `ref` names both in a button without naming the account.

    `restart` is the note that says how the place's program notices a change.
    """

    ref: str
    kind: str
    place: str
    platform: Platform
    restart: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored in the targets that could be read, and why the others could not.

    `room`: some target has room for another bot of the platform that was asked about, or of any;
    `unreadable`: none could be read.
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
        providers: Mapping[str, Provider],
        run_command: RunCommand,
        displaced: Displaced,
    ) -> None:
        self._targets = targets
        self._providers = providers
        self._run_command = run_command
        self._displaced = displaced

    async def all(self) -> Found:
        """Every bot, target by target."""
        return await self._found(self._targets, list(self._providers))

    async def of(self, provider: str) -> Found:
        """Every bot of that platform, in those targets that speak it."""
        targets = [target for target in self._targets if target.speaks(provider)]
        return await self._found(targets, [provider])

    async def _found(self, targets: Sequence[Target], providers: Sequence[str]) -> Found:
        listed: list[Listed] = []
        troubles: list[TargetError] = []
        room = False
        answers = await asyncio.gather(*map(_listed, targets))
        for target, answer in zip(targets, answers, strict=True):
            if isinstance(answer, TargetError):
                troubles.append(answer)
            else:
                there = [one for one in answer if one.platform.type in providers]
                listed += there
                full = {one.platform.type for one in there} if target.single_slot else set()
                room = room or any(target.speaks(p) for p in providers if p not in full)
        unreadable = bool(troubles) and len(troubles) == len(targets)
        return Found(listed, troubles, room, unreadable=unreadable)

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
        return await self._providers[listed.platform.type].check(listed.platform.credentials)

    async def set_enabled(self, ref: str, enabled: bool) -> tuple[Listed, Ran | None] | None:
        """Switches it on or off."""
        listed = await self.find(ref)
        if listed is None:
            return None
        target = self._target(listed)
        platform = listed.platform
        await target.set_enabled(platform.type, platform.account, enabled)
        return listed, await self._follow(target, platform)

    async def remove(self, ref: str) -> tuple[Listed, Ran | None] | None:
        """Removes it; the version before is kept where the target keeps one."""
        listed = await self.find(ref)
        if listed is None:
            return None
        target, platform = self._target(listed), listed.platform
        # first, or a look at what was wiped out could bring it back in the same moment
        await self._displaced(platform.type, platform.account, target.key)
        await target.remove(platform.type, platform.account)
        return listed, await self._follow(target, platform)

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
    return [
        Listed(_ref(target, one), target.kind, target.place, one, target.restart(one.type))
        for one in there
    ]


def _ref(target: Target, platform: Platform) -> str:
    named = f"{target.key}\n{platform.type}\n{platform.account}".encode(errors="replace")
    return hashlib.sha256(named).hexdigest()[:REF_LENGTH]
