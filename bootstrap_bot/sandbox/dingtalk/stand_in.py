"""A stand-in for DingTalk's one-click registration and the two calls that check the result.

DingTalk publishes no error numbers for the registration calls; those used here are its general
ones for a bad parameter.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.answers import OWN_CLIENT_ID, OWN_CLIENT_SECRET, Answer
from bootstrap_bot.sandbox.device_flow import DeviceFlowServer, new_user_code
from bootstrap_bot.sandbox.dingtalk.answers import errcode, rejected
from bootstrap_bot.sandbox.dingtalk.page import ApprovalPage
from bootstrap_bot.sandbox.dingtalk.registration import (
    App,
    Registration,
    new_client_id,
)
from bootstrap_bot.sandbox.dingtalk.wire import (
    OPEN,
    OPTIONAL,
    PATHS,
    REQUIRED,
    Body,
    Call,
    read_object,
)

__all__ = ["BOT_TOPIC", "PATHS", "Call", "DingTalkStandIn", "Registration"]

BOT_TOPIC = {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}
PAGE_PATH = "/openapp/registration/openClaw"
NONCE_LIFETIME = 300.0
TOKEN_LIFETIME = 7200
BAD_PARAMETER = 40035


class DingTalkStandIn(DeviceFlowServer[Registration]):
    """Plays DingTalk on loopback: `interval` and `lifetime` are seconds; live it is 5 or 2.

    After a confirmation two stages of `stage_seconds` each go by, which a poll may meet or
    miss. `repeats`: the pair is in every answer until the code dies, not in one alone; both
    have been seen. `extra_begin` is merged into the answer to begin.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        interval: int = 5,
        lifetime: int = 7200,
        port: int = 0,
        extra_begin: Mapping[str, object] | None = None,
        stage_seconds: float = 1.0,
        repeats: bool = False,
    ) -> None:
        super().__init__(PATHS, clock, port)
        self.interval = interval
        self.lifetime = lifetime
        self.stage_seconds = stage_seconds
        self.repeats = repeats
        self.extra_begin = dict(extra_begin or {})
        self.apps: dict[str, App] = {}
        self._nonces: dict[str, tuple[str, float]] = {}
        self._add_routes()

    def _add_routes(self) -> None:
        handlers: dict[Call, Callable[[Body], Answer]] = {
            "init": self._init,
            "begin": self._begin,
            "poll": self._poll,
            "token": self._token,
            "gateway": self._gateway,
        }
        for call, handler in handlers.items():
            self.app.router.add_post(PATHS[call], partial(self._serve, call, handler))
        self.app.add_routes(ApprovalPage(self, PAGE_PATH).routes())

    # What tests and the page do to it.

    async def set_stage(self, name: str, user_code: str | None = None) -> None:
        """The registration moves on to that stage."""
        self.find(user_code).stage = name
        await self.changed()

    async def approve(
        self, user_code: str | None = None, name: str = "My bot", client_id: str | None = None
    ) -> None:
        """The person confirms; `client_id` binds an existing bot or names the new one."""
        await self._decide(user_code, "SUCCESS", name, client_id)

    async def approve_pending(
        self, user_code: str | None = None, name: str = "My bot", client_id: str | None = None
    ) -> None:
        """The person confirms, and their organisation's admin is yet to agree."""
        await self._decide(user_code, "APPROVING", name, client_id)

    async def grant(self, user_code: str | None = None) -> None:
        """The organisation's admin agrees, be the device code dead or alive."""
        registration = self.find(user_code)
        app = self.apps.get(registration.client_id or "")
        if app is None:
            raise ValueError(f"{registration.user_code} has no app yet")
        app.approved = app.published = True
        if registration.state == "APPROVING":
            registration.stage = "SUCCESS"
        await self.changed()

    async def refuse(
        self, user_code: str | None = None, reason: str = "The person refused."
    ) -> None:
        """The person says no."""
        registration = self._undecided(user_code)
        registration.stage, registration.fail_reason = "FAIL", reason
        await self.changed()

    def is_pending(self, registration: Registration) -> bool:
        """Whether its bot waits for the organisation's admin."""
        app = self.apps.get(registration.client_id or "")
        return app is not None and not app.approved

    # The five calls: each takes the request's object and decides the answer.

    def _init(self, body: Body) -> Answer:
        nonce = secrets.token_urlsafe(24)
        self._nonces[nonce] = (body.get("source", "openClaw"), self.clock.now() + NONCE_LIFETIME)
        return Answer(
            body={
                "errcode": 0,
                "errmsg": "ok",
                "nonce": nonce,
                "expires_in": int(NONCE_LIFETIME),
            }
        )

    def _begin(self, body: Body) -> Answer:
        source, expires_at = self._nonces.pop(body["nonce"], ("", 0.0))
        if self.clock.now() >= expires_at:
            return errcode(BAD_PARAMETER, "invalid nonce")
        fields = self._begin_fields(source)
        self.registrations.append(
            Registration(
                clock=self.clock,
                device_code=str(fields["device_code"]),
                user_code=str(fields["user_code"]),
                expires_at=self.clock.now() + self.lifetime,
                stage_seconds=self.stage_seconds,
                repeats=self.repeats,
            )
        )
        return Answer(body=fields)

    def _begin_fields(self, source: str) -> dict[str, object]:
        user_code = self.extra_begin.get("user_code", new_user_code(groups=3))
        page = self.url + PAGE_PATH
        query = urlencode({"user_code": str(user_code), "source": source})
        return {
            "errcode": 0,
            "errmsg": "ok",
            "device_code": secrets.token_urlsafe(48),
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{query}",
            "expires_in": self.lifetime,
            "interval": self.interval,
            **self.extra_begin,
        }

    def _poll(self, body: Body) -> Answer:
        registration, scripted = self._polled(body["device_code"])
        if registration is None:
            return scripted or errcode(BAD_PARAMETER, "invalid device_code")
        if scripted:
            return self._settled(registration, scripted)
        answer = registration.answer()
        registration.handed_out = registration.handed_out or answer.pair is not None
        return answer

    def _token(self, body: Body) -> Answer:
        app = self._app(body["appKey"], body["appSecret"])
        if app is None or not app.approved:
            return rejected(400, "invalidClientIdOrSecret", "The clientId or secret is invalid.")
        token = {"accessToken": secrets.token_hex(16), "expireIn": TOKEN_LIFETIME}
        return Answer(body=token)

    def _gateway(self, body: Body) -> Answer:
        if BOT_TOPIC not in body["subscriptions"]:
            return rejected(400, "invalidParameter", "No subscription to the bot's messages.")
        app = self._app(body["clientId"], body["clientSecret"])
        if app is None or not app.approved:
            return rejected(401, "authFailed", "The credentials are invalid.")
        if not app.published:
            return rejected(400, "notPublished", "The app is not published in Stream mode.")
        endpoint = self.url.replace("http", "ws", 1) + "/connect"
        return Answer(body={"endpoint": endpoint, "ticket": secrets.token_hex(16)})

    # How it decides.

    def _app(self, client_id: str, secret: str) -> App | None:
        app = self.apps.get(client_id)
        return app if app and secrets.compare_digest(app.client_secret, secret) else None

    def _undecided(self, user_code: str | None) -> Registration:
        registration = self.find(user_code)
        if not registration.is_open:
            raise ValueError(f"{registration.user_code} is already {registration.state}")
        return registration

    async def _decide(
        self, user_code: str | None, verdict: str, name: str, client_id: str | None
    ) -> None:
        registration = self._undecided(user_code)
        self._mint(registration, client_id)
        registration.stage, registration.name = verdict, name
        registration.decided_at = self.clock.now()
        app = self.apps[registration.client_id or ""]
        app.name = name
        app.approved = app.published = verdict == "SUCCESS"
        await self.changed()

    def _mint(self, registration: Registration, client_id: str | None = None) -> tuple[str, str]:
        """The registration's pair, made now unless it has one; its app exists afterwards."""
        wanted = client_id or registration.client_id or new_client_id()
        secret = registration.client_secret if wanted == registration.client_id else None
        app = self.apps.setdefault(wanted, App(secret or secrets.token_urlsafe(48)))
        registration.client_id, registration.client_secret = wanted, app.client_secret
        return wanted, app.client_secret

    def _settled(self, registration: Registration, answer: Answer) -> Answer:
        """Fills in the pair; an answer that carries one settles the registration."""
        known = set(self.apps)
        if answer.wants_own_pair:
            client_id, secret = self._mint(registration)
            answer = answer.filled({OWN_CLIENT_ID: client_id, OWN_CLIENT_SECRET: secret})
        if answer.pair:
            client_id, secret = answer.pair
            stage = str(answer.value("status") or "")
            app = self.apps.setdefault(client_id, App(secret, registration.name))
            if client_id not in known or stage == "SUCCESS":
                app.approved = app.published = stage == "SUCCESS"
            registration.client_id, registration.client_secret = client_id, secret
            registration.stage, registration.handed_out = stage, True
        return answer

    # How it speaks.

    async def _serve(
        self, call: Call, handler: Callable[[Body], Answer], request: web.Request
    ) -> web.StreamResponse:
        body = await read_object(request, REQUIRED[call], OPTIONAL[call], more=call in OPEN)
        return await self._answer(request, call, partial(handler, body))
