"""The journal's rules one by one, in this very process: lock, errors, names."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from pydantic import SecretStr

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.registration.attempt import Attempt
from bootstrap_bot.registration.delivery import Delivery
from tests.support.attempts import an_attempt
from tests.support.full_attempt import DELIVERY, FULL
from tests.support.system_calls import largest_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal(path)
    await opened.open()
    yield opened
    await opened.close()


async def reopened(path: Path) -> list[Attempt]:
    """What a journal that is opened now finds unfinished."""
    journal = SqliteJournal(path)
    await journal.open()
    found = await journal.unfinished()
    await journal.close()
    return found


@contextmanager
def refused(path: Path, code: Code, holder: str = "") -> Iterator[None]:
    with pytest.raises(JournalError) as caught:
        yield
    error = caught.value
    assert (error.code, error.path, error.holder) == (code, str(path), holder)
    assert error.__suppress_context__


def size_of(path: Path) -> int:
    return path.stat().st_size


def write(path: Path, content: bytes) -> None:
    """Makes a file that everybody may read."""
    path.write_bytes(content)
    path.chmod(0o644)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# Rows.


async def test_a_row_with_everything_in_it_comes_back_as_it_was(journal: SqliteJournal) -> None:
    for record in (FULL, DELIVERY):
        compared = [field for field in fields(record) if field.compare]
        assert [f.name for f in compared if getattr(record, f.name) == f.default] == []
    await journal.save(FULL)
    assert await journal.find(FULL.id) == FULL


# The lock.


async def test_a_file_that_is_held_is_refused_without_waiting(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        pytest.fail("the event loop was kept from its work")

    monkeypatch.setattr(time, "sleep", sleep)
    with refused(path, Code.STATE_HELD, str(os.getpid())):
        await SqliteJournal(path).open()


async def test_whatever_the_holder_wrote_can_be_told(path: Path) -> None:
    lock = Path(f"{path}.lock")
    with FileLock(lock):
        write(lock, b"  12 \xc3\xa9\xff\n")
        with refused(path, Code.STATE_HELD, "12 \ufffd\ufffd\ufffd"):
            await SqliteJournal(path).open()


async def test_the_holders_number_stands_alone_in_the_lock_file(
    journal: SqliteJournal, path: Path
) -> None:
    lock = contents(path.parent)[f"{path.name}.lock"]
    assert lock == b"%d\n" % os.getpid()


async def test_no_room_for_the_holders_number_is_told_and_gives_the_lock_back(path: Path) -> None:
    with largest_file(0), refused(path, Code.STATE_FULL):
        await SqliteJournal(path).open()
    assert await reopened(path) == []


# No room, and other errors.


async def test_no_room_for_the_file_is_told_and_gives_the_lock_back(path: Path) -> None:
    with largest_file(100), refused(path, Code.STATE_FULL):
        await SqliteJournal(path).open()
    assert await reopened(path) == []


async def test_no_room_for_a_row_is_told_and_keeps_the_old_one(
    journal: SqliteJournal, path: Path
) -> None:
    kept = await journal.save(an_attempt(reason="kept"))
    for changed in (kept, an_attempt(id="second", update="2")):
        with largest_file(size_of(path)), refused(path, Code.STATE_FULL):
            await journal.save(replace(changed, reason="x" * 100_000))
    assert await journal.unfinished() == [kept]
    await journal.save(replace(kept, reason="x" * 100_000))


async def test_a_full_database_is_told_as_a_full_disk(journal: SqliteJournal, path: Path) -> None:
    await journal._file.do(lambda db: db.execute("PRAGMA max_page_count = 1").fetchall())
    with refused(path, Code.STATE_FULL):
        await journal.save(an_attempt(reason="x" * 100_000))
    assert await journal.unfinished() == []


async def test_a_connection_that_is_gone_is_told_as_unusable(
    journal: SqliteJournal, path: Path
) -> None:
    await journal._file.do(lambda db: db.close())
    with refused(path, Code.STATE_UNUSABLE):
        await journal.save(an_attempt())


# A broken file.

JUNK = b"hello, I am no database\n" * 100
# What SQLite keeps beside it, as it leaves alone: nothing to undo, nothing to take over.
SIDES = {"-journal": b"\0" * 512, "-wal": b"", "-shm": b"side"}


async def test_nothing_was_moved_before_a_journal_is_opened(path: Path) -> None:
    write(path, JUNK)
    assert SqliteJournal(path).moved_aside is None


async def test_a_broken_file_is_named_after_the_moment_in_utc(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def name() -> str:
        return f"state.db.broken-{datetime.now(UTC):%Y%m%dT%H%M%S}"

    monkeypatch.setenv("TZ", "XXX-9")
    time.tzset()
    try:
        write(path, JUNK)
        journal = SqliteJournal(path)
        earliest = name()
        await journal.open()
        latest = name()
        await journal.close()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert journal.moved_aside is not None
    assert earliest <= journal.moved_aside.name <= latest
    assert contents(path.parent)[journal.moved_aside.name] == JUNK


async def test_what_lies_beside_a_broken_file_goes_with_it(path: Path) -> None:
    write(path, JUNK)
    for suffix, content in SIDES.items():
        write(Path(f"{path}{suffix}"), content)
    journal = SqliteJournal(path)
    await journal.open()
    await journal.close()
    assert journal.moved_aside is not None
    moment = journal.moved_aside.name.removeprefix(path.name)
    found = contents(path.parent)
    for suffix, content in SIDES.items():
        assert found[f"{path.name}{suffix}{moment}"] == content
    assert len(found) == 6
    assert {mode(file) for file in path.parent.iterdir()} == {0o600}


async def test_a_broken_file_that_cannot_be_renamed_stays_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 240)  # with the moment behind it the name is too long
    write(path, JUNK)
    for _ in range(2):  # the lock was given back
        with refused(path, Code.STATE_UNUSABLE):
            await SqliteJournal(path).open()
    assert contents(tmp_path)[path.name] == JUNK


async def test_closing_one_that_never_opened_is_no_error(path: Path) -> None:
    journal = SqliteJournal(path)
    await asyncio.gather(journal.close(), journal.close())
    assert contents(path.parent) == {}


async def test_half_a_surrogate_of_somebody_elses_text_comes_back(journal: SqliteJournal) -> None:
    odd = an_attempt(deliveries=(Delivery("nanobot:/x", "x", occupant="\ud800"),))
    await journal.save(odd)
    assert await journal.find(odd.id) == odd


async def test_a_row_that_cannot_be_written_does_not_spoil_the_next(
    journal: SqliteJournal,
) -> None:
    with pytest.raises(JournalError):
        await journal.save(an_attempt(device_state=SecretStr("\ud800")))
    await journal.save(an_attempt(id="b", update="2"))
    assert await journal.find("b") is not None
