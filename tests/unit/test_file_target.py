"""Credentials in one file, whatever its format and layout: what is asked, written and told."""

import asyncio
import json
import logging
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import Timeout

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Remove, Set, UnfitValueError
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.file_target import FileTarget
from bootstrap_bot.targets.layout import Data, free_id, table_at
from bootstrap_bot.targets.rights import Rights
from bootstrap_bot.targets.target import Note, Platform, Stored, Target
from tests.support.credentials import ding_bot, ding_pair
from tests.support.folder_lock import FolderLock
from tests.support.format import FakeFormat
from tests.support.programs import DINGTALK, cell_of

SECRET = "s3cr3t-s3cr3t-s3cr3t"
PAIR = ding_pair("NEW", SECRET)
PLACE = "the bot's file"


class Bots:
    """A `Layout`: `{"bots": {name: {"id": ..., "secret": ..., "on": ...}}}`.

    `hindered` and `notes` of the file are given as they are; a file that says `lost` has new bots
    put where nobody looks for them, one that says `unfit` takes none.
    """

    cell = cell_of("config", DINGTALK)

    def __init__(self, *, single_slot: bool = False) -> None:
        self.single_slot = single_slot

    def blocker(self, data: Data) -> Code | None:
        return Code(data["hindered"]) if "hindered" in data else None

    def bots(self, data: Data) -> list[Platform]:
        return [
            ding_bot(name, bot.get("on"), bot["id"], bot["secret"])
            for name, bot in table_at(data, ("bots",)).items()
        ]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> Sequence[Change]:
        if "unfit" in data:
            raise UnfitValueError
        name = free_id(wanted_id, table_at(data, ("bots",)))
        values = {"id": credentials.account, "secret": SECRET, "on": data.get("lit", True)}
        return [Set(("lost" if "lost" in data else "bots", name), values)]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> Sequence[Change]:
        path = ("bots", bot.id)
        known = table_at(data, path)
        new = {"id": credentials.account, "secret": credentials.text("client_secret")}
        return [Set((*path, key), text) for key, text in new.items()] if known else []

    def remove(self, data: Data, bot: Platform) -> Sequence[Change]:
        return [Remove(("bots", name)) for name in table_at(data, ("bots",)) if name == bot.id]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> Sequence[Change]:
        path = ("bots", bot.id)
        return [Set((*path, "on"), enabled)] if "on" in table_at(data, path) else []

    def allow(self, data: Data, bot: Platform, person: str) -> Sequence[Change]:
        return []

    @property
    def restart(self) -> str:
        return ""

    def notes(self, data: Data) -> Sequence[Note]:
        return [Note(note) for note in data.get("notes", [])]


class Forgetful(Bots):
    """Finds a bot in the new text, and no longer in the file."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0

    def bots(self, data: Data) -> list[Platform]:
        self._looks += 1
        return super().bots(data) if self._looks <= 2 else []


def a_bot(client_id: str, secret: str = "old", **more: Any) -> dict[str, Any]:
    return {"id": client_id, "secret": secret, **more}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bots.json"


def write(file: Path, data: Any) -> None:
    file.write_text(json.dumps(data))
    file.chmod(0o600)


def said(file: Path) -> Any:
    return json.loads(file.read_text())


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def version(file: Path) -> tuple[int, ...]:
    """Which file it is and when it was last changed in any way; reading makes no difference."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def names(file: Path) -> set[str]:
    return {entry.name for entry in file.parent.iterdir()}


def a_target(file: Path, **options: Any) -> FileTarget:
    layout = options.pop("layout", None) or Bots()
    return FileTarget("fake", [layout], FakeFormat(), file, PLACE, **options)


def guarded(file: Path, answers: list[Code | None]) -> FileTarget:
    """Asks before it writes, and hears these answers in turn."""

    async def guard() -> Code | None:
        return answers.pop(0)

    return a_target(file, guard=guard)


@contextmanager
def refused(code: Code, line: int = 0, column: int = 0, occupant: str = "") -> Iterator[None]:
    with pytest.raises(TargetError) as caught:
        yield
    error = caught.value
    told = (error.code, error.place, error.line, error.column, error.occupant)
    assert told == (code, PLACE, line, column, occupant)
    assert SECRET not in "".join(traceback.format_exception(error))
    assert not isinstance(error.__context__, ValueError)  # which may hold what was read


async def test_it_is_known_by_its_layouts_kind_and_its_whole_path(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    after = Command(("true",))
    target: Target = a_target(Path(file.name), layout=Bots(single_slot=True), after=after)
    assert (target.kind, target.key) == ("fake", f"fake:{file}")
    assert (target.place, target.after, target.single_slot) == (PLACE, after, True)
    assert a_target(file).after is None
    assert not a_target(file).single_slot


# Storing.


async def test_a_new_pair_gets_the_wanted_id_or_the_next_free_one(file: Path) -> None:
    write(file, {"bots": {"b": a_bot("OTHER")}})
    stored = await a_target(file).store("b", PAIR)
    assert stored == Stored(ding_bot("b_2", True, "NEW", SECRET))
    assert said(file)["bots"] == {"b": a_bot("OTHER"), "b_2": a_bot("NEW", SECRET, on=True)}


async def test_a_known_client_id_is_updated_rather_than_the_one_it_replaces(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("OLD"), "b": a_bot("NEW")}})
    stored = await a_target(file).store("c", PAIR, "OLD")
    assert stored.platform.id == "b"
    assert said(file)["bots"] == {"a": a_bot("OLD"), "b": a_bot("NEW", SECRET)}


