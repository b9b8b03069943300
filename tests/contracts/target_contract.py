"""What every kind of target does with the bots of every platform that it speaks."""

from collections.abc import Iterator
from typing import Protocol

import pytest

from bootstrap_bot import registry
from bootstrap_bot.credentials import Credentials, secrets_of
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.providers.provider import ProviderKind
from bootstrap_bot.targets.target import Target
from tests.support.lark_like import LARK_LIKE
from tests.support.programs import DINGTALK

EVERY_PLATFORM = (*registry.providers().values(), LARK_LIKE)


class Place(Protocol):
    """Where a target keeps its bots."""

    def target(self, *platforms: ProviderKind) -> Target:
        """The target, for these platforms."""
        ...

    def text(self) -> str:
        """All that is there."""
        ...


def credentials(platform: ProviderKind, number: int, secret: int = 0) -> Credentials:
    """One of many, told apart by its number; every other one says what is optional.

    What a program knows one value of has that one.
    """
    told = [field for field in platform.fields if number % 2 or not field.optional]
    only = {name: word for one in platform.placements.values() for name, word in one.only.items()}
    values = {one.name: only.get(one.name, f"{one.name}-{number}") for one in told}
    values |= {one.name: f"{one.name}-{secret or number}-{'s' * 40}" for one in told if one.secret}
    return platform.credentials(values)


def traces(text: str, gone: Credentials) -> list[str]:
    """What is still there of a bot."""
    return [trace for trace in (gone.account, *secrets_of(gone.values)) if trace in text]


async def names(target: Target) -> list[tuple[str, str]]:
    return [(bot.type, bot.account) for bot in await target.platforms()]


