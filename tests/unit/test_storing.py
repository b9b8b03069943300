"""Credentials on their way into the targets: each step on disk before the next one."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from bootstrap_bot.errors import Code
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.deliverer import Deliverer
from bootstrap_bot.registration.delivery import Closed, Delivery, DeliveryState
from bootstrap_bot.registration.record import Record
from bootstrap_bot.registration.transitions import agreed, displaced, skipped
from bootstrap_bot.targets.command import Command, End, Ran
from bootstrap_bot.targets.target import Note, Platform, Target
from tests.support.attempts import CLIENT_ID, ERASED, SECRET, captured, first
from tests.support.clock import FakeClock, rest
from tests.support.credentials import ding_bot, ding_pair
from tests.support.fake_target import FakeTarget
from tests.support.memory_journal import MemoryJournal, a_record

PENDING, WRITTEN, VERIFIED = DeliveryState.PENDING, DeliveryState.WRITTEN, DeliveryState.VERIFIED
PAIR = ding_pair(CLIENT_ID, SECRET)


class KilledError(BaseException):
    """The process ends here."""


class Diary(MemoryJournal):
    """A journal whose saves are events: the states of all deliveries."""

    def __init__(self, events: list[str], *, fails: int = 0) -> None:
        super().__init__(fails=fails)
        self._events = events

    async def save(self, attempt: Attempt) -> Attempt:
        saved = await super().save(attempt)
        self._events.append("saved " + " ".join(d.state.value for d in attempt.deliveries))
        return saved


class Scene:
    """One attempt on its way into one or more shelves."""

    def __init__(
        self, *shelves: FakeTarget, events: list[str], attempt: Attempt | None = None
    ) -> None:
        self.events = events
        self.clock = FakeClock()
        self.journal = Diary(events)
        self.then: BaseException | None = None
        self.shelves = shelves
        self.record = a_record(attempt or captured(), self.journal, self.clock)
        self.ran = Ran(End.EXITED, 0, 1.5)
        self.commands: list[tuple[str, ...]] = []
        self.displaced: list[tuple[str, str]] = []
        self.targets = [cast("Target", shelf) for shelf in shelves]
        self.storing = Deliverer(
            self.record, self.targets, self.clock, self._run_command, self._displaced
        )

    async def deliver(self) -> list[Platform]:
        """Delivers to every target, one after the other; those that have it now."""
        found = [await self.storing.deliver(target) for target in self.targets]
        return [platform for platform in found if platform is not None]

    async def run_commands(self) -> None:
        """Whatever is to follow."""
        for target in self.targets:
            await self.storing.run_command(target)

    async def _run_command(self, command: Command, secrets: Sequence[str]) -> Ran:
        self.events.append("command")
        self.commands.append(command.argv)
        assert SECRET in secrets
        if self.then is not None:
            raise self.then
        return self.ran

    async def _displaced(self, _: str, client_id: str, target: str) -> None:
        self.displaced.append((client_id, target))

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        return self.record.attempt.deliveries

    def after_a_crash(self) -> "Scene":
        """The same, taken up from what is on disk."""
        self.events.clear()
        return Scene(*self.shelves, events=self.events, attempt=self.journal.saved[-1])


def scene(*faults: Code | None, attempt: Attempt | None = None) -> Scene:
    events: list[str] = []
    return Scene(FakeTarget(events, "config:/a", *faults), events=events, attempt=attempt)


def known(secret: str = "older") -> Platform:
    return ding_bot("mine", False, CLIENT_ID, secret)


async def killed(scene: Scene) -> None:
    """Delivers until the process ends right after the write."""
    scene.shelves[0].then = KilledError()
    with pytest.raises(KilledError):
        await scene.deliver()
    scene.shelves[0].then = None


# The way that works.


async def test_every_step_is_on_disk_before_the_next_one() -> None:
    stage = scene()
    stored = await stage.deliver()
    assert stage.events == [
        "a: read",
        "saved pending",
        "a: store",
        "saved written",
        "a: read",
        "saved verified",
    ]
    assert stored == stage.shelves[0].there
    assert stage.deliveries == (
        Delivery("config:/a", "a", VERIFIED, platform_id="dingtalk", updated=False),
    )
    assert stage.record.attempt.state is State.CAPTURED
    assert stage.journal.saved[-1] == stage.record.attempt


async def test_the_target_learns_where_the_pair_is_to_go() -> None:
    stage = scene(attempt=captured(wanted_id="my_bot", replaces="dingold"))
    (platform,) = await stage.deliver()
    assert platform.id == "my_bot"
    assert stage.shelves[0].wanted == [("my_bot", "dingold")]
    assert stage.deliveries[0].platform_id == "my_bot"


async def test_nothing_is_written_before_the_disk_takes_the_first_step() -> None:
    stage = scene()
    stage.journal.fails = 1
    task = asyncio.create_task(stage.deliver())
    await stage.clock.asleep()
    assert stage.events == ["a: read"]
    assert stage.record.attempt == captured()
    await stage.clock.pass_until_due()
    assert len(await task) == 1


async def test_a_written_mark_the_disk_refuses_is_tried_until_it_is_there() -> None:
    stage = scene()
    stage.journal.let_go.clear()
    task = asyncio.create_task(stage.deliver())
    await rest()
    stage.journal.let_go.set()
    await stage.journal.let_go.wait()
    assert len(await task) == 1
    assert stage.events.count("a: store") == 1


async def test_every_target_gets_the_pair() -> None:
    events: list[str] = []
    stage = Scene(FakeTarget(events), FakeTarget(events, "config:/b"), events=events)
    assert len(await stage.deliver()) == 2
    assert {(d.target, d.place, d.state) for d in stage.deliveries} == {
        ("config:/a", "a", VERIFIED),
        ("config:/b", "b", VERIFIED),
    }


# Trouble.


@pytest.mark.parametrize("code", [Code.UNPARSABLE, Code.NO_SPACE, Code.LOCKED, Code.FOREIGN_OWNER])
async def test_trouble_while_writing_is_kept_with_its_line_and_column(code: Code) -> None:
    stage = scene(None, code)
    assert await stage.deliver() == []
    assert stage.deliveries == (
        Delivery("config:/a", "a", PENDING, trouble=code.value, line=3, column=9),
    )
    assert stage.journal.saved[-1] == stage.record.attempt
    assert stage.record.attempt.credentials == PAIR


async def test_trouble_with_the_first_look_is_kept_too() -> None:
    stage = scene(Code.UNPARSABLE)
    assert await stage.deliver() == []
    assert stage.events == ["a: read", "saved pending"]
    (delivery,) = stage.deliveries
    assert (delivery.trouble, delivery.line, delivery.column) == ("unparsable", 3, 9)


async def test_trouble_is_one_line_each_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stage = scene(None, Code.LOCKED)
    stage.shelves[0].kind = "astrbot"
    await stage.deliver()
    lines = [(r.levelno, r.getMessage()) for r in caplog.records]
    assert lines == [(logging.INFO, "attempt=a1b2c3d4e5 target=astrbot: locked")]
    assert stage.deliveries[0].kind == "astrbot"


async def test_trouble_is_forgotten_once_it_is_written() -> None:
    stage = scene(None, Code.LOCKED)
    await stage.deliver()
    assert len(await stage.deliver()) == 1
    assert stage.deliveries == (Delivery("config:/a", "a", VERIFIED, platform_id="dingtalk"),)


async def test_what_does_not_read_back_the_same_is_not_stored() -> None:
    stage = scene()
    stage.shelves[0].alters = True
    assert await stage.deliver() == []
    (delivery,) = stage.deliveries
    assert delivery == Delivery(
        "config:/a", "a", WRITTEN, platform_id="dingtalk", trouble="not_read_back"
    )
    stage.shelves[0].alters = False
    assert len(await stage.deliver()) == 1
    assert stage.deliveries[0].state is VERIFIED
    assert stage.deliveries[0].trouble == ""


async def test_what_cannot_be_read_back_is_not_stored() -> None:
    stage = scene(None, None, Code.NO_PERMISSION)
    assert await stage.deliver() == []
    assert stage.deliveries[0].state is WRITTEN
    assert stage.deliveries[0].trouble == "no_permission"


async def test_one_target_with_trouble_does_not_hold_up_the_others() -> None:
    events: list[str] = []
    stage = Scene(
        FakeTarget(events, "config:/a", None, Code.LOCKED),
        FakeTarget(events, "config:/b"),
        events=events,
    )
    assert len(await stage.deliver()) == 1
    assert {d.target: d.state for d in stage.deliveries} == {
        "config:/a": PENDING,
        "config:/b": VERIFIED,
    }
    events.clear()
    assert [platform.client_id for platform in await stage.deliver()] == [CLIENT_ID] * 2
    assert "a: store" in events
    assert "b: store" not in events  # it goes on where it ended
    assert {d.state for d in stage.deliveries} == {VERIFIED}


async def test_what_was_verified_and_is_gone_is_written_again() -> None:
    stage = scene()
    await stage.deliver()
    stage.shelves[0].there.clear()
    assert len(await stage.deliver()) == 1
    assert len(stage.shelves[0].there) == 1


async def test_without_credentials_nothing_is_done() -> None:
    stage = scene(attempt=captured(values=ERASED))
    assert await stage.deliver() == []
    await stage.storing.look_again()
    assert stage.events == []


# Whether the target knew this client id before.


async def test_a_client_id_that_was_there_is_an_update() -> None:
    stage = scene()
    stage.shelves[0].there = [known()]
    await stage.deliver()
    assert stage.deliveries[0].updated
    assert stage.deliveries[0].platform_id == "mine"


async def test_another_client_id_is_no_update() -> None:
    stage = scene()
    stage.shelves[0].there = [replace(known(), account="dingother")]
    await stage.deliver()
    assert not stage.deliveries[0].updated


async def test_an_older_secret_of_the_same_bot_is_not_to_come_back() -> None:
    for there, told in (([known()], [(CLIENT_ID, "config:/a")]), ([], [])):
        stage = scene(None, None, Code.LOCKED)
        stage.shelves[0].there = there
        assert await stage.deliver() == []
        assert stage.displaced == told
        assert len(await stage.deliver()) == 1
        assert stage.displaced == told  # once, though it was read back twice


@pytest.mark.parametrize("was_there", [True, False])
async def test_a_crash_between_write_and_mark_does_not_turn_our_own_write_into_an_update(
    was_there: bool,
) -> None:
    stage = scene()
    stage.shelves[0].there = [known()] if was_there else []
    await killed(stage)
    assert stage.journal.saved[-1].deliveries[0].state is PENDING
    again = stage.after_a_crash()
    assert len(await again.deliver()) == 1
    assert again.events == ["a: store", "saved written", "a: read", "saved verified"]
    assert again.deliveries[0].updated is was_there
    assert len(stage.shelves[0].there) == 1


@pytest.mark.parametrize("was_there", [True, False])
@pytest.mark.parametrize("faults", [(Code.UNPARSABLE,), (None, Code.LOCKED)])
async def test_trouble_before_the_crash_does_not_either(
    was_there: bool, faults: tuple[Code | None, ...]
) -> None:
    stage = scene(*faults)
    stage.shelves[0].there = [known()] if was_there else []
    assert await stage.deliver() == []
    await killed(stage)
    again = stage.after_a_crash()
    assert len(await again.deliver()) == 1
    assert again.deliveries[0].updated is was_there


async def test_what_a_broken_file_knew_is_learnt_once_it_is_mended() -> None:
    stage = scene(Code.UNPARSABLE, Code.UNPARSABLE)
    stage.shelves[0].there = [known()]
    for _ in range(2):
        assert await stage.deliver() == []
    assert len(await stage.deliver()) == 1
    assert stage.deliveries[0].updated


async def test_a_crash_after_the_mark_goes_on_with_reading_back() -> None:
    stage = scene(None, None, Code.LOCKED)
    await stage.deliver()
    again = stage.after_a_crash()
    assert len(await again.deliver()) == 1
    assert again.deliveries[0].state is VERIFIED
    assert not again.deliveries[0].updated


# The second look.


def stored(**changes: Any) -> Attempt:
    delivery = Delivery("config:/a", "a", VERIFIED, platform_id="dingtalk")
    return captured(state=State.STORED, deliveries=(delivery,), **changes)


async def test_a_second_look_at_what_is_there_writes_nothing() -> None:
    stage = scene(attempt=stored())
    stage.shelves[0].there = [known(SECRET)]
    await stage.storing.look_again()
    assert stage.events == ["a: read"]


@pytest.mark.parametrize("left", [[], [known("older")]])
async def test_a_second_look_mends_what_a_stale_copy_wiped_out(left: list[Platform]) -> None:
    stage = scene(attempt=stored(wanted_id="my_bot"))
    stage.shelves[0].there = left
    await stage.storing.look_again()
    assert "a: store" in stage.events
    assert any(platform.holds(PAIR) for platform in stage.shelves[0].there)


async def test_a_second_look_stores_it_under_the_name_it_had_in_the_place_it_was_given() -> None:
    there = Delivery("config:/a", "a", VERIFIED, platform_id="mine", occupant="dingold")
    for agreed_to, replaces in ((True, "dingold"), (False, "dingasked")):
        delivery = replace(there, agreed=agreed_to)
        stage = scene(attempt=replace(stored(replaces="dingasked"), deliveries=(delivery,)))
        await stage.storing.look_again()
        assert stage.shelves[0].wanted == [("mine", replaces)]


@pytest.mark.parametrize("faults", [(Code.LOCKED,), (None, Code.LOCKED)])
async def test_a_second_look_that_fails_says_so_until_it_succeeds(
    faults: tuple[Code | None, ...],
) -> None:
    stage = scene(*faults, attempt=stored())
    assert await stage.storing.look_again() is False
    assert stage.deliveries[0].trouble == "locked"
    assert await stage.storing.look_again() is True
    assert stage.deliveries[0].trouble == ""


async def test_a_second_look_goes_on_to_the_other_targets() -> None:
    events: list[str] = []
    first, second = FakeTarget(events, "config:/a", Code.LOCKED), FakeTarget(events, "config:/b")
    there = tuple(Delivery(key, "x", VERIFIED) for key in ("config:/a", "config:/b"))
    attempt = captured(state=State.STORED, deliveries=there)
    stage = Scene(first, second, events=events, attempt=attempt)
    assert await stage.storing.look_again() is False
    assert second.there[0].holds(PAIR)


async def test_a_second_look_leaves_a_place_that_somebody_else_was_given() -> None:
    stage = scene(attempt=stored())
    stage.shelves[0].occupant = "dingother"
    assert await stage.storing.look_again() is True
    assert stage.deliveries[0].closed == "displaced"
    assert stage.shelves[0].there == []


async def test_what_the_second_look_mends_is_followed_by_its_command_again() -> None:
    done = Delivery("config:/a", "a", VERIFIED, runs=1, run_end="exited", run_status=0)
    stage = scene(attempt=captured(state=State.STORED, deliveries=(done,)))
    stage.shelves[0].after = Command(("restart",))
    await stage.storing.look_again()
    assert stage.commands == [("restart",)]
    await stage.storing.look_again()
    assert stage.commands == [("restart",)]


# A place for one.


async def test_a_place_for_one_asks_before_another_bot_is_replaced() -> None:
    stage = scene()
    stage.shelves[0].occupant = "dingold"
    assert await stage.deliver() == []
    (delivery,) = stage.deliveries
    assert (delivery.trouble, delivery.occupant, delivery.asks) == ("occupied", "dingold", True)
    assert stage.shelves[0].there == []
    await stage.record.commit(first(agreed))
    assert len(await stage.deliver()) == 1
    assert stage.shelves[0].wanted[-1][1] == "dingold"
    assert stage.displaced == [("dingold", "config:/a")]


async def test_an_agreement_holds_for_the_bot_that_was_asked_about() -> None:
    stage = scene()
    stage.shelves[0].occupant = "dingold"
    await stage.deliver()
    await stage.record.commit(first(agreed))
    stage.shelves[0].occupant = "dingelse"
    assert await stage.deliver() == []
    (delivery,) = stage.deliveries
    assert (delivery.occupant, delivery.asks) == ("dingelse", True)


async def test_trouble_of_another_kind_does_not_undo_an_agreement() -> None:
    stage = scene()
    stage.shelves[0].occupant = "dingold"
    await stage.deliver()
    await stage.record.commit(first(agreed))
    stage.shelves[0].faults = [None, Code.LOCKED]
    await stage.deliver()
    assert len(await stage.deliver()) == 1


# What ends without credentials.


async def test_a_target_that_left_the_config_is_closed_unless_it_has_the_pair() -> None:
    there = (
        Delivery("config:/gone", "gone", trouble="locked"),
        Delivery("config:/kept", "kept", VERIFIED),
        Delivery("config:/a", "a"),
    )
    stage = scene(attempt=captured(deliveries=there))
    await stage.storing.close_hopeless()
    assert [(d.state.value, d.closed, d.trouble) for d in stage.deliveries] == [
        ("closed", "left", ""),
        ("verified", "", ""),
        ("pending", "", ""),
    ]


async def test_a_closed_delivery_is_not_written() -> None:
    stage = scene(Code.LOCKED)
    await stage.deliver()
    await stage.record.commit(first(skipped))
    assert await stage.deliver() == []
    assert stage.events[-1] == "saved closed"
    assert stage.deliveries[0].closed == Closed.SKIPPED.value


async def test_what_an_admin_took_out_does_not_come_back() -> None:
    stage = scene(attempt=stored())
    await stage.record.commit(lambda now: displaced(now, "config:/a"))
    assert await stage.storing.look_again() is True
    assert stage.events == ["saved closed"]


# The command that follows.


async def test_the_command_runs_once_the_delivery_is_committed_and_once_only() -> None:
    stage = scene()
    stage.shelves[0].after = Command(("restart", "it"))
    await stage.run_commands()
    assert stage.commands == []
    await stage.deliver()
    stage.events.clear()
    await stage.run_commands()
    await stage.run_commands()
    assert stage.events == ["saved verified", "command", "saved verified"]
    (delivery,) = stage.deliveries
    assert (delivery.runs, delivery.run_end) == (1, "exited")
    assert (delivery.run_status, delivery.run_seconds) == (0, 1.5)


async def test_what_is_still_there_after_a_restart_is_not_followed_by_its_command_again() -> None:
    stage = scene()
    stage.shelves[0].after = Command(("restart", "it"))
    await stage.clock.advance(5)
    await stage.deliver()
    await stage.run_commands()
    assert stage.deliveries[0].run_at == stage.clock.now()
    await stage.deliver()
    await stage.run_commands()
    assert len(stage.commands) == 1
    stage.shelves[0].there.clear()
    await stage.deliver()
    await stage.run_commands()
    assert len(stage.commands) == 2


async def test_a_command_that_was_cut_off_runs_once_more_and_then_it_is_said() -> None:
    stage = scene()
    stage.shelves[0].after = Command(("restart", "us"))
    await stage.deliver()
    for runs in (1, 2):
        stage.then = KilledError()
        with pytest.raises(KilledError):
            await stage.run_commands()
        stage = stage.after_a_crash()
        assert stage.deliveries[0].runs == runs
        assert stage.deliveries[0].running
    await stage.run_commands()
    assert stage.commands == []
    assert stage.deliveries[0].run_end == "interrupted"


async def test_the_command_follows_a_removal_too() -> None:
    stage = scene(attempt=replace(stored(), state=State.REMOVED))
    stage.shelves[0].after = Command(("restart",))
    assert await stage.storing.remove() is True
    assert stage.events == [f"a: remove {CLIENT_ID}", "saved ", "command"]


async def test_what_there_is_to_say_is_kept_with_the_delivery() -> None:
    stage = scene()
    stage.shelves[0].notes = (Note.RESTART_BY.about("do it now"), Note.NARROWED)
    await stage.deliver()
    assert stage.deliveries[0].notes == "restart_by:do%20it%20now narrowed"


async def test_deliveries_stand_in_the_configs_order() -> None:
    events: list[str] = []
    shelves = [FakeTarget(events, f"config:/{name}") for name in "abc"]
    stage = Scene(*shelves, events=events)
    for target in reversed(stage.targets):
        await stage.storing.deliver(target)
    assert [d.place for d in stage.deliveries] == ["a", "b", "c"]


async def test_deliveries_of_targets_that_left_the_config_stand_first() -> None:
    gone = Delivery("config:/gone", "gone", VERIFIED)
    stage = scene(attempt=captured(deliveries=(Delivery("config:/a", "a"), gone)))
    await stage.deliver()
    assert [d.place for d in stage.deliveries] == ["gone", "a"]


# Taking it out again.


async def test_removing_takes_the_pair_out_of_every_target() -> None:
    stage = scene(attempt=replace(stored(), state=State.REMOVED))
    stage.shelves[0].there = [known(SECRET)]
    assert await stage.storing.remove() is True
    assert stage.events == [f"a: remove {CLIENT_ID}", "saved "]
    assert stage.deliveries == ()
    assert stage.shelves[0].there == []


async def test_trouble_with_removing_is_kept_and_tried_again() -> None:
    stage = scene(Code.LOCKED, attempt=replace(stored(), state=State.REMOVED))
    assert await stage.storing.remove() is False
    (delivery,) = stage.deliveries
    assert (delivery.trouble, delivery.line, delivery.column) == ("locked", 3, 9)
    assert await stage.storing.remove() is True


async def test_a_target_that_is_no_longer_ours_has_nothing_to_remove() -> None:
    gone = Delivery("config:/gone", "gone", VERIFIED)
    stage = scene(attempt=captured(state=State.REMOVED, deliveries=(gone,)))
    assert await stage.storing.remove() is True
    assert stage.events == ["saved "]


async def test_a_record_and_its_journal_agree_at_every_step() -> None:
    stage = scene(Code.LOCKED, None, Code.NO_SPACE)
    record: Record = stage.record
    for _ in range(3):
        await stage.deliver()
        assert stage.journal.saved[-1] == record.attempt


# Whatever else goes wrong.


async def test_a_target_that_fails_in_its_own_way_is_in_trouble_like_any_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events: list[str] = []
    first, second = FakeTarget(events, "config:/a"), FakeTarget(events, "config:/b")
    first.then = RecursionError(f"the secret {SECRET}")
    stage = Scene(first, second, events=events)
    assert len(await stage.deliver()) == 1
    assert [d.trouble for d in stage.deliveries] == ["target_failed", ""]
    assert SECRET not in caplog.text
    assert "RecursionError" in caplog.text


async def test_a_second_look_reads_back_what_it_stored() -> None:
    stage = scene(attempt=stored())
    stage.shelves[0].alters = True
    assert await stage.storing.look_again() is False
    assert stage.deliveries[0].trouble == "not_read_back"


async def test_what_was_skipped_after_a_lost_answer_is_removed_too() -> None:
    skipped_one = Delivery("config:/a", "a").ended(Closed.SKIPPED)
    stage = scene(attempt=captured(state=State.REMOVED, deliveries=(skipped_one,)))
    stage.shelves[0].there = [known(SECRET)]
    assert await stage.storing.remove() is True
    assert stage.shelves[0].there == []


async def test_a_target_that_does_not_speak_the_platform_gets_nothing_and_that_is_said() -> None:
    events: list[str] = []
    mute, other = FakeTarget(events, "config:/a"), FakeTarget(events, "config:/b")
    mute.spoken = ("lark_like",)
    stage = Scene(mute, other, events=events)
    assert [target.key for target in stage.storing.targets] == ["config:/b"]
    for _ in range(2):
        await stage.storing.close_hopeless()
        (closed,) = stage.deliveries
        assert (closed.target, closed.closed) == ("config:/a", "unspoken")
    await stage.storing.deliver(stage.targets[1])
    assert [delivery.target for delivery in stage.deliveries] == ["config:/a", "config:/b"]
    assert await stage.storing.look_again()
    assert await stage.storing.remove()
    assert [event for event in events if event.startswith("a:")] == []
