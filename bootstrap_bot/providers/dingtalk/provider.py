"""DingTalk's one-click registration: three calls, and what each answer means.

Source: DingTalk's page on one-click app creation by QR scan. Where it is silent the rules
follow what the live service was seen to answer.
"""

import logging
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Http, Reply
from bootstrap_bot.providers.answer import checked_status, field, mended, number, object_of, wanted
from bootstrap_bot.providers.dingtalk.kind import KIND
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
    Stage,
)
from bootstrap_bot.urls import is_loopback

log = logging.getLogger(__name__)

BOT_TOPIC = "/v1.0/im/bot/messages/get"
APP_LINK_BASE = "https://applink.dingtalk.com"
LONGEST_LINK = 512
LONGEST_REASON = 4096
ENVELOPES = ("result", "data")
LINK_KEYS = ("verification_uri_complete", "pc_verification_uri_complete", "verification_uri")
APPROVING = ("APPROVING", "APPROVAL_REQUIRED")
STAGES = {
    **{stage.value.upper(): stage for stage in Stage if stage is not Stage.UNKNOWN},
    **dict.fromkeys(APPROVING, Stage.APPROVING),
}
HOST = re.compile(r"[a-z0-9.-]+\.dingtalk\.com|dingtalk\.com", re.ASCII)
LINK = re.compile(r"[!-~]+", re.ASCII)
STATUS = re.compile(r"[A-Z_]{1,32}", re.ASCII)


