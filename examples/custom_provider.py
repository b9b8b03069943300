"""A platform of somebody else's: its registration by device flow (RFC 8628), and what it declares.

A distribution brings it by an entry point in its pyproject.toml:

    [project.entry-points."bootstrap_bot.providers"]
    acme = "custom_provider:KIND"
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, Field
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Http
from bootstrap_bot.providers.answer import checked_status, field, number, object_of, wanted
from bootstrap_bot.providers.provider import (
    About,
    Denied,
    DeviceAuthorization,
    Expired,
    Granted,
    Health,
    Link,
    Pending,
    Policy,
    PollResult,
    Probe,
    Provider,
    ProviderKind,
    ProviderTable,
)
from bootstrap_bot.settings.table import BaseUrl
from bootstrap_bot.targets.placement import Placement

# Every error of the flow has this status and a body (RFC 6749, section 5.2).
REFUSAL = 400


class AcmeTable(ProviderTable):
    """[acme]: where its registrations are made."""

    registration_url: BaseUrl = "https://bots.acme.example"

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.registration_url,)


def build(http: Http, table: ProviderTable) -> Provider:
    """The provider for these settings."""
    if not isinstance(table, AcmeTable):
        raise TypeError("not Acme's table")
    return Acme(http, table.registration_url)


KIND = ProviderKind(
    name="acme",
    fields=(Field("bot_id", "Bot ID"), Field("bot_token", "Bot token", secret=True)),
    account="bot_id",
    policy=Policy(),
    table=AcmeTable,
    build=build,
    words=Path(__file__).parent / "locale",
    labels=("page",),
    placements={
        "nanobot": Placement(
            name="acme",
            keys={"bot_id": "botId", "bot_token": "token"},
            allow_list="allowFrom",
        )
    },
)


class Acme:
    """Registers bots at `url`, which has no trailing slash."""

    kind = KIND

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url

    async def begin(self) -> DeviceAuthorization:
        """Asks for a device code. Raises `RemoteError`."""
        reply = await self._http.request("POST", self._url, "/device/code", form={})
        checked_status(reply)
        answer = object_of(reply)
        page = f"{self._url}/device?code={wanted(answer, 'user_code')}"
        return DeviceAuthorization(
            state=SecretStr(wanted(answer, "device_code")),
            links=(Link("page", page),),
            qr=page,
            user_code=field(answer, "user_code"),
            interval=number(answer.get("interval"), default=5, low=1, high=60),
            expires_in=number(answer.get("expires_in"), default=600, low=60, high=86400),
        )

    async def poll(self, state: SecretStr) -> PollResult:
        """Asks once what became of it. Raises `RemoteError`."""
        form = {"device_code": state.get_secret_value()}
        reply = await self._http.request("POST", self._url, "/device/token", form=form)
        checked_status(reply, REFUSAL)
        return _verdict(object_of(reply))

    async def check(self, credentials: Credentials) -> Health:
        """Asks who the token's bot is. Raises `RemoteError`."""
        headers = {"Authorization": f"Bearer {credentials.text('bot_token')}"}
        reply = await self._http.request("GET", self._url, "/me", headers=headers)
        if reply.status == 401:
            return Health.WRONG_PAIR
        checked_status(reply)
        return Health.WORKS

    async def about(self, credentials: Credentials) -> About:
        """Acme tells nothing of a bot."""
        return About()

    async def probe(self) -> Probe:
        """Asks for nothing: whatever answers there tells the time."""
        try:
            reply = await self._http.request("GET", self._url, "/")
        except RemoteError as error:
            return Probe(trouble=error.code)
        return Probe(reply.date)


def _verdict(answer: Mapping[str, object]) -> PollResult:
    match field(answer, "error"):
        case "":
            values = {"bot_id": wanted(answer, "bot_id"), "bot_token": wanted(answer, "bot_token")}
            return Granted(credentials=KIND.credentials(values))
        case "authorization_pending":
            return Pending()
        case "slow_down":
            return Pending(slow_down=5.0)
        case "access_denied":
            return Denied(reason=field(answer, "error_description"))
        case "expired_token":
            return Expired()
    raise RemoteError(Code.BAD_ANSWER)
