"""What lies beside a file that we change: ours has names of its own, all else is left alone."""

import fcntl
import os
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.neighbours import copy_of, fresh
from tests.support.program_lock import ProgramLock

FILES = (".env", "config.toml", "openclaw.json", "agent.json", "koishi.yml")
# What programs, editors, backups and ignore files look for in a folder.
GLOBS = (
    *("*.json", "*.json*", "*.toml", "*.toml*", "*.yml*", "*.yaml*", ".env*", "*.env*", "env*"),
    *("*.bak", "*.bak*", "*.lock", "*.tmp", "*.swp", "*~", "*.old", "*.orig", "*.backup"),
    *("config.*", "config*", "openclaw*", "openclaw.json.*", "agent*", "koishi*"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "openclaw.json"
    path.touch(0o600)
    return path


def names(file: Path) -> set[str]:
    return {entry.name for entry in file.parent.iterdir()}


def changed(file: Path) -> None:
    FileWriter(file, lock_seconds=0).change(lambda text: text + "!")


@pytest.mark.parametrize("name", FILES)
def test_no_program_finds_what_we_make_by_its_name(name: str) -> None:
    file = Path("/folder") / name
    for made in (copy_of(file), fresh(file)):
        assert made.parent == file.parent
        assert [glob for glob in GLOBS if fnmatch(made.name, glob)] == []


def test_each_file_has_a_copy_of_its_own() -> None:
    similar = ("a.b", "a%2Eb", "a%b", "a%25b", "a-b", "ab", ".ab", "a..b", "a", "a.bak")
    assert len({copy_of(Path(name)) for name in similar}) == len(similar)


def test_whatever_lies_beside_a_file_is_left_alone(file: Path) -> None:
    theirs = {
        *(f"openclaw.json.{end}" for end in ("bak", "tmp", "1", "lock.lock", "bak.1")),
        *("openclaw.json~", ".openclaw.json.swp", "openclaw.lock", ".lock", "openclaw.bak"),
        "openclaw.json.0123456789abcdef.tmp",
    }
    for name in theirs:
        file.with_name(name).write_text("theirs")
    changed(file)
    changed(file)
    assert names(file) == {file.name, copy_of(file).name, *theirs}
    assert {file.with_name(name).read_text() for name in theirs} == {"theirs"}


# Lock files of earlier versions.


def lock_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.lock")


@pytest.mark.parametrize("act", [changed, lambda file: FileWriter(file).probe()])
def test_an_empty_lock_file_that_nobody_holds_is_removed(
    file: Path, act: Callable[[Path], None]
) -> None:
    lock_of(file).touch(0o600)
    act(file)
    assert not lock_of(file).exists()


def test_a_lock_file_that_somebody_holds_stays(file: Path) -> None:
    lock_of(file).touch(0o600)
    descriptor = os.open(lock_of(file), os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        changed(file)
        assert lock_of(file).exists()
    finally:
        os.close(descriptor)
    changed(file)
    assert not lock_of(file).exists()


def with_a_number(lock: Path) -> None:
    lock.write_text('{"pid": 1}')


def of_another_user(lock: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root: it changes an owner")
    lock.touch()
    os.chown(lock, 12345, -1)


def to_an_empty_file(lock: Path) -> None:
    lock.with_name("elsewhere").touch()
    lock.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "make", [with_a_number, of_another_user, to_an_empty_file, Path.mkdir, os.mkfifo]
)
def test_a_lock_file_that_is_not_ours_stays(file: Path, make: Callable[[Path], None]) -> None:
    make(lock_of(file))
    before = os.lstat(lock_of(file))
    changed(file)
    assert file.read_text() == "!"
    assert os.path.samestat(before, os.lstat(lock_of(file)))


def test_a_program_that_locks_its_file_has_the_say_about_the_lock_file(file: Path) -> None:
    lock_of(file).touch(0o600)
    FileWriter(file, program_lock=ProgramLock()).change(lambda text: text + "!")
    assert lock_of(file).exists()
