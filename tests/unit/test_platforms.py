"""The platforms that targets hold, through their buttons' references."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from bootstrap_bot.chat.buttons import Action, data, parse
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.errors import Code, RemoteError, TargetError
from bootstrap_bot.providers.provider import Health, Provider
from bootstrap_bot.registration.inventory import Inventory
from bootstrap_bot.targets.command import Command, End, Ran
from bootstrap_bot.targets.target import Platform, Target
from tests.support.credentials import ding_bot
from tests.support.lark_like import lark_pair

CLIENT_ID = "dingabcdefgh1234"
NOBODY = "f" * 12


def platform(name: str = "dingtalk", client_id: str = CLIENT_ID, secret: str = "") -> Platform:
    return ding_bot(name, True, client_id, secret or f"secret of {name}")


@dataclass
class FakeTarget:
    """A target in memory; `fault` is raised by whatever comes next."""

    key: str
    there: list[Platform] = field(default_factory=list)
    fault: Code | None = None
    kind: str = "config"
    single_slot: bool = False
    after: Command | None = None
    spoken: tuple[str, ...] = ("dingtalk",)

    @property
    def place(self) -> str:
        return self.key.removeprefix("config:/")

    async def platforms(self) -> list[Platform]:
        self._fail()
        return list(self.there)

    def restart(self, provider: str) -> str:
        return f"{self.key} {provider}"

    def speaks(self, provider: str) -> bool:
        return provider in self.spoken

    async def set_enabled(self, provider: str, client_id: str, enabled: bool) -> Platform | None:
        self._fail()
        named = (provider, client_id)
        self.there = [
            replace(p, enabled=enabled) if (p.type, p.account) == named else p for p in self.there
        ]
        return next((p for p in self.there if (p.type, p.account) == named), None)

    async def remove(
        self, provider: str, client_id: str, *, unwanted: bool = False
    ) -> Platform | None:
        self._fail()
        named = (provider, client_id)
        found = next((p for p in self.there if (p.type, p.account) == named), None)
        self.there = [p for p in self.there if (p.type, p.account) != named]
        return found

    def _fail(self) -> None:
        if self.fault is not None:
            raise TargetError(self.fault, self.place)


@dataclass
class Asked:
    """A provider that remembers which pairs it was asked about."""

    says: Health = Health.WORKS
    fault: Code | None = None
    pairs: list[tuple[str, str]] = field(default_factory=list)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)

    async def run_command(self, command: Command, secrets: Sequence[str]) -> Ran:
        self.ran.append((*command.argv, *secrets))
        return Ran(End.EXITED, 0, 1.0)

    async def displaced(self, _: str, client_id: str, target: str) -> None:
        self.gone.append((client_id, target))

    async def check(self, credentials: Credentials) -> Health:
        self.pairs.append((credentials.account, credentials.text("client_secret")))
        if self.fault is not None:
            raise RemoteError(self.fault)
        return self.says


def lark_like(name: str, app_id: str = "cli_1") -> Platform:
    values = lark_pair(app_id, f"secret of {name}").values
    return Platform(name, "lark_like", True, app_id, values)


def over(
    *shelves: FakeTarget, asked: Asked | None = None, providers: Sequence[str] = ("dingtalk",)
) -> Inventory:
    targets = [cast("Target", shelf) for shelf in shelves]
    asked = asked or Asked()
    every = dict.fromkeys(providers, cast("Provider", asked))
    return Inventory(targets, every, asked.run_command, asked.displaced)


def two() -> tuple[FakeTarget, FakeTarget]:
    """Two targets that hold the same bot under different names."""
    first = FakeTarget("config:/a.toml", [platform("mine"), platform("other", "dingother0000001")])
    return first, FakeTarget("config:/b.toml", [platform("hers")])


async def refs(platforms: Inventory) -> dict[str, str]:
    return {listed.platform.id: listed.ref for listed in (await platforms.all()).listed}


async def test_everything_is_listed_target_by_target_with_its_place() -> None:
    listed = (await over(*two()).all()).listed
    assert [(one.place, one.platform.id) for one in listed] == [
        ("a.toml", "mine"),
        ("a.toml", "other"),
        ("b.toml", "hers"),
    ]


async def test_everything_is_listed_with_the_kind_of_its_place() -> None:
    shelves = (
        FakeTarget("config:/a", [platform("mine")]),
        FakeTarget("b", [platform()], kind="astrbot"),
    )
    assert [one.kind for one in (await over(*shelves).all()).listed] == ["config", "astrbot"]


async def test_no_target_and_empty_targets_hold_nothing() -> None:
    assert (await over().all()).listed == []
    assert (await over(FakeTarget("config:/a"), FakeTarget("config:/b")).all()).listed == []


async def test_the_same_bot_in_two_targets_has_two_references() -> None:
    found = await refs(over(*two()))
    assert len(set(found.values())) == 3


async def test_a_reference_is_the_same_after_a_restart_and_after_its_bot_was_renamed() -> None:
    before = await refs(over(*two()))
    assert await refs(over(*two())) == before
    renamed = FakeTarget("config:/a.toml", [platform("renamed", secret="another one")])
    assert (await refs(over(renamed)))["renamed"] == before["mine"]


async def test_a_reference_fits_every_button_and_tells_nothing_of_the_client_id() -> None:
    for ref in (await refs(over(*two()))).values():
        assert ref not in CLIENT_ID
        assert "ding" not in ref
        for action in Action:
            assert parse(data(action, ref)) == (action, ref)


async def test_a_reference_finds_its_own_bot() -> None:
    platforms = over(*two())
    for name, ref in (await refs(platforms)).items():
        found = await platforms.find(ref)
        assert found is not None
        assert (found.platform.id, found.ref) == (name, ref)


async def test_the_list_is_read_afresh_each_time() -> None:
    shelf = FakeTarget("config:/a", [platform()])
    platforms = over(shelf)
    [ref] = (await refs(platforms)).values()
    shelf.there = []
    assert await platforms.find(ref) is None
    shelf.there = [platform("back")]
    found = await platforms.find(ref)
    assert found is not None
    assert found.platform.id == "back"


@pytest.mark.parametrize("health", Health)
async def test_the_check_asks_about_the_pair_that_is_stored_there(health: Health) -> None:
    asked = Asked(health)
    platforms = over(*two(), asked=asked)
    ref = (await refs(platforms))["hers"]
    assert await platforms.check(ref) is health
    assert asked.pairs == [(CLIENT_ID, "secret of hers")]


async def test_the_checks_trouble_is_passed_on() -> None:
    platforms = over(*two(), asked=Asked(fault=Code.TIMEOUT))
    with pytest.raises(RemoteError) as caught:
        await platforms.check((await refs(platforms))["mine"])
    assert caught.value.code is Code.TIMEOUT


@pytest.mark.parametrize("enabled", [True, False])
async def test_switching_touches_the_one_target_it_names(enabled: bool) -> None:
    first, second = two()
    first.there = [replace(p, enabled=not enabled) for p in first.there]
    second.there = [replace(p, enabled=not enabled) for p in second.there]
    platforms = over(first, second)
    before = list(first.there)
    switched = await platforms.set_enabled((await refs(platforms))["hers"], enabled)
    assert switched is not None
    found, ran = switched
    assert ran is None
    assert (found.platform.id, found.platform.enabled) == ("hers", not enabled)
    assert [p.enabled for p in second.there] == [enabled]
    assert first.there == before


async def test_removing_touches_the_one_target_it_names() -> None:
    first, second = two()
    platforms = over(first, second)
    dropped = await platforms.remove((await refs(platforms))["mine"])
    assert dropped is not None
    removed, ran = dropped
    assert ran is None
    assert (removed.platform.id, removed.place) == ("mine", "a.toml")
    assert [p.id for p in first.there] == ["other"]
    assert [p.id for p in second.there] == ["hers"]


@pytest.mark.parametrize("ref", [NOBODY, "", "0", CLIENT_ID])
async def test_what_is_gone_or_never_was_is_none_and_nobody_is_asked(ref: str) -> None:
    asked = Asked()
    first, second = two()
    before = (list(first.there), list(second.there))
    platforms = over(first, second, asked=asked)
    assert await platforms.find(ref) is None
    assert await platforms.check(ref) is None
    assert await platforms.set_enabled(ref, False) is None
    assert await platforms.remove(ref) is None
    assert asked.pairs == []
    assert (first.there, second.there) == before


async def test_what_was_removed_once_is_gone_the_second_time() -> None:
    platforms = over(*two())
    ref = (await refs(platforms))["mine"]
    assert await platforms.remove(ref) is not None
    assert await platforms.remove(ref) is None
    assert await platforms.check(ref) is None


async def test_a_target_that_cannot_be_read_does_not_hide_the_others() -> None:
    first, second = two()
    platforms = over(first, second)
    ref = (await refs(platforms))["mine"]
    second.fault = Code.UNPARSABLE
    found = await platforms.all()
    assert [one.platform.id for one in found.listed] == ["mine", "other"]
    assert [trouble.code for trouble in found.troubles] == [Code.UNPARSABLE]
    assert not found.unreadable
    assert await platforms.remove(ref) is not None


async def test_a_bot_in_a_target_that_cannot_be_read_is_said_and_nothing_is_changed() -> None:
    first, second = two()
    platforms = over(first, second)
    ref = (await refs(platforms))["hers"]
    second.fault = Code.UNPARSABLE
    before = list(second.there)
    for doing in (
        platforms.find(ref),
        platforms.check(ref),
        platforms.set_enabled(ref, False),
        platforms.remove(ref),
    ):
        with pytest.raises(TargetError) as caught:
            await doing
        assert caught.value.code is Code.UNPARSABLE
    assert second.there == before
    first.fault = Code.LOCKED
    assert (await platforms.all()).unreadable


async def test_whatever_is_changed_is_followed_by_the_targets_command() -> None:
    asked = Asked()
    shelf = FakeTarget("config:/a", [platform("mine")], after=Command(("restart",)))
    platforms = over(shelf, asked=asked)
    [ref] = (await refs(platforms)).values()
    assert asked.ran == []
    await platforms.set_enabled(ref, False)
    switched = await platforms.remove(ref)
    assert switched is not None
    assert switched[1] == Ran(End.EXITED, 0, 1.0)
    assert asked.ran == [("restart", "secret of mine")] * 2


async def test_only_what_was_removed_is_reported_as_gone() -> None:
    asked = Asked()
    platforms = over(FakeTarget("config:/a", [platform("mine")]), asked=asked)
    [ref] = (await refs(platforms)).values()
    await platforms.set_enabled(ref, False)
    assert asked.gone == []
    await platforms.remove(ref)
    assert asked.gone == [(CLIENT_ID, "config:/a")]


async def test_there_is_room_unless_every_target_holds_one() -> None:
    full, many = FakeTarget("a", [platform()], single_slot=True), FakeTarget("b")
    assert not (await over(full).all()).room
    assert (await over(full, many).all()).room
    assert (await over(full, FakeTarget("c", single_slot=True)).all()).room


async def test_one_platforms_bots_are_those_in_targets_that_speak_it() -> None:
    lark = lark_like("theirs")
    both = FakeTarget(
        "config:/a", [platform("mine"), lark], single_slot=True, spoken=("dingtalk", "lark_like")
    )
    mute = FakeTarget("config:/b", fault=Code.UNPARSABLE, spoken=())
    inventory = over(both, mute, providers=("dingtalk", "lark_like"))
    found = await inventory.of("lark_like")
    assert [one.platform for one in found.listed] == [lark]
    assert (found.room, found.troubles, found.unreadable) == (False, [], False)
    both.there = [platform("mine")]
    assert (await inventory.of("lark_like")).room
    assert not (await inventory.of("dingtalk")).room
    assert not (await inventory.of("nobody")).unreadable


async def test_a_bot_is_checked_switched_and_removed_as_its_platforms() -> None:
    asked, ours, theirs = Asked(), platform("mine"), lark_like("theirs", CLIENT_ID)
    target = FakeTarget("config:/a", [ours, theirs], spoken=("dingtalk", "lark_like"))
    inventory = over(target, asked=asked, providers=("lark_like",))
    refs_of = {one.platform.type: one.ref for one in (await inventory.all()).listed}
    assert set(refs_of) == {"lark_like"}
    assert await inventory.check(refs_of["lark_like"]) is Health.WORKS
    await inventory.remove(refs_of["lark_like"])
    assert target.there == [ours]
    assert asked.gone == [(CLIENT_ID, "config:/a")]
