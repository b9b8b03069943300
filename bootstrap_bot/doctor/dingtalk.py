"""DingTalk's side: whether a registration could begin, and what time it is there."""

from collections.abc import Sequence
from typing import Protocol

from bootstrap_bot.clock import Clock
from bootstrap_bot.doctor.finding import Finding, Subject
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.provider import DeviceAuthorization

FARTHEST = 30.0
# A second is what the `Date` of an answer is cut to.
GRAIN = 1.0

_NO_ROAD = (Code.UNREACHABLE, Code.TIMEOUT)
_THEIR_FAULT = (Code.RATE_LIMITED, Code.SERVER_ERROR, Code.ERRCODE)


class Registration(Protocol):
    """What is needed of a provider. Both raise `RemoteError`."""

    async def begin(self) -> DeviceAuthorization:
        """Asks for a device code."""
        ...

    async def date(self) -> float | None:
        """The provider's clock (epoch seconds), None when it does not tell."""
        ...


class DingTalkCheck:
    """Begins a registration that nobody will confirm: its code is dropped here and dies there."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    async def __call__(self) -> Sequence[Finding]:
        """Whether both calls answer in the shape that is known."""
        try:
            await self._registration.begin()
        except RemoteError as error:
            return [Finding.bad(Subject.DINGTALK, _remedy(error.code), why=error.code)]
        return [Finding.good(Subject.DINGTALK, "doctor.dingtalk_good")]


class ClockCheck:
    """This machine's clock beside DingTalk's; `clock` is the machine's."""

    def __init__(self, registration: Registration, clock: Clock) -> None:
        self._registration = registration
        self._clock = clock

    async def __call__(self) -> Sequence[Finding]:
        """Whether they agree, as far as the answer's way lets one tell."""
        before = self._clock.now()
        try:
            date = await self._registration.date()
        except RemoteError:
            date = None
        if date is None:
            return [Finding.look(Subject.CLOCK, "doctor.clock_unknown")]
        ahead = before - (date + GRAIN)
        behind = date - self._clock.now()
        if max(ahead, behind) <= FARTHEST:
            return [Finding.good(Subject.CLOCK, "doctor.clock_good")]
        code = "doctor.clock_ahead" if ahead > behind else "doctor.clock_behind"
        return [Finding.bad(Subject.CLOCK, code, seconds=round(max(ahead, behind)))]


def _remedy(code: Code) -> str:
    if code in _NO_ROAD:
        return "doctor.dingtalk_road"
    if code is Code.MOVED:
        return "doctor.dingtalk_moved"
    return "doctor.dingtalk_fault" if code in _THEIR_FAULT else "doctor.dingtalk_shape"
