"""A stand-in for the one-click app registration of Lark and Feishu, and for what checks an app."""

from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import web

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.device_flow import new_user_code
from bootstrap_bot.sandbox.lark.answers import invalid_grant, literal, slow_down
from bootstrap_bot.sandbox.lark.hosts import LarkHosts
from bootstrap_bot.sandbox.lark.open_api import OpenApi
from bootstrap_bot.sandbox.lark.page import LAUNCHER, CliPage
from bootstrap_bot.sandbox.lark.registration import (
    BRANDS,
    SLOWER,
    App,
    Brand,
    Registration,
    new_client_id,
    new_client_secret,
    new_open_id,
    tenant_brand,
)
from bootstrap_bot.sandbox.lark.wire import (
    CALLS,
    OPEN_API,
    REGISTRATION,
    Call,
    Fields,
    Reader,
    RefusedError,
    read_form,
    read_open_api,
)
from bootstrap_bot.sandbox.scripted import response

__all__ = ["OPEN_API", "REGISTRATION", "Brand", "Call", "LarkStandIn"]


class LarkStandIn(LarkHosts):
    """Plays both brands on loopback.

    The answer to begin tells the lifetime under the name `lifetime_field`. `hint_has_id`: who is
    sent to Lark's host is told the app's id, too. A bad pair is answered with `bad_pair_status`.
    Apps are named after `person`.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        interval: int = 5,
        lifetime: int = 3600,
        lifetime_field: str = "expires_in",
        extra_begin: Mapping[str, object] | None = None,
        hint_has_id: bool = False,
        bad_pair_status: int = 200,
        person: str = "Ada",
    ) -> None:
        super().__init__(CALLS, clock, interval, lifetime, extra_begin)
        self.lifetime_field = lifetime_field
        self.hint_has_id = hint_has_id
        self.app_name = f"{person}'s Feishu CLI"
        self.apps: dict[str, App] = {}
        self.poll_hosts: list[Brand] = []
        self._open_api = OpenApi(self.apps, self.clock, bad_pair_status)
        self._handlers: dict[Call, Callable[[Brand, Fields], Answer]] = {
            "init": self._init,
            "begin": self._begin,
            "poll": self._poll,
            "token": self._open_api.token,
            "bot": self._open_api.bot,
            "connection": self._open_api.connection,
        }
        self._add_routes()

    def _add_routes(self) -> None:
        page = CliPage(self.app_name, self.find, self.approve, self.decline)
        for brand in BRANDS:
            accounts, open_host = self._accounts[brand].app.router, self._open[brand].app.router
            accounts.add_route("*", REGISTRATION, partial(self._serve, brand, read_form))
            for call, (method, path) in OPEN_API.items():
                read = partial(read_open_api, call)
                open_host.add_route(method, path, partial(self._serve, brand, read))
            open_host.add_routes(page.routes(brand))

    # What tests and the page do to it.

    async def approve(
        self,
        user_code: str | None = None,
        brand: Brand = "feishu",
        open_id: str | None = None,
        client_id: str | None = None,
    ) -> None:
        """A person of that brand approves; `client_id` picks an app of theirs or names it."""
        registration = self._undecided(user_code)
        if registration.begun_at != "feishu":
            raise ValueError(f"no page knows {registration.user_code}: it was begun at Lark's host")
        if client_id in self.apps and self.apps[client_id].brand != brand:
            raise ValueError(f"{client_id} is an app of the other brand")
        registration.open_id = open_id
        self._bind(registration, brand, client_id)
        registration.decision = "approved"
        await self.changed()

    async def decline(self, user_code: str | None = None) -> None:
        """The person says no."""
        self._undecided(user_code).decision = "denied"
        await self.changed()

    # The registration's three actions, at the accounts host of a brand.

    def _init(self, _host: Brand, _fields: Fields) -> Answer:
        return Answer(body={"supported_auth_methods": ["client_secret"]})

    def _begin(self, host: Brand, _fields: Fields) -> Answer:
        page, code = self._open[host].url + LAUNCHER, new_user_code(groups=2)
        fields = self._authorization(page, code, self.lifetime_field)
        self.registrations.append(
            Registration(
                clock=self.clock,
                device_code=str(fields["device_code"]),
                user_code=str(fields["user_code"]),
                expires_at=self.clock.now() + self.lifetime,
                begun_at=host,
                interval=self.interval,
            )
        )
        return Answer(body=fields)

    def _poll(self, host: Brand, fields: Fields) -> Answer:
        self.poll_hosts.append(host)
        registration, scripted = self._polled(fields["device_code"])
        if registration is None:
            return scripted or invalid_grant()
        is_early = registration.note_poll(host)
        answer = scripted or (
            slow_down() if is_early else registration.answer(host, hint_has_id=self.hint_has_id)
        )
        return self._settled(registration, host, answer)

    # How it decides.

    def _bind(
        self,
        registration: Registration,
        brand: Brand,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> None:
        """Gives the registration its app, which is made unless there is one."""
        wanted = client_id or registration.client_id or new_client_id()
        secret = client_secret or new_client_secret()
        app = self.apps.setdefault(wanted, App(secret, brand, self.app_name, new_open_id()))
        registration.brand = brand
        registration.client_id, registration.client_secret = wanted, app.client_secret
        registration.open_id = registration.open_id or new_open_id()

    def _settled(self, registration: Registration, host: Brand, answer: Answer) -> Answer:
        """Lets the answer have its effect, and fills in what is the registration's own."""
        if answer.value("error") == "slow_down":
            registration.interval += SLOWER
        if not answer.value("client_id") and not answer.value("client_secret"):
            return answer
        client_id, secret = literal(answer, "client_id"), literal(answer, "client_secret")
        self._bind(registration, tenant_brand(answer) or host, client_id, secret)
        answer = answer.filled(registration.own_values)
        if answer.pair:
            registration.decision, registration.handed_out = "approved", True
        return answer

    # How it speaks.

    async def _serve(self, host: Brand, read: Reader, request: web.Request) -> web.StreamResponse:
        try:
            call, fields = await read(request)
        except RefusedError as refused:
            return response(refused.answer)
        return await self._answer(request, call, partial(self._handlers[call], host, fields))
