"""How programs lock their own files; each `ProgramLock` does as its program does."""

import errno
import fcntl
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from bootstrap_bot.targets.neighbours import fresh

# Which of our processes made a lock, in a key that OpenClaw passes over.
_MAKER = "bootstrapBot"
_THIS_PROCESS = secrets.token_hex(8)
_LOCK_SIZE = 64 * 1024
# How long a program may take from making its lock to saying in it who holds it.
_GRACE_SECONDS = 0.5
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def filelock_lock(real: Path) -> Iterator[None]:
    """An flock on `<file>.lock`, which stays, as the library filelock takes it: nanobot's."""
    lock = real.with_name(real.name + ".lock")
    if not os.path.lexists(lock):
        with suppress(FileExistsError):
            os.close(_made(lock, real))
    with FileLock(lock, timeout=0):
        yield


class OpenClawLock:
    """OpenClaw's lock on its config: `<config>.lock`, made exclusively, gone in the end.

    It stands beside the config as that is named, also where that is a link. It says in JSON
    which process holds it, and OpenClaw takes over those of processes that are gone. One that
    a process of ours left behind is known by its maker and removed: of ours only one at a time
    comes here. An empty one is no longer held either: an earlier version of this program left
    it, or OpenClaw died before it was filled in. `grace_seconds` is how long it may stay empty.
    """

    def __init__(self, config: Path, *, grace_seconds: float = _GRACE_SECONDS) -> None:
        self._config = config
        self._grace_seconds = grace_seconds

    @contextmanager
    def __call__(self, real: Path) -> Iterator[None]:
        """Raises `Timeout` while OpenClaw holds it, or takes over one that nobody holds."""
        folder = Path(os.path.realpath(self._config.parent))
        lock = folder / f"{self._config.name}.lock"
        if self._is_abandoned(lock):
            lock.unlink(missing_ok=True)
        if os.path.lexists(f"{lock}.reclaim"):
            raise Timeout(str(lock))
        text = _claim()
        try:
            _put(lock, text, real)
        except FileExistsError:
            raise Timeout(str(lock)) from None
        try:
            yield
        finally:
            if _content(lock) == text:
                lock.unlink(missing_ok=True)

    def _is_abandoned(self, lock: Path) -> bool:
        text = _content(lock)
        if text:
            return _maker(text) not in (None, _THIS_PROCESS)
        return text is not None and self._stays_empty(lock)

    def _stays_empty(self, lock: Path) -> bool:
        with suppress(FileNotFoundError):
            before = os.lstat(lock)
            if not _is_flocked(lock):
                time.sleep(self._grace_seconds)
                return os.path.samestat(before, os.lstat(lock)) and _content(lock) == b""
        return False


def _claim() -> bytes:
    """What OpenClaw writes into a lock, and which process of ours made it."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    claim: dict[str, int | str] = {"pid": os.getpid(), "createdAt": moment}
    with suppress(OSError, ValueError, IndexError):
        # proc(5): the 22nd field, the 20th after the name, which may hold blanks and brackets
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
        claim["starttime"] = int(fields.rpartition(")")[2].split()[19])
    return json.dumps({**claim, _MAKER: _THIS_PROCESS}, indent=2).encode() + b"\n"


def _maker(text: bytes) -> str | None:
    """The process of ours that made it; None when it is not ours."""
    with suppress(ValueError, RecursionError):
        claim = json.loads(text)
        if isinstance(claim, dict) and isinstance(claim.get(_MAKER), str):
            return str(claim[_MAKER])
    return None


def _put(lock: Path, text: bytes, real: Path) -> None:
    """Makes the lock in one step: an empty one of a killed process would never be taken over."""
    filled = fresh(lock)
    try:
        _write(filled, text, real)
        os.link(filled, lock)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _write(lock, text, real)
    finally:
        filled.unlink(missing_ok=True)


def _write(file: Path, text: bytes, real: Path) -> None:
    descriptor = _made(file, real)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _made(file: Path, real: Path) -> int:
    """A file that was not there, which the owner of the real one can open too."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    with suppress(OSError):
        owner = os.stat(real)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def _content(lock: Path) -> bytes | None:
    """What stands in it; None when there is no such file, or none that could be read."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return file.read(_LOCK_SIZE) if is_file else None


def _is_flocked(lock: Path) -> bool:
    with suppress(FileNotFoundError), lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
