"""Replaces one text file: in one step, under a lock, or not at all."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_lock import ProgramLock, locked
from bootstrap_bot.targets.neighbours import copy_of, drop_idle_lock, old_copies_of, sweep
from bootstrap_bot.targets.rights import Rights, give
from bootstrap_bot.targets.snapshot import Snapshot
from bootstrap_bot.targets.staging import Give, Ready, RightsPolicy, Staging

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


@dataclass(frozen=True, slots=True)
class Written:
    """What a change came to.

    `narrowed`: others than the owner could do more before. `exposed`: they can read it, though
    they should not.
    """

    changed: bool
    narrowed: bool = False
    exposed: bool = False


class FileWriter:
    """Reads and changes one UTF-8 file; blocks, so event loops call it in a thread.

    A symbolic link is followed, not replaced. `place` is how its owner knows it, by default its
    name. `policy` gives the new file's rights from the old one's, and `give` gives it those; one
    that was missing is its owner's alone. `program_lock` is how the file's program locks it, if
    it does. `lock_seconds` is how long another holder of the folder or of that lock is waited for.
    """

    def __init__(
        self,
        path: Path,
        place: str = "",
        *,
        policy: RightsPolicy = Rights.private,
        program_lock: ProgramLock | None = None,
        lock_seconds: float = 10.0,
        give: Give = give,
    ) -> None:
        self.path = path
        self._place = place or path.name
        self._policy = policy
        self._staging = Staging(self._place, policy, give)
        self._program_lock = program_lock
        self._lock_seconds = lock_seconds

    def read(self) -> str:
        """The text with its line ends and byte order mark; "" when there is no file.

        Raises TargetError; UNPARSABLE when the bytes are not UTF-8.
        """
        with self._coded():
            data = Snapshot.of(self.path).data
        return self._decoded(data)

    def change(
        self, edit: Callable[[str], str], *, backed_up: bool = True, exposed: bool = False
    ) -> Written:
        """Replaces the text by what `edit` makes of it; nothing is written when that is the same.

        The text before is kept as a copy if it is to be `backed_up`, else that stays as it is.
        It may be `exposed`: written though everybody may read it, or more people than should.

        `edit` is called again with the newer text when the file changed meanwhile, so it must
        have no effect of its own; what it raises passes through. Raises TargetError, and then
        the file is as it was.
        """
        real = self._real()
        with self._coded(), self._alone(real, self._lock_seconds) as folder:
            for _ in range(_TRIES):
                before = Snapshot.of(self.path)
                old = self._decoded(before.data)
                new = edit(old)
                if new == old:
                    return Written(changed=False)
                if before.path != real:
                    continue
                ready = self._staging.ready(
                    before, self._encoded(new), copied=backed_up, exposed=exposed
                )
                with ready as files:
                    if self._swap(before, files):
                        _sync_folder(folder)
                        narrowed = not files.exposed and self._narrows(before.rights)
                        return Written(changed=True, narrowed=narrowed, exposed=files.exposed)
        raise TargetError(Code.KEEPS_CHANGING, self._place)

    def probe(self) -> None:
        """Does all that a change does but for the renaming. Raises TargetError."""
        with self._coded(), self._alone(self._real(), self._lock_seconds):
            before = Snapshot.of(self.path)
            grown = before.data + bytes(_PLATFORM_SIZE)
            with self._staging.ready(before, grown, copied=True, exposed=False):
                pass

    def tidy(self) -> None:
        """Takes all locks once, which removes what killed processes left; waits for nobody.

        Raises TargetError.
        """
        with self._coded(), self._alone(self._real(), 0.0):
            pass

    def old_copies(self) -> Sequence[Path]:
        """Files beside this one that an earlier version may have made, with a secret in them.

        Raises TargetError.
        """
        with self._coded():
            return old_copies_of(self._real())

    @contextmanager
    def _alone(self, real: Path, seconds: float) -> Iterator[int]:
        """Nobody else changes the file meanwhile; gives its folder's descriptor."""
        with locked(real, self._program_lock, seconds) as folder:
            sweep(real.parent)
            # the name belongs to a program that has such a lock
            if self._program_lock is None:
                drop_idle_lock(real)
            yield folder

    def _swap(self, before: Snapshot, files: Ready) -> bool:
        """Puts the new file in the old one's place; False when that is not as it was read."""
        kept = copy_of(before.path)
        with ExitStack() as undo:
            if files.copy is not None:
                if Snapshot.of(self.path) != before:
                    return False
                if not os.path.lexists(kept):
                    undo.callback(kept.unlink, missing_ok=True)
                os.replace(files.copy, kept)
            # looked at last of all: whatever lies between this and the rename is a window
            if Snapshot.of(self.path) != before:
                return False
            self._rename(files.new, before.path)
            undo.pop_all()
        return True

    def _narrows(self, before: Rights | None) -> bool:
        return before is not None and before.beyond(self._policy(before).mode) != 0

    def _rename(self, new: Path, real: Path) -> None:
        try:
            os.replace(new, real)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            raise TargetError(Code.MOUNT_POINT, self._place) from None

    def _real(self) -> Path:
        return Path(os.path.realpath(self.path))

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


def _sync_folder(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # some network and FUSE file systems have no such thing
        if error.errno != errno.EINVAL:
            raise
