"""The port to a platform: what it declares of itself, and how it registers a bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.http import Http
from bootstrap_bot.settings.table import HttpProxy, Table


class Stage(StrEnum):
    """How far the person has come, where a platform says so; each has its text."""

    WAITING = "waiting"
    SCANNED = "scanned"
    SELECTING = "selecting"
    CREATING = "creating"
    PUBLISHING = "publishing"
    APPROVING = "approving"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """A device code and what a person needs to confirm it (RFC 8628, section 3.2).

    `link` is the complete verification URI, `app_link` the one that opens the platform's app;
    `interval` and `lifetime` are seconds.
    """

    device_code: SecretStr
    user_code: str
    link: str
    app_link: str
    interval: float
    lifetime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """One answer to a poll. Credentials may come with any of them and are kept at once."""

    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(PollResult):
    """Not decided. `slow_down` seconds are to be added to the interval from now on."""

    stage: Stage = Stage.WAITING
    slow_down: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(PollResult):
    """The app exists and works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingApproval(PollResult):
    """The app exists; somebody in the organisation has to approve it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied(PollResult):
    """The platform or the person said no; `reason` is the platform's text, as it came."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(PollResult):
    """The device code is dead."""


class Health(StrEnum):
    """What the platform says of a stored pair; each has its text."""

    UNKNOWN = "unknown"
    WORKS = "works"
    WRONG_PAIR = "wrong_pair"
    NOT_PUBLISHED = "not_published"


class Provider(Protocol):
    """One platform's registration."""

    @property
    def name(self) -> str:
        """The platform's type, as it is written into a config: `dingtalk`."""
        ...

    async def begin(self) -> DeviceAuthorization:
        """Asks for a device code. Raises `RemoteError`."""
        ...

    async def poll(self, device_code: SecretStr) -> PollResult:
        """Asks once what became of it. Raises `RemoteError`."""
        ...

    async def check(self, credentials: Credentials) -> Health:
        """Asks whether a bot can work with that pair; disturbs none. Raises `RemoteError`."""
        ...

    async def date(self) -> float | None:
        """The platform's clock (epoch seconds), None when it does not tell.

        Costs no device code. Raises `RemoteError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """A value that a platform gives out, by the platform's own name.

    `label` is what its console calls it, the same in every language.
    """

    name: str
    label: str
    secret: bool = False


class ProviderTable(Table):
    """A platform's table of the config. `VARIABLES` stand above its keys, by key."""

    VARIABLES: ClassVar[Mapping[str, str]] = {}

    proxy: HttpProxy = SecretStr("")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Base addresses that requests are made to."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """What a platform declares of itself.

    `name` is its type in a config and its table's name; `account` names the field that tells one
    bot from another; `build` makes it for what its owner set.
    """

    name: str
    fields: tuple[Field, ...]
    account: str
    table: type[ProviderTable]
    build: Callable[[Http, ProviderTable], Provider]
