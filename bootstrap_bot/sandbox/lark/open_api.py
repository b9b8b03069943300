"""The calls of the open API that tell of an app, at the hosts of both brands."""

import secrets
from collections.abc import Mapping

from bootstrap_bot.clock import Clock
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.lark.answers import open_api
from bootstrap_bot.sandbox.lark.registration import App, Brand
from bootstrap_bot.sandbox.lark.wire import Fields

TOKEN_LIFETIME = 7200
UNKNOWN_APP = 10003
BAD_SECRET = 10014
BAD_TOKEN = 99991663


class OpenApi:
    """Each call answers at the host of one brand, and knows only the apps of that brand.

    `apps` are all there are, by id; a bad pair is answered with `bad_pair_status`.
    """

    def __init__(self, apps: Mapping[str, App], clock: Clock, bad_pair_status: int) -> None:
        self._apps = apps
        self._clock = clock
        self._bad_pair_status = bad_pair_status
        self._tokens: dict[str, tuple[str, float]] = {}

    def token(self, brand: Brand, pair: Fields) -> Answer:
        """A tenant access token."""
        app_id = pair["app_id"]
        app = self._apps.get(app_id)
        if app is None or app.brand != brand:
            return open_api(UNKNOWN_APP, "invalid app_id", self._bad_pair_status)
        if not secrets.compare_digest(app.client_secret.encode(), pair["app_secret"].encode()):
            return open_api(BAD_SECRET, "app secret invalid", self._bad_pair_status)
        token = "t-" + secrets.token_hex(16)
        self._tokens[token] = (app_id, self._clock.now() + TOKEN_LIFETIME)
        return open_api(0, "ok", tenant_access_token=token, expire=TOKEN_LIFETIME)

    def bot(self, brand: Brand, bearer: Fields) -> Answer:
        """The bot's name."""
        app = self._authorized(brand, bearer)
        if app is None:
            return bad_token()
        bot = {"activate_status": 2, "app_name": app.name, "open_id": app.bot_open_id}
        return open_api(0, "ok", bot=bot)

    def connection(self, brand: Brand, bearer: Fields) -> Answer:
        """How many long connections listen for the app."""
        app = self._authorized(brand, bearer)
        if app is None:
            return bad_token()
        return open_api(0, data={"online_instance_cnt": app.online})

    def _authorized(self, brand: Brand, bearer: Fields) -> App | None:
        app_id, expires_at = self._tokens.get(bearer["token"], ("", 0.0))
        app = self._apps.get(app_id)
        return app if app and app.brand == brand and self._clock.now() < expires_at else None


def bad_token() -> Answer:
    """Nobody knows that token here, or it has expired."""
    return open_api(BAD_TOKEN, "Invalid access token for authorization", 400)
