"""The platforms' side: whether a registration could begin, and what time it is there."""

from collections.abc import Sequence
from typing import Protocol

from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.finding import Finding, Subject
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Probe, ProviderKind

FARTHEST = 30.0
# A second is what the `Date` of an answer is cut to.
GRAIN = 1.0

_NO_ROAD = (Code.UNREACHABLE, Code.TIMEOUT)
_THEIR_FAULT = (Code.RATE_LIMITED, Code.SERVER_ERROR, Code.ERRCODE)


class Probed(Protocol):
    """What is needed of a provider."""

    @property
    def kind(self) -> ProviderKind:
        """What the platform declares of itself."""
        ...

    async def probe(self) -> Probe:
        """Asks without beginning a registration."""
        ...


class PlatformCheck:
    """One platform, asked for everything but a registration."""

    def __init__(self, provider: Probed) -> None:
        self._provider = provider

    async def __call__(self) -> Sequence[Finding]:
        """Whether it answers in the shape that is known."""
        kind, trouble = self._provider.kind, (await self._provider.probe()).trouble
        if trouble is None:
            return [Finding.good(Subject.PLATFORM, "doctor.platform_good", platform=kind.name)]
        settings = {
            "address": f"{kind.name}.{kind.table.ADDRESS}",
            "proxy": f"{kind.name}.proxy",
        }
        remedy = _remedy(trouble)
        return [Finding.bad(Subject.PLATFORM, remedy, platform=kind.name, why=trouble, **settings)]


class ClockCheck:
    """This machine's clock beside that of the first platform which tells its own."""

    def __init__(self, providers: Sequence[Probed], clock: Clock) -> None:
        self._providers = providers
        self._clock = clock

    async def __call__(self) -> Sequence[Finding]:
        """Whether they agree, as far as the answer's way lets one tell."""
        for provider in self._providers:
            before = self._clock.now()
            date = (await provider.probe()).date
            if date is not None:
                return [_compared(before, date, self._clock.now(), provider.kind.name)]
        platform = self._providers[0].kind.name
        return [Finding.look(Subject.CLOCK, "doctor.clock_unknown", platform=platform)]


def _compared(before: float, date: float, after: float, platform: str) -> Finding:
    ahead, behind = before - (date + GRAIN), date - after
    if max(ahead, behind) <= FARTHEST:
        return Finding.good(Subject.CLOCK, "doctor.clock_good", platform=platform)
    code = "doctor.clock_ahead" if ahead > behind else "doctor.clock_behind"
    seconds = round(max(ahead, behind))
    return Finding.bad(Subject.CLOCK, code, platform=platform, seconds=seconds)


def _remedy(code: Code) -> str:
    if code in _NO_ROAD:
        return "doctor.platform_road"
    if code is Code.MOVED:
        return "doctor.platform_moved"
    return "doctor.platform_fault" if code in _THEIR_FAULT else "doctor.platform_shape"
