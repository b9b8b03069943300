"""The rules of replacing a file one by one, in this very process; faults are made to order."""

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets import mounts
from bootstrap_bot.targets.file_writer import FileWriter, Written
from bootstrap_bot.targets.neighbours import copy_of
from tests.support.folder_lock import FolderLock
from tests.support.system_calls import failing, largest_file

PLACE = "the owner's file"
NOBODY = 65534
LEFTOVER = ".bootstrap-bot-new-"
Act = Callable[[], object]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes owners")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "config.toml"
    write(path, "old")
    return path


def write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)


def version(file: Path) -> tuple[int, ...]:
    """Which file it is and when it was last changed in any way; reading makes no difference."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def names(file: Path) -> set[str]:
    return {entry.name for entry in file.parent.iterdir()}


def more(text: str) -> str:
    return text + "!"


def writer(file: Path) -> FileWriter:
    return FileWriter(file, PLACE, lock_seconds=0)


def code_of(act: Act, line: int = 0, column: int = 0) -> Code:
    with pytest.raises(TargetError) as caught:
        act()
    error = caught.value
    assert (error.place, error.line, error.column) == (PLACE, line, column)
    assert error.__cause__ is None
    return error.code


def held_open(folder: Path) -> list[str]:
    """What this process has open in that folder, and the folder itself."""
    found: list[str] = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of the listing
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return [name for name in found if name.startswith(str(folder))]


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        pytest.fail("another holder was waited for")

    monkeypatch.setattr(time, "sleep", sleep)


# Words and modes.


def test_the_place_is_the_files_name_unless_its_owner_has_another(file: Path) -> None:
    file.write_bytes(b"\xff")
    for one, place in ((FileWriter(file), "config.toml"), (FileWriter(file, PLACE), PLACE)):
        with pytest.raises(TargetError) as caught:
            one.read()
        assert caught.value.place == place
        assert one.path == file


def test_a_file_that_was_not_there_is_not_narrowed(file: Path) -> None:
    assert FileWriter(file.with_name("new")).change(more) == Written(True, narrowed=False)


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b"ab\xff\n\xff", 1, 3),
        (b"\n\xff", 2, 1),
        (b"a\n\nbc\xc3", 3, 3),
        (b"a\r\n\xffb", 2, 1),
    ],
)
def test_the_first_byte_that_is_not_utf8_is_told(
    file: Path, data: bytes, line: int, column: int
) -> None:
    file.write_bytes(data)
    assert code_of(writer(file).read, line, column) is Code.UNPARSABLE


# The lock and what is left behind.


@pytest.mark.usefixtures("no_waiting")
def test_a_lock_that_is_held_is_not_waited_for_without_time(file: Path) -> None:
    with FolderLock(file):
        assert code_of(lambda: writer(file).change(more)) is Code.LOCKED
        assert code_of(writer(file).probe) is Code.LOCKED
    assert file.read_text() == "old"
    writer(file).change(more)
    writer(file).probe()


@pytest.mark.parametrize("act", ["change", "probe"])
def test_a_lock_that_is_held_is_waited_for_as_long_as_told(
    file: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    lock = FolderLock(file)
    lock.acquire()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        lock.release()

    monkeypatch.setattr(time, "sleep", sleep)
    patient = FileWriter(file, lock_seconds=5)
    if act == "change":
        patient.change(more)
    else:
        patient.probe()
    assert len(waited) == 1


def test_only_leftovers_of_our_own_are_swept_up(file: Path) -> None:
    ours = {f"{LEFTOVER}0123456789abcdef", f"{LEFTOVER}{'0' * 16}"}
    others = {
        f"{LEFTOVER}0123456789abcdef.old",
        f"a{LEFTOVER}0123456789abcdef",
        f"{LEFTOVER}0123456789ABCDEF",
        f"{LEFTOVER}0123456789abcde",
        LEFTOVER,
        f"X{LEFTOVER[1:]}0123456789abcdef",
        f"{file.name}.0123456789abcdef.tmp",
        ".bootstrap-bot-before-0123456789abcdef",
        f"{file.name}.bak",
    }
    for name in {*ours, *others}:
        write(file.with_name(name), "left")
    folder = file.with_name(f"{LEFTOVER}{'1' * 16}")
    folder.mkdir()
    link = file.with_name(f"{LEFTOVER}{'2' * 16}")
    link.symlink_to(file)
    writer(file).change(lambda text: text)
    assert names(file) == {file.name, folder.name, link.name, *others}
    writer(file).change(more)
    assert names(file) == {file.name, copy_of(file).name, folder.name, link.name, *others}


def test_every_descriptor_is_closed_again(file: Path) -> None:
    for act in (
        writer(file).read,
        writer(file).probe,
        lambda: writer(file).change(more),
        writer(file.with_name("missing")).read,
    ):
        act()
        assert held_open(file.parent) == []
    file.write_bytes(b"\xff")
    assert code_of(lambda: writer(file).change(more), 1, 1) is Code.UNPARSABLE
    file.unlink()
    os.mkfifo(file)
    assert code_of(lambda: writer(file).change(more)) is Code.TARGET_FAILED
    assert held_open(file.parent) == []


# Steps.


def test_the_bytes_are_on_disk_before_the_name_is_theirs_and_then_the_folder_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        steps.append("sync " + ("new" if "-new-" in name else name))
        fsync(descriptor)

    def renamed(old: Path, new: Path) -> None:
        steps.append(f"rename to {new.name}")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    writer(file).change(more)
    assert steps == [
        *(
            "sync new",
            "sync new",
            f"rename to {copy_of(file).name}",
            "rename to config.toml",
        ),
        "sync folder",
    ]
    steps.clear()
    writer(file.with_name("made.toml")).change(more)
    assert steps == ["sync new", "rename to made.toml", "sync folder"]


def test_a_folder_that_cannot_be_synced_at_all_is_no_trouble(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fails(number: int) -> None:
        def synced(descriptor: int) -> None:
            if os.readlink(f"/proc/self/fd/{descriptor}").endswith("/folder"):
                raise OSError(number, "made to order")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", synced)

    fails(errno.EINVAL)
    assert writer(file).change(more).changed
    fails(errno.EDQUOT)
    assert code_of(lambda: writer(file).change(more)) is Code.NO_SPACE


def test_a_file_that_keeps_changing_is_tried_five_times(file: Path) -> None:
    seen: list[str] = []

    def edit(text: str) -> str:
        seen.append(text)
        file.write_text(text + ".")
        return "ours"

    assert code_of(lambda: writer(file).change(edit)) is Code.KEEPS_CHANGING
    assert seen == ["old" + "." * n for n in range(5)]


def test_a_link_that_leads_elsewhere_meanwhile_is_not_followed_without_a_lock(
    file: Path, tmp_path: Path
) -> None:
    other, link = tmp_path / "other.toml", tmp_path / "link.toml"
    write(other, "other")
    link.symlink_to(file)
    edited: list[str] = []

    def edit(text: str) -> str:
        if not edited:
            link.unlink()
            link.symlink_to(other)
        edited.append(text)
        return text + "!"

    assert code_of(lambda: writer(link).change(edit)) is Code.KEEPS_CHANGING
    assert edited == ["old", *["other"] * 4]
    assert (file.read_text(), other.read_text()) == ("old", "other")


def test_a_chain_of_links_is_followed_to_its_end(file: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "first").symlink_to("links/second")
    (tmp_path / "links" / "second").symlink_to(tmp_path / "third")
    (tmp_path / "third").symlink_to("folder/config.toml")
    writer(tmp_path / "first").probe()
    writer(tmp_path / "first").change(more)
    assert file.read_text() == "old!"
    assert names(file) == {file.name, copy_of(file).name}
    assert names(tmp_path / "first") == {"first", "links", "third", "folder"}
    assert names(tmp_path / "links" / "second") == {"second"}


def test_links_that_lead_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for act in (writer(tmp_path / "a").probe, lambda: writer(tmp_path / "a").change(more)):
        assert code_of(act) is Code.TARGET_FAILED
    assert {file.name for file in tmp_path.iterdir()} == {"a", "b"}


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_comes_into_the_files_place_meanwhile_is_left_alone(
    file: Path, make: Callable[[Path], object]
) -> None:
    def edit(text: str) -> str:
        file.unlink()
        make(file)
        return "ours"

    assert code_of(lambda: writer(file).change(edit)) is Code.TARGET_FAILED
    assert names(file) == {file.name}
    assert not file.is_file()


@pytest.mark.parametrize("backup", ["", "older"])
def test_a_change_that_fails_in_the_end_leaves_no_new_backup(
    file: Path, monkeypatch: pytest.MonkeyPatch, backup: str
) -> None:
    beside = copy_of(file)
    if backup:
        write(beside, backup)
    failing(monkeypatch, "replace", errno.EBUSY, at="config.toml")
    assert code_of(lambda: writer(file).change(more)) is Code.MOUNT_POINT
    assert file.read_text() == "old"
    assert beside.exists() is bool(backup)
    assert names(file) - {beside.name} == {"config.toml"}


def test_a_backup_that_somebody_takes_away_meanwhile_is_not_missed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, backup = os.replace, copy_of(file)

    def renamed(old: Path, new: Path) -> None:
        if new == file:
            backup.unlink()
            raise OSError(errno.EBUSY, "made to order")
        replace(old, new)

    monkeypatch.setattr(os, "replace", renamed)
    assert code_of(lambda: writer(file).change(more)) is Code.MOUNT_POINT


def test_a_file_that_changes_just_before_the_last_step_is_read_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, moments = os.replace, [copy_of(file).name]

    def renamed(old: Path, new: Path) -> None:
        replace(old, new)
        if moments and new.name.endswith(moments[0]):
            moments.clear()
            file.write_text("theirs")

    monkeypatch.setattr(os, "replace", renamed)
    writer(file).change(more)
    assert file.read_text() == "theirs!"
    assert copy_of(file).read_text() == "theirs"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, Code.NO_SPACE),
        (errno.EDQUOT, Code.NO_SPACE),
        (errno.EFBIG, Code.NO_SPACE),
        (errno.EACCES, Code.NO_PERMISSION),
        (errno.EPERM, Code.NO_PERMISSION),
        (errno.EROFS, Code.NO_PERMISSION),
        (errno.ENOENT, Code.FILE_MISSING),
        (errno.ENOTDIR, Code.FILE_MISSING),
        (errno.EIO, Code.TARGET_FAILED),
    ],
)
def test_what_the_system_says_has_its_code(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: Code
) -> None:
    failing(monkeypatch, "replace", number, at="config.toml")
    assert code_of(lambda: writer(file).change(more)) is code
    assert file.read_text() == "old"
    assert names(file) == {"config.toml"}


@as_root
@pytest.mark.parametrize("owner", [(NOBODY, -1), (-1, NOBODY), (NOBODY, NOBODY)])
def test_an_owner_that_cannot_be_kept_is_told_and_nothing_is_written(
    file: Path, monkeypatch: pytest.MonkeyPatch, owner: tuple[int, int]
) -> None:
    os.chown(file, *owner)
    failing(monkeypatch, "fchown", errno.EPERM)
    assert code_of(lambda: writer(file).change(more)) is Code.FOREIGN_OWNER
    assert code_of(writer(file).probe) is Code.FOREIGN_OWNER
    os.chown(file, os.geteuid(), os.getegid())
    writer(file).change(more)


@as_root
@pytest.mark.parametrize("owner", [(NOBODY, 12345), (0, 12345), (NOBODY, 0)])
def test_owner_and_group_are_both_kept(file: Path, owner: tuple[int, int]) -> None:
    os.chown(file, *owner)
    writer(file).change(more)
    for path in (file, copy_of(file)):
        assert (path.stat().st_uid, path.stat().st_gid) == owner


# Probing.


def test_a_probe_changes_nothing(file: Path) -> None:
    before = version(file)
    writer(file).probe()
    assert names(file) == {"config.toml"}
    assert version(file) == before
    missing = file.with_name("new")
    writer(missing).probe()
    assert not missing.exists()


def test_a_probe_holds_the_lock_while_it_looks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync, held = os.fsync, []

    def synced(descriptor: int) -> None:
        held.append(code_of(lambda: writer(file).change(more)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    writer(file).probe()
    assert held == [Code.LOCKED, Code.LOCKED]


def test_a_probe_needs_room_for_the_file_and_one_more_bot(file: Path) -> None:
    write(file, "x" * 100)
    with largest_file(1124):
        writer(file).probe()
    with largest_file(1123):
        assert code_of(writer(file).probe) is Code.NO_SPACE
    with largest_file(1023):
        assert code_of(writer(file.with_name("new")).probe) is Code.NO_SPACE
    assert names(file) == {"config.toml"}


def test_a_probe_makes_both_files_that_a_change_needs(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, both = os.fsync, []

    def synced(descriptor: int) -> None:
        both.append(len(names(file)) - 1)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    writer(file).probe()
    assert both == [1, 2]


def test_a_probe_follows_a_link_to_the_folder_it_will_write_in(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "missing" / "config.toml")
    assert code_of(writer(link).probe) is Code.FILE_MISSING
    link.unlink()
    link.symlink_to(file)
    with FolderLock(file):
        assert code_of(writer(link).probe) is Code.LOCKED


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_probe_refuses_what_is_no_regular_file(
    file: Path, make: Callable[[Path], object]
) -> None:
    file.unlink()
    make(file)
    assert code_of(writer(file).probe) is Code.TARGET_FAILED


MOUNT = "36 35 98:0 /root {point} rw,noatime master:1 - ext3 /dev/root rw\n"


def mounted(monkeypatch: pytest.MonkeyPatch, folder: Path, *points: str) -> None:
    """The system's table of mounts, with these points as they are written there."""
    table = folder / "mountinfo"
    lines = "".join(MOUNT.format(point=point) for point in ("/", *points, "/z"))
    table.write_bytes(os.fsencode(lines))
    monkeypatch.setattr(mounts, "_MOUNTS", table)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("config.toml", "config.toml"),
        ("a b\tc\nd\\e", "a\\040b\\011c\\012d\\134e"),
        ("\\040", "\\134040"),
        ("Ä", "Ä"),
        ("a\u3000b\xa0c", "a\u3000b\xa0c"),
        ("\udcff", "\udcff"),
    ],
)
def test_a_probe_finds_a_mount_point_whatever_its_name(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, written: str
) -> None:
    path, link = file.with_name(name), tmp_path / "link"
    mounted(monkeypatch, tmp_path, f"{file.parent}/{written}")
    link.symlink_to(path)
    assert code_of(writer(path).probe) is Code.MOUNT_POINT
    assert code_of(writer(link).probe) is Code.MOUNT_POINT


def test_what_only_looks_like_a_mount_point_is_none(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = (str(file.parent), f"{file}.x", f"{file}/x", f"x {file} y", f"{file.parent}/")
    mounted(monkeypatch, tmp_path, *points)
    writer(file).probe()
    monkeypatch.setattr(mounts, "_MOUNTS", tmp_path / "no such table")
    writer(file).probe()


def test_a_folder_in_the_files_place_leaves_nothing_open(file: Path) -> None:
    file.unlink()
    file.mkdir()
    assert code_of(writer(file).read) is Code.TARGET_FAILED
    assert held_open(file.parent) == []
