"""Who may do what with a file, and what else is attached to it."""

import errno
import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

_POSIX_LIST = "system.posix_acl_access"
_ACCESS_LISTS = (_POSIX_LIST, "system.nfs4_acl", "system.richacl")
# Sums over the content, and what no file keeps that is written.
_NOT_TO_BE_KEPT = ("security.ima", "security.evm", "security.capability")
# What a system answers where there is no such right, or no right to give it.
_REFUSED = (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EROFS)
_NOT_ITS_OWNERS = 0o077


@dataclass(frozen=True, slots=True)
class Rights:
    """Mode, owner, group, and the extended attributes by name, access lists among them.

    With a list the mode's bits for the group are the list's mask, as the system shows them.
    """

    mode: int
    owner: int
    group: int
    attributes: Mapping[str, bytes]

    @classmethod
    def of(cls, descriptor: int) -> "Rights":
        """Those of an open file. Raises `OSError`."""
        status = os.fstat(descriptor)
        mode = stat.S_IMODE(status.st_mode)
        return cls(mode, status.st_uid, status.st_gid, _attributes(descriptor))

    def private(self) -> "Rights":
        """The owner's alone."""
        others = {n: value for n, value in self.attributes.items() if n not in _ACCESS_LISTS}
        return replace(self, mode=0o600, attributes=others)

    def beyond(self, mode: int) -> int:
        """The bits by which others than the owner may do more than with that mode."""
        return self.mode & ~mode & _NOT_ITS_OWNERS

    def without(self, bits: int) -> "Rights":
        """The same but for these bits of the mode."""
        return replace(self, mode=self.mode & ~bits)

    def keeps(self, wanted: "Rights") -> bool:
        """Whether nobody has less than was wanted, nothing is lost, and no list was added."""
        lost = wanted.mode & ~self.mode & _NOT_ITS_OWNERS
        known = {name: self.attributes.get(name) for name in wanted.attributes}
        added = _POSIX_LIST in self.attributes.keys() - wanted.attributes.keys()
        return not lost and not added and known == wanted.attributes


def command_to_close(place: str) -> str:
    """The command that takes everybody's right to read from the file at that place."""
    home = "~/" if place.startswith("~/") else ""  # no shell finds a home in quotes
    return f"chmod o-r {home}{shlex.quote(place.removeprefix(home))}"


def kept(rights: Rights) -> Rights:
    """The same: those of another program's file."""
    return rights


def give(descriptor: int, wanted: Rights) -> None:
    """Gives an open file these rights; those that are refused stay as they are.

    Nobody may do more at any moment than in the end. Raises `OSError`, as for a full disk.
    """
    has = Rights.of(descriptor)
    if has.attributes.get(_POSIX_LIST) not in (None, wanted.attributes.get(_POSIX_LIST)):
        # what the folder adds to every file in it
        with _refusable():
            os.removexattr(descriptor, _POSIX_LIST)
    if (has.owner, has.group) != (wanted.owner, wanted.group):
        with _refusable():
            os.fchown(descriptor, wanted.owner, wanted.group)
    for name, value in wanted.attributes.items():
        if has.attributes.get(name) != value:
            with _refusable():
                os.setxattr(descriptor, name, value)
    # an access list has set the mode already
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != wanted.mode:
        with _refusable():
            os.fchmod(descriptor, wanted.mode)


def _attributes(descriptor: int) -> dict[str, bytes]:
    if not hasattr(os, "listxattr"):
        return {}
    found = {}
    with _refusable():
        for name in os.listxattr(descriptor):
            if name not in _NOT_TO_BE_KEPT:
                found[name] = os.getxattr(descriptor, name)
    return found


@contextmanager
def _refusable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
