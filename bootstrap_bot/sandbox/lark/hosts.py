"""The four hosts of the two brands, each an origin of its own on loopback."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.device_flow import DeviceFlowServer
from bootstrap_bot.sandbox.lark.registration import BRANDS, Brand, Registration
from bootstrap_bot.sandbox.server import LoopbackServer


class LarkHosts(DeviceFlowServer[Registration]):
    """Four servers that start and stop as one, and share what they remember.

    It is itself the one at `feishu_accounts_url`; the other three stand beside it.
    """

    def __init__(
        self,
        calls: Iterable[str],
        clock: Clock | None,
        interval: int,
        lifetime: int,
        extra_begin: Mapping[str, object] | None,
    ) -> None:
        super().__init__(calls, clock, interval, lifetime, extra_begin)
        self._accounts: dict[Brand, LoopbackServer] = {
            "feishu": self,
            "lark": LoopbackServer(beside=self),
        }
        self._open = {brand: LoopbackServer(beside=self) for brand in BRANDS}
        self._others = [self._accounts["lark"], *self._open.values()]
        self._running = AsyncExitStack()
        for server in self._others:
            server.app.on_response_prepare.append(self._date)

    @property
    def feishu_accounts_url(self) -> str:
        """Where every registration should begin."""
        return self._accounts["feishu"].url

    @property
    def feishu_open_url(self) -> str:
        """Feishu's pages and open API."""
        return self._open["feishu"].url

    @property
    def lark_accounts_url(self) -> str:
        """Where the secret is given for a person of Lark."""
        return self._accounts["lark"].url

    @property
    def lark_open_url(self) -> str:
        """Lark's pages and open API."""
        return self._open["lark"].url

    async def __aenter__(self) -> Self:
        for server in self._others:
            await self._running.enter_async_context(server)
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self._running.aclose()
