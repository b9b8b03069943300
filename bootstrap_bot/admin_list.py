"""Who may use the bot, and how the first admin's id gets into the config."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.toml_reader import NotTomlError, read_toml


class AdminList:
    """Telegram user ids in the order of the config; a collection that can grow by one."""

    def __init__(self, ids: Sequence[int], path: Path) -> None:
        self._ids = list(ids)
        self._path = path

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __contains__(self, user: object) -> bool:
        return user in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    async def add_first(self, user: int) -> bool:
        """Makes that person the admin and writes it into the config's `[telegram]` table.

        False when somebody is admin already. Raises `TargetError`; then nobody became admin.
        """
        if self._ids:
            return False
        await asyncio.to_thread(self._write, user)
        if self._ids:
            return False
        self._ids.append(user)
        return True

    def _write(self, user: int) -> None:
        writer = FileWriter(self._path)
        writer.change(lambda text: _with_admin(text, user, self._path.name))
        if _read(writer.read(), self._path.name).get("telegram", {}).get("admins") != [user]:
            raise TargetError(Code.NOT_READ_BACK, self._path.name)


def _with_admin(text: str, user: int, place: str) -> str:
    """The text with `admins = [user]`; proven by another reader to change nothing else."""
    expected = _read(text, place)
    expected.setdefault("telegram", {})["admins"] = [user]
    try:
        document = tomlkit.parse(text)
        if "telegram" not in document:
            document["telegram"] = tomlkit.table()
        document["telegram"]["admins"] = [user]
        changed = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, KeyError):
        raise TargetError(Code.WRONG_SHAPE, place) from None
    if _read(changed, place) != expected:
        raise TargetError(Code.WRONG_SHAPE, place)
    return changed


def _read(text: str, place: str) -> dict[str, Any]:
    try:
        return read_toml(text)
    except NotTomlError as error:
        line, column = error.line, error.column
        raise TargetError(Code.UNPARSABLE, place, line=line, column=column) from None
