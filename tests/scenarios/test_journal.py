"""The journal on a real disk: private, locked, complete, and whose it is."""

import asyncio
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bootstrap_bot.errors import Code, ConflictError, JournalError
from bootstrap_bot.journals.schema import LATEST
from bootstrap_bot.journals.sqlite import SqliteJournal
from bootstrap_bot.registration.delivery import Delivery
from bootstrap_bot.registration.record import Record
from tests.contracts.journal_contract import JournalContract
from tests.support.attempts import ERASED, SECRET, an_attempt, captured
from tests.support.clock import FakeClock, rest
from tests.support.credentials import a_secret
from tests.support.old_state_file import FIRST


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bootstrap-bot.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal(path)
    await opened.open()
    yield opened
    await opened.close()


async def refusal(path: Path) -> JournalError:
    """The error that opening this ends with; it names the file and is chained to nothing."""
    with pytest.raises(JournalError) as caught:
        await SqliteJournal(path).open()
    assert caught.value.path == str(path)
    assert caught.value.__suppress_context__
    return caught.value


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    """Makes a file that everybody may read."""
    path.write_bytes(content)
    path.chmod(0o644)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def make_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0o755)


def python(code: str, *arguments: object) -> str:
    """What a process of its own prints; it has the path as `path` and ends well."""
    head = (
        "import asyncio, os, resource, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from bootstrap_bot.errors import JournalError\n"
        "from bootstrap_bot.journals.sqlite import SqliteJournal\n"
        "from tests.support.attempts import an_attempt\n"
        "path = Path(sys.argv[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# The file.


@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_the_file_is_its_owners_alone_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        journal = SqliteJournal(path)
        await journal.open()
        await journal.save(captured())
        assert mode(path) == 0o600
        assert mode(Path(f"{path}.lock")) == 0o600
        await journal.close()
    finally:
        os.umask(before)


async def test_a_file_that_was_wider_is_narrowed(path: Path) -> None:
    write(path, b"")
    journal = SqliteJournal(path)
    await journal.open()
    assert mode(path) == 0o600
    await journal.close()


async def test_what_is_committed_is_on_disk_and_erased_bytes_are_overwritten(
    journal: SqliteJournal,
) -> None:
    async def pragma(name: str) -> object:
        return await journal._file.do(lambda db: db.execute(f"PRAGMA {name}").fetchone()[0])

    assert await pragma("journal_mode") == "delete"
    assert await pragma("synchronous") == 3  # EXTRA
    assert await pragma("secure_delete") == 1


async def test_erased_secrets_leave_no_bytes_behind(journal: SqliteJournal, path: Path) -> None:
    attempt = captured(
        device_state=SecretStr("DEVICE-CODE-" * 40), values=a_secret("CLIENT-SECRET-" * 400)
    )
    saved = await journal.save(attempt)
    for number in range(20):
        await journal.save(an_attempt(id=f"other{number}", update=str(number)))
    assert b"DEVICE-CODE-" in content(path)
    assert b"CLIENT-SECRET-" in content(path)
    await journal.save(replace(saved, device_state=None, values=ERASED, told=True))
    assert b"DEVICE-CODE-" not in content(path)
    assert b"CLIENT-SECRET-" not in content(path)
    assert names(path.parent) == [path.name, f"{path.name}.lock"]


# The lock.


async def test_a_second_process_is_told_who_holds_the_file(
    journal: SqliteJournal, path: Path
) -> None:
    code = (
        "try:\n    asyncio.run(SqliteJournal(path).open())\n"
        "except JournalError as error:\n    print(error.code.value, error.holder, error.path)\n"
    )
    for _ in range(2):  # asking leaves the name where the next one finds it
        assert python(code, path) == f"state_held {os.getpid()} {path}\n"
    await journal.save(an_attempt())
    assert len(await journal.unfinished()) == 1


async def test_a_second_journal_in_the_same_process_is_refused_too(
    journal: SqliteJournal, path: Path
) -> None:
    error = await refusal(path)
    assert (error.code, error.holder) == (Code.STATE_HELD, str(os.getpid()))


async def test_a_killed_process_holds_nothing(path: Path) -> None:
    python(
        "async def main():\n"
        "    journal = SqliteJournal(path)\n"
        "    await journal.open()\n"
        "    await journal.save(an_attempt())\n"
        "    sys.stdout.flush()\n"
        "    os._exit(0)\n"
        "asyncio.run(main())\n",
        path,
    )
    journal = SqliteJournal(path)
    await journal.open()
    assert await journal.unfinished() == [an_attempt()]
    await journal.close()


async def test_closing_gives_the_file_back(path: Path) -> None:
    for number in range(3):
        journal = SqliteJournal(path)
        await journal.open()
        assert len(await journal.unfinished()) == number
        await journal.save(an_attempt(id=str(number), update=str(number)))
        await journal.close()
        await journal.close()


async def test_closing_ends_the_worker(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.open()
    await journal.save(an_attempt())
    assert _workers() == 1
    await journal.close()
    assert _workers() == 0


def _workers() -> int:
    return sum(thread.name.startswith("journal") for thread in threading.enumerate())


async def test_a_journal_can_be_opened_again_after_closing(path: Path) -> None:
    journal = SqliteJournal(path)
    for number in range(2):
        await journal.open()
        await journal.save(an_attempt(id=str(number), update=str(number)))
        await journal.close()


async def test_closing_waits_for_what_was_begun(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.open()
    saves = [
        asyncio.create_task(journal.save(an_attempt(id=str(n), update=str(n)))) for n in range(10)
    ]
    await rest()
    await journal.close()
    await asyncio.gather(*saves)
    await journal.open()
    assert len(await journal.unfinished()) == 10
    await journal.close()


async def test_a_journal_that_is_not_open_says_so(path: Path) -> None:
    journal = SqliteJournal(path)
    with pytest.raises(JournalError) as caught:
        await journal.save(an_attempt())
    assert caught.value.code is Code.NOT_STARTED
    assert names(path.parent) == []
    await journal.open()
    await journal.close()
    with pytest.raises(JournalError) as caught:
        await journal.unfinished()
    assert (caught.value.code, caught.value.path) == (Code.STOPPED, str(path))


# What cannot be used.


async def test_a_folder_in_the_files_place_is_left_as_it_is(path: Path) -> None:
    make_folder(path)
    assert (await refusal(path)).code is Code.STATE_UNUSABLE
    assert mode(path) == 0o755
    await asyncio.to_thread(path.rmdir)
    journal = SqliteJournal(path)  # and the lock was given back
    await journal.open()
    await journal.close()


async def test_a_file_in_the_folders_place_is_unusable(tmp_path: Path) -> None:
    write(tmp_path / "file", b"mine")
    assert (await refusal(tmp_path / "file" / "a.db")).code is Code.STATE_UNUSABLE
    assert content(tmp_path / "file") == b"mine"


async def test_a_link_that_leads_nowhere_is_unusable(path: Path) -> None:
    os.symlink(path.parent / "missing" / "a.db", path)
    assert (await refusal(path)).code is Code.STATE_UNUSABLE


def test_a_folder_without_the_right_to_write_is_unusable() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    try:
        said = python(
            "if os.geteuid() == 0:\n    os.seteuid(65534)\n"
            "try:\n    asyncio.run(SqliteJournal(path).open())\n"
            "except JournalError as error:\n    print(error.code.value)\n",
            folder / "a.db",
        )
        assert said == "state_unusable\n"
        assert list(folder.iterdir()) == []
    finally:
        shutil.rmtree(folder)


def test_a_full_disk_is_told_and_loses_nothing(path: Path) -> None:
    said = python(
        """
async def main():
    journal = SqliteJournal(path)
    await journal.open()
    kept = await journal.save(an_attempt(reason="kept"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    big = replace(kept, reason="x" * 100_000)
    for attempt in (big, an_attempt(id="second", update="2", reason="x" * 100_000)):
        try:
            await journal.save(attempt)
        except JournalError as error:
            print(error.code.value)
    print([attempt.reason for attempt in await journal.unfinished()])
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await journal.save(big)
    print([len(attempt.reason) for attempt in await journal.unfinished()])
    await journal.close()
asyncio.run(main())
""",
        path,
    )
    assert said.splitlines() == ["state_full", "state_full", "['kept']", "[100000]"]


def test_a_disk_that_is_full_from_the_start_is_told(path: Path) -> None:
    said = python(
        """
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
try:
    asyncio.run(SqliteJournal(path).open())
except JournalError as error:
    print(error.code.value)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
asyncio.run(SqliteJournal(path).open())
print("open")
os._exit(0 if sys.stdout.flush() is None else 1)
""",
        path,
    )
    assert said.splitlines() == ["state_full", "open"]


# A broken file.


def broken(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}*.broken-*"))


@pytest.mark.parametrize("junk", [b"hello, I am no database\n" * 100, b"SQLite format 3\0" * 99])
async def test_a_file_that_is_no_database_is_moved_aside_and_kept(path: Path, junk: bytes) -> None:
    write(path, junk)
    write(Path(f"{path}-shm"), b"side")
    journal = SqliteJournal(path)
    await journal.open()
    await journal.save(an_attempt())
    assert await journal.unfinished() == [an_attempt()]
    assert journal.moved_aside in broken(path)
    assert [content(file) for file in broken(path)] == [b"side", junk]
    assert {mode(file) for file in [path, *broken(path)]} == {0o600}
    await journal.close()


async def test_a_truncated_journal_is_moved_aside(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.open()
    assert journal.moved_aside is None
    for number in range(30):
        await journal.save(an_attempt(id=str(number), update=str(number), reason="x" * 1000))
    await journal.close()
    whole = content(path)
    write(path, whole[: len(whole) // 2])
    await journal.open()
    assert await journal.unfinished() == []
    assert [content(file) for file in broken(path)] == [whole[: len(whole) // 2]]
    await journal.close()


async def test_a_page_of_junk_in_the_middle_is_found_at_the_start(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.open()
    for number in range(100):
        await journal.save(an_attempt(id=str(number), update=str(number), reason="x" * 1000))
    await journal.close()
    whole = content(path)
    page = 4096 * (len(whole) // 4096 // 2)
    write(path, whole[:page] + b"\xa5" * 4096 + whole[page + 4096 :])
    await journal.open()
    assert journal.moved_aside is not None
    assert await journal.unfinished() == []
    await journal.close()


async def test_an_empty_file_is_a_fresh_journal(path: Path) -> None:
    write(path, b"")
    journal = SqliteJournal(path)
    await journal.open()
    await journal.save(an_attempt())
    assert broken(path) == []
    await journal.close()


# Somebody else's file, and a later version's.

FOREIGN = {
    "attempts": "CREATE TABLE attempts (id TEXT PRIMARY KEY)",
    "a view": "CREATE VIEW attempts AS SELECT 1 AS id",
    "users": "CREATE TABLE users (id INTEGER)",
    "languages alone": "CREATE TABLE languages (person INTEGER, language TEXT)",
    "their languages": f"{FIRST} DROP TABLE languages; CREATE TABLE languages (code TEXT)",
    "their deliveries": f"{FIRST} DROP TABLE deliveries; CREATE TABLE deliveries (parcel TEXT)",
    "a table more": f"{FIRST} CREATE TABLE users (id INTEGER)",
    "a column more": f"{FIRST} ALTER TABLE attempts ADD COLUMN theirs TEXT",
    "a column less": f"{FIRST} ALTER TABLE attempts DROP COLUMN stale",
    "a number": f"{FIRST} PRAGMA user_version = 1",
    "another program": f"{FIRST} PRAGMA application_id = 7",
    "another program's empty file": "PRAGMA application_id = 7",
    "a log": "PRAGMA journal_mode = WAL; CREATE TABLE users (id INTEGER)",
}


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
async def test_somebody_elses_database_is_not_touched(path: Path, statements: str) -> None:
    make_database(path, statements)
    path.chmod(0o644)
    before = content(path)
    assert (await refusal(path)).code is Code.STATE_UNUSABLE
    assert (content(path), mode(path)) == (before, 0o644)
    assert names(path.parent) == [path.name, f"{path.name}.lock"]


async def test_a_later_versions_file_is_not_touched(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.open()
    await journal.save(captured())
    await journal.close()
    make_database(path, f"PRAGMA user_version = {LATEST + 1}; CREATE TABLE later (x)")
    path.chmod(0o644)
    before = content(path)
    assert (await refusal(path)).code is Code.STATE_LATER
    assert (content(path), mode(path)) == (before, 0o644)
    make_database(path, f"PRAGMA user_version = {LATEST}")
    await journal.open()  # a table more is nobody else's any more
    assert await journal.unfinished() == [captured()]
    await journal.close()


def make_database(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(statements)


# Two at once.


async def test_two_journals_on_one_file_lose_no_change(path: Path) -> None:
    journals = [await opened_beside_others(path) for _ in range(2)]
    saved = await journals[0].save(an_attempt())
    records = [Record(saved, journal, FakeClock()) for journal in journals]

    async def change(number: int) -> None:
        await records[number % 2].commit(lambda now: replace(now, reason=f"{now.reason}{number} "))

    await asyncio.gather(*map(change, range(30)))
    [found] = await journals[0].unfinished()
    assert sorted(map(int, found.reason.split())) == list(range(30))
    assert found.version == 31
    for journal in journals:
        await journal.close()


async def test_two_journals_on_one_file_begin_one_attempt_for_one_update(path: Path) -> None:
    journals = [await opened_beside_others(path) for _ in range(2)]
    await journals[0].save(an_attempt())
    with pytest.raises(ConflictError):
        await journals[1].save(an_attempt(id="second"))
    assert await journals[1].unfinished() == [an_attempt()]
    for journal in journals:
        await journal.close()


async def opened_beside_others(path: Path) -> SqliteJournal:
    """One that does not see that the file is held."""
    Path(f"{path}.lock").unlink(missing_ok=True)
    journal = SqliteJournal(path)
    await journal.open()
    return journal


# Records.


class TestSqliteJournal(JournalContract):
    @pytest.fixture
    def journal(self, journal: SqliteJournal) -> SqliteJournal:
        return journal


async def test_no_error_holds_a_value_of_the_record(journal: SqliteJournal, path: Path) -> None:
    await journal.save(captured())
    make_database(
        path, 'UPDATE attempts SET rest = replace(rest, \'"told": false\', \'"told": "x"\')'
    )
    with pytest.raises(JournalError) as caught:
        await journal.unfinished()
    assert captured().account not in f"{caught.value!r} {caught.value}"
    assert caught.value.__suppress_context__


async def test_secrets_are_in_columns_of_their_own(journal: SqliteJournal, path: Path) -> None:
    saved = await journal.save(captured())
    with closing(sqlite3.connect(path)) as db:
        [(code, secrets, rest)] = db.execute("SELECT device_state, secrets, rest FROM attempts")
    assert (code, secrets) == ("device-code", json.dumps({"client_secret": SECRET}))
    assert SECRET not in rest
    assert "device-code" not in rest
    await journal.save(replace(saved, device_state=None, values=ERASED))
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT device_state, secrets FROM attempts").fetchall()
    assert found == [(None, None)]


async def test_a_field_of_a_later_version_is_no_hindrance(
    journal: SqliteJournal, path: Path
) -> None:
    await journal.save(captured())
    make_database(path, "UPDATE attempts SET rest = json_set(rest, '$.later', 1)")
    assert await journal.unfinished() == [captured()]


async def test_a_field_that_an_earlier_version_did_not_know_has_its_default(
    journal: SqliteJournal, path: Path
) -> None:
    await journal.save(captured(topic="7", deliveries=(Delivery("a", "b", about="c"),)))
    make_database(
        path, "UPDATE attempts SET rest = json_remove(rest, '$.topic', '$.deliveries[0].about')"
    )
    assert await journal.unfinished() == [captured(deliveries=(Delivery("a", "b"),))]
