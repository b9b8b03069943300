"""A SQLite file that only its owner reads, used by one worker thread of one process."""

import asyncio
import errno
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.journals.schema import LATEST, bring_up_to_date, version_of

T = TypeVar("T")

# DELETE and EXTRA: a commit is on disk, its directory entry too. secure_delete: an erased
# secret leaves no bytes behind.
PRAGMAS = """
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = EXTRA;
PRAGMA secure_delete = ON;
"""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StateFile:
    """A file with today's tables, locked against a second process.

    `moved_aside` is where a broken file went when `open` had to begin a fresh one.
    """

    def __init__(self, path: Path) -> None:
        self.moved_aside: Path | None = None
        self._path = path
        self._lock = FileLock(f"{path}.lock", mode=0o600)
        self._worker: ThreadPoolExecutor | None = None
        self._db: sqlite3.Connection | None = None
        self._shut = Code.NOT_STARTED

    async def open(self) -> None:
        """Opens the file or makes it, mode 0600; a broken one is moved aside first.

        Raises `JournalError`: STATE_HELD when another process has it, STATE_LATER when a later
        version made it, STATE_UNUSABLE when it cannot be made or read, or is somebody else's.
        """
        self._take_lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="journal")
        try:
            await self._run(self._connect)
        except BaseException:
            await self.close()
            raise

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does it on the worker; once handed over it is done even if the caller is cancelled."""

        def with_connection() -> T:
            if self._db is None:
                raise JournalError(Code.STATE_UNUSABLE, str(self._path))
            return work(self._db)

        return await self._run(with_connection)

    async def close(self) -> None:
        """Waits for what was begun and gives the file back."""
        if self._worker is not None:
            await self._run(self._disconnect)
            self._worker.shutdown()
            self._worker = None
            self._shut = Code.STOPPED
        self._lock.release()

    async def _run(self, work: Callable[[], T]) -> T:
        if self._worker is None:
            raise JournalError(self._shut, str(self._path))
        return await asyncio.shield(
            asyncio.get_running_loop().run_in_executor(self._worker, self._guarded, work)
        )

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (sqlite3.Error, OSError, ValueError) as error:
            # its text may hold a value of a row
            raise JournalError(_code(error), str(self._path)) from None

    def _take_lock(self) -> None:
        """Holds the lock file and writes this process's number there for whoever comes second."""
        file = Path(self._lock.lock_file)
        try:
            self._lock.acquire(timeout=0)
            file.write_text(f"{os.getpid()}\n", encoding="ascii")
        except Timeout:
            holder = file.read_text(encoding="ascii", errors="replace").strip()
            raise JournalError(Code.STATE_HELD, str(self._path), holder=holder) from None
        except OSError as error:
            self._lock.release()
            raise JournalError(_code(error), str(self._path)) from None

    def _connect(self) -> None:
        db = self._open_file()
        if not _is_sound(db):
            self._disconnect()
            self.moved_aside = _move_aside(self._path)
            db = self._open_file()
        version = version_of(db)
        if version is None or version > LATEST:
            code = Code.STATE_UNUSABLE if version is None else Code.STATE_LATER
            raise JournalError(code, str(self._path)) from None
        self._path.chmod(0o600)
        db.executescript(PRAGMAS)
        bring_up_to_date(db, version)

    def _open_file(self) -> sqlite3.Connection:
        _make_private(self._path)
        db = self._db = sqlite3.connect(self._path, isolation_level=None)
        db.row_factory = sqlite3.Row
        return db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _make_private(path: Path) -> None:
    """Makes the file with its mode before SQLite opens it, so that it is never readable."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise


def _is_sound(db: sqlite3.Connection) -> bool:
    """False for a database that is damaged, or none. Raises `OperationalError` if it is away."""
    try:
        return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False


def _code(error: Exception) -> Code:
    if isinstance(error, OSError):
        return Code.STATE_FULL if error.errno in NO_ROOM else Code.STATE_UNUSABLE
    # A quota or a limit on the file's size reaches SQLite as a write that failed.
    name = getattr(error, "sqlite_errorname", "")
    full = name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
    return Code.STATE_FULL if full else Code.STATE_UNUSABLE


def _move_aside(path: Path) -> Path:
    """Renames a broken file and what SQLite keeps beside it; only its owner reads those."""
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    for suffix in ("", "-journal", "-wal", "-shm"):
        file, aside = Path(f"{path}{suffix}"), Path(f"{path}{suffix}.broken-{moment}")
        if file.exists():
            file.chmod(0o600)
            file.rename(aside)
    return Path(f"{path}.broken-{moment}")
