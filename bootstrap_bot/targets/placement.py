"""Where one program keeps one platform's bots: a cell of the matrix targets x platforms."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bootstrap_bot.credentials import Credentials, Field
from bootstrap_bot.targets.target import Platform

Constant = str | bool | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where one program keeps the bots of one platform.

    `name` is what the program calls the platform: a type, a channel, a section. `keys` has its
    key of each field that it keeps, the account and the secrets among them; `forms` the words it
    has for a field's values where they are not the platform's own; `only` the one value of a
    field that it can do something with. `constants` are set along with a bot. `aliases` are keys
    with other names of a bot, `belongings` those with what was made for it alone; both go with
    it. `allow_list` is the key of those who are answered, if there is one.
    """

    name: str
    keys: Mapping[str, str]
    forms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    belongings: tuple[str, ...] = ()
    allow_list: str = ""

    @property
    def companions(self) -> tuple[str, ...]:
        """What goes with a bot."""
        return (*self.aliases, *self.belongings)


class PlatformKind(Protocol):
    """What a platform declares of itself, as far as a target needs it."""

    @property
    def name(self) -> str:
        """Its type in a config."""
        ...

    @property
    def fields(self) -> Sequence[Field]:
        """What it gives out."""
        ...

    @property
    def account(self) -> str:
        """The field that tells one bot from another."""
        ...

    @property
    def placements(self) -> Mapping[str, Placement]:
        """Where programs keep its bots, by the kind of target."""
        ...

    def credentials(self, values: Mapping[str, str]) -> Credentials:
        """Credentials of these values, secrets hidden."""
        ...


def default_placement(platform: PlatformKind) -> Placement:
    """The platform's own names for everything."""
    return Placement(name=platform.name, keys={one.name: one.name for one in platform.fields})


@dataclass(frozen=True, slots=True)
class Cell:
    """One platform in one program: its values on their way there and back."""

    platform: PlatformKind
    placement: Placement

    @property
    def name(self) -> str:
        """What the program calls the platform."""
        return self.placement.name

    def key(self, field: str) -> str:
        """The program's key of a field that it keeps."""
        return self.placement.keys[field]

    @property
    def account_key(self) -> str:
        """Where a bot's account is."""
        return self.key(self.platform.account)

    def takes(self, credentials: Credentials) -> bool:
        """Whether the program can do something with a bot that has these."""
        return all(credentials.text(name) == word for name, word in self.placement.only.items())

    def sample(self) -> Credentials:
        """Credentials that nobody has, for trying whether some could be stored."""
        trial = {one.name: "sample" for one in self.platform.fields}
        return self.platform.credentials({**trial, **self.placement.only})

    def texts(self, credentials: Credentials) -> dict[str, str]:
        """What these are by the program's keys and in its words."""
        return {
            key: self._word(name, credentials.text(name))
            for name, key in self.placement.keys.items()
            if name in credentials.values
        }

    def unsaid(self, credentials: Credentials) -> list[str]:
        """Keys of fields about which these say nothing."""
        return [k for name, k in self.placement.keys.items() if name not in credentials.values]

    @property
    def essential(self) -> list[str]:
        """Keys of the account and the secrets, without which there is no bot."""
        keys, account = self.placement.keys, self.platform.account
        fields = self.platform.fields
        return [keys[one.name] for one in fields if one.secret or one.name == account]

    def bot(self, name: str, enabled: bool | None, read: Callable[[str], str]) -> Platform | None:
        """The bot whose texts are read at the program's keys; None without an account."""
        if not read(self.account_key):
            return None
        texts = {field: read(key) for field, key in self.placement.keys.items()}
        own = {field: self._own_word(field, text) for field, text in texts.items()}
        return bot_with(name, enabled, self.platform.credentials(own))

    def _word(self, field: str, text: str) -> str:
        return self.placement.forms.get(field, {}).get(text, text)

    def _own_word(self, field: str, text: str) -> str:
        words = self.placement.forms.get(field, {})
        return next((own for own, word in words.items() if word == text), text)


def bot_with(name: str, enabled: bool | None, credentials: Credentials) -> Platform:
    """A bot that has exactly these."""
    return Platform(name, credentials.provider, enabled, credentials.account, credentials.values)