class TargetContract:
    """Inherited by a class for each kind, with a fixture `place` in which there is no bot yet."""

    kind: str
    kept: tuple[str, ...] = ()
    """What the owner has there, and what stays whatever is stored."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Every platform that the kind speaks."""
        if "platform" in metafunc.fixturenames:
            table = registry.targets()[self.kind]
            spoken = [one for one in EVERY_PLATFORM if table.placement(one)]
            metafunc.parametrize("platform", spoken, ids=[one.name for one in spoken])

    @pytest.fixture
    def other(self, platform: ProviderKind) -> ProviderKind:
        """Another platform."""
        return LARK_LIKE if platform is DINGTALK else DINGTALK

    @pytest.fixture(autouse=True)
    def _keeps_what_is_its_owners(self, place: Place) -> Iterator[None]:
        assert self._missing(place) == []
        yield
        assert self._missing(place) == []

    def _missing(self, place: Place) -> list[str]:
        return [part for part in self.kept if part not in place.text()]

    def test_it_speaks_what_it_has_a_place_for(self, place: Place, platform: ProviderKind) -> None:
        target = place.target(platform)
        assert target.speaks(platform.name)
        assert not target.speaks("nobody")
        assert not target.allows("nobody")
        assert target.key == place.target(platform).key

    async def test_a_bot_is_stored_and_read_back(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        assert await target.platforms() == []
        stored = (await target.store("wanted", bot)).platform
        assert stored.holds(bot)
        assert stored.enabled is not False
        assert await target.platforms() == [stored]
        assert not stored.holds(credentials(platform, 2))

    async def test_the_same_bot_once_more_changes_nothing(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        first, text = (await target.store("wanted", bot)).platform, place.text()
        assert (await target.store("another", bot)).platform == first
        assert place.text() == text

    async def test_a_known_account_is_updated_where_it_stands(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target, old = place.target(platform), credentials(platform, 1)
        new = credentials(platform, 1, secret=9)
        known = (await target.store("wanted", old)).platform
        stored = (await target.store("another", new)).platform
        assert (stored.id, stored.holds(new), stored.holds(old)) == (known.id, True, False)
        assert await target.platforms() == [stored]
        assert [one for one in secrets_of(old.values) if one in place.text()] == []

    @pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
    async def test_a_bot_takes_anothers_place(
        self, place: Place, platform: ProviderKind, first: int, second: int
    ) -> None:
        target = place.target(platform)
        old, new = credentials(platform, first), credentials(platform, second)
        await target.store("wanted", old)
        stored = (await target.store("another", new, replaces=old.account)).platform
        assert stored.holds(new)
        assert await target.platforms() == [stored]
        assert traces(place.text(), old) == []
        # and nothing that the new one does not say
        left = [name for name, text in stored.values.items() if text and name not in new.values]
        assert left == []

    async def test_there_is_room_for_one_or_for_several(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target = place.target(platform)
        bots = [credentials(platform, number) for number in (1, 2, 3)]
        first = (await target.store("wanted", bots[0])).platform
        if target.single_slot:
            text = place.text()
            with pytest.raises(TargetError) as caught:
                await target.store("wanted", bots[1])
            assert (caught.value.code, caught.value.occupant) == (Code.OCCUPIED, bots[0].account)
            assert place.text() == text
            return
        stored = [first, *[(await target.store("wanted", one)).platform for one in bots[1:]]]
        assert len({one.id for one in stored}) == 3
        found = await target.platforms()
        assert sorted(one.account for one in found) == [one.account for one in bots]
        assert all(any(one.holds(bot) for one in found) for bot in bots)

    async def test_a_removed_bot_is_gone(self, place: Place, platform: ProviderKind) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        stored = (await target.store("wanted", bot)).platform
        removed = await target.remove(platform.name, bot.account)
        assert removed is not None
        assert (removed.id, removed.holds(bot)) == (stored.id, True)
        assert await target.platforms() == []
        assert traces(place.text(), bot) == []
        assert await target.remove(platform.name, bot.account) is None
        assert (await target.store("wanted", bot)).platform.holds(bot)

    async def test_a_bot_is_switched_where_there_is_a_switch(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        stored = (await target.store("wanted", bot)).platform
        text = place.text()
        for enabled in (False, True):
            switched = await target.set_enabled(platform.name, bot.account, enabled)
            (found,) = await target.platforms()
            assert found == switched
            assert found.holds(bot)
            assert found.enabled is (enabled if stored.enabled is not None else None)
        if stored.enabled is None:
            assert place.text() == text

    async def test_what_is_not_there_is_not_found(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        await target.store("wanted", bot)
        text = place.text()
        assert await target.remove(platform.name, "nobody") is None
        assert await target.set_enabled(platform.name, "nobody", False) is None
        assert await target.allow(platform.name, "nobody", "person") is None
        assert place.text() == text

    async def test_a_rehearsal_changes_nothing(self, place: Place, platform: ProviderKind) -> None:
        target = place.target(platform)
        for bot in (None, credentials(platform, 1)):
            if bot:
                await target.store("wanted", bot)
            text = place.text()
            assert await target.probe() in ([], ())
            assert place.text() == text

    async def test_what_the_program_does_not_know_is_refused(
        self, place: Place, platform: ProviderKind
    ) -> None:
        placement = registry.targets()[self.kind].placement(platform)
        assert placement is not None
        target, bot, text = place.target(platform), credentials(platform, 1), place.text()
        for name in placement.only:
            other = {one: bot.text(one) for one in bot.values} | {name: "another"}
            with pytest.raises(TargetError) as caught:
                await target.store("wanted", platform.credentials(other))
            assert caught.value.code is Code.NOT_TAKEN
            assert place.text() == text

    async def test_platforms_do_not_touch_each_others_bots(
        self, place: Place, platform: ProviderKind, other: ProviderKind
    ) -> None:
        target = place.target(platform, other)
        theirs, ours = credentials(other, 4), credentials(platform, 1)
        before = (await target.store("wanted", theirs)).platform

        async def is_untouched(*own: Credentials) -> bool:
            found = {bot.type: bot for bot in await target.platforms()}
            await target.probe()
            return found == {other.name: before, **{platform.name: found.get(platform.name)}} or (
                not own and found == {other.name: before}
            )

        await target.store("wanted", ours)
        assert await is_untouched(ours)
        new = credentials(platform, 2)
        await target.store("wanted", new, replaces=ours.account)
        assert await is_untouched(new)
        for enabled in (False, True):
            await target.set_enabled(platform.name, new.account, enabled)
            assert await is_untouched(new)
        await target.allow(platform.name, new.account, "person")
        assert await target.remove(platform.name, theirs.account) is None
        assert await is_untouched(new)
        await target.remove(platform.name, new.account)
        assert await names(target) == [(other.name, theirs.account)]
        assert await is_untouched()

    async def test_one_person_is_let_in_where_there_is_a_list(
        self, place: Place, platform: ProviderKind
    ) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        await target.store("wanted", bot)
        text = place.text()
        for person in ("ou_first", "first@im.wechat"):
            allowed = await target.allow(platform.name, bot.account, person)
            assert allowed is not None
            assert allowed.holds(bot)
            assert (person in place.text()) is target.allows(platform.name)
            text = text if target.allows(platform.name) else place.text()
            once = place.text()
            await target.allow(platform.name, bot.account, person)
            assert place.text() == once
        if not target.allows(platform.name):
            assert place.text() == text

    @pytest.mark.parametrize("nobody", ["*", "", "a,b", "a b", "a\nb", "${A}", '"'])
    async def test_nothing_that_could_be_several_people_is_let_in(
        self, place: Place, platform: ProviderKind, nobody: str
    ) -> None:
        target, bot = place.target(platform), credentials(platform, 1)
        await target.store("wanted", bot)
        text = place.text()
        if target.allows(platform.name):
            with pytest.raises(TargetError) as caught:
                await target.allow(platform.name, bot.account, nobody)
            assert caught.value.code is Code.VALUE_UNFIT
        else:
            await target.allow(platform.name, bot.account, nobody)
        assert place.text() == text
