"""Credentials as `[platforms.<id>]` tables of a TOML file."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.platform_tables import PlatformTables, WrongShapeError
from bootstrap_bot.targets.target import Platform
from bootstrap_bot.toml_reader import NotTomlError

_log = logging.getLogger(__name__)


class ConfigFile:
    """A `Target`: the platforms of one type in one TOML file, which may be missing at first.

    Other tables, comments, order and line ends are kept to the byte; a file that does not parse
    is never written. `lock_seconds` is how long another holder of the lock is waited for.
    """

    def __init__(
        self, path: Path, *, platform_type: str = "dingtalk", lock_seconds: float = 10.0
    ) -> None:
        self._path = path.absolute()
        self._type = platform_type
        self._writer = FileWriter(self._path, lock_seconds=lock_seconds)

    @property
    def key(self) -> str:
        """`config:` and the absolute path."""
        return f"config:{self._path}"

    @property
    def place(self) -> str:
        """The file's name without its folder."""
        return self._path.name

    async def store(self, wanted_id: str, credentials: Credentials, replaces: str = "") -> Platform:
        """Stores the pair under its old id, `wanted_id` or the next free one; see `Target`."""

        def edit(text: str) -> str:
            tables = PlatformTables(text)
            known = self._find(tables, credentials.client_id)
            secret = credentials.client_secret.get_secret_value()
            replaced = self._find(tables, replaces)
            if known is None and replaced is not None:
                text = tables.update(replaced.id, "client_id", credentials.client_id)
                return PlatformTables(text).update(replaced.id, "client_secret", secret)
            if known is None:
                return tables.add(_free(wanted_id, tables.tables), self._values(credentials))
            if known.holds(credentials) and "client_secret" in tables.tables[known.id]:
                return text
            return tables.update(known.id, "client_secret", secret)

        return await asyncio.to_thread(self._store, edit, credentials.client_id)

    async def platforms(self) -> list[Platform]:
        """All platforms of our type with a client id, in the file's order, read afresh."""
        return await asyncio.to_thread(self._read)

    async def probe(self) -> None:
        """Goes through what a store needs, up to the writing itself; see `FileWriter.probe`."""
        await self.platforms()
        await asyncio.to_thread(self._writer.probe)

    async def remove(self, client_id: str) -> Platform | None:
        """Removes the table with that client id, and gives it; None when there is none."""
        return await asyncio.to_thread(
            self._change_known, client_id, lambda tables, known: tables.remove(known.id)
        )

    async def set_enabled(self, client_id: str, enabled: bool) -> Platform | None:
        """Switches the platform with that client id; None when there is none."""

        def change(tables: PlatformTables, known: Platform) -> str:
            return tables.update(known.id, "enabled", enabled)

        changed = await asyncio.to_thread(self._change_known, client_id, change)
        return changed and Platform(
            changed.id, changed.type, enabled, changed.client_id, changed.client_secret
        )

    def _store(self, edit: Callable[[str], str], client_id: str) -> Platform:
        results: list[Platform] = []

        def remembered(text: str) -> str:
            new = edit(text)
            result = self._find(PlatformTables(new), client_id)
            if result is None:
                raise TargetError(Code.NOT_READ_BACK, self.place)
            results.append(result)
            return new

        self._write(remembered)
        return results[-1]

    def _change_known(
        self, client_id: str, change: Callable[[PlatformTables, Platform], str]
    ) -> Platform | None:
        known: Platform | None = None

        def edit(text: str) -> str:
            nonlocal known
            tables = PlatformTables(text)
            known = self._find(tables, client_id)
            return change(tables, known) if known else text

        self._write(edit)
        return known

    def _write(self, edit: Callable[[str], str]) -> None:
        with self._coded():
            written = self._writer.change(edit)
        if written.was_open:
            _log.warning("%s was not its owner's alone; its mode is 0600 now", self.place)

    def _read(self) -> list[Platform]:
        text = self._writer.read()
        with self._coded():
            return list(self._platforms(PlatformTables(text)))

    def _find(self, tables: PlatformTables, client_id: str) -> Platform | None:
        return next((p for p in self._platforms(tables) if p.client_id == client_id), None)

    def _platforms(self, tables: PlatformTables) -> Iterator[Platform]:
        for name, table in tables.tables.items():
            if isinstance(table, dict) and table.get("type") == self._type:
                client_id, secret = table.get("client_id"), table.get("client_secret")
                if isinstance(client_id, str) and client_id:
                    enabled = table.get("enabled", True) is True
                    text = secret if isinstance(secret, str) else ""
                    yield Platform(name, self._type, enabled, client_id, SecretStr(text))

    def _values(self, credentials: Credentials) -> Mapping[str, object]:
        return {
            "type": self._type,
            "enabled": True,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret.get_secret_value(),
        }

    @contextmanager
    def _coded(self) -> Iterator[None]:
        """Turns what the text's rules raise into a target's error."""
        try:
            yield
        except NotTomlError as error:
            raise TargetError(
                Code.UNPARSABLE, self.place, line=error.line, column=error.column
            ) from None
        except WrongShapeError:
            raise TargetError(Code.WRONG_SHAPE, self.place) from None


def _free(wanted: str, taken: Mapping[str, Any]) -> str:
    """The wanted id, or with the first of `_2`, `_3`, ... that nobody has."""
    candidates = itertools.chain([wanted], (f"{wanted}_{n}" for n in itertools.count(2)))
    return next(name for name in candidates if name not in taken)
