"""An attempt as one message of a chat: what is sent, edited, replaced and remembered."""

import asyncio
import logging
from datetime import UTC
from typing import Any

import pytest

from bootstrap_bot.chat.attempt_messages import AttemptMessages
from bootstrap_bot.chat.host import DroppedError, NotEditableError, RejectedError
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.display import ChatGoneError, DeliveryError
from tests.support.attempts import LINKS, an_attempt
from tests.support.clock import START, FakeClock, rest
from tests.support.recording_host import RecordingHost


def waiting(**changes: Any) -> Attempt:
    """An attempt whose message counts down."""
    now: dict[str, Any] = {"links": LINKS, "qr": LINKS[1].url, "expires_at": START + 7200}
    return an_attempt(state=State.WAITING, **now | changes)


class Stage:
    """A chat, and messages in it."""

    def __init__(self) -> None:
        self.host = RecordingHost()
        self.clock = FakeClock()
        self.messages = AttemptMessages(self.host, self.clock, UTC)

    async def shows(self, attempt: Attempt) -> str:
        return await self.messages.show(lambda: attempt)


async def test_it_is_sent_once_and_edited_from_then_on() -> None:
    stage = Stage()
    message = await stage.shows(waiting())
    assert [shown.id for shown in stage.host.sent] == [message]
    assert await stage.shows(waiting(message=message, trouble="timeout")) == message
    [edit] = stage.host.edits
    assert edit.before == stage.host.sent[0]
    assert edit.card != edit.before.card


async def test_what_it_shows_is_drawn_when_its_turn_has_come() -> None:
    stage = Stage()
    now = waiting()
    stage.host.turn.clear()
    showing = asyncio.create_task(stage.messages.show(lambda: now))
    await rest()
    now = an_attempt(state=State.EXPIRED)
    stage.host.turn.set()
    await showing
    [shown] = stage.host.sent
    assert shown.card is not None
    assert "expired" in shown.card.text


async def test_who_moves_on_to_another_topic_finds_it_there_and_only_there() -> None:
    stage = Stage()
    now = waiting(topic="1")
    stage.host.turn.clear()
    showing = asyncio.create_task(stage.messages.show(lambda: now))
    await rest()
    now = waiting(topic="2")
    stage.host.turn.set()
    await showing
    assert [shown.address.topic for shown in stage.host.sent] == ["2"]


async def test_only_a_countdown_may_be_dropped() -> None:
    stage = Stage()
    message = await stage.shows(waiting())
    await stage.clock.advance(60)
    await stage.shows(waiting(message=message))
    await stage.clock.advance(60)
    await stage.shows(waiting(message=message, trouble="timeout"))
    assert [edit.droppable for edit in stage.host.edits] == [True, False]


async def test_what_an_earlier_process_showed_is_not_known() -> None:
    stage = Stage()
    await stage.shows(waiting(message="7"))
    [edit] = stage.host.edits
    assert (edit.before.id, edit.before.card, edit.droppable) == ("7", None, False)


async def test_a_result_is_not_remembered() -> None:
    stage = Stage()
    message = await stage.shows(waiting())
    ended = an_attempt(state=State.EXPIRED, message=message)
    await stage.shows(ended)
    await stage.shows(ended)
    assert [edit.before.card is None for edit in stage.host.edits] == [False, True]


async def test_a_dropped_countdown_is_no_failure() -> None:
    stage = Stage()
    message = await stage.shows(waiting())
    stage.host.errors = [DroppedError()]
    assert await stage.shows(waiting(message=message)) == message
    assert len(stage.host.sent) == 1


@pytest.mark.parametrize("there", [True, False])
async def test_another_takes_the_place_of_one_that_cannot_be_edited(there: bool) -> None:
    stage = Stage()
    first = await stage.shows(waiting())
    stage.host.errors = [NotEditableError("BadRequest", there=there)]
    second = await stage.shows(waiting(message=first, trouble="timeout"))
    assert [shown.id for shown in stage.host.sent] == [first, second]
    assert [shown.id for shown in stage.host.deleted] == [first] * there


async def test_one_that_stays_is_known_until_another_stands() -> None:
    stage = Stage()
    first = await stage.shows(waiting())
    stage.host.errors = [NotEditableError("BadRequest", there=True), DeliveryError()]
    with pytest.raises(DeliveryError):
        await stage.shows(waiting(message=first, trouble="timeout"))
    await stage.shows(waiting(message=first))
    [edit] = stage.host.edits
    assert edit.before == stage.host.sent[0]


@pytest.mark.parametrize("error", [DeliveryError(), ChatGoneError(), RejectedError()])
async def test_a_removal_that_fails_holds_up_nobody(error: Exception) -> None:
    stage = Stage()
    stage.host.errors = [error]
    await stage.messages.remove(waiting(), "7")
    assert stage.host.deleted == []


async def test_what_a_host_does_not_take_is_logged_by_its_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage()
    stage.host.errors = [RejectedError("BadRequest")]
    with pytest.raises(RejectedError):
        await stage.shows(waiting())
    line = "a message is not taken: BadRequest"
    name = "bootstrap_bot.chat.attempt_messages"
    assert caplog.record_tuples == [(name, logging.ERROR, line)]
