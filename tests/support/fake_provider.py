"""A platform without a network, and what it may say."""

import asyncio

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.providers.dingtalk.kind import KIND
from bootstrap_bot.providers.provider import (
    About,
    DeviceAuthorization,
    Granted,
    Health,
    Link,
    Pending,
    PollResult,
    Probe,
    ProviderKind,
)
from tests.support.attempts import PAIR
from tests.support.clock import START, FakeClock

SUCCESS = Granted(credentials=PAIR)
INVITATION = DeviceAuthorization(
    state=SecretStr("device-code"),
    links=(Link("app", "app://l"), Link("browser", "https://l")),
    qr="https://l",
    user_code="ABCD-EFGH",
    interval=5.0,
    expires_in=7200.0,
)
NO_ROAD = RemoteError(Code.TIMEOUT)


class FakeProvider:
    """A platform that says what it is told to; after that, that it waits.

    `times` has the seconds from START of every poll. `let_go` holds answers back.
    """

    kind: ProviderKind = KIND

    def __init__(self, clock: FakeClock) -> None:
        self.begun: list[float] = []
        self.refuses: list[RemoteError] = []
        self.says: list[PollResult | RemoteError] = []
        self.times: list[float] = []
        self.codes: list[str] = []
        self.health: Health | RemoteError = Health.WORKS
        self.checked: list[float] = []
        self.tells = About()
        self.pairs: list[Credentials] = []
        self.let_go = asyncio.Event()
        self.let_go.set()
        self._clock = clock

    async def begin(self) -> DeviceAuthorization:
        self.begun.append(self._clock.monotonic() - START)
        await self.let_go.wait()
        if self.refuses:
            raise self.refuses.pop(0)
        return INVITATION

    async def poll(self, state: SecretStr) -> PollResult:
        self.times.append(self._clock.monotonic() - START)
        self.codes.append(state.get_secret_value())
        await self.let_go.wait()
        answer = self.says.pop(0) if self.says else Pending()
        if isinstance(answer, RemoteError):
            raise answer
        return answer

    async def check(self, credentials: Credentials) -> Health:
        self.checked.append(self._clock.monotonic() - START)
        self.pairs.append(credentials)
        if isinstance(self.health, RemoteError):
            raise self.health
        return self.health

    async def about(self, credentials: Credentials) -> About:
        return self.tells

    async def probe(self) -> Probe:
        return Probe()
