"""A stand-in for DingTalk's one-click registration and the two calls that check the result.

DingTalk publishes no error numbers for the registration calls; those used here are its general
ones for a bad parameter.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import web

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.answers import OWN_CLIENT_ID, OWN_CLIENT_SECRET, Answer
from bootstrap_bot.sandbox.device_flow import new_user_code
from bootstrap_bot.sandbox.dingtalk.answers import errcode, rejected
from bootstrap_bot.sandbox.dingtalk.page import ApprovalPage
from bootstrap_bot.sandbox.dingtalk.people import DingTalkPeople
from bootstrap_bot.sandbox.dingtalk.registration import App, Registration
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


class DingTalkStandIn(DingTalkPeople):
    """Plays DingTalk on loopback; the interval, live, is 5 or 2 seconds.

    After a confirmation two stages of `stage_seconds` each go by, which a poll may meet or
    miss. `repeats`: the pair is in every answer until the code dies, not in one alone; both
    have been seen.
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
        super().__init__(PATHS, clock, interval, lifetime, extra_begin, port)
        self.stage_seconds = stage_seconds
        self.repeats = repeats
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
        code = new_user_code(groups=3)
        fields = self._authorization(self.url + PAGE_PATH, code, source=source)
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
        return Answer(body={"errcode": 0, "errmsg": "ok", **fields})

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
