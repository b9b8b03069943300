"""What every journal promises."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import fields, replace
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bootstrap_bot.errors import ConflictError
from bootstrap_bot.registration.attempt import Attempt, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.journal import Journal
from bootstrap_bot.registration.person import PersonId
from bootstrap_bot.registration.record import Record
from tests.support.attempts import ADMIN, ERASED, OTHER, an_attempt, captured
from tests.support.clock import FakeClock
from tests.support.credentials import a_secret

ELSEWHERE = PersonId("elsewhere", ADMIN.id)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(max_size=50),
    int: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
    SecretStr: st.text(max_size=50).map(SecretStr),
}
_numbers = itertools.count()


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type, so that a new field is covered the day it is added."""
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if get_origin(hint) is tuple:
        return st.lists(of_type(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is Mapping:
        key, value = map(of_type, get_args(hint))
        return st.dictionaries(key, value, max_size=3)
    if get_args(hint):
        return st.one_of([of_type(one) for one in get_args(hint)])
    return built(hint)


def built(record: Any) -> st.SearchStrategy[Any]:
    """Any value of a record."""
    hints = get_type_hints(record)
    return st.builds(record, **{field.name: of_type(hints[field.name]) for field in fields(record)})


def ids(attempts: list[Attempt]) -> list[str]:
    return [attempt.id for attempt in attempts]


class JournalContract:
    """Inherited by the test of each journal, whose fixture `journal` gives an open, empty one."""

    # Records.

    @settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
    @given(attempt=built(Attempt))
    async def test_every_field_comes_back_as_it_was(
        self, journal: Journal, attempt: Attempt
    ) -> None:
        number = next(_numbers)
        attempt = replace(attempt, id=str(number), update=f"{number} {attempt.update}", version=0)
        assert await journal.save(attempt) == attempt
        assert await journal.asked_by(attempt.owner.host, attempt.update) == attempt
        assert await journal.latest(attempt.owner) == attempt
        assert await journal.find(attempt.id) == attempt
        left = [one for one in await journal.unfinished() if one.id == attempt.id]
        assert left == ([] if attempt.over else [attempt])

    async def test_saving_again_changes_the_record_and_nothing_else(self, journal: Journal) -> None:
        other = an_attempt(id="other", update="2", deliveries=(Delivery("config:/b", "b"),))
        first = Delivery("config:/a", "a", DeliveryState.WRITTEN, "dingtalk", True, "locked", 3, 9)
        second = Delivery("config:/b", "b")
        await journal.save(other)
        saved = await journal.save(captured(deliveries=(first, second)))
        saved = await journal.save(replace(saved, deliveries=(second, first), message="5"))
        assert await journal.find(saved.id) == captured(deliveries=(second, first), message="5")
        await journal.save(replace(captured(), version=saved.version))
        assert await journal.find(saved.id) == captured()
        assert await journal.find("other") == other

    async def test_what_is_not_there_is_none(self, journal: Journal) -> None:
        await journal.save(an_attempt())
        assert await journal.asked_by("telegram", "999") is None
        assert await journal.asked_by("elsewhere", an_attempt().update) is None
        assert await journal.latest(OTHER) is None
        assert await journal.latest(ELSEWHERE) is None
        assert await journal.find("missing") is None

    async def test_an_update_finds_the_attempt_it_began_among_others(
        self, journal: Journal
    ) -> None:
        for number in range(3):
            await journal.save(an_attempt(id=f"a{number}", update=str(number)))
        found = [await journal.asked_by("telegram", str(number)) for number in range(4)]
        assert [one and one.id for one in found] == ["a0", "a1", "a2", None]

    async def test_erased_secrets_do_not_come_back(self, journal: Journal) -> None:
        saved = await journal.save(captured())
        await journal.save(replace(saved, device_state=None, values=ERASED))
        found = await journal.find(saved.id)
        assert found is not None
        assert (found.device_state, found.values) == (None, ERASED)

    # Versions.

    async def test_each_save_counts_as_a_version(self, journal: Journal) -> None:
        saved = an_attempt()
        for version in (1, 2, 3):
            saved = await journal.save(saved)
            found = await journal.find(saved.id)
            assert found is not None
            assert (saved.version, found.version) == (version, version)

    async def test_whoever_read_an_earlier_version_changes_nothing(self, journal: Journal) -> None:
        first = await journal.save(an_attempt())
        second = await journal.save(replace(first, reason="second"))
        for stale in (an_attempt(), first, replace(second, version=second.version + 1)):
            with pytest.raises(ConflictError):
                await journal.save(replace(stale, reason="stale"))
        found = await journal.find(first.id)
        assert found is not None
        assert (found.reason, found.version) == ("second", second.version)

    async def test_one_update_begins_one_attempt(self, journal: Journal) -> None:
        await journal.save(an_attempt())
        with pytest.raises(ConflictError):
            await journal.save(an_attempt(id="second"))
        assert await journal.unfinished() == [an_attempt()]
        await journal.save(an_attempt(id="second", update="1001"))
        await journal.save(an_attempt(id="third", owner=ELSEWHERE))
        assert ids(await journal.unfinished()) == [an_attempt().id, "second", "third"]

    async def test_a_record_that_is_gone_is_made_anew(self, journal: Journal) -> None:
        over = await journal.save(an_attempt(state=State.STORED, told=True))
        await journal.forget(over.requested_at + 1)
        saved = await journal.save(replace(over, told=False))
        assert await journal.unfinished() == [saved]
        assert await journal.save(saved) == saved

    async def test_no_change_of_many_at_once_is_lost(self, journal: Journal) -> None:
        saved = await journal.save(an_attempt())

        async def change(number: int) -> None:
            record = Record(saved, journal, FakeClock())
            await record.commit(lambda now: replace(now, reason=f"{now.reason}{number} "))

        await asyncio.gather(*map(change, range(10)))
        found = await journal.find(saved.id)
        assert found is not None
        assert sorted(found.reason.split()) == sorted(map(str, range(10)))
        assert found.version == 11

    async def test_a_save_whose_caller_is_cancelled_lands_all_the_same(
        self, journal: Journal
    ) -> None:
        task = asyncio.create_task(journal.save(captured()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await journal.unfinished() == [captured()]

    # What is asked for.

    async def test_unfinished_are_all_that_are_not_over_oldest_first(
        self, journal: Journal
    ) -> None:
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
            moment = 100.0 - number
            await journal.save(replace(attempt, id=name, update=str(number), requested_at=moment))
        untold = await journal.find("untold")
        assert untold is not None
        await journal.save(replace(untold, language="zh"))
        assert ids(await journal.unfinished()) == list(left)

    async def test_the_latest_is_the_owners_last_over_or_not(self, journal: Journal) -> None:
        await journal.save(an_attempt(id="old", update="2", requested_at=200.0))
        # the wall clock may have been set back in between
        new = await journal.save(an_attempt(id="new", update="1", requested_at=100.0, told=True))
        await journal.save(an_attempt(id="theirs", update="3", requested_at=300.0, owner=OTHER))
        await journal.save(an_attempt(id="there", update="4", requested_at=300.0, owner=ELSEWHERE))
        assert await journal.latest(ADMIN) == new
        newer = await journal.save(an_attempt(id="newer", update="5", requested_at=200.0))
        await journal.save(replace(new, message="5"))
        assert await journal.latest(ADMIN) == newer

    async def test_the_latest_of_a_platform(self, journal: Journal) -> None:
        ding = await journal.save(an_attempt(id="ding"))
        lark = await journal.save(an_attempt(id="lark", update="2", provider="lark"))
        assert await journal.latest(ADMIN) == lark
        assert await journal.latest(ADMIN, "lark") == lark
        assert await journal.latest(ADMIN, "dingtalk") == ding
        assert await journal.latest(ADMIN, "another") is None
        assert await journal.latest(OTHER, "lark") is None

    async def test_requests_are_listed_from_a_moment_on(self, journal: Journal) -> None:
        for number, moment in enumerate((99.0, 100.0, 101.0)):
            await journal.save(an_attempt(id=str(number), update=str(number), requested_at=moment))
        await journal.save(an_attempt(id="theirs", update="9", requested_at=100.0, owner=OTHER))
        found = [await journal.requests_since(moment) for moment in (99.5, 101, 101.5)]
        ours, theirs = [(ADMIN, 100.0), (ADMIN, 101.0)], [(OTHER, 100.0)]
        assert sorted(found[0], key=str) == sorted(ours + theirs, key=str)
        assert found[1:] == [ours[1:], []]

    async def test_only_what_is_over_and_old_is_forgotten(self, journal: Journal) -> None:
        over = an_attempt(state=State.STORED, told=True)
        await journal.save(replace(over, id="old", update="1", requested_at=99.9))
        await journal.save(replace(over, id="young", update="2", requested_at=100.0))
        kept = {
            "untold": replace(over, told=False),
            "stale": replace(over, stale=True),
            "watched": replace(over, watching=True),
            "secret": captured(told=True),
        }
        for name, attempt in kept.items():
            await journal.save(replace(attempt, id=name, update=name, requested_at=1.0))
        await journal.forget(100.0)
        assert await journal.find("old") is None
        for name in ("young", *kept):
            assert await journal.find(name) is not None

    # Languages.

    async def test_a_language_is_remembered_for_each_person(self, journal: Journal) -> None:
        assert await journal.languages() == {}
        await journal.save_language(ADMIN, "en")
        await journal.save_language(OTHER, "en")
        await journal.save_language(ELSEWHERE, "en")
        await journal.save_language(ADMIN, "zh")
        assert await journal.languages() == {ADMIN: "zh", OTHER: "en", ELSEWHERE: "en"}
