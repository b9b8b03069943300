"""Replaces one text file: in one step, under a lock, or not at all."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_lock import ProgramLock, locked
from bootstrap_bot.targets.mounts import is_mount_point
from bootstrap_bot.targets.neighbours import copy_of, drop_idle_lock, fresh, old_copy_of, sweep

ModePolicy = Callable[[int], int]

_TRIES = 5
# Bytes that a platform's table takes, generously.
_PLATFORM_SIZE = 1024
_CODES: Mapping[int | None, Code] = {
    errno.ENOSPC: Code.NO_SPACE,
    errno.EDQUOT: Code.NO_SPACE,
    errno.EFBIG: Code.NO_SPACE,
    errno.EACCES: Code.NO_PERMISSION,
    errno.EPERM: Code.NO_PERMISSION,
    errno.EROFS: Code.NO_PERMISSION,
    errno.ENOENT: Code.FILE_MISSING,
    errno.ENOTDIR: Code.FILE_MISSING,
}


def private(_mode: int) -> int:
    """The mode of a file of ours, whatever it was: its owner's alone."""
    return 0o600


def without_others(mode: int) -> int:
    """The mode of somebody else's file: as it was, with nothing for others."""
    return mode & 0o770


@dataclass(frozen=True, slots=True)
class Written:
    """What a change came to; `narrowed`: others than the owner had more access before."""

    changed: bool
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A file as it stood at one moment; no `status` when there was none."""

    path: Path
    data: bytes = b""
    status: os.stat_result | None = None

    def equals(self, other: "_Snapshot") -> bool:
        return (self.path, self.data, self._identity()) == (
            other.path,
            other.data,
            other._identity(),
        )

    def _identity(self) -> tuple[int, ...]:
        s = self.status
        return (s.st_dev, s.st_ino, s.st_mtime_ns, s.st_mode, s.st_uid, s.st_gid) if s else ()


class FileWriter:
    """Reads and changes one UTF-8 file; blocks, so event loops call it in a thread.

    A symbolic link is followed, not replaced. `place` is how its owner knows it, by default its
    name. `mode` gives the new mode from the old one; a file
    that was missing gets 0600. `lock_seconds` is how long another holder of `<file>.lock` is
    waited for.
    """

    def __init__(
        self,
        path: Path,
        place: str = "",
        *,
        mode: ModePolicy = private,
        program_lock: ProgramLock | None = None,
        lock_seconds: float = 10.0,
    ) -> None:
        self.path = path
        self._place = place or path.name
        self._mode = mode
        self._program_lock = program_lock
        self._lock_seconds = lock_seconds

    def read(self) -> str:
        """The text with its line ends and byte order mark; "" when there is no file.

        Raises TargetError; UNPARSABLE when the bytes are not UTF-8.
        """
        with self._coded():
            snapshot = self._snapshot()
        return self._decoded(snapshot.data)

    def change(self, edit: Callable[[str], str], *, backed_up: bool = True) -> Written:
        """Replaces the text by what `edit` makes of it; nothing is written when that is the same.

        The text before is kept as a copy if it is to be `backed_up`, else that stays as it is.

        `edit` is called again with the newer text when the file changed meanwhile, so it must
        have no effect of its own; what it raises passes through. Raises TargetError, and then
        the file is as it was.
        """
        real = self._real()
        with self._coded(), self._alone(real, self._lock_seconds) as folder:
            for _ in range(_TRIES):
                before = self._snapshot()
                old = self._decoded(before.data)
                new = edit(old)
                if new == old:
                    return Written(changed=False)
                if before.path == real and self._swap(before, self._encoded(new), backed_up):
                    _sync_folder(folder)
                    return Written(changed=True, narrowed=self._narrows(before.status))
        raise TargetError(Code.KEEPS_CHANGING, self._place)

    def probe(self) -> None:
        """Does all that a change does but for the renaming. Raises TargetError."""
        with self._coded(), self._alone(self._real(), self._lock_seconds):
            before = self._snapshot()
            grown = before.data + bytes(_PLATFORM_SIZE)
            with self._prepared(before, grown, backed_up=True):
                pass

    def tidy(self) -> None:
        """Takes all locks once, which removes what killed processes left; waits for nobody.

        Raises TargetError.
        """
        with self._coded(), self._alone(self._real(), 0.0):
            pass

    def old_copy(self) -> Path | None:
        """A file beside this one that may be an earlier version's copy; it may hold a secret."""
        return old_copy_of(self._real())

    @contextmanager
    def _alone(self, real: Path, seconds: float) -> Iterator[int]:
        """Nobody else changes the file meanwhile; gives its folder's descriptor."""
        with locked(real, self._program_lock, seconds) as folder:
            sweep(real.parent)
            # the name belongs to a program that has such a lock
            if self._program_lock is None:
                drop_idle_lock(real)
            yield folder

    @contextmanager
    def _prepared(
        self, before: _Snapshot, data: bytes, *, backed_up: bool
    ) -> Iterator[tuple[Path, Path | None]]:
        """Files on disk that only have to be renamed: the one, and the copy of the one before."""
        if is_mount_point(before.path):
            raise TargetError(Code.MOUNT_POINT, self._place)
        mode = self._mode(before.status.st_mode) if before.status else 0o600
        with ExitStack() as stack:
            new = stack.enter_context(self._staged(before, data, mode))
            copy = None
            if before.status and backed_up:
                if not _may_be_replaced(copy_of(before.path)):
                    raise TargetError(Code.COPY_BLOCKED, self._place)
                copy = stack.enter_context(self._staged(before, before.data, 0o600))
            yield new, copy

    def _swap(self, before: _Snapshot, data: bytes, backed_up: bool) -> bool:
        """Puts new bytes in the file's place; False when it is no longer as it was read."""
        real, kept = before.path, copy_of(before.path)
        with (
            self._prepared(before, data, backed_up=backed_up) as (new, copy),
            ExitStack() as undo,
        ):
            if copy is not None:
                if not self._snapshot().equals(before):
                    return False
                if not os.path.lexists(kept):
                    undo.callback(kept.unlink, missing_ok=True)
                os.replace(copy, kept)
            # looked at last of all: whatever lies between this and the rename is a window
            if not self._snapshot().equals(before):
                return False
            self._rename(new, real)
            undo.pop_all()
        return True

    def _narrows(self, status: os.stat_result | None) -> bool:
        return status is not None and bool(status.st_mode & ~self._mode(status.st_mode) & 0o077)

    def _rename(self, new: Path, real: Path) -> None:
        try:
            os.replace(new, real)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            raise TargetError(Code.MOUNT_POINT, self._place) from None

    @contextmanager
    def _staged(self, before: _Snapshot, data: bytes, mode: int) -> Iterator[Path]:
        """A file on disk beside the real one, with its owner; gone in the end unless renamed."""
        temporary = fresh(before.path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600)
        try:
            try:
                if before.status:
                    self._keep_owner(descriptor, before.status)
                os.fchmod(descriptor, mode)
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _keep_owner(self, descriptor: int, wanted: os.stat_result) -> None:
        own = os.fstat(descriptor)
        if (own.st_uid, own.st_gid) == (wanted.st_uid, wanted.st_gid):
            return
        try:
            os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
        except OSError:
            raise TargetError(Code.FOREIGN_OWNER, self._place) from None

    def _real(self) -> Path:
        return Path(os.path.realpath(self.path))

    def _snapshot(self) -> _Snapshot:
        real = self._real()
        try:
            # without O_NONBLOCK the opening of a pipe would wait for its other end
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return _Snapshot(real)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise TargetError(Code.TARGET_FAILED, self._place)
        with os.fdopen(descriptor, "rb") as file:
            return _Snapshot(real, file.read(), status)

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            line, column = data.count(b"\n", 0, error.start) + 1, error.start
            column -= data.rfind(b"\n", 0, error.start)
        # outside the handler: the decoder's error holds the whole file
        raise TargetError(Code.UNPARSABLE, self._place, line=line, column=column)

    def _encoded(self, text: str) -> bytes:
        with suppress(UnicodeEncodeError):
            return text.encode()
        raise TargetError(Code.TARGET_FAILED, self._place)

    @contextmanager
    def _coded(self) -> Iterator[None]:
        try:
            yield
        except Timeout:
            raise TargetError(Code.LOCKED, self._place) from None
        except OSError as error:
            code = _CODES.get(error.errno, Code.TARGET_FAILED)
            raise TargetError(code, self._place) from None


def _may_be_replaced(copy: Path) -> bool:
    """Whether there is nothing of that name, or a file; anything else is not of our making."""
    try:
        status = os.lstat(copy)
    except FileNotFoundError:
        return True
    folder = os.stat(copy.parent)
    owners = (status.st_uid, folder.st_uid)
    kept_by_others = folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, *owners)
    return stat.S_ISREG(status.st_mode) and not kept_by_others


def _sync_folder(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # some network and FUSE file systems have no such thing
        if error.errno != errno.EINVAL:
            raise
