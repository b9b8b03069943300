"""What we made in another program's file besides a bot, and takes its leave with the last one."""

import copy
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Keys, Remove, Set, value_at
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, Layout
from bootstrap_bot.targets.neighbours import fresh, record_of
from bootstrap_bot.targets.placement import Cell
from bootstrap_bot.targets.target import Platform


class MadeKeys:
    """A `Layout` that leaves nothing behind when its last bot goes: see `inner` for the rest.

    Tables and switches that a bot needed and that were not there before it are noted beside the
    `file`, by their keys alone. `part` tells layouts of one file from each other.
    """

    def __init__(self, inner: Layout, file: Path, part: str) -> None:
        self._inner = inner
        self._file = file
        self._part = part

    @property
    def cell(self) -> Cell:
        return self._inner.cell

    @property
    def single_slot(self) -> bool:
        return self._inner.single_slot

    def blocker(self, data: Data) -> Code | None:
        return self._inner.blocker(data)

    def bots(self, data: Data) -> list[Platform]:
        return self._inner.bots(data)

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> Sequence[Change]:
        changes = self._inner.add(data, wanted_id, credentials)
        # a note of a bot that is gone says nothing about keys that are there now
        noted = self._noted() if self._inner.bots(data) else set()
        self._note({path for path in noted if _is_there(data, path)} | _made(data, changes))
        return changes

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> Sequence[Change]:
        return self._inner.update(data, bot, credentials)

    def remove(self, data: Data, bot: Platform) -> Sequence[Change]:
        changes = self._inner.remove(data, bot)
        left = _applied(data, changes)
        return changes if self._inner.bots(left) else [*changes, *_undone(left, self._noted())]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> Sequence[Change]:
        return self._inner.switch(data, bot, enabled)

    def allow(self, data: Data, bot: Platform, person: str) -> Sequence[Change]:
        return self._inner.allow(data, bot, person)

    @property
    def restart(self) -> str:
        return self._inner.restart

    def notes(self, data: Data) -> Sequence[str]:
        return self._inner.notes(data)

    @property
    def _record(self) -> Path:
        return record_of(Path(os.path.realpath(self._file)), self._part)

    def _noted(self) -> set[Keys]:
        # without a note, or with one that is not ours, nothing was made
        with suppress(OSError, ValueError, TypeError):
            return {tuple(map(str, path)) for path in json.loads(self._record.read_bytes())}
        return set()

    def _note(self, made: Iterable[Keys]) -> None:
        text = json.dumps(sorted(made)).encode()
        record = self._record
        new = fresh(record)
        # what stands in the way of a note stands in the way of the file, and is told there
        with suppress(OSError):
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
            os.replace(new, record)


def _made(data: Data, changes: Sequence[Change]) -> set[Keys]:
    """The keys that these changes put where nothing was."""
    ways = [change.path[:depth] for change in changes for depth in range(1, len(change.path) + 1)]
    return {way for way in ways if not _is_there(data, way)}


def _undone(data: Data, made: Iterable[Keys]) -> list[Change]:
    """What was made taken away, but for tables in which there is something else by now."""
    changes: list[Change] = []
    for path in sorted(made, key=len, reverse=True):
        found = value_at(data, path)
        if _is_there(data, path) and not (isinstance(found, dict) and found):
            changes.append(Remove(path))
            data = _applied(data, changes[-1:])
    return changes


def _is_there(data: Data, path: Keys) -> bool:
    above = value_at(data, path[:-1])
    return isinstance(above, dict) and path[-1] in above


def _applied(data: Data, changes: Sequence[Change]) -> Data:
    """The data after changes of tables."""
    data = copy.deepcopy(data)
    for change in changes:
        *way, last = change.path
        table = data
        for key in way:
            table = table.setdefault(str(key), {})
        if isinstance(change, Set):
            table[str(last)] = change.value
        else:
            table.pop(str(last), None)
    return data
