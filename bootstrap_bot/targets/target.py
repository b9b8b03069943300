"""What every place for credentials can do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, Values, masked
from bootstrap_bot.targets.command import Command


class Note(StrEnum):
    """What storing did besides, or what is still needed; each has its text.

    It is kept as a text; some have what their text names behind a colon.
    """

    LOADED = "loaded"
    NARROWED = "narrowed"
    EXPOSED = "exposed"
    SWITCHED_OFF = "switched_off"
    RESTART = "restart"
    RESTART_BY = "restart_by"
    ASTRBOT_START = "astrbot_start"
    CARD_TEMPLATE = "card_template"
    HERMES_USERS = "hermes_users"
    HERMES_OFF = "hermes_off"
    HERMES_EXTRA = "hermes_extra"
    OPENCLAW_RESTART = "openclaw_restart"
    OPENCLAW_PLUGIN = "openclaw_plugin"
    OPENCLAW_PLUGIN_OFF = "openclaw_plugin_off"
    NANOBOT_SENDERS = "nanobot_senders"
    QWENPAW_NOTICES = "qwenpaw_notices"
    QWENPAW_AGENT_OFF = "qwenpaw_agent_off"
    QWENPAW_CHANNEL_OFF = "qwenpaw_channel_off"
    COWAGENT_RESTART = "cowagent_restart"

    def about(self, what: str) -> str:
        """The same with what its text names: a command, a variable, a package."""
        return f"{self.value}:{quote(what, safe='')}"


NAMING = frozenset(
    {Note.RESTART_BY, Note.HERMES_USERS, Note.COWAGENT_RESTART, Note.OPENCLAW_PLUGIN}
)
"""Notes that name something."""

RESTARTS = frozenset(
    {
        *(Note.RESTART, Note.RESTART_BY, Note.ASTRBOT_START, Note.OPENCLAW_RESTART),
        Note.COWAGENT_RESTART,
    }
)
"""Notes that a command which ran afterwards makes superfluous."""


PEOPLE_NOTES = frozenset({Note.HERMES_USERS, Note.NANOBOT_SENDERS})
"""Notes that nobody needs once somebody is on a target's list of people."""


def note_in(text: str) -> tuple[Note, str] | None:
    """The note, and what it names; None where it says nothing to this version."""
    code, _, about = text.partition(":")
    note = next((one for one in Note if one.value == code), None)
    return None if note is None or (note in NAMING and not about) else (note, unquote(about))


@dataclass(frozen=True, slots=True)
class Platform:
    """One bot as a target has it stored; `enabled` is None where it cannot be switched.

    `type` is the platform's name and `account` tells one bot from another. `values` are those
    that the target keeps, by the platform's own names; one that is missing there is empty.
    """

    id: str
    type: str
    enabled: bool | None
    account: str
    values: Values = field(default_factory=dict)

    @property
    def client_id(self) -> str:
        """DingTalk's public value."""
        return self.credentials.text("client_id")

    @property
    def client_secret(self) -> SecretStr:
        """DingTalk's secret."""
        return SecretStr(self.credentials.text("client_secret"))

    @property
    def credentials(self) -> Credentials:
        """What the target keeps of the platform's."""
        return Credentials(self.type, self.account, self.values)

    def masked_account(self) -> str:
        """The account as people may see it."""
        return masked(self.account)

    def holds(self, credentials: Credentials) -> bool:
        """Whether these are the credentials, as far as the target keeps them."""
        kept = [name for name in credentials.values if name in self.values]
        same = all(credentials.values[name] == self.values[name] for name in kept)
        own = (self.type, self.account) == (credentials.provider, credentials.account)
        return own and bool(kept) and same


@dataclass(frozen=True, slots=True)
class Stored:
    """A pair as it was stored, and what there is to say about that."""

    platform: Platform
    notes: tuple[str, ...] = ()


class Target(Protocol):
    """A place where credentials are stored and read back.

    Every method raises `TargetError` and leaves what is stored as it was when it does.
    """

    @property
    def kind(self) -> str:
        """Whose place it is, as in the config: `config`, `astrbot`, ...; each has its name."""
        ...

    @property
    def single_slot(self) -> bool:
        """Whether there is room for one bot of each platform only."""
        ...

    @property
    def after(self) -> Command | None:
        """What makes the other bot notice, run once something is stored or taken out."""
        ...

    @property
    def key(self) -> str:
        """Names this target in the journal, the same after a restart."""
        ...

    @property
    def place(self) -> str:
        """What people are told: a file's name or an address."""
        ...

    def speaks(self, provider: str) -> bool:
        """Whether it has a place for bots of that platform; no other method takes another one."""
        ...

    def allows(self, provider: str) -> bool:
        """Whether a bot of that platform answers people on a list that can be added to."""
        ...

    def restart(self, provider: str) -> str:
        """The note that says how its program notices a change; "" where nothing is needed."""
        ...

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        """Stores the credentials and gives what was stored, under the id it now has.

        An account that is there already is updated where it stands and keeps its id and
        every other key. Otherwise the bot of that platform whose account is `replaces` gets
        them in one step, or, without one, `wanted_id` is taken, or the next free `<wanted_id>_2`.
        A place for one that another account has raises `TargetError` with OCCUPIED, a place
        that others can read one of EXPOSING, unless it may be `exposed`.
        """
        ...

    async def platforms(self) -> list[Platform]:
        """Every bot of each platform it speaks that is stored now, read afresh."""
        ...

    async def set_enabled(self, provider: str, account: str, enabled: bool) -> Platform | None:
        """Switches that platform's bot with that account; None when there is none."""
        ...

    async def remove(
        self, provider: str, account: str, *, unwanted: bool = False
    ) -> Platform | None:
        """Removes that platform's bot with that account; None when there is none.

        `unwanted`: it should not have been stored, so the version before that is kept, not the
        one with it.
        """
        ...

    async def allow(self, provider: str, account: str, person: str) -> Platform | None:
        """Has that bot answer that one person, by the platform's id for them.

        None when there is no such bot; nothing changes where there is no list of people.
        """
        ...

    async def tidy(self) -> None:
        """Gives back what a killed process of ours still holds there, without a change."""
        ...

    async def probe(self) -> Sequence[Path]:
        """Returns when a `store` would find all it needs for any platform; changes nothing.

        Gives the files there that an earlier version may have made, with a secret in them.
        """
        ...