async def test_the_bot_that_is_replaced_gives_its_place(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("OTHER"), "b": a_bot("OLD")}})
    assert (await a_target(file).store("c", PAIR, "OLD")).platform.id == "b"
    assert said(file)["bots"] == {"a": a_bot("OTHER"), "b": a_bot("NEW", SECRET)}


async def test_one_to_replace_that_is_gone_is_not_missed(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("OTHER")}})
    assert (await a_target(file).store("c", PAIR, "GONE")).platform.id == "c"
    assert len(said(file)["bots"]) == 2


async def test_a_place_for_one_says_who_has_it_and_takes_whoever_replaces_that_one(
    file: Path,
) -> None:
    target = a_target(file, layout=Bots(single_slot=True))
    before = {"bots": {"a": a_bot("OLD"), "b": a_bot("LATER")}}
    write(file, before)
    with refused(Code.OCCUPIED, occupant="OLD"):
        await target.store("c", PAIR)
    assert said(file) == before
    await target.store("c", PAIR, "OLD")
    assert said(file)["bots"]["a"] == a_bot("NEW", SECRET)
    write(file, {})
    assert (await target.store("c", PAIR)).platform.id == "c"


async def test_a_bot_without_a_client_id_is_nobodys(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("")}})
    target = a_target(file)
    assert (await target.store("c", PAIR)).platform.id == "c"
    assert await target.remove("dingtalk", "") is None
    assert await target.set_enabled("dingtalk", "", True) is None
    assert said(file)["bots"]["a"] == a_bot("")


async def test_what_hinders_the_program_is_told_and_nothing_is_written(file: Path) -> None:
    write(file, {"hindered": "plugin_missing"})
    with refused(Code.PLUGIN_MISSING):
        await a_target(file).store("c", PAIR)
    with refused(Code.PLUGIN_MISSING):
        await a_target(file).probe()
    assert said(file) == {"hindered": "plugin_missing"}


async def test_nothing_is_written_unless_the_new_text_has_the_bot(file: Path) -> None:
    write(file, {"lost": {}})
    with refused(Code.NOT_READ_BACK):
        await a_target(file).store("c", PAIR)
    assert said(file) == {"lost": {}}
    assert names(file) == {"bots.json"}


async def test_a_bot_that_the_file_no_longer_has_was_not_stored(file: Path) -> None:
    write(file, {})
    with refused(Code.NOT_READ_BACK):
        await a_target(file, layout=Forgetful()).store("c", PAIR)
    assert said(file) == {"bots": {"c": a_bot("NEW", SECRET, on=True)}}


async def test_what_is_needed_comes_first_then_what_storing_did_besides(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, {"notes": ["restart", "loaded"], "lit": False})
    file.chmod(0o640)
    ours = a_target(file, policy=Rights.private)
    with caplog.at_level(logging.WARNING):
        stored = await ours.store("c", PAIR)
    assert stored.notes == (Note.RESTART, Note.LOADED, Note.NARROWED, Note.SWITCHED_OFF)
    [record] = caplog.records
    message = f"{PLACE} could be read or written by others; now it cannot"
    assert (record.levelname, record.message) == ("WARNING", message)
    assert (await a_target(file).store("c", PAIR)).notes == stored.notes[:2] + stored.notes[3:]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("on", [True, None])
async def test_only_a_bot_that_is_switched_off_is_said_to_be(file: Path, on: bool | None) -> None:
    write(file, {"lit": on})
    assert (await a_target(file).store("c", PAIR)).notes == ()


# Modes, missing files, locks.


async def test_a_file_of_somebody_else_keeps_its_mode(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, {})
    file.chmod(0o664)
    for attempt in (a_target(file).store("c", PAIR), a_target(file).probe()):
        with refused(Code.READABLE_BY_ALL):
            await attempt
    assert said(file) == {}
    with caplog.at_level(logging.WARNING):
        stored = await a_target(file).store("c", PAIR, exposed=True)
    assert stored.notes == (Note.EXPOSED,)
    assert caplog.messages == [f"{PLACE} can be read by others"]
    # no secret comes in, and its readers stay the same
    await a_target(file).set_enabled("dingtalk", "NEW", False)
    assert mode(file) == 0o664
    await a_target(file, policy=Rights.private).remove("dingtalk", "NEW")
    assert mode(file) == 0o600


