"""Other programs' own locks: taken as they take them, and left as they leave them."""

import errno
import fcntl
import json
import os
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.neighbours import copy_of
from bootstrap_bot.targets.program_locks import OpenClawLock, filelock_lock
from tests.support.openclaw_lock import changed, killed, refused, writer
from tests.support.scene import Scene
from tests.support.target_scenes import target, written

# What OpenClaw 2026.9 writes, with the blanks that tell its own locks from each other.
THEIRS = (
    '{{\n  "pid": {pid},\n  "createdAt": "2026-11-27T17:20:15.312Z",\n  "starttime": 7\n}}\n\t \t\n'
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "openclaw.json", "{}")


@pytest.fixture
def lock(file: Path) -> Path:
    """Where OpenClaw's lock stands."""
    return file.with_name("openclaw.json.lock")


def test_it_says_who_holds_it_as_openclaw_reads_that_and_goes_in_the_end(
    file: Path, lock: Path
) -> None:
    def edit(text: str) -> str:
        claim = json.loads(lock.read_text())
        stat = Path("/proc/self/stat").read_text()
        assert claim["pid"] == os.getpid()
        assert claim["starttime"] == int(stat[stat.rindex(")") + 2 :].split()[19])
        assert claim["createdAt"].endswith("Z")
        assert (lock.stat().st_mode & 0o777, lock.stat().st_nlink) == (0o600, 1)
        seen.append(claim)
        return text + " "

    seen: list[object] = []
    writer(file).change(edit)
    assert len(seen) == 1
    changed(file)
    writer(file).probe()
    writer(file).tidy()
    assert {file, copy_of(file)} == {*file.parent.iterdir()}


@pytest.mark.parametrize(
    "content",
    [
        THEIRS.format(pid=1),
        THEIRS.format(pid=2**22 + 1),  # no such process here, perhaps in its container
        '{"pid": 1, "bootstrapBot": null}',
        "no json",
        "[" * 10_000,
    ],
    ids=["alive", "gone", "no maker", "no JSON", "deep"],
)
def test_somebody_elses_lock_is_waited_for_and_never_touched(
    file: Path, lock: Path, content: str
) -> None:
    lock.write_text(content)
    before = lock.stat()
    refused(file)
    assert lock.read_text() == content
    assert lock.stat() == before
    lock.unlink()
    changed(file)


def test_openclaw_taking_over_a_dead_lock_is_waited_for(file: Path, lock: Path) -> None:
    guard = lock.with_name("openclaw.json.lock.reclaim")
    guard.mkdir()
    refused(file)
    guard.rmdir()
    changed(file)


def test_one_of_ours_that_survived_a_kill_is_given_back(file: Path, lock: Path) -> None:
    killed(file)
    assert json.loads(lock.read_text())["pid"] != os.getpid()
    writer(file).tidy()
    assert not lock.exists()
    killed(file)
    changed(file)


def test_one_of_ours_is_known_again_when_its_process_id_is_another_ones_by_now(
    file: Path, lock: Path
) -> None:
    killed(file)
    claim = json.loads(lock.read_text())
    lock.write_text(json.dumps({**claim, "pid": os.getpid()}))
    changed(file)


def test_one_that_this_very_process_holds_is_held(file: Path, lock: Path) -> None:
    with OpenClawLock(file)(file):
        refused(file)
        assert lock.exists()
    changed(file)


def test_a_lock_that_somebody_took_over_meanwhile_is_theirs(file: Path, lock: Path) -> None:
    with OpenClawLock(file)(file):
        lock.write_text(THEIRS.format(pid=7))
    assert lock.read_text() == THEIRS.format(pid=7)


def test_an_empty_one_of_an_earlier_version_is_removed(file: Path, lock: Path) -> None:
    lock.touch(0o600)
    changed(file)
    lock.touch(0o600)
    writer(file).tidy()
    assert not lock.exists()


def test_an_empty_one_that_an_earlier_version_holds_is_kept(file: Path, lock: Path) -> None:
    lock.touch(0o600)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused(file)
    assert lock.exists()


def test_an_empty_one_that_its_maker_is_just_filling_is_kept(
    file: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        lock.write_text(THEIRS.format(pid=7))

    monkeypatch.setattr(time, "sleep", sleep)
    lock.touch()
    refused(file)
    assert lock.read_text() == THEIRS.format(pid=7)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links_has_locks_too(
    file: Path, lock: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def link(*_: object) -> None:
        raise OSError(number, "made to order")

    monkeypatch.setattr(os, "link", link)
    changed(file)
    lock.write_text(THEIRS.format(pid=7))
    refused(file)


def test_it_stands_beside_a_link_where_openclaw_looks_for_it(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "home" / "openclaw.json"
    link.parent.mkdir()
    link.symlink_to(file)
    theirs = link.with_name("openclaw.json.lock")
    theirs.write_text(THEIRS.format(pid=7))
    refused(link)
    theirs.unlink()
    writer(link).change(lambda text: text + "!")
    assert file.read_text() == "{}!"
    assert [*link.parent.iterdir()] == [link]


@pytest.mark.parametrize("content", ["", '{"pid": 1, "bootstrapBot": "0123456789abcdef"}'])
async def test_what_a_killed_process_left_is_gone_once_the_bot_has_started(
    tmp_path: Path, content: str
) -> None:
    file = written(tmp_path / "openclaw.json", "{}")
    left = written(tmp_path / "openclaw.json.lock", content)
    idle = written(tmp_path / "own" / ".env.lock", "")
    written(idle.with_name(".env"), "")
    more = target("openclaw", path=str(file)) + target("hermes", path=str(idle)[:-5])
    async with Scene(tmp_path, more=more) as scene:
        await scene.until(lambda: not left.exists() and not idle.exists())
    assert file.read_text() == "{}"


def test_nanobots_lock_is_held_as_it_holds_it_and_stays(file: Path, lock: Path) -> None:
    def edit(text: str) -> str:
        with pytest.raises(Timeout):
            FileLock(lock).acquire(timeout=0)
        return text + " "

    nanobots = FileWriter(file, program_lock=filelock_lock, lock_seconds=0)
    for _ in range(2):
        assert nanobots.change(edit).changed
        assert lock.read_bytes() == b""
    with FileLock(lock), pytest.raises(TargetError) as found:
        nanobots.change(edit)
    assert found.value.code is Code.LOCKED
