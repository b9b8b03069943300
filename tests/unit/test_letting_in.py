"""Who confirmed a registration is put on a target's list of people, on the admin's word alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from pydantic import SecretStr

from bootstrap_bot.chat.card import card
from bootstrap_bot.chat.host import Card, Limits
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.errors import Code
from bootstrap_bot.providers.provider import Granted
from bootstrap_bot.registration.attempt import Attempt, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from bootstrap_bot.registration.transitions import forgotten
from tests.support.attempts import ADMIN, OTHER, captured, waiting
from tests.support.clock import START
from tests.support.lark_like import LARK_LIKE
from tests.support.service_stage import OURS, ServiceStage, started

SCANNER = "ou_scanner"
KIND = replace(LARK_LIKE, scanner="owner_open_id")
PAIR = KIND.credentials(
    {"app_id": "cli_1", "app_secret": "s" * 32, "domain": "lark", "owner_open_id": SCANNER}
)


def of_lark(**changes: Any) -> Attempt:
    return waiting(
        provider="lark_like", wanted_id="lark", device_state=SecretStr("state"), **changes
    )


def keeps_a_list(scene: ServiceStage) -> None:
    """Lark's credentials come with the next poll; the target answers people on a list only."""
    scene.speak(KIND)
    scene.shelf.keeps_list = True
    scene.office.says = [Granted(credentials=PAIR)]


async def test_nobody_is_let_in_without_the_admins_word() -> None:
    async with started(of_lark(), prepare=keeps_a_list) as scene:
        await scene.pass_time(3600)
        assert scene.row().state is State.STORED
        assert scene.row().scanner == SCANNER
        assert not any("allow" in event for event in scene.events)


async def test_on_the_admins_word_the_scanner_alone_is_let_in() -> None:
    async with started(of_lark(), prepare=keeps_a_list) as scene:
        await scene.pass_time(5)
        assert await scene.attempts.let_in(OURS, OTHER) is False
        assert await scene.attempts.let_in(OURS, ADMIN) is True
        await scene.pass_time(5)
        assert scene.events.count(f"a: allow {SCANNER}") == 1
        assert scene.row().deliveries[0].let_in
        assert scene.row().letting_in == ()


async def test_long_after_the_secret_is_erased_the_scanner_can_still_be_let_in() -> None:
    async with started(of_lark(), prepare=keeps_a_list) as scene:
        await scene.pass_time(24 * 3600)
        assert scene.row() == forgotten(scene.row())
        assert await scene.attempts.let_in(OURS, ADMIN) is True
        await scene.pass_time(5)
        assert scene.row().deliveries[0].let_in
        assert scene.row().over


async def test_a_list_that_cannot_be_written_is_tried_until_it_can() -> None:
    async with started(of_lark(), prepare=keeps_a_list) as scene:
        await scene.pass_time(5)
        scene.shelf.faults = [Code.LOCKED, Code.LOCKED]
        await scene.attempts.let_in(OURS, ADMIN)
        await scene.pass_time(1)
        assert scene.row().deliveries[0].trouble == "locked"
        assert not scene.row().over
        await scene.pass_time(60)
        assert scene.row().deliveries[0].let_in
        assert scene.row().deliveries[0].trouble == ""


async def test_a_start_goes_on_letting_in() -> None:
    async with started(of_lark(), prepare=keeps_a_list) as scene:
        await scene.pass_time(24 * 3600)
        stored = scene.row()
    row = replace(stored, let_in=True)

    async with started(row, prepare=keeps_a_list) as scene:
        await scene.pass_time(5)
        assert f"a: allow {SCANNER}" in scene.events
        assert scene.row().over


async def test_one_question_is_enough_where_credentials_wait_for_a_word() -> None:
    def asks(scene: ServiceStage) -> None:
        keeps_a_list(scene)
        scene.equip(confirm=True)

    async with started(of_lark(), prepare=asks) as scene:
        await scene.pass_time(5)
        assert scene.row().state is State.HELD
        assert await scene.attempts.decide(OURS, ADMIN, use=True, let_in=True)
        await scene.pass_time(5)
        assert scene.events.index("a: store") < scene.events.index(f"a: allow {SCANNER}")
        assert scene.row().deliveries[0].let_in


async def test_no_question_without_a_list_or_without_a_scanner() -> None:
    told = ("app_id", "app_secret", "domain")
    nobody = KIND.credentials({name: PAIR.text(name) for name in told})
    cases: list[Callable[[ServiceStage], object]] = [
        lambda scene: setattr(scene.shelf, "keeps_list", False),
        lambda scene: setattr(scene.office, "says", [Granted(credentials=nobody)]),
    ]
    for case in cases:

        def prepare(scene: ServiceStage, case: Callable[[ServiceStage], object] = case) -> None:
            keeps_a_list(scene)
            case(scene)

        async with started(of_lark(), prepare=prepare) as scene:
            await scene.pass_time(5)
            assert scene.row().state is State.STORED
            assert scene.row().scanner == ""


# What the admin reads.

LIMITS = Limits(text=1024, copy=256, qr=300)
LISTED = Delivery("hermes:/x", "x", DeliveryState.VERIFIED, kind="hermes", listed=True)


def shown(language: str, **changes: Any) -> Card:
    attempt = captured(state=State.STORED, scanner=SCANNER, deliveries=(LISTED,), **changes)
    return card(attempt, Texts(language, "dingtalk"), START, UTC, LIMITS)


def actions(look: Card) -> list[str]:
    return [one.data.split(":")[1] for row in look.rows for one in row]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_result_asks_once_whether_it_was_the_admin(language: str) -> None:
    texts = Texts(language, "dingtalk")
    asking, said = shown(language), shown(language, let_in=True)
    assert texts("stored.scanner") in asking.text
    assert actions(asking)[0] == "let_in"
    assert texts("stored.scanner") not in said.text
    assert "let_in" not in actions(said)
    assert SCANNER not in asking.text + said.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_target_without_a_list_asks_nothing(language: str) -> None:
    open_to_all = (replace(LISTED, listed=False),)
    attempt = captured(state=State.STORED, scanner=SCANNER, deliveries=open_to_all)
    look = card(attempt, Texts(language, "dingtalk"), START, UTC, LIMITS)
    assert "let_in" not in actions(look)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_is_let_in_is_told_so(language: str) -> None:
    done = (replace(LISTED, let_in=True),)
    attempt = captured(state=State.STORED, scanner=SCANNER, let_in=True, deliveries=done)
    assert (
        Texts(language, "dingtalk")("stored.let_in")
        in card(attempt, Texts(language, "dingtalk"), START, UTC, LIMITS).text
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_question_asks_for_both_words(language: str) -> None:
    held = captured(state=State.HELD, held=Held.CONFIRM, scanner=SCANNER)
    look = card(held, Texts(language, "dingtalk"), START, UTC, LIMITS)
    assert actions(look) == ["store_let_in", "store", "discard"]
    assert Texts(language, "dingtalk")("held.scanner") in look.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_platform_tells_of_the_bot_is_shown(language: str) -> None:
    look = shown(language, bot_name="<Ada>", connections=1, looked_at=START, stored_at=START)
    assert "&lt;Ada&gt;" in look.text
    assert Texts(language, "dingtalk").plural("stored.connections", 1) in look.text
