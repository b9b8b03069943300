"""The platforms that targets hold already: listed, checked, switched, removed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.providers.provider import Health, Provider
from bootstrap_bot.targets.target import Platform, Target

REF_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """A platform with its place; `ref` names both in a button without naming the client id."""

    ref: str
    place: str
    platform: Platform


class Platforms:
    """What is stored in the targets now, read afresh at each call.

    Every method raises `TargetError`; the ones that change something give the platform as it
    was found, None when it is gone.
    """

    def __init__(self, targets: Sequence[Target], provider: Provider) -> None:
        self._targets = targets
        self._provider = provider

    async def all(self) -> list[Listed]:
        """Every platform of our provider's type, target by target."""
        return [
            Listed(_ref(target, platform), target.place, platform)
            for target in self._targets
            for platform in await target.platforms()
        ]

    async def find(self, ref: str) -> Listed | None:
        """The platform a button names."""
        return next((listed for listed in await self.all() if listed.ref == ref), None)

    async def check(self, ref: str) -> Health | None:
        """Asks the provider whether that pair works. Raises `RemoteError` too."""
        listed = await self.find(ref)
        if listed is None:
            return None
        found = listed.platform
        return await self._provider.check(Credentials(found.client_id, found.client_secret))

    async def set_enabled(self, ref: str, enabled: bool) -> Listed | None:
        """Switches it on or off."""
        listed = await self.find(ref)
        if listed is not None:
            await self._target(listed).set_enabled(listed.platform.client_id, enabled)
        return listed

    async def remove(self, ref: str) -> Listed | None:
        """Removes it; the version before is kept where the target keeps one."""
        listed = await self.find(ref)
        if listed is not None:
            await self._target(listed).remove(listed.platform.client_id)
        return listed

    def _target(self, listed: Listed) -> Target:
        return next(t for t in self._targets if listed.ref == _ref(t, listed.platform))


def _ref(target: Target, platform: Platform) -> str:
    named = f"{target.key}\n{platform.client_id}".encode()
    return hashlib.sha256(named).hexdigest()[:REF_LENGTH]
