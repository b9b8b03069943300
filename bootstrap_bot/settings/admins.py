"""Who may use the bot, and how the first admin's id gets into the config."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bootstrap_bot.editing.format import (
    Append,
    NotParsableError,
    Set,
    WrongShapeError,
    edited,
)
from bootstrap_bot.editing.toml import Toml
from bootstrap_bot.editing.toml_reader import read_toml
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter

TABLE, KEY = "telegram", "admins"


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

        False when somebody is admin already, here or in the file by now. Raises `TargetError`;
        then nobody became admin.
        """
        if self._ids or not await asyncio.to_thread(self._write, user):
            return False
        self._ids.append(user)
        return True

    def _write(self, user: int) -> bool:
        """The file's lock decides between two who come at once: False for the second."""
        writer, place = FileWriter(self._path), self._path.name
        # no secret comes in; a mount that decides who reads the file is no reason to have no admin
        written = writer.change(lambda text: _with_admin(text, user, place), exposed=True)
        there = _admins(_read(writer.read(), place), place)
        if written.changed and there != [user]:
            raise TargetError(Code.NOT_READ_BACK, place)
        return bool(there == [user])


def _with_admin(text: str, user: int, place: str) -> str:
    """The text with `admins = [user]`, unless it names somebody already."""
    data = _read(text, place)
    there, path = _admins(data, place), (TABLE, KEY)
    if there:
        return text
    change = Set(path, [user]) if there is None else Append(path, user)
    try:
        return edited(Toml(), text, [change])
    except WrongShapeError:
        raise TargetError(Code.WRONG_SHAPE, place) from None


def _admins(data: dict[str, Any], place: str) -> Any:
    """What the file says of admins; nothing when it says nothing."""
    table = data.get(TABLE, {})
    if not isinstance(table, dict):
        raise TargetError(Code.WRONG_SHAPE, place)
    return table.get(KEY)


def _read(text: str, place: str) -> dict[str, Any]:
    try:
        return read_toml(text)
    except NotParsableError as error:
        line, column = error.line, error.column
        raise TargetError(Code.UNPARSABLE, place, line=line, column=column) from None