async def test_a_missing_file_is_its_programs_to_make_unless_it_is_ours(file: Path) -> None:
    target = a_target(file)
    assert await target.platforms() == []
    for attempt in (target.store("c", PAIR), target.remove("dingtalk", "NEW"), target.probe()):
        with refused(Code.FILE_MISSING):
            await attempt
    assert not file.exists()
    ours = a_target(file, made=True)
    await ours.probe()
    assert not file.exists()
    await ours.store("c", PAIR)
    assert [bot.client_id for bot in await target.platforms()] == ["NEW"]


async def test_another_holder_is_waited_for_no_longer_than_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        pytest.fail("it was waited for")

    write(file, {})
    target = a_target(file, lock_seconds=0)
    monkeypatch.setattr(time, "sleep", sleep)
    with FolderLock(file):
        for attempt in (target.store("c", PAIR), target.remove("dingtalk", "NEW"), target.probe()):
            with refused(Code.LOCKED):
                await attempt
    assert said(file) == {}


async def test_another_holder_is_waited_for_by_default(file: Path) -> None:
    write(file, {})
    with FolderLock(file) as lock:
        storing = asyncio.create_task(a_target(file).store("c", PAIR))
        await asyncio.wait([storing], timeout=0.05)
        assert not storing.done()
        lock.release()
        await storing


# What the text's rules say.


async def test_every_trouble_with_the_text_has_its_code_and_its_place(file: Path) -> None:
    target = a_target(file)
    for text, code, line, column in (
        ('{\n "secret": "' + SECRET + '",,', Code.UNPARSABLE, 2, 35),
        ("[]", Code.WRONG_SHAPE, 1, 1),
        ('{"a": {}, "bots": 1}', Code.WRONG_SHAPE, 1, 11),
    ):
        file.write_text(text)
        for attempt in (target.store("c", PAIR), target.platforms(), target.probe()):
            with refused(code, line, column):
                await attempt
        assert file.read_text() == text


async def test_a_value_that_the_format_cannot_hold_is_told(file: Path) -> None:
    write(file, {"unfit": 1})
    with refused(Code.VALUE_UNFIT):
        await a_target(file).store("c", PAIR)
    assert said(file) == {"unfit": 1}


# Switching and removing.


async def test_switching_gives_the_bot_as_it_is_then(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("A", on=True), "b": a_bot("B", on=True)}})
    target = a_target(file)
    switched = await target.set_enabled("dingtalk", "B", False)
    assert switched == ding_bot("b", False, "B", "old")
    assert said(file)["bots"] == {"a": a_bot("A", on=True), "b": a_bot("B", on=False)}
    again = await target.set_enabled("dingtalk", "B", True)
    assert again is not None
    assert again.enabled is True
    assert said(file)["bots"]["b"]["on"] is True


async def test_a_bot_without_a_switch_stays_without_one(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("A")}})
    switched = await a_target(file).set_enabled("dingtalk", "A", False)
    assert switched is not None
    assert switched.enabled is None
    assert said(file) == {"bots": {"a": a_bot("A")}}


async def test_removing_gives_the_bot_as_it_was(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("A", on=True), "b": a_bot("B")}})
    removed = await a_target(file).remove("dingtalk", "A")
    assert removed == ding_bot("a", True, "A", "old")
    assert said(file) == {"bots": {"b": a_bot("B")}}


async def test_what_nobody_knows_is_none_and_nothing_is_written(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("A", on=True)}})
    target, before = a_target(file), version(file)
    assert await target.set_enabled("dingtalk", "B", False) is None
    assert await target.remove("dingtalk", "B") is None
    assert version(file) == before


# The guard, and looking only.


async def test_the_guard_is_asked_before_anything_is_written_and_never_for_a_look(
    file: Path,
) -> None:
    write(file, {"bots": {"a": a_bot("A", on=True)}})
    before = said(file)
    answers: list[Code | None] = [Code.STILL_RUNNING] * 4
    target = guarded(file, answers)
    for attempt in (
        target.store("c", PAIR),
        target.set_enabled("dingtalk", "A", False),
        target.remove("dingtalk", "A"),
        target.probe(),
    ):
        with refused(Code.STILL_RUNNING):
            await attempt
    assert answers == []
    assert len(await target.platforms()) == 1
    assert said(file) == before
    answers[:] = [None] * 4
    await target.store("c", PAIR)
    await target.set_enabled("dingtalk", "A", False)
    await target.remove("dingtalk", "A")
    await target.probe()
    assert said(file) == {"bots": {"c": a_bot("NEW", SECRET, on=True)}}


async def test_a_probe_leaves_everything_as_it_was(file: Path) -> None:
    write(file, {"bots": {"a": a_bot("A")}})
    before = version(file)
    await a_target(file).probe()
    assert version(file) == before
    assert names(file) == {"bots.json"}


async def test_a_probe_finds_what_would_keep_a_store_from_writing(file: Path) -> None:
    @contextmanager
    def program_lock(real: Path) -> Iterator[None]:
        raise Timeout(str(real))
        yield

    write(file, {})
    target = a_target(file, program_lock=program_lock, lock_seconds=0)
    for attempt in (target.probe(), target.store("c", PAIR)):
        with refused(Code.LOCKED):
            await attempt
