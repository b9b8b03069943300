"""What the owner may set, read from one TOML file and the environment."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError

from bootstrap_bot import registry
from bootstrap_bot.editing.format import NotParsableError
from bootstrap_bot.editing.toml_reader import read_toml
from bootstrap_bot.errors import ConfigError, Fault
from bootstrap_bot.providers.provider import ProviderTable
from bootstrap_bot.settings.faults import remedy, shown
from bootstrap_bot.settings.proxies import faults_of, proxy_of, with_a_way
from bootstrap_bot.settings.table import Table
from bootstrap_bot.settings.tables import Chat, Limits, Log, Security, State, Telegram
from bootstrap_bot.settings.targets import exposed_targets, misnamed_targets, read_targets
from bootstrap_bot.targets.tables import TargetTable
from bootstrap_bot.urls import clean_base_url

__all__ = [
    "CONFIG_VARIABLE",
    "Chat",
    "Limits",
    "Log",
    "Security",
    "Settings",
    "State",
    "Telegram",
    "load",
    "tables",
    "variables",
    "without_config",
]

CONFIG_VARIABLE = "BOOTSTRAP_BOT_CONFIG"
DEFAULT_FILE = "config.toml"

OWN_VARIABLES: Mapping[str, tuple[str, str]] = {
    "TELEGRAM_BOT_TOKEN": ("telegram", "token"),
    "TELEGRAM_ADMINS": ("telegram", "admins"),
    "TELEGRAM_API_URL": ("telegram", "api_url"),
    "BOOTSTRAP_BOT_PLATFORMS": ("chat", "platforms"),
}

_T = TypeVar("_T", bound=Table)
_USER_IDS = re.compile(r"[0-9]{1,16}(\s*,\s*[0-9]{1,16})*")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the owner set.

    `providers` has the table of each platform by its name. `path` is the config file's absolute
    path, whether or not it exists; `warnings` are for the owner's eyes and stop nothing.
    """

    telegram: Telegram
    path: Path
    providers: Mapping[str, ProviderTable] = field(default_factory=dict)
    state: State = field(default_factory=State)
    chat: Chat = field(default_factory=Chat)
    log: Log = field(default_factory=Log)
    security: Security = field(default_factory=Security)
    limits: Limits = field(default_factory=Limits)
    targets: tuple[TargetTable, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of the platforms that people may begin a registration on."""
        return self.chat.platforms or tuple(self.providers)

    @property
    def only_offered(self) -> str:
        """The one platform that there is for people, "" if there are several."""
        return self.offered[0] if len(self.offered) == 1 else ""

    @property
    def state_path(self) -> Path | None:
        """Absolute path of the state file; None where another journal is named."""
        return None if self.state.scheme else self.path.parent / self.state.path


def without_config() -> Settings:
    """Every setting at its default, for a program that brings what has none."""
    providers = {name: kind.table() for name, kind in registry.providers().items()}
    nameless = Telegram.model_construct(token=SecretStr(""))
    return Settings(nameless, Path(DEFAULT_FILE).absolute(), providers)


def tables() -> Mapping[str, type[Table]]:
    """The tables of a config that are ours, platforms' included; all others are left alone."""
    providers = {name: kind.table for name, kind in registry.providers().items()}
    own: dict[str, type[Table]] = {
        **{"state": State, "chat": Chat, "log": Log, "security": Security},
        "limits": Limits,
    }
    return {"telegram": Telegram, **providers, **own}


def variables() -> Mapping[str, tuple[str, str]]:
    """Every variable that stands for a setting, with the setting's table and key."""
    found = dict(OWN_VARIABLES)
    for name, kind in registry.providers().items():
        found |= {variable: (name, key) for key, variable in kind.table.VARIABLES.items()}
    return found


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Reads the settings; variables of the environment stand above the file.

    `path` None means $BOOTSTRAP_BOT_CONFIG, else `config.toml` in the working directory, which
    may be missing. Raises ConfigError with every fault found; no fault shows a value.
    """
    named = path or _named_by(environ)
    file = named or Path(DEFAULT_FILE)
    return _Loader(file, environ).load(required=named is not None)


def _named_by(environ: Mapping[str, str]) -> Path | None:
    name = environ.get(CONFIG_VARIABLE, "").strip()
    return Path(name) if name else None


class _Loader:
    """One reading of the settings; collects the faults on its way."""

    def __init__(self, file: Path, environ: Mapping[str, str]) -> None:
        self._file = file
        self._environ = environ
        self._faults: list[Fault] = []
        self._variables: dict[tuple[str, str], str] = {}

    def load(self, *, required: bool) -> Settings:
        data = _read(self._file, required=required)
        values = {table: self._values(data, table) for table in tables()}
        self._overlay(values)
        telegram = self._table(Telegram, "telegram", values)
        providers = {
            name: self._table(kind.table, name, values)
            for name, kind in registry.providers().items()
        }
        state = self._table(State, "state", values)
        self._check_journal(state)
        chat = self._table(Chat, "chat", values)
        self._check_platforms(chat)
        log = self._table(Log, "log", values)
        security = self._table(Security, "security", values)
        limits = self._table(Limits, "limits", values)
        targets, faults = read_targets(data, self._environ, self._file)
        self._faults.extend(faults)
        if telegram:
            self._faults.extend(faults_of(lambda: proxy_of(telegram, self._environ)))
        named = {*data, *(table for table, _ in self._variables), *(chat.platforms if chat else ())}
        whole = {name: table for name, table in providers.items() if table is not None}
        known, lost = with_a_way(whole, self._environ)
        asked_for = [fault for name, faults in lost.items() if name in named for fault in faults]
        self._faults.extend(asked_for if known else [*chain(*lost.values())])
        if not (telegram and state and chat and log and security and limits) or self._faults:
            raise ConfigError(list(dict.fromkeys(self._faults)))
        warnings = (
            *self._exposed(telegram),
            *exposed_targets(targets, str(self._file)),
            *misnamed_targets(data, str(self._file)),
            *chain(*lost.values()),
            *self._readable(data),
        )
        path = self._file.absolute()
        return Settings(
            telegram, path, known, state, chat, log, security, limits, targets, warnings
        )

    def _values(self, data: Mapping[str, Any], table: str) -> dict[str, Any]:
        """What the file has in one of our tables."""
        values = data.get(table, {})
        if isinstance(values, dict):
            return dict(values)
        self._fault(table, f"must be a table that begins with the line [{table}]")
        return {}

    def _overlay(self, values: Mapping[str, dict[str, Any]]) -> None:
        """Puts what the environment says above what the file says."""
        for variable, (table, key) in variables().items():
            if text := self._environ.get(variable, "").strip():
                self._variables[table, key] = variable
                values[table][key] = text
        if ("chat", "platforms") in self._variables:
            names = values["chat"]["platforms"].split(",")
            values["chat"]["platforms"] = [name.strip() for name in names]
        admins = self._variables.get(("telegram", "admins"))
        if admins is None:
            return
        text = values["telegram"].pop("admins")
        if _USER_IDS.fullmatch(text):
            values["telegram"]["admins"] = [int(part) for part in text.split(",")]
        else:
            self._fault("telegram.admins", "must be user ids such as 42,43", admins)

    def _table(self, model: type[_T], name: str, values: Mapping[str, dict[str, Any]]) -> _T | None:
        """One table checked; None when it has faults."""
        try:
            return model.model_validate(values[name])
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
        for detail in details:
            key = str(detail["loc"][0])
            right = remedy(model, key, detail, {"token": "TELEGRAM_BOT_TOKEN"})
            self._fault(f"{name}.{shown(key)}", right, self._variables.get((name, key)))
        return None

    def _check_journal(self, state: State | None) -> None:
        known = registry.journals()
        if state is not None and state.scheme not in known:
            addresses = [f"an address that begins with {scheme}://" for scheme in known if scheme]
            self._fault("state.path", f"must be {' or '.join(['a file', *addresses])}")

    def _check_platforms(self, chat: Chat | None) -> None:
        known = registry.providers()
        if chat is not None and not known.keys() >= {*chat.platforms}:
            source = self._variables.get(("chat", "platforms"))
            self._fault("chat.platforms", f"must be among {', '.join(known)}", source)

    def _exposed(self, telegram: Telegram) -> Iterator[Fault]:
        if clean_base_url(telegram.api_url, private_http=True).exposed:
            source = self._variables.get(("telegram", "api_url"), str(self._file))
            remedy = "is http: the token can be read along on the way; https is better"
            yield Fault(source, "telegram.api_url", remedy)

    def _readable(self, data: Mapping[str, Any]) -> Iterator[Fault]:
        if os.name == "posix" and _holds_secret(data) and _others_may(self._file, 0o077):
            remedy = f"holds secrets and others may read it: chmod 600 {self._file.name}"
            yield Fault(str(self._file), "", remedy)
        elif os.name == "posix" and _names_command(data) and _others_may(self._file, 0o022):
            remedy = f"names commands and others may write it: chmod 600 {self._file.name}"
            yield Fault(str(self._file), "", remedy)

    def _fault(self, key: str, remedy: str, variable: str | None = None) -> None:
        self._faults.append(Fault(variable or str(self._file), key, remedy))


def _read(file: Path, *, required: bool) -> dict[str, Any]:
    """The file's tables; none when it is missing and need not be there."""
    try:
        return read_toml(file.read_bytes().decode())
    except FileNotFoundError:
        if not required:
            return {}
        remedy = "there is no such file: copy config.example.toml there, or name another"
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        remedy = f"must be text in UTF-8, is not at line {line}, byte {column}"
    except NotParsableError as error:
        remedy = f"must be TOML, is not at line {error.line}, column {error.column}"
    except (OSError, ValueError):
        remedy = "must be a file that this user may read"
    raise ConfigError([Fault(str(file), "", remedy)])


def _others_may(file: Path, rights: int) -> bool:
    try:
        return bool(file.stat().st_mode & rights)
    except OSError:
        return False


def _names_command(data: Mapping[str, Any]) -> bool:
    targets = data.get("targets")
    return isinstance(targets, list) and any("after" in target for target in targets)


def _holds_secret(data: Mapping[str, Any]) -> bool:
    """Whether a file has a token, a proxy (it may hold a password) or a platform's secret."""
    kinds = registry.providers()
    tables = [data.get("telegram"), *map(data.get, kinds)]
    targets = data.get("targets")
    if isinstance(targets, list):
        tables.extend(targets)
    platforms = data.get("platforms")
    if isinstance(platforms, dict):
        tables.extend(platforms.values())
    given = {field.name for kind in kinds.values() for field in kind.fields if field.secret}
    secrets = ("token", "proxy", "api_key", *given)
    return any(isinstance(table, dict) and any(map(table.get, secrets)) for table in tables)
