"""How far one attempt's credentials came in one target: a record in, a record out."""

from dataclasses import replace
from typing import Any

import pytest

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.registration.delivery import (
    HANDLE_LENGTH,
    INTERRUPTED,
    Closed,
    Delivery,
    DeliveryState,
)
from bootstrap_bot.targets.command import End, Ran
from bootstrap_bot.targets.target import NAMING, Note, Platform, Stored, note_in
from tests.support.clock import START
from tests.support.credentials import ding_bot

FRESH = Delivery("config:/a", "a", kind="astrbot")
RUN: dict[str, Any] = {
    "run_end": "exited",
    "run_status": 1,
    "run_seconds": 1.5,
    "run_output": "Done.",
}


def occupied(occupant: str) -> TargetError:
    return TargetError(Code.OCCUPIED, "a", occupant=occupant)


def test_trouble_is_kept_with_its_place_in_the_file_until_it_is_over() -> None:
    error = TargetError(Code.UNPARSABLE, "elsewhere", line=3, column=9)
    troubled = replace(FRESH, trouble="unparsable", line=3, column=9)
    assert FRESH.troubled(error) == troubled
    assert troubled.untroubled() == FRESH


def test_an_occupant_stays_known_through_other_trouble() -> None:
    asked = FRESH.troubled(occupied("dingold"))
    assert asked == replace(FRESH, trouble="occupied", occupant="dingold")
    assert asked.troubled(TargetError(Code.LOCKED, "a")).occupant == "dingold"


def test_an_agreement_ends_with_another_occupant_only() -> None:
    agreed = replace(FRESH.troubled(occupied("dingold")), agreed=True)
    assert agreed.troubled(occupied("dingold")).agreed
    assert agreed.troubled(TargetError(Code.LOCKED, "a")).agreed
    assert not agreed.troubled(occupied("dingelse")).agreed
    assert not FRESH.troubled(occupied("")).agreed


def test_a_yes_to_readers_outlives_other_trouble_and_its_words_do_not() -> None:
    fixed = FRESH.troubled(TargetError(Code.RIGHTS_FIXED, "a", about="/mnt/card"))
    assert (fixed.about, fixed.asks_exposed, fixed.asks) == ("/mnt/card", True, False)
    locked = replace(fixed, exposed=True).troubled(TargetError(Code.LOCKED, "a"))
    assert (locked.exposed, locked.about) == (True, "")
    assert fixed.untroubled() == FRESH


def test_what_was_written_is_known_by_its_id_and_its_notes() -> None:
    platform = ding_bot("mine", True, "dingnew", "s")
    written = replace(
        FRESH, state=DeliveryState.WRITTEN, platform_id="mine", notes="narrowed restart"
    )
    troubled = FRESH.troubled(TargetError(Code.LOCKED, "a", line=3, column=9))
    assert troubled.written(Stored(platform, (Note.NARROWED, Note.RESTART))) == written
    assert written.verified() == replace(written, state=DeliveryState.VERIFIED)


@pytest.mark.parametrize("why", Closed)
def test_what_ended_has_a_reason_and_no_trouble(why: Closed) -> None:
    ended = FRESH.troubled(TargetError(Code.LOCKED, "a", line=3)).ended(why)
    assert ended == replace(FRESH, state=DeliveryState.CLOSED, closed=why.value)
    assert not ended.open
    assert FRESH.open


def test_a_command_runs_from_its_beginning_to_its_end() -> None:
    begun = FRESH.running_since(START)
    assert begun == replace(FRESH, runs=1, run_at=START)
    assert begun.running
    ran = begun.ran(Ran(End.EXITED, 1, 1.5, "Done."))
    assert ran == replace(FRESH, runs=1, run_at=START, **RUN)
    assert not ran.running


def test_a_command_begun_again_has_no_end_yet() -> None:
    again = replace(FRESH, runs=1, run_end="exited").running_since(START)
    assert (again.runs, again.run_end) == (2, "")


def test_a_command_that_has_to_run_once_more_counts_from_nothing() -> None:
    ran = replace(FRESH, runs=2, run_at=START, **RUN)
    assert ran.to_run_again() == replace(FRESH, run_at=START, run_seconds=1.5)


def test_a_command_whose_end_nobody_saw_was_interrupted() -> None:
    assert FRESH.running_since(START).ran(INTERRUPTED) == replace(
        FRESH, runs=1, run_at=START, run_end="interrupted"
    )


def test_a_handle_names_the_place_and_the_bot_in_it() -> None:
    one = FRESH.troubled(TargetError(Code.OCCUPIED, "a", occupant="dingold"))
    other = FRESH.troubled(TargetError(Code.OCCUPIED, "a", occupant="dingelse"))
    assert len({FRESH.handle, one.handle, other.handle, replace(FRESH, target="b").handle}) == 4
    assert len(one.handle) == HANDLE_LENGTH
    assert "ding" not in one.handle


def test_halves_of_surrogates_are_kept_as_something_that_can_be_kept() -> None:
    odd = TargetError(Code.OCCUPIED, "a", occupant="ding\ud800")
    assert FRESH.troubled(odd).occupant == "ding?"
    platform = ding_bot("id\udfff", True, "ding", "s")
    assert FRESH.written(Stored(platform)).platform_id == "id?"


@pytest.mark.parametrize("what", ["hermes gateway restart", "A_B", "a:b c%", "@x/y", "中"])
def test_a_note_keeps_what_it_names(what: str) -> None:
    text = Note.RESTART_BY.about(what)
    assert len(text.split()) == 1
    assert note_in(text) == (Note.RESTART_BY, what)
    assert note_in(Note.LOADED) == (Note.LOADED, "")


@pytest.mark.parametrize("text", ["hermes_restart", "", "another:x", *sorted(NAMING)])
def test_a_note_of_another_version_says_nothing(text: str) -> None:
    assert note_in(text) is None


def test_who_is_let_in_ends_every_note_about_people() -> None:
    notes = (Note.HERMES_USERS.about("A"), Note.NARROWED, Note.NANOBOT_SENDERS)
    stored = Stored(Platform("x", "dingtalk", True, "a"), notes)
    assert FRESH.written(stored).opened().notes == "narrowed"
