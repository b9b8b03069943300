"""The rights of a replaced file: kept to the bit, with the same readers, or nothing is written."""

import errno
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.neighbours import copy_of
from bootstrap_bot.targets.rights import Rights, command_to_close, kept
from bootstrap_bot.targets.rights import give as really_give
from bootstrap_bot.targets.staging import Give
from tests.support.mounts import without_modes
from tests.support.system_calls import failing

LIST, DEFAULT_LIST = "system.posix_acl_access", "system.posix_acl_default"
# acl(5): tags of the entries of an access list; an entry that is for nobody by number.
OWNER, USER, GROUP, NAMED_GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
NOBODYS = 0xFFFFFFFF
READER, MEMBERS = 1234, 4321

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes owners")


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """Tag, rights and number of each entry, as the system keeps them."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def readable_by(reader: int, *, others: int = 0, group: int = 0) -> bytes:
    """One person may read besides the owner; the group may do what is told."""
    return access_list(
        *((OWNER, 6, NOBODYS), (USER, 4, reader), (GROUP, group, NOBODYS)),
        *((MASK, 4, NOBODYS), (OTHER, others, NOBODYS)),
    )


GIVEN = readable_by(READER)
LISTS = (
    GIVEN,
    readable_by(READER, group=4),
    access_list(
        *((OWNER, 6, NOBODYS), (USER, 6, READER), (USER, 4, 1235), (GROUP, 4, NOBODYS)),
        *((NAMED_GROUP, 6, MEMBERS), (NAMED_GROUP, 0, 4322)),
        *((MASK, 6, NOBODYS), (OTHER, 0, NOBODYS)),
    ),
    # a mask that leaves nothing of what the others may do
    access_list(
        *((OWNER, 6, NOBODYS), (USER, 7, READER), (GROUP, 6, NOBODYS)),
        *((MASK, 0, NOBODYS), (OTHER, 0, NOBODYS)),
    ),
)


def attached(path: Path, name: str, value: bytes) -> None:
    """Skips where the file system has no such thing."""
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        pytest.skip(f"the file system knows no {name}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "f.env"
    path.parent.mkdir()
    path.touch(0o600)
    path.write_text("old")
    return path


@pytest.fixture
def passable(tmp_path: Path) -> Iterator[Path]:
    """A file in a folder that every user can get to."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "f.env"
        path.write_text("old")
        path.chmod(0o600)
        yield path


def rights_of(path: Path) -> Rights:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return Rights.of(descriptor)
    finally:
        os.close(descriptor)


def another_programs(path: Path, give: Give = really_give) -> FileWriter:
    return FileWriter(path, policy=kept, lock_seconds=0, give=give)


def more(text: str) -> str:
    return text + "!"


def refused(writer: FileWriter) -> Code:
    """What a change and a probe are refused for, both with nothing written."""
    before, names = writer.path.read_text(), set(os.listdir(writer.path.parent))
    codes = set()
    for act in (writer.probe, lambda: writer.change(more)):
        with pytest.raises(TargetError) as caught:
            act()
        codes.add(caught.value.code)
        assert caught.value.place == writer.path.name
    assert (writer.path.read_text(), set(os.listdir(writer.path.parent))) == (before, names)
    [code] = codes
    return code


# What is kept.


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o400, 0o700, 0o602, 0o671, 0o6750, 0o1600])
def test_another_programs_file_keeps_its_mode(file: Path, mode: int) -> None:
    file.chmod(mode)
    before = rights_of(file)
    another_programs(file).probe()
    written = another_programs(file).change(more)
    assert (written.narrowed, written.exposed) == (False, False)
    assert rights_of(file) == before
    assert before.mode == mode
    assert rights_of(copy_of(file)) == replace(before, mode=0o600)


@pytest.mark.parametrize("entries", LISTS)
def test_another_programs_file_keeps_its_access_list(file: Path, entries: bytes) -> None:
    attached(file, LIST, entries)
    before = rights_of(file)
    for text in ("old!", "old!!"):
        another_programs(file).change(more)
        assert file.read_text() == text
        assert rights_of(file) == before
    assert os.getxattr(file, LIST) == entries
    copy = rights_of(copy_of(file))
    assert (copy.mode, LIST in copy.attributes) == (0o600, False)


@as_root
@pytest.mark.parametrize("entries", LISTS)
def test_owner_group_and_list_are_kept_together(file: Path, entries: bytes) -> None:
    os.chown(file, 999, MEMBERS)
    file.chmod(0o640)
    attached(file, LIST, entries)
    before = rights_of(file)
    another_programs(file).change(more)
    assert rights_of(file) == before
    assert (before.owner, before.group) == (999, MEMBERS)


