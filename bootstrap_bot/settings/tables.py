"""The tables of a config that belong to no platform, and what is right in each."""

import re
import zoneinfo
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StrictInt, StrictStr

from bootstrap_bot.settings.table import Switch, Table, Text, secret_text
from bootstrap_bot.urls import ALL_PROXIES, clean_base_url, clean_proxy

LANGUAGES = ("en", "zh")
LEVELS = ("debug", "info", "warning", "error", "critical")

_T = TypeVar("_T")
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_BOTFATHER = (
    'must be the bot\'s token, digits, ":" and letters: copy it whole from @BotFather in Telegram'
)


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError(_BOTFATHER)
    return value


def _telegram_url(value: str) -> str:
    return clean_base_url(value, private_http=True).url


def _telegram_proxy(value: SecretStr) -> SecretStr:
    return SecretStr(clean_proxy(value.get_secret_value(), ALL_PROXIES))


def _language(value: str) -> str:
    if value and value not in LANGUAGES:
        raise ValueError(f'must be "" or one of {", ".join(LANGUAGES)}')
    return value


def _level(value: str) -> str:
    if value.lower() not in LEVELS:
        raise ValueError(f"must be one of {', '.join(LEVELS)}")
    return value.lower()


def _timezone(value: str) -> str:
    try:
        # UTC needs no time zone data, which small systems do not have
        if value != "UTC":
            zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "must be a time zone such as Asia/Shanghai or UTC (no time zone data here? "
            "install tzdata)"
        ) from None
    return value


def _once(value: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(value))


_UserId = Annotated[StrictInt, Field(gt=0, lt=2**52)]


class Telegram(Table):
    """[telegram]: which bot, whose, and over which road."""

    token: Annotated[
        SecretStr,
        BeforeValidator(secret_text),
        AfterValidator(_token),
        Field(description="the token from @BotFather, in quotes"),
    ]
    admins: Annotated[
        tuple[_UserId, ...],
        AfterValidator(_once),
        Field(
            strict=False,
            description="a list of Telegram user ids such as [42, 43], without quotes",
        ),
    ] = ()
    api_url: Annotated[
        str,
        AfterValidator(_telegram_url),
        Field(description="an address such as https://api.telegram.org"),
    ] = "https://api.telegram.org"
    proxy: Annotated[
        SecretStr,
        BeforeValidator(secret_text),
        AfterValidator(_telegram_proxy),
        Field(description='a proxy\'s address, "none" or "", in quotes'),
    ] = SecretStr("")


class State(Table):
    """[state]: where is kept what must survive.

    A file, whose relative path begins beside the config, or another journal's address.
    """

    path: Text = "bootstrap-bot.db"

    @property
    def scheme(self) -> str:
        """The address's, "" for a file."""
        scheme, separator, _ = self.path.partition("://")
        return scheme if separator else ""


class Chat(Table):
    """[chat]: how people are spoken to; an empty language means each person's own.

    `platforms` are those offered to them, in that order; none means all that there are.
    """

    language: Annotated[
        str,
        AfterValidator(_language),
        Field(description=f'"" or one of {", ".join(LANGUAGES)}, in quotes'),
    ] = ""
    timezone: Annotated[
        str,
        AfterValidator(_timezone),
        Field(description="a time zone such as Asia/Shanghai or UTC, in quotes"),
    ] = "UTC"
    platforms: Annotated[
        tuple[StrictStr, ...],
        AfterValidator(_once),
        Field(strict=False, description='a list of platforms such as ["dingtalk"]'),
    ] = ()


class Log(Table):
    """[log]: how much is logged, and whether as JSON lines."""

    level: Annotated[
        str,
        AfterValidator(_level),
        Field(description=f"one of {', '.join(LEVELS)}, in quotes"),
    ] = "info"
    as_json: Annotated[Switch, Field(alias="json")] = False


_Count = Annotated[
    StrictInt, Field(gt=0, lt=10_000, description="a whole number from 1, without quotes")
]


class Limits(Table):
    """[limits]: how many attempts may wait in all and for one admin, and begin in an hour."""

    waiting: _Count = 20
    per_admin: _Count = 6
    per_hour: _Count = 20


class Security(Table):
    """[security]: whether credentials wait for a button before they are stored."""

    confirm: Switch = False
