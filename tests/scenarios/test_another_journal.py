"""A bot whose journal is another distribution's, and no file."""

import asyncio
from pathlib import Path

import pytest

from bootstrap_bot import registry
from bootstrap_bot.cli import main
from bootstrap_bot.journals.kind import JournalKind
from bootstrap_bot.registration.attempt import State
from bootstrap_bot.sandbox.dingtalk.answers import success
from tests.support.memory_journal import MemoryJournal
from tests.support.scene import Scene

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
ELSEWHERE = '[state]\npath = "memory://me:hunter2@there"\n'


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> MemoryJournal:
    """The journal of every `memory://` address."""
    journal = MemoryJournal()
    known = registry.journals()
    kind = JournalKind("memory", lambda _: journal)
    monkeypatch.setattr(registry, "journals", lambda: {**known, "memory": kind})
    return journal


async def test_it_keeps_what_must_survive(tmp_path: Path, journal: MemoryJournal) -> None:
    async with Scene(tmp_path, more=ELSEWHERE) as scene:
        await scene.invited()
        await scene.stop()
        await scene.start()
        await scene.poll(success(ID, SECRET))
        await scene.sees("Done")
        [attempt] = journal.rows.values()
        assert (attempt.state, attempt.account) == (State.STORED, ID)
        assert scene.platforms()["dingtalk"]["client_id"] == ID
        assert not [*tmp_path.glob("*.db*"), *tmp_path.glob("memory*")]


async def test_the_doctor_names_it_without_its_address(
    tmp_path: Path, journal: MemoryJournal
) -> None:
    async with Scene(tmp_path, more=ELSEWHERE) as scene:
        await scene.says("/doctor")
        shown = await scene.sees("This bot uses memory://, and it answers.")
        assert "hunter2" not in shown.text


async def test_from_outside_nothing_is_asked_that_could_take_messages_from_it(
    tmp_path: Path, journal: MemoryJournal, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path, more=ELSEWHERE) as scene:
        await scene.settled()
        before = len(scene.telegram.calls("getUpdates"))
        await scene.stop()
        await asyncio.to_thread(main, ["check", "--config", str(scene.config)])
        assert len(scene.telegram.calls("getUpdates")) == before
    said = capsys.readouterr().out
    assert "Not asked, so as to take nothing from a bot that may run with this journal." in said
    assert "State file" not in said