class DingTalk:
    """Registers DingTalk apps. Neither URL has a trailing slash."""

    kind = KIND

    def __init__(self, http: Http, registration_url: str, source: str, api_url: str) -> None:
        self._http = http
        self._url = registration_url
        self._api_url = api_url
        self._source = source
        self._sandbox = is_loopback(urlsplit(registration_url).hostname or "")
        self._noted: set[str] = set()
        self._pairs = Pairs()

    async def begin(self) -> DeviceAuthorization:
        """Asks for a device code: `init` for a nonce of one use, then `begin` with it.

        Raises `RemoteError`; BAD_LINK when the link is none a person should open.
        """
        first = await self._call("init", {"source": self._source})
        answer = await self._call("begin", {"nonce": wanted(first, "nonce")})
        link = wanted(answer, *(key for key in LINK_KEYS if isinstance(answer.get(key), str)))
        if not self._trusts(link):
            raise RemoteError(Code.BAD_LINK)
        return DeviceAuthorization(
            state=SecretStr(wanted(answer, "device_code")),
            links=(Link("app", self._app_link(link)), Link("browser", link)),
            qr=link,
            user_code=mended(field(answer, "user_code"))[:LONGEST_REASON],
            interval=number(answer.get("interval"), default=5, low=1, high=60),
            expires_in=number(answer.get("expires_in"), default=7200, low=60, high=86400),
        )

    async def about(self, credentials: Credentials) -> About:
        """Nothing: DingTalk tells no more of an app by its pair alone."""
        return About()

    async def probe(self) -> Probe:
        """The first of the two calls that begin, which gives a nonce and no device code."""
        date = None
        try:
            reply = await self._http.post(
                self._url, "/app/registration/init", {"source": self._source}
            )
            date = reply.date
            wanted(_checked(reply), "nonce")
        except RemoteError as error:
            return Probe(date, error.code)
        return Probe(date)

    async def poll(self, state: SecretStr) -> PollResult:
        """Asks once what became of it. Raises `RemoteError` for an answer that says nothing.

        Credentials are taken from any answer that has both: they are given only once.
        """
        device_code = state.get_secret_value()
        payload = {"device_code": device_code}
        reply = await self._http.post(self._url, "/app/registration/poll", payload, whole=False)
        credentials = self._credentials(device_code, reply)
        try:
            answer = _checked(reply)
        except RemoteError:
            if credentials is None:
                raise
            return Pending(credentials=credentials, stage=Stage.UNKNOWN)
        return self._verdict(answer, credentials)

    async def check(self, credentials: Credentials) -> Health:
        """The token call, then the gateway call, without opening the stream it offers.

        A second stream would take the real bot's messages. Raises `RemoteError`.
        """
        client_id, secret = credentials.account, credentials.text("client_secret")
        token = await self._http.post(
            self._api_url, "/v1.0/oauth2/accessToken", {"appKey": client_id, "appSecret": secret}
        )
        if token.status in (400, 401, 403):
            return Health.WRONG_PAIR
        _checked(token)
        gateway = await self._http.post(
            self._api_url,
            "/v1.0/gateway/connections/open",
            {
                "clientId": client_id,
                "clientSecret": secret,
                "subscriptions": [{"type": "CALLBACK", "topic": BOT_TOPIC}],
                "ua": "bootstrap-bot",
            },
        )
        if gateway.status in (401, 403):
            return Health.WRONG_PAIR
        if gateway.status == 400:
            return Health.NOT_PUBLISHED
        _checked(gateway)
        return Health.WORKS

    def _credentials(self, device_code: str, reply: Reply) -> Credentials | None:
        if (pair := self._pairs.read(device_code, reply)) is None:
            return None
        client_id, secret = pair
        return self.kind.credentials({"client_id": client_id, "client_secret": secret})

    def _verdict(self, answer: Mapping[str, object], credentials: Credentials | None) -> PollResult:
        raw = answer.get("status")
        status = raw.strip().upper().replace("-", "_") if isinstance(raw, str) else ""
        if status == "SUCCESS":
            return Granted(credentials=credentials)
        if status in APPROVING and credentials is not None:
            return Granted(credentials=credentials, needs_approval=True)
        if status == "FAIL":
            reason = answer.get("fail_reason")
            return Denied(
                credentials=credentials,
                reason=mended(reason[:LONGEST_REASON]) if isinstance(reason, str) else "",
            )
        if status == "EXPIRED":
            return Expired(credentials=credentials)
        return Pending(credentials=credentials, stage=self._stage(status))

    def _stage(self, status: str) -> Stage:
        if status in STAGES:
            return STAGES[status]
        if STATUS.fullmatch(status) and status not in self._noted and len(self._noted) < 100:
            self._noted.add(status)
            log.info("DingTalk names a stage that is not known here: %s", status)
        return Stage.UNKNOWN

    async def _call(self, name: str, payload: Mapping[str, object]) -> Mapping[str, object]:
        return _checked(await self._http.post(self._url, f"/app/registration/{name}", payload))

    def _trusts(self, link: str) -> bool:
        """Only DingTalk's own pages over https; a sandbox on loopback may name itself."""
        if len(link) > LONGEST_LINK or not LINK.fullmatch(link):
            return False
        try:
            parts = urlsplit(link)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if "@" in parts.netloc:
            return False
        if self._sandbox and is_loopback(host):
            return parts.scheme in ("http", "https")
        return parts.scheme == "https" and port in (None, 443) and bool(HOST.fullmatch(host))

    def _app_link(self, link: str) -> str:
        """DingTalk's AppLink: an https address that opens the app (6.5.45 and later)."""
        base = self._url if self._sandbox else APP_LINK_BASE
        return f"{base}/page/link?url={quote(link, safe='')}&target=fullScreen"


def _checked(reply: Reply) -> Mapping[str, object]:
    """The answer's object; a missing `errcode` counts as 0, as most clients read it."""
    checked_status(reply)
    answer = object_of(reply)
    errcode = answer.get("errcode")
    if (errcode.strip() if isinstance(errcode, str) else errcode) not in (None, 0, "0"):
        raise RemoteError(Code.ERRCODE, retry_after=reply.retry_after)
    return _unwrapped(answer)


def _unwrapped(answer: Mapping[str, object]) -> Mapping[str, object]:
    """What stands in an envelope counts as the answer's own."""
    for envelope in ENVELOPES:
        inner = answer.get(envelope)
        if isinstance(inner, Mapping):
            return {**inner, **answer}
    return answer
