"""Who may use the bot, and how the first admin's id gets into the config."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.formats.format import BOM, Keys, NotParsableError
from bootstrap_bot.formats.toml_reader import read_toml
from bootstrap_bot.formats.toml_text import Statement, statements
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
        written = writer.change(lambda text: _with_admin(text, user, place))
        there = _admins(_read(writer.read(), place), place)
        if written.changed and there != [user]:
            raise TargetError(Code.NOT_READ_BACK, place)
        return bool(there == [user])


def _with_admin(text: str, user: int, place: str) -> str:
    """The text with `admins = [user]`, unless it names somebody already.

    Proven by another reader to change nothing else.
    """
    expected = _read(text, place)
    if _admins(expected, place):
        return text
    expected.setdefault(TABLE, {})[KEY] = [user]
    bom = BOM if text.startswith(BOM) else ""
    try:
        changed = bom + _spliced(text.removeprefix(BOM), user)
    except (TOMLKitError, AttributeError, TypeError, KeyError):
        raise TargetError(Code.WRONG_SHAPE, place) from None
    if _read(changed, place) != expected:
        raise TargetError(Code.WRONG_SHAPE, place)
    return changed


def _spliced(text: str, user: int) -> str:
    """The text with the key set where it stands, or as a line behind the table's last one."""
    found = statements(text)
    for statement in found:
        if not statement.is_header and statement.keys in ((TABLE,), (TABLE, KEY)):
            return text[: statement.start] + _edited(text, statement, user) + text[statement.end :]
    line = f"{KEY} = [{user}]"
    inside = [statement for statement in found if statement.table == (TABLE,)]
    dotted = [one for one in found if one.keys[:1] == (TABLE,) and not one.table]
    if inside:
        return _insert(text, inside[-1].end, line)
    if dotted:
        return _insert(text, dotted[-1].end, f"{TABLE}.{line}")
    blank = [""] if text.strip() else []
    return _insert(text, len(text), *blank, f"[{TABLE}]", line)


def _edited(text: str, statement: Statement, user: int) -> str:
    document = tomlkit.parse(text[statement.start : statement.end])
    inner: Any = document
    path: Keys = (*statement.keys[len(statement.table) :], KEY)
    for key in path[: path.index(KEY)]:
        inner = inner[key]
    if KEY in inner:
        inner[KEY].append(user)
    else:
        inner[KEY] = [user]
    return tomlkit.dumps(document)


def _insert(text: str, at: int, *lines: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text[:at]
    if before and not before.endswith("\n"):
        before += newline
    return before + "".join(line + newline for line in lines) + text[at:]


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
