"""Sending in order, chat by chat, on a clock that is handed in."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from telegram.error import BadRequest, RetryAfter

from bootstrap_bot.activity import waits
from bootstrap_bot.chat.host import DroppedError, ReplacedError
from bootstrap_bot.hosts.telegram.odd_answers import OddAnswerError
from bootstrap_bot.hosts.telegram.sender import Sender, seconds_of
from tests.support.clock import START, FakeClock, rest


def flood(seconds: int | timedelta) -> RetryAfter:
    """The library's error; making it warns of what the environment may change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RetryAfter(seconds)


class Line:
    """Requests that are remembered, and wait or fail as told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sender = Sender(self.clock)
        self.begun: list[str] = []
        self.done: list[str] = []
        self._open: dict[str, asyncio.Event] = {}
        self._errors: dict[str, list[BaseException]] = {}

    def hold(self, name: str) -> None:
        self._open[name] = asyncio.Event()

    def release(self, name: str) -> None:
        self._open[name].set()

    def fail(self, name: str, *errors: BaseException) -> None:
        """The coming requests of that name raise these, in turn."""
        self._errors[name] = list(errors)

    def request(self, name: str) -> Callable[[], Awaitable[str]]:
        async def run() -> str:
            self.begun.append(name)
            if name in self._open:
                await self._open[name].wait()
            if self._errors.get(name):
                raise self._errors[name].pop(0)
            self.done.append(name)
            return f"result of {name}"

        return run

    def send(
        self, name: str, chat: int = 1, edits: int | None = None, *, droppable: bool = False
    ) -> "asyncio.Task[str]":
        request = self.request(name)
        sending = self.sender.send(chat, request, edits=edits, droppable=droppable)
        return asyncio.create_task(sending)

    def send_beside(self, name: str, chat: int = 1) -> "asyncio.Task[str]":
        return asyncio.create_task(self.sender.send_beside(chat, self.request(name)))


@pytest.fixture
def line() -> Line:
    return Line()


async def test_a_request_is_made_and_its_result_given(line: Line) -> None:
    assert await line.send("a") == "result of a"
    assert line.begun == ["a"]


async def test_one_chat_is_served_in_order_one_at_a_time(line: Line) -> None:
    line.hold("a")
    tasks = [line.send(name) for name in "abc"]
    await rest()
    assert line.begun == ["a"]
    line.release("a")
    assert await asyncio.gather(*tasks) == [f"result of {name}" for name in "abc"]
    assert line.done == ["a", "b", "c"]


async def test_a_chat_that_hangs_holds_up_no_other(line: Line) -> None:
    line.hold("slow")
    slow = line.send("slow", chat=1)
    assert await line.send("b", chat=2) == "result of b"
    assert not slow.done()
    line.release("slow")
    await slow


async def test_a_quiet_sender_keeps_no_task_and_begins_again(line: Line) -> None:
    for name in "ab":
        await line.send(name)
        await rest()
        assert asyncio.all_tasks() == {asyncio.current_task()}


# Waiting where Telegram asks to.


async def test_retry_after_is_waited_out_on_the_clock_and_tried_again(line: Line) -> None:
    line.fail("a", flood(7), flood(timedelta(seconds=30)))
    task = line.send("a")
    assert await line.clock.pass_until_due() == 7
    assert await line.clock.pass_until_due() == 30
    assert await task == "result of a"
    assert line.begun == ["a", "a", "a"]
    assert line.clock.now() == START + 37


async def test_retry_after_holds_up_its_own_chat_only(line: Line) -> None:
    line.fail("a", flood(7))
    first, second = line.send("a", chat=1), line.send("b", chat=1)
    await line.clock.asleep()
    assert await line.send("c", chat=2) == "result of c"
    await line.clock.advance(6.9)
    await rest()
    assert line.done == ["c"]
    await line.clock.advance(0.1)
    await asyncio.gather(first, second)
    assert line.done == ["c", "a", "b"]


@pytest.mark.parametrize("as_timedelta", ["true", "false", None])
@pytest.mark.parametrize("given", [7, timedelta(seconds=7)])
def test_the_seconds_are_read_whatever_the_library_makes_of_them(
    as_timedelta: str | None, given: int | timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    if as_timedelta is None:
        monkeypatch.delenv("PTB_TIMEDELTA", raising=False)
    else:
        monkeypatch.setenv("PTB_TIMEDELTA", as_timedelta)
    seconds = seconds_of(flood(given))
    assert seconds == 7.0
    assert isinstance(seconds, float)


@pytest.mark.parametrize(
    ("asked", "waited"), [(0, 1), (-5, 1), (1, 1), (490, 490), (900, 900), (10**9, 900)]
)
async def test_a_wait_beyond_reason_is_brought_within_it(
    line: Line, asked: int, waited: float
) -> None:
    line.fail("a", flood(asked))
    task = line.send("a")
    assert await line.clock.pass_until_due() == waited
    assert await task == "result of a"


# What nobody waits for.


async def test_what_is_done_beside_the_line_holds_up_nothing_in_it(line: Line) -> None:
    line.hold("menu")
    menu = line.send_beside("menu")
    await rest()
    assert await line.send("answer") == "result of answer"
    line.release("menu")
    assert await menu == "result of menu"


async def test_a_flood_wait_drops_what_nobody_waits_for_and_that_alone(line: Line) -> None:
    line.fail("menu", flood(490))
    line.fail("clock", flood(490))
    tasks = [line.send("answer"), line.send("clock", edits=5, droppable=True), line.send("result")]
    for dropped in (line.send_beside("menu"), tasks.pop(1)):
        with pytest.raises(DroppedError):
            await dropped
    assert await asyncio.gather(*tasks) == ["result of answer", "result of result"]
    assert line.clock.now() == START


async def test_an_edit_that_matters_takes_the_place_of_one_that_may_be_dropped(line: Line) -> None:
    line.hold("first")
    first = line.send("first")
    await rest()
    clock, result = line.send("clock", edits=5, droppable=True), line.send("result", edits=5)
    with pytest.raises(ReplacedError):
        await clock
    line.release("first")
    assert [await first, await result] == ["result of first", "result of result"]


# Edits that a later one replaced.


async def test_of_edits_that_wait_only_the_last_is_sent(line: Line) -> None:
    line.hold("first")
    first = line.send("first")
    await rest()
    edits = [line.send(name, edits=5) for name in ("one", "two", "three")]
    await rest()
    assert [edit.done() for edit in edits] == [True, True, False]
    line.release("first")
    assert await first == "result of first"
    assert await edits[2] == "result of three"
    for edit in edits[:2]:
        with pytest.raises(ReplacedError):
            await edit
    assert line.begun == ["first", "three"]


async def test_an_edit_under_way_is_not_replaced(line: Line) -> None:
    line.hold("one")
    one = line.send("one", edits=5)
    await rest()
    two, three = line.send("two", edits=5), line.send("three", edits=5)
    await rest()
    assert not one.done()
    line.release("one")
    assert await one == "result of one"
    assert await three == "result of three"
    with pytest.raises(ReplacedError):
        await two


async def test_an_edit_that_waits_out_a_flood_can_be_replaced(line: Line) -> None:
    line.fail("one", flood(7))
    one = line.send("one", edits=5)
    await line.clock.asleep()
    two = line.send("two", edits=5)
    with pytest.raises(ReplacedError):
        await one
    assert line.begun == ["one"]  # the flood is waited out for its successor too
    assert await line.clock.pass_until_due() == 7
    assert await two == "result of two"
    assert line.begun == ["one", "two"]


async def test_only_edits_of_the_same_message_in_the_same_chat_are_replaced(line: Line) -> None:
    for chat in (1, 2):
        line.hold(f"first{chat}")
    tasks = [line.send("first1", chat=1), line.send("first2", chat=2)]
    await rest()
    tasks += [
        line.send("a message", chat=1),
        line.send("edit of 5", chat=1, edits=5),
        line.send("edit of 6", chat=1, edits=6),
        line.send("edit of 5 elsewhere", chat=2, edits=5),
        line.send("another message", chat=1),
    ]
    await rest()
    for chat in (1, 2):
        line.release(f"first{chat}")
    await asyncio.gather(*tasks)
    wanted = ["a message", "edit of 5", "edit of 6", "edit of 5 elsewhere", "another message"]
    assert sorted(line.done) == sorted(["first1", "first2", *wanted])


# Failures.


async def test_what_a_request_raises_reaches_its_caller_and_nobody_else(line: Line) -> None:
    refusal = BadRequest("no")
    line.fail("a", refusal)
    line.fail("b", ValueError("what was answered"))
    tasks = {name: line.send(name) for name in "abc"}
    with pytest.raises(BadRequest) as caught:
        await tasks["a"]
    assert caught.value is refusal
    with pytest.raises(OddAnswerError, match=r"^ValueError$"):
        await tasks["b"]
    assert await tasks["c"] == "result of c"
    assert line.begun == ["a", "b", "c"]


async def test_a_caller_who_left_is_not_served(line: Line) -> None:
    line.hold("a")
    first, second, third = (line.send(name) for name in "abc")
    await rest()
    second.cancel()
    await rest()
    line.release("a")
    await asyncio.gather(first, third)
    assert second.cancelled()
    assert line.begun == ["a", "c"]


async def test_an_edit_whose_caller_left_can_be_replaced(line: Line) -> None:
    line.hold("a")
    first, second = line.send("a"), line.send("b", edits=5)
    await rest()
    second.cancel()
    third = line.send("c", edits=5)
    await rest()
    line.release("a")
    assert [await first, await third] == ["result of a", "result of c"]
    assert line.begun == ["a", "c"]


async def test_a_caller_who_left_a_request_under_way_holds_up_nobody(line: Line) -> None:
    for name, error in (("a", None), ("b", ValueError())):
        line.hold(name)
        if error is not None:
            line.fail(name, error)
        gone, after = line.send(name), line.send("after " + name)
        await rest()
        gone.cancel()
        await rest()
        line.release(name)
        assert await after == f"result of after {name}"


# The end.


async def test_stopping_drops_what_waits_and_what_is_under_way(line: Line) -> None:
    line.hold("a")
    tasks = [line.send("a"), line.send("b"), line.send("c", edits=5)]
    await rest()
    await line.sender.stop()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 3
    assert line.begun == ["a"]


async def test_nothing_is_at_work_once_it_has_stopped(line: Line) -> None:
    line.hold("a")
    task = line.send("a")
    await rest()
    await line.sender.stop()
    await asyncio.gather(task, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_it_is_idle_but_for_a_request_under_way(line: Line) -> None:
    line.fail("a", flood(7))
    line.hold("b")
    tasks = [line.send(name, chat=chat) for name, chat in (("a", 1), ("b", 2))]
    await rest()
    assert not line.sender.idle
    line.release("b")
    await rest()
    assert line.sender.idle
    assert line.clock.pauses == [7]
    await line.clock.pass_until_due()
    await asyncio.gather(*tasks)
    assert line.sender.idle


async def test_whoever_waits_in_line_is_not_at_work(line: Line) -> None:
    line.hold("a")
    task = line.send("a")
    assert not waits(task)
    await rest()
    assert waits(task)
    line.release("a")
    await task
    assert not waits(task)


async def test_stopping_does_not_wait_out_a_flood(line: Line) -> None:
    line.fail("a", flood(3600))
    task = line.send("a")
    await line.clock.asleep()
    await line.sender.stop()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert line.clock.now() == START


async def test_stopping_at_once_leaves_nobody_waiting(line: Line) -> None:
    task = line.send("a")
    await asyncio.sleep(0)  # it stands in line, and its turn has not come yet
    await line.sender.stop()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert line.begun == []
    assert await line.send("b") == "result of b"


async def test_stopping_twice_or_idle_is_no_harm(line: Line) -> None:
    await line.sender.stop()
    await line.send("a")
    await line.sender.stop()
    await line.sender.stop()
    assert line.done == ["a"]
