"""The state file: from outside as a file nobody touches, from inside through who uses it."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bootstrap_bot.doctor.finding import Finding, Subject
from bootstrap_bot.doctor.state_lock import StateLock
from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.journals.schema import LATEST, version_of
from bootstrap_bot.registration.journal import Journal

_EFFECTIVE = os.access in os.supports_effective_ids


class StateCheck:
    """The file as the next `run` would find it; `file` is its name for people."""

    def __init__(self, path: Path, file: str) -> None:
        self._path = path
        self._file = file
        self._lock = StateLock(path)

    async def __call__(self) -> Sequence[Finding]:
        """Whether it is in use, usable, or could be made."""
        return [await asyncio.to_thread(self._look)]

    def _look(self) -> Finding:
        finding = self._as_file()
        # asked last: whoever began to use the file meanwhile found it usable
        try:
            holder = self._lock.holder()
        except OSError:
            return self._bad("doctor.state_lock")
        if holder is None:
            return finding
        return Finding.good(
            Subject.STATE, "doctor.state_run", file=self._file, process=holder or "?"
        )

    def _as_file(self) -> Finding:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._missing()
        except OSError:
            return self._bad("doctor.state_rights")
        if not stat.S_ISREG(status.st_mode):
            return self._bad("doctor.state_rights")
        if not self._is_usable(status):
            return self._bad("doctor.state_rights")
        return self._content()

    def _missing(self) -> Finding:
        folder = next(parent for parent in self._path.parents if os.path.lexists(parent))
        if self._path.is_symlink() or not _may_make_files_in(folder):
            return self._bad("doctor.state_rights")
        return Finding.good(Subject.STATE, "doctor.state_new", file=self._file)

    def _is_usable(self, status: os.stat_result) -> bool:
        """`run` reads and writes it, makes files beside it, and sets its mode."""
        own = os.geteuid() in (0, status.st_uid)
        lock = self._lock.path
        files = [self._path, *([lock] if lock.exists() else [])]
        return (
            own
            and all(_may(file, os.R_OK | os.W_OK) for file in files)
            and _may_make_files_in(self._path.parent)
        )

    def _content(self) -> Finding:
        unfinished = Path(f"{self._path}-journal")
        if unfinished.exists() and unfinished.stat().st_size:
            return Finding.look(Subject.STATE, "doctor.state_unfinished", file=self._file)
        # immutable: nothing is locked, rolled back or made beside the file
        uri = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as db:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    return self._bad("doctor.state_broken")
                version = version_of(db)
        except sqlite3.DatabaseError:
            return self._bad("doctor.state_broken")
        if version is None or version > LATEST:
            return self._bad("doctor.state_foreign" if version is None else "doctor.state_later")
        return Finding.good(Subject.STATE, "doctor.state_good", file=self._file)

    def _bad(self, code: str) -> Finding:
        return Finding.bad(Subject.STATE, code, file=self._file)


class OwnStateCheck:
    """The journal that this bot itself uses; `name` is its name for people, `path` its file."""

    def __init__(self, journal: Journal, name: str, path: Path | None) -> None:
        self._journal = journal
        self._name = name
        self._path = path

    async def __call__(self) -> Sequence[Finding]:
        """Whether it still answers, and is still where it was."""
        file = self._name
        try:
            await self._journal.languages()
        except JournalError as error:
            full = error.code is Code.STATE_FULL
            code = "doctor.state_full" if full else "doctor.state_rights"
            return [Finding.bad(Subject.STATE, code, file=file)]
        if self._path is not None and not await asyncio.to_thread(self._path.exists):
            return [Finding.bad(Subject.STATE, "doctor.state_gone", file=file)]
        return [Finding.good(Subject.STATE, "doctor.state_own", file=file)]


def _may_make_files_in(folder: Path) -> bool:
    return folder.is_dir() and _may(folder, os.W_OK | os.X_OK)


def _may(path: Path, rights: int) -> bool:
    return os.access(path, rights, effective_ids=_EFFECTIVE)
