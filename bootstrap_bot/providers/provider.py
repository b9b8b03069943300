"""The port to a platform: what it declares of itself, and how it registers a bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, Field
from bootstrap_bot.errors import Code
from bootstrap_bot.http import Http
from bootstrap_bot.settings.table import HttpProxy, Table
from bootstrap_bot.targets.placement import Placement


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
class Link:
    """A page on which a person can confirm.

    `label` is the code of its button's words in the provider's texts. Where `language` is set,
    people who read that one get a QR picture that leads here.
    """

    label: str
    url: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAuthorization:
    """A registration begun, and what a person needs to confirm it (RFC 8628, section 3.2).

    `state` is the provider's own and secret: a device code, or whatever else a poll needs. `qr`
    is what the picture leads to, `links` what the buttons do; `user_code` may be empty.
    `interval` and `expires_in` are seconds.
    """

    state: SecretStr
    links: tuple[Link, ...]
    qr: str
    user_code: str = ""
    interval: float
    expires_in: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """One answer to a poll. Credentials may come with any of them and are kept at once."""

    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(PollResult):
    """Not decided. `slow_down` seconds are to be added to the interval from now on.

    A `state` that is given takes the earlier one's place, and is asked with at once.
    """

    stage: Stage = Stage.WAITING
    slow_down: float = 0.0
    state: SecretStr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(PollResult):
    """The app exists; `needs_approval`: somebody in the organisation has to approve it."""

    needs_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied(PollResult):
    """The platform or the person said no; `reason` is the platform's text, as it came."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(PollResult):
    """The registration can no longer be confirmed."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a platform says when it is asked for nothing.

    `date` is its clock (epoch seconds), None when it does not tell; `trouble` is why no
    registration could begin, None when it seems that one could.
    """

    date: float | None = None
    trouble: Code | None = None


class Health(StrEnum):
    """What the platform says of a stored pair; each has its text."""

    UNKNOWN = "unknown"
    WORKS = "works"
    WRONG_PAIR = "wrong_pair"
    NOT_PUBLISHED = "not_published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How far a platform's answers can be trusted. All times are seconds.

    `shortest_pause` has to pass between polls even if somebody asks for news; a final answer
    is asked about again for `quiet_period`, one a minute at most. A success without credentials
    is asked about `empty_successes` times in all. Credentials without a verdict for
    `polls_with_pair` polls count as a wait for approval. A platform that cannot be reached is
    asked for `grace` beyond the expiry. Rights may lag `settling` behind a success.
    """

    shortest_pause: float = 2.0
    quiet_period: float = 0.0
    empty_successes: int = 1
    polls_with_pair: int = 1
    grace: float = 600.0
    settling: float = 600.0


class ProviderTable(Table):
    """A platform's table of the config.

    `VARIABLES` stand above its keys, by key. `ADDRESS` is the key of the address at which
    registrations begin.
    """

    VARIABLES: ClassVar[Mapping[str, str]] = {}
    ADDRESS: ClassVar[str] = "registration_url"

    proxy: HttpProxy = SecretStr("")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Base addresses that requests are made to."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """What a platform declares of itself.

    `name` is its type in a config and its table's name; `account` names the field that tells one
    bot from another, `scanner` the one with the id of the person who confirmed, if there is one;
    `build` makes it for what its owner set. `words` is a folder of catalogues with what differs
    in texts, `labels` are those of its links. `placements` say where programs
    keep its bots, by the kind of target.
    """

    name: str
    fields: tuple[Field, ...]
    account: str
    policy: Policy
    table: type[ProviderTable]
    build: Callable[[Http, ProviderTable], "Provider"]
    words: Path
    labels: tuple[str, ...]
    placements: Mapping[str, Placement] = field(default_factory=dict)
    scanner: str = ""

    def credentials(self, values: Mapping[str, str]) -> Credentials:
        """Credentials of these values, secrets hidden."""
        secret = {one.name for one in self.fields if one.secret}
        hidden = {
            name: SecretStr(text) if name in secret else text for name, text in values.items()
        }
        return Credentials(self.name, values[self.account], hidden)


@dataclass(frozen=True, slots=True)
class About:
    """What a platform tells of a bot that works, as far as it does.

    `name` is what people see in its chats; `connections` are the programs that listen for it now.
    """

    name: str = ""
    connections: int | None = None


class Provider(Protocol):
    """One platform's registration."""

    @property
    def kind(self) -> ProviderKind:
        """What the platform declares of itself."""
        ...

    async def begin(self) -> DeviceAuthorization:
        """Begins a registration. Raises `RemoteError`."""
        ...

    async def poll(self, state: SecretStr) -> PollResult:
        """Asks once what became of it. Raises `RemoteError`."""
        ...

    async def check(self, credentials: Credentials) -> Health:
        """Asks whether a bot can work with these; disturbs none. Raises `RemoteError`."""
        ...

    async def about(self, credentials: Credentials) -> About:
        """Asks what these belong to; disturbs nobody. Raises `RemoteError`."""
        ...

    async def probe(self) -> Probe:
        """Asks whether a registration could begin, without beginning one."""
        ...
