"""Taking updates: none is lost, none makes the bot deaf, nobody holds up an admin."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.ext import Application, TypeHandler

from bootstrap_bot.hosts.telegram.polling import UpdateLoop
from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn, Trouble
from tests.support.admins import MemoryAdmins
from tests.support.scene import ADMIN, STRANGER, TOKEN, Impatient, Scene

WORDS = "people's words that belong into no log"
Json = dict[str, Any]


def message(person: int, text: str = "hello") -> Json:
    """A message in a private chat, as Telegram spells it."""
    return {
        "message_id": 1,
        "date": 1_790_000_000,
        "chat": {"id": person, "type": "private"},
        "from": {"id": person, "is_bot": False, "first_name": "Alex"},
        "text": text,
    }


# What an own server of another version, or a broken one, may hand out.
UNREADABLE: dict[str, Json] = {
    "a poll without its fields": {"message": message(ADMIN) | {"poll": {"question": WORDS}}},
    "a date in words": {"message": message(ADMIN) | {"date": WORDS}},
    "a sender that is text": {"message": message(ADMIN) | {"from": WORDS}},
    "a chat that is a list": {"message": message(ADMIN) | {"chat": [WORDS]}},
    "no chat": {"message": {"message_id": 1, "date": 1, "text": WORDS}},
    "a message that is text": {"message": WORDS},
    "entities that are a number": {"message": message(ADMIN, WORDS) | {"entities": 7}},
    "a press without its id": {"callback_query": {"data": WORDS}},
    "a press that is a list": {"callback_query": [WORDS]},
    "an edit that is true": {"edited_message": True},
    "a huge date": {"message": message(ADMIN, WORDS) | {"date": 10**18}},
}


@pytest.mark.parametrize("update", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_update_that_cannot_be_read_is_skipped_and_its_words_are_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, update: Json
) -> None:
    caplog.set_level(logging.INFO)
    async with Scene(tmp_path) as scene:
        await scene.telegram.update(update)
        await scene.says("/help")
        await scene.sees("I connect DingTalk bots")
        await scene.settled()
        assert len(scene.telegram.calls("getUpdates")) < 10
    assert WORDS not in caplog.text
    assert "Traceback" not in caplog.text


async def test_many_of_them_are_counted_in_one_line_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Scene(tmp_path) as scene:
        for _ in range(30):
            await scene.telegram.update(UNREADABLE["a date in words"])
        await scene.settled()
        lines = [r.getMessage() for r in caplog.records if "cannot be read" in r.getMessage()]
        assert lines == ["an update cannot be read (TypeError): skipped; 1 so far"]
        assert len(scene.telegram.calls("getUpdates")) < 40


@pytest.mark.parametrize(
    "result", [True, 7, "words", {"a": 1}, ["words"], [{"message": {}}], [{"update_id": "7"}]]
)
async def test_what_is_no_list_of_updates_is_asked_for_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, result: object
) -> None:
    async with Scene(tmp_path) as scene:
        scene.telegram.fail("getUpdates", Trouble.result(result), 3)
        await scene.says("/help")
        await scene.sees("I connect DingTalk bots")
    said = [r.getMessage() for r in caplog.records if "does not answer" in r.getMessage()]
    assert said
    assert all("OddAnswerError" in line for line in said)


class Handling:
    """An application that hears of every update, and works on it for as long as a test wants."""

    def __init__(self, telegram: TelegramStandIn) -> None:
        self.telegram = telegram
        self.heard: list[int] = []
        self.works: set[asyncio.Task[None]] = set()
        self.slow: dict[int, asyncio.Event] = {}
        builder = Application.builder().token(TOKEN).base_url(f"{telegram.url}/bot")
        self.application = builder.updater(None).build()
        self.application.add_handler(TypeHandler(Update, self._handle))

    async def _handle(self, update: Update, _: object) -> None:
        self.heard.append(update.update_id)
        await self.telegram.changed()
        if update.update_id in self.slow:
            work = asyncio.create_task(self._work(update.update_id))
            self.works.add(work)
            work.add_done_callback(self.works.discard)

    async def _work(self, number: int) -> None:
        await self.slow[number].wait()

    async def hears(self, *numbers: int) -> None:
        """Returns once these were heard, each once, in that order."""
        await self.telegram.until(lambda: len(self.heard) >= len(numbers))
        assert self.heard == list(numbers)

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        """A process that takes updates, and is killed at the end."""
        loop = UpdateLoop(self.application, MemoryAdmins(ADMIN), lambda: self.works, Impatient())
        async with self.application:
            task = asyncio.create_task(loop.run())
            yield
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture
async def handling(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Handling]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with TelegramStandIn(token=TOKEN) as telegram:
        yield Handling(telegram)


async def test_an_update_is_acknowledged_once_its_work_is_done_and_others_do_not_wait(
    handling: Handling,
) -> None:
    telegram = handling.telegram
    handling.slow[1002] = asyncio.Event()
    async with handling.polling():
        for text in ("one", "two", "three"):
            await telegram.says(ADMIN, text)
        await handling.hears(1001, 1002, 1003)
        await telegram.until(lambda: telegram.pending == 2)
        await telegram.says(ADMIN, "four")
        await handling.hears(1001, 1002, 1003, 1004)
        assert telegram.pending == 3
        handling.slow[1002].set()
        await telegram.until(lambda: telegram.pending == 0)
    assert handling.heard == [1001, 1002, 1003, 1004]


async def test_what_was_not_done_when_it_was_killed_comes_again(handling: Handling) -> None:
    handling.slow[1001] = asyncio.Event()
    await handling.telegram.says(ADMIN, "one")
    async with handling.polling():
        await handling.hears(1001)
    assert handling.telegram.pending == 1
    handling.slow.clear()
    async with handling.polling():
        await handling.hears(1001, 1001)
        await handling.telegram.until(lambda: handling.telegram.pending == 0)


async def test_a_hundred_that_are_not_done_hold_up_nobody_behind_them(handling: Handling) -> None:
    never = asyncio.Event()
    handling.slow = dict.fromkeys(range(1001, 1101), never)
    for number in range(101):
        await handling.telegram.says(ADMIN, f"number {number}")
    async with handling.polling():
        await handling.hears(*range(1001, 1102))
        never.set()


async def test_admins_come_before_strangers_of_the_same_batch(handling: Handling) -> None:
    for person in (1000, 1001, ADMIN, 1002, ADMIN, 1003):
        await handling.telegram.says(person, "hello")
    async with handling.polling():
        await handling.hears(1003, 1005, 1001, 1002, 1004, 1006)
        await handling.telegram.until(lambda: handling.telegram.pending == 0)


async def test_a_stranger_costs_no_request_once_the_small_rate_is_used_up(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        for person in range(STRANGER, STRANGER + 300):
            await scene.telegram.update({"message": message(person)})
        await scene.settled()
        assert len(scene.telegram.calls("sendMessage")) == 10
