"""What speaks to the Lark stand-in as a bot and as a browser would."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp

from bootstrap_bot.sandbox.lark.stand_in import OPEN_API, REGISTRATION, Brand, Call, LarkStandIn
from tests.support.clock import FakeClock

INTERVAL = 5
BEGIN = {
    "archetype": "PersonalAgent",
    "auth_method": "client_secret",
    "request_user_info": "open_id tenant_brand",
}


class LarkClient:
    """A plain HTTP client with a stand-in of its own, which gets the `options`."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        self.lark = LarkStandIn(self.clock, interval=INTERVAL, **options)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.session = await self._stack.enter_async_context(aiohttp.ClientSession())
        lark = await self._stack.enter_async_context(self.lark)
        self.accounts = {"feishu": lark.feishu_accounts_url, "lark": lark.lark_accounts_url}
        self.open = {"feishu": lark.feishu_open_url, "lark": lark.lark_open_url}
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def post(self, action: str, host: Brand = "feishu", **fields: str) -> tuple[int, Any]:
        """Status and body of one action of the registration."""
        form = {"action": action, **fields}
        async with self.session.post(self.accounts[host] + REGISTRATION, data=form) as answer:
            return answer.status, await answer.json()

    async def begin(self, host: Brand = "feishu") -> dict[str, Any]:
        """The answer to a proper begin."""
        status, begun = await self.post("begin", host, **BEGIN)
        assert (status, type(begun)) == (200, dict)
        return dict(begun)

    async def poll(self, begun: dict[str, Any], host: Brand = "feishu") -> dict[str, Any]:
        """The body of one answer to poll."""
        _, told = await self.post("poll", host, device_code=begun["device_code"])
        assert isinstance(told, dict)
        return told

    async def registered(self, brand: Brand = "feishu") -> tuple[str, str]:
        """The pair of a new app of that brand."""
        begun = await self.begin()
        await self.lark.approve(brand=brand)
        given = await self.poll(begun, brand)
        return given["client_id"], given["client_secret"]

    async def token(self, app_id: str, secret: str, brand: Brand = "feishu") -> tuple[int, Any]:
        """Status and body of the call that makes a token."""
        pair = {"app_id": app_id, "app_secret": secret}
        async with self.session.post(self.open[brand] + OPEN_API["token"][1], json=pair) as answer:
            return answer.status, await answer.json()

    async def ask(self, call: Call, token: str, brand: Brand = "feishu") -> tuple[int, Any]:
        """Status and body of a call that bears a token."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        address = self.open[brand] + OPEN_API[call][1]
        async with self.session.get(address, headers=bearer) as answer:
            return answer.status, await answer.json()

    async def page(
        self, code: str, brand: Brand = "feishu", path: str = "/page/cli", **headers: str
    ) -> tuple[int, str]:
        """Status and text of a page."""
        address = f"{self.open[brand]}{path}?{urlencode({'user_code': code})}"
        async with self.session.get(address, headers=headers) as answer:
            return answer.status, await answer.text()

    async def press(
        self, action: str, code: str, brand: Brand = "feishu", **form: str
    ) -> tuple[int, str]:
        """Presses a button of the page; status and text of where that leads."""
        address = f"{self.open[brand]}/sandbox/registration/{action}"
        async with self.session.post(address, data={"user_code": code, **form}) as answer:
            return answer.status, await answer.text()
