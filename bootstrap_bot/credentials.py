"""What a platform gives out for one bot, and how it may be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import SecretStr

MASK = "•" * 8

Value: TypeAlias = str | SecretStr
"""One value that a platform gives out; a secret hides itself from `repr` and `str`."""

Values: TypeAlias = Mapping[str, Value]
"""Values by the platform's own names."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value that a platform gives out, by the platform's own name.

    `label` is what its console calls it, the same in every language. An `optional` one may be
    missing from credentials that work.
    """

    name: str
    label: str
    secret: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a platform gives out once.

    `provider` is the platform's type. `account` is the public value that tells one bot from
    another (a client id, an app id); `values` has it as well, by its own name.
    """

    provider: str
    account: str
    values: Values = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of that name, a secret's too; empty where there is none."""
        return plain(self.values.get(name, ""))

    def masked_account(self) -> str:
        """The first and last four characters around a mask; fewer of a short one."""
        return masked(self.account)

    def masked_secret(self) -> str:
        """A mask of fixed length, then the secret's last four characters if it has 16 or more."""
        secret = next(iter(secrets_of(self.values)), "")
        return MASK + (_fit(secret[-4:]) if len(secret) >= 16 else "")


def plain(value: Value) -> str:
    """The text of a value, a secret's too."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def secrets_of(values: Values) -> list[str]:
    """The texts of the secrets among these values, for whoever needs or hides them."""
    return [plain(value) for value in values.values() if isinstance(value, SecretStr)]


def public(values: Values) -> Values:
    """The values without the secrets."""
    return {name: value for name, value in values.items() if isinstance(value, str)}


def masked(account: str) -> str:
    """An account as people may see it: `ding••••••••wxyz`."""
    if len(account) < 12:
        return _fit(account[:2]) + MASK
    return _fit(account[:4]) + MASK + _fit(account[-4:])


def _fit(part: str) -> str:
    """Visible ASCII as it is; for anything else a bullet, so that nothing steers a screen."""
    return "".join(sign if "!" <= sign <= "~" else MASK[0] for sign in part)
