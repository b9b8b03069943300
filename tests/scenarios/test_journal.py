"""The journal on a real disk: private, locked, complete, and forgetful when told to be."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, fields, replace
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.journals.sqlite import ADDED, SqliteJournal
from bootstrap_bot.providers.provider import Link
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from tests.support.attempts import ADMIN, CLIENT_ID, ERASED, OTHER, SECRET, an_attempt, captured
from tests.support.clock import START, rest
from tests.support.credentials import a_secret, ding_pair
from tests.support.scene import Scene

NUMBERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(max_size=50),
    int: NUMBERS,
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
    SecretStr: st.text(max_size=50).map(SecretStr),
}


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type, so that a new field is covered the day it is added."""
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if get_origin(hint) is tuple:
        one = of_type(get_args(hint)[0])
        return st.lists(one, max_size=3, unique_by=lambda d: getattr(d, "target", d)).map(tuple)
    if get_origin(hint) is Mapping:
        key, value = map(of_type, get_args(hint))
        return st.dictionaries(key, value, max_size=3)
    if get_args(hint):
        return st.one_of([of_type(one) for one in get_args(hint)])
    return built(hint)


def built(record: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(record)
    return st.builds(record, **{field.name: of_type(hints[field.name]) for field in fields(record)})


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
        return await journal._do(lambda: journal._open.execute(f"PRAGMA {name}").fetchone()[0])

    assert await pragma("journal_mode") == "delete"
    assert await pragma("synchronous") == 3  # EXTRA
    assert await pragma("secure_delete") == 1
    assert await pragma("foreign_keys") == 1


async def test_erased_secrets_leave_no_bytes_behind(journal: SqliteJournal, path: Path) -> None:
    attempt = captured(
        device_state=SecretStr("DEVICE-CODE-" * 40), values=a_secret("CLIENT-SECRET-" * 400)
    )
    await journal.save(attempt)
    for number in range(20):
        await journal.save(an_attempt(id=f"other{number}", update=str(number)))
    assert b"DEVICE-CODE-" in content(path)
    assert b"CLIENT-SECRET-" in content(path)
    await journal.save(replace(attempt, device_state=None, values=ERASED, told=True))
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
    for _ in range(2):
        await journal.open()
        await journal.save(an_attempt())
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
    await journal.save(an_attempt(reason="kept"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    big = an_attempt(reason="x" * 100_000)
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


async def test_somebody_elses_database_is_not_moved_and_keeps_its_rows(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE attempts (id TEXT PRIMARY KEY)")
        db.execute("INSERT INTO attempts VALUES ('theirs')")
        db.commit()
    assert (await refusal(path)).code is Code.STATE_UNUSABLE
    assert broken(path) == []
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT * FROM attempts").fetchall() == [("theirs",)]


# Rows.


class Machine:
    """One open journal on an event loop of its own, kept for many examples."""

    def __init__(self, runner: asyncio.Runner, path: Path) -> None:
        self.run = runner.run
        self.journal = SqliteJournal(path)


@pytest.fixture
def machine(path: Path) -> Iterator[Machine]:
    with asyncio.Runner() as runner:
        machine = Machine(runner, path)
        machine.run(machine.journal.open())
        yield machine
        machine.run(machine.journal.close())


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(built(Attempt))
def test_every_field_comes_back_as_it_was(machine: Machine, attempt: Attempt) -> None:
    journal = machine.journal
    links = (Link("app", attempt.reason), Link("browser", attempt.qr)) if attempt.qr else ()
    values = ding_pair(attempt.account, attempt.reason).values if attempt.account else {}
    named = ("chat", "update", "topic", "message", "old_message")
    ids: dict[str, Any] = dict.fromkeys(named, "7")
    attempt = replace(attempt, id="the one", links=links, values=values, owner=ADMIN, **ids)
    machine.run(journal.save(attempt))
    assert machine.run(journal.asked_by(attempt.update)) == attempt
    assert machine.run(journal.latest(attempt.owner)) == attempt
    assert machine.run(journal.find("the one")) == attempt
    assert machine.run(journal.unfinished()) == ([] if attempt.over else [attempt])


async def test_saving_again_changes_the_row_and_nothing_else(journal: SqliteJournal) -> None:
    other = an_attempt(id="other", update="2", deliveries=(Delivery("config:/b", "b"),))
    first = Delivery("config:/a", "a", DeliveryState.WRITTEN, "dingtalk", True, "locked", 3, 9)
    second = Delivery("config:/b", "b")
    await journal.save(other)
    await journal.save(captured(deliveries=(first, second)))
    await journal.save(captured(deliveries=(second, first), message="5"))
    assert await journal.find(captured().id) == captured(deliveries=(second, first), message="5")
    await journal.save(captured())
    assert await journal.find(captured().id) == captured()
    assert await journal.find("other") == other


async def test_unknown_rows_are_none(journal: SqliteJournal) -> None:
    await journal.save(an_attempt())
    assert await journal.asked_by("999") is None
    assert await journal.latest(OTHER) is None
    assert await journal.find("missing") is None


async def test_one_update_begins_one_attempt(journal: SqliteJournal) -> None:
    await journal.save(an_attempt())
    with pytest.raises(JournalError) as caught:
        await journal.save(an_attempt(id="second"))
    assert caught.value.code is Code.STATE_UNUSABLE
    assert await journal.unfinished() == [an_attempt()]
    await journal.save(an_attempt(id="second", update="1001"))
    assert len(await journal.unfinished()) == 2


async def test_unfinished_are_all_that_are_not_over_oldest_first(journal: SqliteJournal) -> None:
    over = an_attempt(state=State.STORED, told=True)
    left = {
        "untold": replace(over, told=False),
        "stale": replace(over, stale=True),
        "watched": replace(over, watching=True),
        "code": replace(over, device_state=SecretStr("d")),
        "secret": replace(over, values=a_secret("s")),
    }
    await journal.save(replace(over, id="over", update="0"))
    for number, (name, attempt) in enumerate(left.items(), 1):
        # the wall clock may have been set back in between
        await journal.save(
            replace(attempt, id=name, update=str(number), requested_at=100.0 - number)
        )
    await journal.save(replace(left["untold"], id="untold", update="1", language="zh"))
    found = [attempt.id for attempt in await journal.unfinished()]
    assert found == list(left)


async def test_the_latest_is_the_owners_last_over_or_not(journal: SqliteJournal) -> None:
    await journal.save(an_attempt(id="old", update="2", requested_at=200.0))
    # the wall clock may have been set back in between
    await journal.save(an_attempt(id="new", update="1", requested_at=100.0, told=True))
    await journal.save(an_attempt(id="theirs", update="3", requested_at=300.0, owner=OTHER))
    found = await journal.latest(ADMIN)
    assert found is not None
    assert found.id == "new"
    await journal.save(an_attempt(id="newer", update="4", requested_at=200.0))
    await journal.save(an_attempt(id="new", update="1", requested_at=200.0, message="5"))
    found = await journal.latest(ADMIN)
    assert found is not None
    assert found.id == "newer"


async def test_requests_are_listed_from_a_moment_on(
    journal: SqliteJournal,
) -> None:
    for number, moment in enumerate((99.0, 100.0, 101.0)):
        await journal.save(an_attempt(id=str(number), update=str(number), requested_at=moment))
    await journal.save(an_attempt(id="theirs", update="9", requested_at=100.0, owner=OTHER))
    found = [sorted(await journal.requests_since(moment)) for moment in (99.5, 101, 101.5)]
    assert found == [[(ADMIN, 100.0), (ADMIN, 101.0), (OTHER, 100.0)], [(ADMIN, 101.0)], []]


async def test_only_what_is_over_and_old_is_forgotten(journal: SqliteJournal, path: Path) -> None:
    delivery = Delivery("config:/a", "a")
    over = an_attempt(state=State.STORED, told=True, deliveries=(delivery,))
    await journal.save(replace(over, id="old", update="1", requested_at=99.9))
    await journal.save(replace(over, id="young", update="2", requested_at=100.0))
    for number, kept in enumerate(
        (replace(over, told=False), replace(over, stale=True), replace(over, watching=True)), 3
    ):
        await journal.save(replace(kept, id=str(number), update=str(number), requested_at=1.0))
    await journal.save(captured(id="secret", update="9", requested_at=1.0, told=True))
    await journal.forget(100.0)
    with closing(sqlite3.connect(path)) as db:
        left = {row[0] for row in db.execute("SELECT id FROM attempts")}
        deliveries = {row[0] for row in db.execute("SELECT attempt FROM deliveries")}
    assert left == {"young", "3", "4", "5", "secret"}
    assert deliveries == left - {"secret"}


async def test_a_language_is_remembered_for_each_person(journal: SqliteJournal) -> None:
    assert await journal.languages() == {}
    await journal.save_language(ADMIN, "en")
    await journal.save_language(OTHER, "en")
    await journal.save_language(ADMIN, "zh")
    assert await journal.languages() == {ADMIN: "zh", OTHER: "en"}


async def test_a_save_that_is_cancelled_lands_all_the_same(journal: SqliteJournal) -> None:
    task = asyncio.create_task(journal.save(captured()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await journal.unfinished() == [captured()]


async def test_no_error_holds_a_value_of_the_row(journal: SqliteJournal) -> None:
    await journal.save(captured())
    with pytest.raises(JournalError) as caught:
        await journal.save(captured(id="second"))
    assert captured().account not in f"{caught.value!r} {caught.value}"
    assert caught.value.__suppress_context__


# A file of the time before targets.

OLD = """
CREATE TABLE attempts (
    id TEXT PRIMARY KEY, provider TEXT NOT NULL, owner INTEGER NOT NULL, chat INTEGER NOT NULL,
    language TEXT NOT NULL, "update" INTEGER NOT NULL UNIQUE, requested_at REAL NOT NULL,
    acted_at REAL NOT NULL, state TEXT NOT NULL, told INTEGER NOT NULL, stale INTEGER NOT NULL,
    message INTEGER, old_message INTEGER, wanted_id TEXT NOT NULL, replaces TEXT NOT NULL,
    device_code TEXT, user_code TEXT NOT NULL, link TEXT NOT NULL, app_link TEXT NOT NULL,
    interval REAL NOT NULL, expires_at REAL NOT NULL, stage TEXT NOT NULL, stage_at REAL NOT NULL,
    checked_at REAL NOT NULL, approval TEXT NOT NULL, watching INTEGER NOT NULL,
    health TEXT NOT NULL, looked_at REAL NOT NULL, held TEXT NOT NULL, client_id TEXT NOT NULL,
    client_secret TEXT, masked_secret TEXT NOT NULL, reason TEXT NOT NULL, trouble TEXT NOT NULL,
    trouble_since REAL NOT NULL, stored_at REAL NOT NULL
) STRICT;
CREATE TABLE languages (person INTEGER PRIMARY KEY, language TEXT NOT NULL) STRICT;
CREATE TABLE deliveries (
    attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE, target TEXT NOT NULL,
    place TEXT NOT NULL, state TEXT NOT NULL, platform_id TEXT NOT NULL,
    updated INTEGER NOT NULL, trouble TEXT NOT NULL, "line" INTEGER NOT NULL,
    "column" INTEGER NOT NULL, PRIMARY KEY (attempt, target)
) STRICT;
INSERT INTO languages VALUES (42, 'en');
"""
UNTOUCHED, ON_ITS_WAY, HINDERED, WRITTEN, VERIFIED = (
    (),
    (Delivery("config:/a", "a"),),
    (Delivery("config:/a", "a", trouble="unparsable", line=3, column=9),),
    (Delivery("config:/a", "a", DeliveryState.WRITTEN, "dingtalk"),),
    (Delivery("config:/a", "a", DeliveryState.VERIFIED, "dingtalk", updated=True),),
)
STORED = {"state": State.STORED, "device_state": None, "stored_at": START}
LEFT = [
    *(captured(deliveries=old) for old in (UNTOUCHED, ON_ITS_WAY, HINDERED, WRITTEN, VERIFIED)),
    *(captured(**STORED, told=told, deliveries=VERIFIED) for told in (True, False)),
]


def an_old_file(path: Path, *attempts: Attempt) -> None:
    """What an earlier version left."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(OLD)
        for attempt in attempts:
            insert(db, "attempts", asdict(attempt) | of_its_time(attempt))
            for delivery in attempt.deliveries:
                insert(db, "deliveries", {"attempt": attempt.id, **asdict(delivery)})
        db.commit()


def of_its_time(attempt: Attempt) -> dict[str, Any]:
    """What it called otherwise."""
    return {
        "owner": attempt.owner.id,
        "device_code": attempt.device_state,
        "link": attempt.qr,
        "app_link": next((link.url for link in attempt.links), ""),
        "client_id": attempt.account,
        "client_secret": attempt.values.get("client_secret"),
    }


def insert(db: sqlite3.Connection, table: str, record: dict[str, Any]) -> None:
    """Puts in as much of it as the table has columns for."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = [plain(record[name]) for name in columns]
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@pytest.mark.parametrize("attempt", LEFT)
async def test_an_old_file_is_read_and_kept_up(path: Path, attempt: Attempt) -> None:
    an_old_file(path, attempt)
    journal = SqliteJournal(path)
    await journal.open()
    assert journal.moved_aside is None
    assert await journal.unfinished() == [attempt]
    assert await journal.languages() == {ADMIN: "en"}
    ran = replace(VERIFIED[0], runs=2, run_at=1.5, run_end="exited", run_status=-9, agreed=True)
    beside = Delivery("astrbot:b", "b", kind="astrbot", occupant="dingother", notes="loaded")
    changed = replace(attempt, deliveries=(ran, beside))
    await journal.save(changed)
    await journal.close()
    await journal.open()
    assert await journal.unfinished() == [changed]
    await journal.close()


@pytest.mark.parametrize("done", range(len(ADDED["deliveries"])))
async def test_a_file_that_was_half_kept_up_when_the_power_failed_is_kept_up(
    path: Path, done: int
) -> None:
    attempt = captured(deliveries=VERIFIED)
    an_old_file(path, attempt)
    with closing(sqlite3.connect(path)) as db:
        for name, kind in list(ADDED["deliveries"].items())[:done]:
            db.execute(f"ALTER TABLE deliveries ADD COLUMN {name} {kind}")
    journal = SqliteJournal(path)
    await journal.open()
    assert await journal.unfinished() == [attempt]
    await journal.close()


def at_home(attempt: Attempt, config: Path) -> Attempt:
    """The same, on its way into that file."""
    moved = (replace(one, target=f"config:{config}") for one in attempt.deliveries)
    return replace(attempt, deliveries=tuple(moved))


@pytest.mark.parametrize("left", LEFT)
async def test_what_an_earlier_version_left_unfinished_is_finished(
    path: Path, left: Attempt
) -> None:
    an_old_file(path, at_home(left, path.with_name("config.toml")))
    async with Scene(path.parent) as scene:
        # a chat that the stand-in has never heard of
        await scene.says("/help")
        if not left.told:
            await scene.telegram.until(lambda: any("Done" in text for text in scene.captions()))
        row = await scene.recorded("stored")
        assert (row["client_id"], row["client_secret"]) == (CLIENT_ID, SECRET)
        while scene.journal()[-1]["client_secret"] is not None:
            await scene.next_moment()
            await scene.idle()
        pair = {"client_id": CLIENT_ID, "client_secret": SECRET}
        assert scene.platforms() == {"dingtalk": {"type": "dingtalk", "enabled": True, **pair}}
        [delivery] = scene.deliveries()
        assert (delivery["state"], delivery["kind"], delivery["trouble"]) == (
            "verified",
            "config",
            "",
        )
        assert len(scene.journal()) == 1
        assert SECRET.encode() not in content(path)
