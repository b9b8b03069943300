"""The one-click app registration of Lark and Feishu, and what each answer means.

Source: the official SDKs and command line (`/oauth/v1/app/registration`); where they are silent
the rules follow what clients report of the live service.
"""

import json
from collections.abc import Mapping
from urllib.parse import quote

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Http, Reply
from bootstrap_bot.providers.answer import (
    checked_status,
    field,
    is_usable,
    mended,
    number,
    object_of,
    wanted,
)
from bootstrap_bot.providers.lark.brand import Brand
from bootstrap_bot.providers.lark.kind import KIND
from bootstrap_bot.providers.pair import Pairs
from bootstrap_bot.providers.provider import (
    About,
    Denied,
    DeviceAuthorization,
    Expired,
    Granted,
    Health,
    Link,
    Pending,
    PollResult,
    Probe,
)

REGISTRATION = "/oauth/v1/app/registration"
# The page of the vendor's own command line: the one that the answer names says to many people
# that it has expired.
PAGE = "/page/cli?user_code="
TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105  (an address)
BOT = "/open-apis/bot/v3/info"
CONNECTION = "/open-apis/event/v1/connection"
WANTED = {
    "archetype": "PersonalAgent",
    "auth_method": "client_secret",
    "request_user_info": "open_id tenant_brand",
}
# Every error of a registration comes with this status and a body.
REFUSAL = 400
PENDING, SLOW_DOWN, DENIED = "authorization_pending", "slow_down", "access_denied"
DEAD = ("expired_token", "invalid_grant")
SLOWER = 5.0
BAD_PAIR = (10003, 10014)
LONGEST_REASON = 4096
LONGEST_NAME = 64
# Which brand's page a picture leads to, by the language of who reads it.
LANGUAGES = {Brand.FEISHU: "zh", Brand.LARK: "en"}


