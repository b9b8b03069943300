"""One attempt in memory and on disk: never ahead of the disk, never in two minds."""

import asyncio
import logging
from dataclasses import asdict, replace
from enum import StrEnum

import pytest
from pydantic import SecretStr

from bootstrap_bot.errors import Code, JournalError
from bootstrap_bot.providers.provider import Health, Stage
from bootstrap_bot.registration.attempt import LIVE, RESULTS, Approval, Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.record import audit
from bootstrap_bot.registration.timeline import moved
from tests.support.attempts import ADMIN, CLIENT_ID, ERASED, SECRET, an_attempt, captured
from tests.support.attempts import waiting as waits
from tests.support.clock import START, FakeClock, rest
from tests.support.credentials import a_secret, ding_pair
from tests.support.memory_journal import MemoryJournal, a_record

OURS = an_attempt().id
DAY = 86400.0


def waiting(now: Attempt) -> Attempt:
    return replace(now, state=State.WAITING)


# Commits.


async def test_memory_follows_the_disk_and_never_leads() -> None:
    journal = MemoryJournal()
    record = a_record(an_attempt(), journal, FakeClock())
    journal.let_go.clear()
    task = asyncio.create_task(record.commit(waiting))
    await rest()
    assert journal.tries == 1
    assert record.attempt == an_attempt()
    assert not record.news.is_set()
    journal.let_go.set()
    assert await task == an_attempt(state=State.WAITING)
    assert journal.saved == [record.attempt] == [an_attempt(state=State.WAITING)]
    assert record.news.is_set()


async def test_a_commit_that_failed_changed_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    record = a_record(an_attempt(), MemoryJournal(fails=1), FakeClock())
    with pytest.raises(JournalError) as caught:
        await record.commit(waiting)
    assert caught.value.code is Code.STATE_FULL
    assert record.attempt == an_attempt()
    assert not record.news.is_set()
    assert caplog.records == []
    assert (await record.commit(waiting)).state is State.WAITING


async def test_no_change_is_no_commit_and_no_news() -> None:
    journal = MemoryJournal()
    record = a_record(an_attempt(), journal, FakeClock())
    assert await record.commit(lambda now: now) == an_attempt()
    assert await record.commit_with_retry(lambda now: replace(now)) == an_attempt()
    assert journal.tries == 0
    assert not record.news.is_set()


async def test_changes_come_one_after_the_other_each_on_top_of_the_last() -> None:
    journal = MemoryJournal()
    record = a_record(an_attempt(), journal, FakeClock())
    journal.let_go.clear()

    def one_more(now: Attempt) -> Attempt:
        return replace(now, interval=now.interval + 1)

    tasks = [asyncio.create_task(record.commit(one_more)) for _ in range(3)]
    tasks.append(asyncio.create_task(record.commit_with_retry(one_more)))
    tasks.append(asyncio.create_task(record.commit(waiting)))
    await rest()
    assert journal.tries == 1
    journal.let_go.set()
    await asyncio.gather(*tasks)
    assert [saved.interval for saved in journal.saved] == [6, 7, 8, 9, 9]
    assert record.attempt == an_attempt(interval=9.0, state=State.WAITING)