def may_read(path: Path, user: int, group: int) -> bool:
    done = subprocess.run(
        ["/bin/cat", str(path)],
        user=user,
        group=group,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@as_root
@pytest.mark.parametrize("entries", [b"", *LISTS])
def test_a_replaced_file_has_the_same_readers_as_before(passable: Path, entries: bytes) -> None:
    os.chown(passable, 0, MEMBERS)
    passable.chmod(0o640)
    if entries:
        attached(passable, LIST, entries)
    people = [(READER, 9), (1235, 9), (1236, MEMBERS), (1236, 4322), (READER, MEMBERS)]
    readers = [who for who in people if may_read(passable, *who)]
    another_programs(passable).change(more)
    assert passable.read_text() == "old!"
    assert [who for who in people if may_read(passable, *who)] == readers
    assert [who for who in people if may_read(copy_of(passable), *who)] == []


def test_attributes_are_kept_whatever_is_in_them(file: Path) -> None:
    values = {"user.comment": "意思".encode(), "user.empty": b"", "user.bytes": bytes(range(256))}
    for name, value in values.items():
        attached(file, name, value)
    another_programs(file).change(more)
    assert {name: os.getxattr(file, name) for name in values} == values


def test_our_own_file_keeps_attributes_and_loses_its_list(file: Path) -> None:
    attached(file, "user.comment", b"mine")
    attached(file, LIST, GIVEN)
    assert FileWriter(file).change(more).narrowed
    now = rights_of(file)
    assert (now.mode, dict(now.attributes).get(LIST)) == (0o600, None)
    assert now.attributes["user.comment"] == b"mine"


@pytest.mark.parametrize("own", [None, GIVEN])
@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_what_a_folder_adds_to_every_file_adds_no_reader(
    file: Path, mode: int, own: bytes | None
) -> None:
    file.chmod(mode)
    attached(file.parent, DEFAULT_LIST, readable_by(1235, group=4, others=4))
    if own:
        attached(file, LIST, own)
    before = rights_of(file)
    another_programs(file).change(more)
    assert rights_of(file) == before
    copy = rights_of(copy_of(file))
    assert (copy.mode, LIST in copy.attributes) == (0o600, False)
    made = file.with_name("made.env")
    another_programs(made).change(more)
    now = rights_of(made)
    assert (now.mode, LIST in now.attributes) == (0o600, False)


@as_root
def test_a_folder_that_gives_its_group_to_every_file_does_not_to_this_one(file: Path) -> None:
    os.chown(file.parent, 0, 4322)
    file.parent.chmod(0o2770)
    os.chown(file, 0, MEMBERS)
    file.chmod(0o640)
    before = rights_of(file)
    another_programs(file).change(more)
    assert rights_of(file) == before


# What cannot be kept.


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EACCES])
@pytest.mark.parametrize(("name", "value"), [(LIST, GIVEN), ("user.comment", b"mine")])
def test_what_cannot_be_kept_means_that_nothing_is_written(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: bytes, number: int
) -> None:
    attached(file, name, value)
    failing(monkeypatch, "setxattr", number)
    assert refused(another_programs(file)) is Code.RIGHTS_NOT_KEPT