class Lark:
    """Registers apps of both brands. `accounts` and `open` are base URLs by brand."""

    kind = KIND

    def __init__(
        self, http: Http, accounts: Mapping[Brand, str], open_urls: Mapping[Brand, str]
    ) -> None:
        self._http = http
        self._accounts = accounts
        self._open = open_urls
        self._pairs = Pairs()

    async def begin(self) -> DeviceAuthorization:
        """Asks Feishu for a device code, which the pages of both brands take.

        Raises `RemoteError`.
        """
        reply = await self._call(Brand.FEISHU, {"action": "begin", **WANTED})
        answer = _checked(reply)
        code = wanted(answer, "user_code")
        links = tuple(
            Link(brand.value, f"{self._open[brand]}{PAGE}{quote(code, safe='')}", LANGUAGES[brand])
            for brand in Brand
        )
        lifetime = field(answer, "expires_in", "expire_in")
        return DeviceAuthorization(
            state=_state(wanted(answer, "device_code"), Brand.FEISHU),
            links=links,
            qr=links[0].url,
            user_code=code,
            interval=number(answer.get("interval"), default=5, low=1, high=60),
            expires_in=number(lifetime, default=600, low=60, high=86400),
        )

    async def poll(self, state: SecretStr) -> PollResult:
        """Asks once what became of it, at the host of the brand it turned out to be.

        Raises `RemoteError` for an answer that says nothing.
        """
        device_code, brand = _read(state)
        reply = await self._call(brand, {"action": "poll", "device_code": device_code}, whole=False)
        pair = self._pairs.read(device_code, reply)
        credentials = self._credentials(pair, reply.json or {}, brand) if pair else None
        try:
            checked_status(reply, REFUSAL)
            answer = object_of(reply)
        except RemoteError:
            if credentials is None:
                raise
            return Granted(credentials=credentials)
        if credentials is None and brand is Brand.FEISHU and _brand(answer) is Brand.LARK:
            return Pending(state=_state(device_code, Brand.LARK))
        return _verdict(answer, credentials)

    async def check(self, credentials: Credentials) -> Health:
        """Asks for a token, which disturbs no connection. Raises `RemoteError`."""
        return Health.WORKS if await self._token(credentials) else Health.WRONG_PAIR

    async def about(self, credentials: Credentials) -> About:
        """The bot's name, and how many long connections its messages are shared among."""
        token = await self._token(credentials)
        if not token:
            return About()
        bot = _inner(await self._ask(credentials, token, BOT), "bot")
        data = _inner(await self._ask(credentials, token, CONNECTION), "data")
        count = number(data.get("online_instance_cnt"), default=-1, low=-1, high=10**6)
        name = mended(field(bot, "app_name"))[:LONGEST_NAME]
        return About(name, None if count < 0 else int(count))

    async def probe(self) -> Probe:
        """Asks what registrations there are, which begins none."""
        date = None
        try:
            reply = await self._call(Brand.FEISHU, {"action": "init"})
            date = reply.date
            _checked(reply)
        except RemoteError as error:
            return Probe(date, error.code)
        return Probe(date)

    async def _token(self, credentials: Credentials) -> str:
        """A token for these; empty when they are no pair. Raises `RemoteError`."""
        payload = {key: credentials.text(key) for key in ("app_id", "app_secret")}
        reply = await self._http.post(self._open[_domain(credentials)], TOKEN, payload)
        checked_status(reply, REFUSAL)
        answer = object_of(reply)
        if answer.get("code") in BAD_PAIR:
            return ""
        if answer.get("code") != 0:
            raise RemoteError(Code.ERRCODE)
        return wanted(answer, "tenant_access_token")

    async def _ask(self, credentials: Credentials, token: str, path: str) -> Mapping[str, object]:
        base, headers = self._open[_domain(credentials)], {"Authorization": f"Bearer {token}"}
        reply = await self._http.request("GET", base, path, headers=headers)
        checked_status(reply)
        return object_of(reply)

    async def _call(self, brand: Brand, form: Mapping[str, str], *, whole: bool = True) -> Reply:
        base = self._accounts[brand]
        return await self._http.request("POST", base, REGISTRATION, form=form, whole=whole)

    def _credentials(
        self, pair: tuple[str, str], answer: Mapping[str, object], asked: Brand
    ) -> Credentials:
        app_id, secret = pair
        brand = _brand(answer) or asked
        values = {"app_id": app_id, "app_secret": secret, "domain": brand.value}
        scanner = field(_inner(answer, "user_info"), "open_id")
        if scanner and is_usable(scanner):
            values["owner_open_id"] = scanner
        return self.kind.credentials(values)


def _verdict(answer: Mapping[str, object], credentials: Credentials | None) -> PollResult:
    match error := field(answer, "error"):
        case "" if credentials is not None:
            return Granted(credentials=credentials)
        case "" | "authorization_pending":
            return Pending(credentials=credentials)
        case "slow_down":
            return Pending(credentials=credentials, slow_down=SLOWER)
        case _ if error in DEAD:
            return Expired(credentials=credentials)
    reason = "" if error == DENIED else field(answer, "error_description") or error
    return Denied(credentials=credentials, reason=mended(reason[:LONGEST_REASON]))


def _checked(reply: Reply) -> Mapping[str, object]:
    """The object of an answer that is no error. Raises `RemoteError`."""
    checked_status(reply, REFUSAL)
    answer = object_of(reply)
    if field(answer, "error") or reply.status == REFUSAL:
        raise RemoteError(Code.ERRCODE)
    return answer


def _state(device_code: str, brand: Brand) -> SecretStr:
    return SecretStr(json.dumps({"device_code": device_code, "brand": brand.value}))


def _read(state: SecretStr) -> tuple[str, Brand]:
    kept = json.loads(state.get_secret_value())
    return kept["device_code"], Brand(kept["brand"])


def _inner(answer: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The object there; an empty one when there is none."""
    inner = answer.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _brand(answer: Mapping[str, object]) -> Brand | None:
    """The brand of whoever confirmed, if the answer says so."""
    named = field(_inner(answer, "user_info"), "tenant_brand").lower()
    return next((brand for brand in Brand if brand.value == named), None)


def _domain(credentials: Credentials) -> Brand:
    """Feishu's, unless they say Lark's."""
    return Brand.LARK if credentials.text("domain") == Brand.LARK.value else Brand.FEISHU