async def test_a_change_that_raises_leaves_the_record_usable() -> None:
    record = a_record(an_attempt(), MemoryJournal(), FakeClock())
    with pytest.raises(ZeroDivisionError):
        await record.commit(lambda now: replace(now, interval=1 // 0))
    assert (await record.commit(waiting)).state is State.WAITING


# Somebody else's commits.


async def test_a_change_is_made_to_what_somebody_else_committed_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    journal = MemoryJournal(an_attempt())
    record = a_record(an_attempt(), journal, FakeClock())
    journal.meanwhile = [
        lambda: journal.change(OURS, state=State.CANCELLED),
        lambda: journal.change(OURS, reason="theirs"),
    ]
    await record.commit(lambda now: replace(now, message="5"))
    assert record.attempt == an_attempt(state=State.CANCELLED, reason="theirs", message="5")
    assert journal.rows[OURS] == record.attempt
    assert (record.attempt.version, journal.tries) == (3, 3)
    assert lines(caplog) == []  # whoever made the step has told of it
    await record.commit(lambda now: replace(now, message="6"))
    assert journal.tries == 4


async def test_a_change_that_somebody_else_made_needless_is_not_made() -> None:
    journal = MemoryJournal(an_attempt())
    record = a_record(an_attempt(), journal, FakeClock())
    journal.meanwhile = [lambda: journal.change(OURS, state=State.CANCELLED)]

    def if_requested(now: Attempt) -> Attempt:
        return waiting(now) if now.state is State.REQUESTED else now

    committed = await record.commit(if_requested)
    assert committed == record.attempt == an_attempt(state=State.CANCELLED)
    assert record.news.is_set()
    assert journal.saved == []


async def test_a_change_needs_no_version_of_its_own() -> None:
    journal = MemoryJournal(an_attempt())
    record = a_record(an_attempt(), journal, FakeClock())
    await record.commit(lambda _: captured(message="5"))
    await record.commit(lambda _: captured(message="6"))
    assert journal.rows[OURS] == captured(message="6")


async def test_moments_that_somebody_else_read_earlier_go_along_with_the_wall_clock() -> None:
    clock, journal = FakeClock(), MemoryJournal(waits())
    record = a_record(waits(), journal, clock)
    clock.set_wall_clock(DAY)
    assert record.attempt == moved(waits(), DAY)
    journal.meanwhile = [lambda: journal.change(OURS, reason="theirs")]
    await record.commit(lambda now: replace(now, message="5"))
    assert record.attempt == moved(waits(reason="theirs", message="5"), DAY)
    await record.commit(lambda now: replace(now, message="6"))
    assert journal.rows[OURS] == moved(waits(reason="theirs", message="6"), DAY)


async def test_what_somebody_else_noted_ahead_of_a_clock_set_back_is_moved_back() -> None:
    clock, journal = FakeClock(), MemoryJournal(waits())
    record = a_record(waits(), journal, clock)
    journal.meanwhile = [lambda: journal.change(OURS, stage_at=START + DAY)]
    await record.commit(lambda now: replace(now, message="5"))
    assert record.attempt == moved(waits(stage_at=START + DAY, message="5"), -DAY)


async def test_a_record_that_somebody_else_removed_is_made_anew() -> None:
    journal = MemoryJournal(an_attempt())
    record = a_record(an_attempt(), journal, FakeClock())
    journal.meanwhile = [lambda: journal.rows.clear()]
    await record.commit_with_retry(waiting)
    assert journal.rows[OURS] == an_attempt(state=State.WAITING)


# Commits that have to come about.


async def test_a_sure_commit_is_tried_with_doubling_pauses_up_to_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, journal = FakeClock(), MemoryJournal(fails=9)
    record = a_record(captured(), journal, clock)
    task = asyncio.create_task(record.commit_with_retry(lambda now: replace(now, message="5")))
    pauses = [await clock.pass_until_due() for _ in range(9)]
    assert (await task).message == "5"
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert journal.tries == 10
    assert len(journal.saved) == 1
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert lines == ["attempt=a1b2c3d4e5 event=not_saved code=state_full"] * 9


async def test_while_a_sure_commit_waits_others_get_through_and_count() -> None:
    clock, journal = FakeClock(), MemoryJournal(fails=1)
    record = a_record(an_attempt(), journal, clock)
    task = asyncio.create_task(record.commit_with_retry(lambda now: replace(now, message="5")))
    await clock.asleep()
    await record.commit(waiting)
    await clock.pass_until_due()
    assert await task == an_attempt(message="5", state=State.WAITING)


# Notes.


async def test_a_note_is_news_but_not_on_disk() -> None:
    journal = MemoryJournal()
    record = a_record(an_attempt(), journal, FakeClock())
    await record.note(lambda now: replace(now, trouble="timeout"))
    assert record.attempt.trouble == "timeout"
    assert record.news.is_set()
    assert journal.tries == 0
    record.news.clear()
    await record.note(lambda now: now)
    assert not record.news.is_set()


async def test_the_next_commit_takes_notes_along() -> None:
    journal = MemoryJournal()
    record = a_record(an_attempt(), journal, FakeClock())
    await record.note(lambda now: replace(now, trouble="timeout"))
    await record.commit(waiting)
    assert journal.saved == [an_attempt(trouble="timeout", state=State.WAITING)]


async def test_a_note_waits_for_a_commit_that_is_under_way() -> None:
    journal = MemoryJournal()
    record = a_record(an_attempt(), journal, FakeClock())
    journal.let_go.clear()
    commit = asyncio.create_task(record.commit(waiting))
    await rest()
    note = asyncio.create_task(record.note(lambda now: replace(now, trouble=now.state.value)))
    await rest()
    assert not note.done()
    journal.let_go.set()
    await asyncio.gather(commit, note)
    assert record.attempt == an_attempt(state=State.WAITING, trouble="waiting")


# The audit lines.


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "bootstrap_bot.audit"]


async def test_every_step_is_one_audit_line_after_its_commit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    record = a_record(an_attempt(), MemoryJournal(), FakeClock())
    await record.commit(waiting)
    await record.commit(lambda now: replace(now, message="5"))
    await record.commit(lambda now: captured(message="5"))
    await record.commit(lambda now: replace(now, state=State.STORED))
    await record.commit(lambda now: replace(now, told=True))
    await record.commit(lambda now: replace(now, message="6"))
    await record.note(lambda now: replace(now, trouble="timeout"))
    assert lines(caplog) == [
        "attempt=a1b2c3d4e5 admin=42 event=waiting client=-",
        "attempt=a1b2c3d4e5 admin=42 event=captured client=ding••••••••1234",
        "attempt=a1b2c3d4e5 admin=42 event=stored client=ding••••••••1234",
        "attempt=a1b2c3d4e5 admin=42 event=told client=ding••••••••1234",
    ]
    assert {r.levelno for r in caplog.records} == {logging.INFO}


async def test_being_told_again_is_a_line_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    record = a_record(an_attempt(told=True), MemoryJournal(), FakeClock())
    await record.commit(lambda now: replace(now, told=False))
    await record.commit(lambda now: replace(now, told=True))
    assert lines(caplog) == ["attempt=a1b2c3d4e5 admin=42 event=told client=-"]


async def test_no_audit_line_holds_a_whole_id_or_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    record = a_record(an_attempt(), MemoryJournal(fails=1), clock := FakeClock())
    task = asyncio.create_task(record.commit_with_retry(lambda now: captured(told=True)))
    await clock.pass_until_due()
    await task
    audit(captured(), "erased")
    said = "\n".join(f"{r.getMessage()} {r.__dict__}" for r in caplog.records)
    assert "event=erased client=ding••••••••1234" in said
    assert CLIENT_ID not in said
    assert SECRET not in said
    assert "device-code" not in said


# The record itself.


@pytest.mark.parametrize("kind", [State, Held, Approval, DeliveryState, Stage, Health])
def test_what_is_kept_on_disk_has_stable_names(kind: type[StrEnum]) -> None:
    assert [value.value for value in kind] == [value.name.lower() for value in kind]


def test_a_fresh_attempt_knows_nothing_yet() -> None:
    fresh = asdict(an_attempt())
    for name in ("id", "provider", "language", "wanted_id", "requested_at", "acted_at"):
        assert fresh.pop(name)
    ids = [asdict(ADMIN), "42", "1000"]
    assert [fresh.pop(name) for name in ("owner", "chat", "update")] == ids
    assert fresh.pop("interval") == 5.0
    chosen = ("state", "stage", "approval", "health", "held")
    assert [fresh.pop(name).value for name in chosen] == [
        "requested",
        "waiting",
        "none",
        "unknown",
        "late",
    ]
    empty: tuple[object, ...] = ("", 0.0, False, None, (), {})
    assert {name: value for name, value in fresh.items() if value not in empty} == {}


def test_a_fresh_delivery_is_pending_and_untroubled() -> None:
    assert Delivery("config:/a", "a") == Delivery(
        "config:/a", "a", DeliveryState.PENDING, "", False, "", 0, 0
    )


def test_an_attempt_hides_its_secrets() -> None:
    for text in (repr(captured()), str(captured())):
        assert SECRET not in text
        assert "device-code" not in text


def test_an_attempt_has_credentials_while_it_keeps_the_secret() -> None:
    assert captured().credentials == ding_pair(CLIENT_ID, SECRET)
    assert captured(values=ERASED).credentials is None


@pytest.mark.parametrize("state", list(State))
def test_an_attempt_is_live_while_its_owner_has_something_to_wait_for(state: State) -> None:
    live = state.value in ("requested", "waiting", "captured", "held")
    assert an_attempt(state=state).live is live
    assert (state in LIVE) is live
    assert (state in RESULTS) is (state.value not in ("requested", "waiting", "captured"))


@pytest.mark.parametrize("state", list(State))
def test_a_code_is_asked_for_while_it_waits_and_after_an_end_without_a_pair(state: State) -> None:
    ended = (State.CANCELLED, State.REFUSED, State.EXPIRED, State.FAILED)
    pollable = state in (State.WAITING, *ended)
    assert an_attempt(state=state, device_state=SecretStr("d")).pollable is pollable
    assert not an_attempt(state=state).pollable


def test_an_attempt_is_over_when_nothing_is_kept_and_the_person_knows() -> None:
    done = an_attempt(state=State.STORED, told=True)
    assert done.over
    assert not replace(done, told=False).over
    assert not replace(done, stale=True).over
    assert not replace(done, watching=True).over
    assert not replace(done, device_state=SecretStr("d")).over
    assert not replace(done, values=a_secret("s")).over


def test_targets_are_at_work_while_storing_and_removing() -> None:
    delivery = Delivery("config:/a", "a")
    assert captured().at_work
    assert an_attempt(state=State.REMOVED, deliveries=(delivery,)).at_work
    assert not an_attempt(state=State.REMOVED).at_work
    assert not an_attempt(state=State.STORED, deliveries=(delivery,)).at_work