def test_what_a_folder_adds_and_nobody_can_take_away_means_that_nothing_is_written(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached(file.parent, DEFAULT_LIST, readable_by(1235, group=4))
    failing(monkeypatch, "removexattr", errno.EPERM)
    assert refused(another_programs(file)) is Code.RIGHTS_NOT_KEPT


def test_a_disk_that_is_full_of_attributes_is_full(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached(file, "user.comment", b"mine")
    failing(monkeypatch, "setxattr", errno.ENOSPC)
    assert refused(another_programs(file)) is Code.NO_SPACE


def test_a_list_that_changes_meanwhile_is_taken_over(file: Path) -> None:
    def edit(text: str) -> str:
        attached(file, LIST, GIVEN)
        return more(text)

    another_programs(file).change(edit)
    assert os.getxattr(file, LIST) == GIVEN


@pytest.mark.parametrize("writer", [another_programs, FileWriter])
def test_a_file_with_a_second_name_is_not_split(
    file: Path, writer: Callable[[Path], FileWriter]
) -> None:
    second = file.with_name("second")
    os.link(file, second)
    assert refused(writer(file)) is Code.HARD_LINKED
    assert os.path.samefile(file, second)
    second.unlink()
    writer(file).change(more)
    assert file.read_text() == "old!"


@as_root
@pytest.mark.parametrize("flag", ["i", "a"])
@pytest.mark.parametrize("what", ["the file", "its folder"])
def test_what_nobody_can_replace_is_told_before_it_is_needed(
    file: Path, what: str, flag: str
) -> None:
    frozen = str(file if what == "the file" else file.parent)
    chattr = shutil.which("chattr") or "false"
    done = subprocess.run([chattr, f"+{flag}", frozen], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("the file system has no such flag")
    try:
        assert refused(another_programs(file)) is Code.NO_PERMISSION
    finally:
        subprocess.run([chattr, f"-{flag}", frozen], check=True)


# What everybody may read.


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o666, 0o755])
def test_what_everybody_may_read_is_written_only_if_its_admin_says_so(
    file: Path, mode: int
) -> None:
    file.chmod(mode)
    assert refused(another_programs(file)) is Code.READABLE_BY_ALL
    written = another_programs(file).change(more, exposed=True)
    assert (written.changed, written.exposed) == (True, True)
    assert rights_of(file).mode == mode
    assert rights_of(copy_of(file)).mode == 0o600
    file.chmod(mode & ~0o004)
    assert not another_programs(file).change(more).exposed
    assert rights_of(file).mode == mode & ~0o004


def test_a_list_that_lets_everybody_read_is_asked_about_too(file: Path) -> None:
    attached(file, LIST, readable_by(READER, others=4))
    assert refused(another_programs(file)) is Code.READABLE_BY_ALL
    another_programs(file).change(more, exposed=True)
    assert os.getxattr(file, LIST) == readable_by(READER, others=4)


def test_nothing_to_write_is_nothing_to_ask(file: Path) -> None:
    file.chmod(0o644)
    assert not another_programs(file).change(lambda text: text).changed


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("~/.hermes/.env", "chmod o-r ~/.hermes/.env"),
        ("~/my bot/.env", "chmod o-r ~/'my bot/.env'"),
        ("/srv/a;b", "chmod o-r '/srv/a;b'"),
        ("$(reboot)", "chmod o-r '$(reboot)'"),
    ],
)
def test_the_command_that_closes_a_file_can_be_pasted(place: str, command: str) -> None:
    assert command_to_close(place) == command


# File systems that give every file the rights of their mount.


@pytest.mark.parametrize(("mode", "code"), [(0o644, Code.RIGHTS_FIXED), (0o600, None)])
def test_what_the_system_refuses_is_told_apart_from_what_matters(
    file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, code: Code | None
) -> None:
    file.chmod(mode)
    without_modes(monkeypatch, mode)
    for writer in (another_programs(file), FileWriter(file)):
        if code is None:
            writer.probe()
            writer.change(more)
        else:
            assert refused(writer) is code


def mounted_with(mode: int) -> Give:
    """Gives what it can, and no mode but this one."""

    def give(descriptor: int, wanted: Rights) -> None:
        really_give(descriptor, replace(wanted, mode=mode))

    return give


@pytest.mark.parametrize("mode", [0o755, 0o644, 0o777])
def test_a_mount_that_lets_everybody_read_is_named(file: Path, mode: int) -> None:
    file.chmod(mode)
    for writer in (
        another_programs(file, mounted_with(mode)),
        FileWriter(file, give=mounted_with(mode)),
    ):
        assert refused(writer) is Code.RIGHTS_FIXED
        with pytest.raises(TargetError) as caught:
            writer.probe()
        assert os.path.ismount(caught.value.about)
        assert str(file).startswith(caught.value.about)
        written = writer.change(more, exposed=True)
        assert (written.exposed, written.narrowed) == (True, False)
    assert file.read_text() == "old!!"


def test_a_mount_that_lets_a_group_read_is_asked_about_for_our_own_file(file: Path) -> None:
    file.chmod(0o770)
    assert refused(FileWriter(file, give=mounted_with(0o770))) is Code.RIGHTS_FIXED
    another_programs(file, mounted_with(0o770)).change(more)
    assert file.read_text() == "old!"


@pytest.mark.parametrize("mode", [0o700, 0o600])
def test_a_mount_that_keeps_everybody_out_is_good_enough(file: Path, mode: int) -> None:
    file.chmod(mode)
    for writer in (
        another_programs(file, mounted_with(mode)),
        FileWriter(file, give=mounted_with(mode)),
        FileWriter(file.with_name("made"), give=mounted_with(mode)),
    ):
        writer.probe()
        assert not writer.change(more).exposed


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_a_refused_mode_that_is_not_needed_hinders_nobody(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failing(monkeypatch, "fchmod", number)
    FileWriter(file).change(more)
    assert file.read_text() == "old!"
