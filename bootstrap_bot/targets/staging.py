"""Files made ready to take another one's place: on disk, with its rights, yet to be renamed."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.inode_flags import is_frozen
from bootstrap_bot.targets.mounts import is_mount_point, mount_of
from bootstrap_bot.targets.neighbours import copy_of, fresh
from bootstrap_bot.targets.rights import Rights, give
from bootstrap_bot.targets.snapshot import Snapshot

RightsPolicy = Callable[[Rights], Rights]
Give = Callable[[int, Rights], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """The new file and the copy of the one before, if there is to be one.

    `exposed`: others than the owner may read the new one, though they should not.
    """

    new: Path
    copy: Path | None
    exposed: bool


class Staging:
    """Makes both files. `policy` gives the new file's rights from the old one's."""

    def __init__(self, place: str, policy: RightsPolicy, give: Give = give) -> None:
        self._place = place
        self._policy = policy
        self._give = give

    @contextmanager
    def ready(
        self, before: Snapshot, data: bytes, *, copied: bool, exposed: bool
    ) -> Iterator[Ready]:
        """Everything but the renaming; gone in the end unless it was renamed.

        Unless it may be `exposed`, no file is made that everybody may read, or that more people
        may read than should. Raises TargetError and `OSError`.
        """
        self._check_replaceable(before, copied)
        policy = self._policy if before.rights else Rights.private
        # whoever could read the text before may read its copy, where it cannot be helped
        known = before.rights.mode if before.rights else 0
        with ExitStack() as stack:
            new, open_to = stack.enter_context(self._staged(before, data, policy, 0, exposed))
            copy = None
            if copied and before.rights:
                staged = self._staged(before, before.data, Rights.private, known, exposed)
                copy, _ = stack.enter_context(staged)
            yield Ready(new, copy, open_to)

    def _check_replaceable(self, before: Snapshot, copied: bool) -> None:
        if is_mount_point(before.path):
            raise TargetError(Code.MOUNT_POINT, self._place)
        if before.names > 1:
            raise TargetError(Code.HARD_LINKED, self._place)
        if is_frozen(before.path) or is_frozen(before.path.parent):
            raise TargetError(Code.NO_PERMISSION, self._place)
        if copied and before.rights and not _may_be_replaced(copy_of(before.path)):
            raise TargetError(Code.COPY_BLOCKED, self._place)

    @contextmanager
    def _staged(
        self, before: Snapshot, data: bytes, policy: RightsPolicy, known: int, exposed: bool
    ) -> Iterator[tuple[Path, bool]]:
        """One file beside the real one, and whether it is exposed."""
        temporary = fresh(before.path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600)
        try:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                wanted = policy(before.rights or Rights.of(descriptor))
                self._give(descriptor, wanted)
                open_to = self._judged(descriptor, wanted, known, before.path, exposed)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            yield temporary, open_to
        finally:
            temporary.unlink(missing_ok=True)

    def _judged(
        self, descriptor: int, wanted: Rights, known: int, real: Path, exposed: bool
    ) -> bool:
        """Whether the file is exposed; raises TargetError if it may not be, or lost a right."""
        got = Rights.of(descriptor)
        if (got.owner, got.group) != (wanted.owner, wanted.group):
            raise TargetError(Code.FOREIGN_OWNER, self._place)
        if not got.keeps(wanted):
            raise TargetError(Code.RIGHTS_NOT_KEPT, self._place)
        fitting = wanted.mode & ~stat.S_IROTH | known
        bits = got.beyond(fitting)
        if not bits or exposed:
            return bool(bits)
        # whether that can be helped decides what there is to do
        self._give(descriptor, wanted.without(bits))
        if Rights.of(descriptor).beyond(fitting):
            about = str(mount_of(real))
            raise TargetError(Code.RIGHTS_FIXED, self._place, about=about)
        raise TargetError(Code.READABLE_BY_ALL, self._place)


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
