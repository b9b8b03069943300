"""Who is kept out while a file is replaced: our own processes, and the file's program."""

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import Timeout

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_lock import locked
from bootstrap_bot.targets.file_writer import FileWriter
from tests.support.folder_lock import FolderLock
from tests.support.program_lock import ProgramLock

REPOSITORY = Path(__file__).parents[2]
# Adds its number line by line, each in a change of its own.
CHILD = """
import sys
from pathlib import Path
from bootstrap_bot.targets.file_writer import FileWriter
for _ in range(10):
    FileWriter(Path(sys.argv[1])).change(lambda text: text + sys.argv[2] + "\\n")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    return path


def test_two_processes_change_one_file_in_turns(file: Path) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(file), name], cwd=REPOSITORY)
        for name in ("a", "b")
    ]
    assert [child.wait() for child in children] == [0, 0]
    assert sorted(file.read_text().split()) == ["a"] * 10 + ["b"] * 10


def test_a_files_neighbour_is_not_changed_at_the_same_time(file: Path) -> None:
    with FolderLock(file), pytest.raises(TargetError) as refused:
        FileWriter(file.with_name(".env"), lock_seconds=0).change(lambda text: text + "!")
    assert refused.value.code is Code.LOCKED


def test_the_programs_lock_is_held_around_reading_editing_and_replacing(file: Path) -> None:
    lock, link = ProgramLock(), file.with_name("link")
    link.symlink_to(file)

    def edit(text: str) -> str:
        lock.steps.append("edit")
        with pytest.raises(BlockingIOError):
            FolderLock(file).acquire()
        return text + "!"

    writer = FileWriter(link, program_lock=lock, lock_seconds=0)
    writer.change(edit)
    assert lock.steps == ["in config.toml", "edit", "out"]
    writer.probe()
    assert lock.steps[3:] == ["in config.toml", "out"]
    writer.read()
    assert len(lock.steps) == 5


def test_nobody_waits_for_the_folder_because_of_a_program(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        with FolderLock(file):
            waits.append(seconds)

    waits: list[float] = []
    lock = ProgramLock(held=3)
    monkeypatch.setattr(time, "sleep", sleep)
    FileWriter(file, program_lock=lock, lock_seconds=60).change(lambda text: text + "!")
    assert len(waits) == 3
    assert lock.steps == ["in config.toml", "out"]
    assert file.read_text() == "!"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Timeout("it"), Code.LOCKED),
        (TargetError(Code.STILL_RUNNING, "there"), Code.STILL_RUNNING),
        (PermissionError(errno.EACCES, "no"), Code.NO_PERMISSION),
    ],
)
def test_what_a_programs_lock_raises_is_told_and_nothing_is_written(
    file: Path, error: Exception, code: Code
) -> None:
    @contextmanager
    def lock(real: Path) -> Iterator[None]:
        raise error
        yield

    writer = FileWriter(file, program_lock=lock, lock_seconds=0)
    for act in (writer.probe, lambda: writer.change(lambda text: text + "!")):
        with pytest.raises(TargetError) as refused:
            act()
        assert refused.value.code is code
    assert file.read_text() == ""
    FolderLock(file).acquire()


@pytest.mark.parametrize("number", [errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_lock_folders_is_written_all_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, "made to order")

    monkeypatch.setattr(fcntl, "flock", flock)
    FileWriter(file).change(lambda text: text + "!")
    assert file.read_text() == "!"


def test_a_folder_that_cannot_be_locked_for_another_reason_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.EIO, "made to order")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="made to order"), locked(file, None, 0):
        pass
    assert str(file.parent) not in [os.path.realpath(f"/proc/self/fd/{n}") for n in range(3, 20)]
