"""Credentials in a running AstrBot: over real HTTP, against the stand-in."""

import asyncio
import copy
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.http import Http
from bootstrap_bot.sandbox.answers import BAD_GATEWAY, Answer, http
from bootstrap_bot.sandbox.astrbot.stand_in import ROUTES, AstrBotStandIn, Call, Config
from bootstrap_bot.targets.astrbot import AstrBot
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.target import Note, Platform, Stored, Target
from tests.support.credentials import ding_bot, ding_pair
from tests.support.programs import DINGTALK, cell_of

CELLS = [cell_of("astrbot", DINGTALK)]

KEY, ID, SECRET = "abk_TOP-KEY", "dingTOPCLIENT", "TOP-SECRET-new"
OLD_ID, OLD_SECRET = "dingOLDCLIENT", "TOP-SECRET-old"
CONFIDENTIAL = (KEY, ID, SECRET, OLD_ID, OLD_SECRET)
OTHER = {"id": "tg", "type": "telegram", "enable": True, "telegram_token": "1:a"}
PAIR = ding_pair(ID, SECRET)

Deed = Callable[[AstrBot], Awaitable[object]]
DEEDS: dict[str, Deed] = {
    "store": lambda target: target.store("dingtalk_a", PAIR),
    "platforms": lambda target: target.platforms(),
    "switch": lambda target: target.set_enabled("dingtalk", OLD_ID, False),
    "remove": lambda target: target.remove("dingtalk", OLD_ID),
    "probe": lambda target: target.probe(),
}


def bot(bot_id: str, client_id: str = ID, secret: str = SECRET, **more: Any) -> Config:
    return {
        "id": bot_id,
        "type": "dingtalk",
        "enable": True,
        "client_id": client_id,
        "client_secret": secret,
        "card_template_id": "",
        **more,
    }


def old(**more: Any) -> Config:
    """A bot with keys of AstrBot's own."""
    return {"wake": ["/", 1.0], **bot("dingtalk_old", OLD_ID, OLD_SECRET), "x": {"y": 1}, **more}


def platform(
    bot_id: str, client_id: str = ID, secret: str = SECRET, enabled: bool = True
) -> Platform:
    return ding_bot(bot_id, enabled, client_id, secret)


OLD_PLATFORM = platform("dingtalk_old", OLD_ID, OLD_SECRET)


@pytest.fixture(autouse=True)
def nothing_leaks_into_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    logged = "".join(f"{r.getMessage()}{r.exc_text}{vars(r)!r}" for r in caplog.records)
    assert not [secret for secret in CONFIDENTIAL if secret in logged]


@pytest.fixture
async def astrbot() -> AsyncIterator[AstrBotStandIn]:
    async with AstrBotStandIn(key=KEY) as stand_in:
        yield stand_in
    urls = "".join(request.path for request in stand_in.requests)
    assert not [secret for secret in CONFIDENTIAL if secret in urls]


@pytest.fixture
async def target(astrbot: AstrBotStandIn) -> AsyncIterator[AstrBot]:
    async with Http(timeout=5) as session:
        yield AstrBot(session, astrbot.url, SecretStr(KEY), CELLS)


@contextmanager
def refused(code: Code, place: str) -> Iterator[None]:
    """What is raised has this code, and nothing from outside in it or behind it."""
    with pytest.raises(TargetError) as caught:
        yield
    error = caught.value
    assert (error.code, error.place, str(error)) == (code, place, code.value)
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert not [secret for secret in CONFIDENTIAL if secret in shown]


def calls(astrbot: AstrBotStandIn) -> list[Call]:
    """What AstrBot was asked for, in order."""
    names = {route: call for call, route in ROUTES.items()}
    asked = ((request.method, urlsplit(request.path).path) for request in astrbot.requests)
    return [names[route] for route in asked]


def nothing() -> None:
    """Happens when the first of two lists is read."""


def have(astrbot: AstrBotStandIn, *bots: Any) -> None:
    """AstrBot has these bots from the start."""
    astrbot.bots[:] = copy.deepcopy(list(bots))
    astrbot.adapters = {bot["id"]: bot for bot in bots if bot["enable"]}


# Storing.


async def test_a_new_bot_is_stored_under_the_wanted_id_and_loaded_at_once(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    stored = await target.store("dingtalk_a", PAIR)
    assert stored == Stored(platform("dingtalk_a"), (Note.LOADED,))
    assert astrbot.bots == [bot("dingtalk_a")]
    assert astrbot.loads == [("loaded", "dingtalk_a")]
    assert calls(astrbot) == ["list", "create", "list"]


async def test_an_id_that_a_bot_of_any_type_has_is_not_taken(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    others = [{**OTHER, "id": "a"}, bot("a_2", "dingX", "x"), {"id": "a_3"}, bot("a_5", "dingY")]
    astrbot.bots.extend(copy.deepcopy(others))
    assert (await target.store("a", PAIR)).platform == platform("a_4")
    assert astrbot.bots == [*others, bot("a_4")]
    assert calls(astrbot) == ["list", "create", "list"]


async def test_a_second_bot_stands_beside_the_first(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, OTHER, old())
    assert (await target.store("dingtalk_old", PAIR)).platform == platform("dingtalk_old_2")
    assert astrbot.bots == [OTHER, old(), bot("dingtalk_old_2")]
    assert astrbot.loads == [("loaded", "dingtalk_old_2")]


async def test_a_known_client_id_gets_its_secret_and_keeps_everything_else(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, OTHER, old(), bot("dingtalk_z", "dingZ"))
    stored = await target.store("dingtalk_a", ding_pair(OLD_ID, SECRET))
    assert stored == Stored(platform("dingtalk_old", OLD_ID), (Note.LOADED,))
    assert astrbot.bots == [OTHER, old(client_secret=SECRET), bot("dingtalk_z", "dingZ")]
    assert list(astrbot.bots[1]) == list(old())
    assert astrbot.loads == [("reloaded", "dingtalk_old")]
    assert calls(astrbot) == ["list", "update", "list"]


async def test_a_bot_that_is_switched_off_stays_so(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old(enable=False))
    stored = await target.store("dingtalk_a", ding_pair(OLD_ID, SECRET))
    assert stored.notes == (Note.SWITCHED_OFF,)
    assert stored.platform == platform("dingtalk_old", OLD_ID, enabled=False)
    assert astrbot.bots == [old(enable=False, client_secret=SECRET)]
    assert astrbot.loads == []


@pytest.mark.parametrize("enable", [True, False])
async def test_a_pair_that_is_stored_already_is_not_sent(
    astrbot: AstrBotStandIn, target: AstrBot, enable: bool
) -> None:
    have(astrbot, bot("x", enable=enable))
    note = Note.LOADED if enable else Note.SWITCHED_OFF
    assert await target.store("a", PAIR, OLD_ID) == Stored(platform("x", enabled=enable), (note,))
    assert calls(astrbot) == ["list"]


async def test_the_bot_that_is_replaced_gets_the_pair_in_one_step(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, OTHER, old())
    stored = await target.store("dingtalk_a", PAIR, OLD_ID)
    assert stored == Stored(platform("dingtalk_old"), (Note.LOADED,))
    assert astrbot.bots == [OTHER, old(client_id=ID, client_secret=SECRET)]
    assert astrbot.loads == [("reloaded", "dingtalk_old")]
    assert calls(astrbot) == ["list", "update", "list"]


async def test_a_known_client_id_goes_before_the_one_to_be_replaced(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old(), bot("x", ID, "before"))
    assert (await target.store("dingtalk_a", PAIR, OLD_ID)).platform == platform("x")
    assert astrbot.bots == [old(), bot("x")]


async def test_without_the_bot_to_be_replaced_a_new_one_is_made(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    await target.store("dingtalk_a", PAIR, "dingGONE")
    assert astrbot.bots == [old(), bot("dingtalk_a")]


# Somebody was quicker.


async def test_an_id_taken_meanwhile_makes_way_for_the_next(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    rivals = [bot("a", "dingX"), {**OTHER, "id": "a_2"}]
    astrbot.meanwhile(
        "create", *[lambda rival=rival: astrbot.bots.append(rival) for rival in rivals]
    )
    assert (await target.store("a", PAIR)).platform == platform("a_3")
    assert astrbot.bots == [*rivals, bot("a_3")]
    assert astrbot.loads == [("loaded", "a_3")]


async def test_an_id_that_is_taken_without_being_listed_is_not_tried_twice(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    astrbot.next("create", taken("a"), taken("a_2"))
    assert (await target.store("a", PAIR)).platform == platform("a_3")


async def test_ids_are_not_tried_for_ever(astrbot: AstrBotStandIn, target: AstrBot) -> None:
    astrbot.always("create", taken("a"))
    with refused(Code.NOT_READ_BACK, target.place):
        await target.store("a", PAIR)
    assert calls(astrbot).count("create") == 5


async def test_a_pair_that_somebody_else_stored_meanwhile_is_not_stored_twice(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    astrbot.meanwhile("create", lambda: astrbot.bots.append(bot("a")))
    assert (await target.store("a", PAIR)).platform == platform("a")
    assert astrbot.bots == [bot("a")]


async def test_a_bot_removed_before_its_update_is_made_anew(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    astrbot.meanwhile("update", astrbot.bots.clear)
    await target.store("dingtalk_a", PAIR, OLD_ID)
    assert astrbot.bots == [bot("dingtalk_a")]


async def test_a_bot_removed_before_it_is_switched_is_none(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    astrbot.meanwhile("update", astrbot.bots.clear)
    assert await target.set_enabled("dingtalk", OLD_ID, False) is None


async def test_a_bot_removed_by_somebody_else_meanwhile_is_removed(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    astrbot.meanwhile("remove", astrbot.bots.clear)
    assert await target.remove("dingtalk", OLD_ID) == OLD_PLATFORM


async def test_two_bots_stored_at_once_get_two_ids(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    pairs = [ding_pair(f"ding{n}", f"secret {n}") for n in range(4)]
    stored = await asyncio.gather(*(target.store("a", pair) for pair in pairs))
    assert sorted(one.platform.id for one in stored) == ["a", "a_2", "a_3", "a_4"]
    assert len(astrbot.bots) == 4


async def test_two_changes_of_one_bot_do_not_undo_each_other(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    await asyncio.gather(
        target.store("a", ding_pair(OLD_ID, SECRET)),
        target.set_enabled("dingtalk", OLD_ID, False),
    )
    assert astrbot.bots == [old(enable=False, client_secret=SECRET)]


# Lost answers.


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(reset=True), Code.API_UNREACHABLE),
        (Answer(hang=True), Code.API_TIMEOUT),
        (Answer(502, BAD_GATEWAY), Code.API_FAULT),
        (Answer(body=b""), Code.API_BAD_ANSWER),
    ],
)
async def test_a_bot_whose_answer_was_lost_is_found_when_asked_again(
    astrbot: AstrBotStandIn, answer: Answer, code: Code
) -> None:
    astrbot.lose("create", answer)
    async with Http(timeout=0.3 if answer.hang else 5) as session:
        target = AstrBot(session, astrbot.url, SecretStr(KEY), CELLS)
        with refused(code, target.place):
            await target.store("dingtalk_a", PAIR)
        assert astrbot.bots == [bot("dingtalk_a")]
        stored = await target.store("dingtalk_a", PAIR)
    assert stored == Stored(platform("dingtalk_a"), (Note.LOADED,))
    assert astrbot.bots == [bot("dingtalk_a")]
    assert astrbot.loads == [("loaded", "dingtalk_a")]


async def test_a_replacement_whose_answer_was_lost_is_found_when_asked_again(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    astrbot.lose("update", Answer(500))
    with refused(Code.API_FAULT, target.place):
        await target.store("dingtalk_a", PAIR, OLD_ID)
    assert (await target.store("dingtalk_a", PAIR, OLD_ID)).platform == platform("dingtalk_old")
    assert calls(astrbot) == ["list", "update", "list"]
    assert astrbot.bots == [old(client_id=ID, client_secret=SECRET)]


async def test_a_removal_whose_answer_was_lost_is_a_removal(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    astrbot.lose("remove")
    assert await target.remove("dingtalk", OLD_ID) == OLD_PLATFORM
    assert astrbot.bots == []


# Read back.


async def test_a_new_bot_that_does_not_show_is_not_made_again(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    astrbot.meanwhile("list", nothing, astrbot.bots.clear)
    with refused(Code.NOT_READ_BACK, target.place):
        await target.store("dingtalk_a", PAIR)
    assert calls(astrbot) == ["list", "create", "list"]


async def test_another_secret_than_was_stored_is_not_read_back(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, bot("a", ID, "before"))

    def spoil() -> None:
        astrbot.find("a")["client_secret"] = "another"

    astrbot.meanwhile("list", nothing, spoil)
    with refused(Code.NOT_READ_BACK, target.place):
        await target.store("dingtalk_a", PAIR)
    assert calls(astrbot) == ["list", "update", "list"]


async def test_a_switch_that_does_not_move_is_not_read_back(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    astrbot.next("update", Answer(body={"status": "ok", "data": {}}))
    with refused(Code.NOT_READ_BACK, target.place):
        await target.set_enabled("dingtalk", OLD_ID, False)
    assert calls(astrbot) == ["list", "update", "list"]


async def test_a_bot_that_stays_is_not_removed(astrbot: AstrBotStandIn, target: AstrBot) -> None:
    have(astrbot, old())
    astrbot.next("remove", Answer(body={"status": "ok", "data": {}}))
    with refused(Code.NOT_READ_BACK, target.place):
        await target.remove("dingtalk", OLD_ID)
    assert calls(astrbot) == ["list", "remove", "list"]


# Reading, switching, removing.


async def test_platforms_are_all_of_our_type_in_order(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    assert await target.platforms() == []
    have(astrbot, bot("z"), OTHER, old(enable=False))
    assert await target.platforms() == [
        platform("z"),
        platform("dingtalk_old", OLD_ID, OLD_SECRET, enabled=False),
    ]
    assert target.single_slot is False


@pytest.mark.parametrize(
    ("more", "enabled"), [({}, False), ({"enable": 1}, True), ({"enable": None}, False)]
)
async def test_a_bot_is_on_when_astrbot_would_load_it(
    astrbot: AstrBotStandIn, target: AstrBot, more: Config, enabled: bool
) -> None:
    config = bot("a")
    del config["enable"]
    astrbot.bots.append({**config, **more})
    assert [one.enabled for one in await target.platforms()] == [enabled]


ODD: list[Any] = [
    None,
    5,
    "dingtalk",
    [],
    {},
    {"id": "a"},
    {"type": "dingtalk"},
    bot(""),
    bot("a", ""),
    {**bot("a"), "id": None},
    {**bot("a"), "client_id": 7},
    {**bot("a"), "type": ["dingtalk"]},
    {**bot("a"), "type": "DingTalk"},
    {"id": "a", "type": "dingtalk", "enable": True, "client_secret": "****"},
    {"id": "tg", "type": "telegram", "client_id": ID, "client_secret": None},
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_what_is_no_bot_of_ours_is_passed_over(
    astrbot: AstrBotStandIn, target: AstrBot, odd: Any
) -> None:
    astrbot.bots.extend(copy.deepcopy([odd, bot("dingtalk_z", "dingZ")]))
    assert [one.id for one in await target.platforms()] == ["dingtalk_z"]
    assert (await target.store("dingtalk_a", PAIR)).platform == platform("dingtalk_a")
    assert await target.set_enabled("dingtalk", ID, False)
    assert await target.remove("dingtalk", ID)
    assert astrbot.bots == [odd, bot("dingtalk_z", "dingZ")]


async def test_a_bot_is_switched_and_nothing_else_changes(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, OTHER, old())
    off = platform("dingtalk_old", OLD_ID, OLD_SECRET, enabled=False)
    assert await target.set_enabled("dingtalk", OLD_ID, False) == off
    assert astrbot.bots == [OTHER, old(enable=False)]
    assert await target.set_enabled("dingtalk", OLD_ID, True) == OLD_PLATFORM
    assert astrbot.bots == [OTHER, old()]
    assert astrbot.loads == [("unloaded", "dingtalk_old"), ("loaded", "dingtalk_old")]


async def test_a_bot_that_is_as_wanted_is_left_alone(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    assert await target.set_enabled("dingtalk", OLD_ID, True) == OLD_PLATFORM
    assert await target.set_enabled("dingtalk", ID, True) is None
    assert await target.remove("dingtalk", ID) is None
    assert calls(astrbot) == ["list"] * 3


async def test_a_removed_bot_is_unloaded_and_given_back(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, OTHER, old())
    assert await target.remove("dingtalk", OLD_ID) == OLD_PLATFORM
    assert astrbot.bots == [OTHER]
    assert astrbot.loads == [("unloaded", "dingtalk_old")]
    assert calls(astrbot) == ["list", "remove", "list"]


@pytest.mark.parametrize(
    "bot_id", ["a b", "a&bot_id=tg", "50%41", "a/../b?c#d", "钉钉", "a+b", "%"]
)
async def test_an_odd_id_is_named_to_the_letter(
    astrbot: AstrBotStandIn, target: AstrBot, bot_id: str
) -> None:
    astrbot.bots.extend([OTHER, bot(bot_id)])
    assert await target.remove("dingtalk", ID) == platform(bot_id)
    assert astrbot.bots == [OTHER]
    query = urlsplit(astrbot.requests[1].path).query
    assert parse_qs(query) == {"bot_id": [bot_id]}


async def test_of_two_bots_with_one_client_id_the_first_is_meant(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, bot("a", secret="one"), bot("b", secret="two"))
    assert await target.remove("dingtalk", ID) == platform("a", secret="one")
    assert astrbot.bots == [bot("b", secret="two")]


# Everything that can go wrong.


def taken(bot_id: str) -> Answer:
    return Answer(400, {"status": "error", "message": f"Bot {bot_id} already exists"})


def says(**body: object) -> Answer:
    return Answer(body=body)


SHARED: dict[str, tuple[Answer, Code]] = {
    "reset": (Answer(reset=True), Code.API_UNREACHABLE),
    "silence": (Answer(hang=True), Code.API_TIMEOUT),
    "no key": (Answer(401, {"status": "error", "message": SECRET}), Code.API_KEY_REJECTED),
    "no scope": (Answer(403, {"status": "error", "message": SECRET}), Code.API_KEY_SCOPE),
    "key page": (http(401, "<html>"), Code.API_KEY_REJECTED),
    "500": (Answer(500, {"status": "error", "message": SECRET}), Code.API_FAULT),
    "502": (http(502, BAD_GATEWAY), Code.API_FAULT),
    "503": (Answer(503, b""), Code.API_FAULT),
    "400": (Answer(400, {"status": "error", "message": SECRET}), Code.API_BAD_ANSWER),
    "400 odd": (Answer(400, {"message": ["already exists"]}), Code.API_BAD_ANSWER),
    "400 ok": (Answer(400, {"status": "ok", "data": {"bots": []}}), Code.API_BAD_ANSWER),
    "200 taken": (says(status="error", message="Bot a already exists"), Code.API_BAD_ANSWER),
    "500 taken": (Answer(500, {"message": "Bot a already exists"}), Code.API_FAULT),
    "405": (Answer(405, {"status": "error"}), Code.API_BAD_ANSWER),
    "422": (Answer(422, {"detail": [{"input": SECRET}]}), Code.API_BAD_ANSWER),
    "429": (Answer(429, {}), Code.API_BAD_ANSWER),
    "204": (Answer(204, b""), Code.API_BAD_ANSWER),
    "301": (http(301, "", {"Location": "/api/v1/elsewhere"}), Code.API_BAD_ANSWER),
    "302": (http(302, "", {"Location": "/login"}), Code.API_BAD_ANSWER),
    "page": (http(200, "<html></html>"), Code.API_BAD_ANSWER),
    "nothing": (Answer(body=b""), Code.API_BAD_ANSWER),
    "broken": (Answer(body='{"status": "ok", "da'), Code.API_BAD_ANSWER),
    "list": (Answer(body=[]), Code.API_BAD_ANSWER),
    "empty": (says(), Code.API_BAD_ANSWER),
    "error": (says(status="error", message=SECRET, data={"bots": []}), Code.API_BAD_ANSWER),
    "odd status": (says(status=True, data={"bots": []}), Code.API_BAD_ANSWER),
    "too large": (says(status="ok", data={"bots": []}, x="x" * 2**20), Code.API_BAD_ANSWER),
}
LISTS: dict[str, tuple[Answer, Code]] = {
    **SHARED,
    "404": (Answer(404, {"status": "error", "message": "Not Found"}), Code.API_TOO_OLD),
    "404 page": (http(404, "<html>"), Code.API_TOO_OLD),
    "no data": (says(status="ok"), Code.API_BAD_ANSWER),
    "no bots": (says(status="ok", data={}), Code.API_BAD_ANSWER),
    "bots are none": (says(status="ok", data={"bots": None}), Code.API_BAD_ANSWER),
    "bots are an object": (says(status="ok", data={"bots": {}}), Code.API_BAD_ANSWER),
    "data is a list": (says(status="ok", data=[{"bots": []}]), Code.API_BAD_ANSWER),
}
CHANGES: dict[str, tuple[Answer, Code]] = {
    **SHARED,
    "404": (Answer(404, {"status": "error", "message": "Not Found"}), Code.API_BAD_ANSWER),
}


async def refuses(astrbot: AstrBotStandIn, deed: str, code: Code) -> None:
    """The deed ends with the code, and what is stored is as it was."""
    have(astrbot, OTHER, old())
    async with Http(timeout=0.05 if code is Code.API_TIMEOUT else 5) as session:
        target = AstrBot(session, astrbot.url, SecretStr(KEY), CELLS)
        with refused(code, target.place):
            await DEEDS[deed](target)
    assert astrbot.bots == [OTHER, old()]
    assert astrbot.loads == []


@pytest.mark.parametrize("deed", ["store", "probe"])
@pytest.mark.parametrize("name", LISTS)
async def test_every_failure_of_the_list_has_its_code(
    astrbot: AstrBotStandIn, name: str, deed: str
) -> None:
    answer, code = LISTS[name]
    astrbot.always("list", answer)
    await refuses(astrbot, deed, code)


@pytest.mark.parametrize(
    ("deed", "call"), [("store", "create"), ("switch", "update"), ("remove", "remove")]
)
@pytest.mark.parametrize("name", CHANGES)
async def test_every_failure_of_a_change_has_its_code(
    astrbot: AstrBotStandIn, name: str, deed: str, call: Call
) -> None:
    answer, code = CHANGES[name]
    astrbot.always(call, answer)
    await refuses(astrbot, deed, code)


@pytest.mark.parametrize("deed", DEEDS)
async def test_an_astrbot_that_is_away_is_unreachable(astrbot: AstrBotStandIn, deed: str) -> None:
    astrbot.away = True
    await refuses(astrbot, deed, Code.API_UNREACHABLE)


async def test_a_closed_port_is_unreachable() -> None:
    async with AstrBotStandIn() as gone, Http(timeout=5) as session:
        target = AstrBot(session, gone.url, SecretStr(KEY), CELLS)
        await gone.__aexit__(None, None, None)
        with refused(Code.API_UNREACHABLE, target.place):
            await target.store("dingtalk_a", PAIR)


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_key_that_astrbot_does_not_know_is_rejected(
    astrbot: AstrBotStandIn, deed: str
) -> None:
    astrbot.key = "abk_another"
    await refuses(astrbot, deed, Code.API_KEY_REJECTED)


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_key_without_the_scope_is_told_from_a_wrong_one(
    astrbot: AstrBotStandIn, deed: str
) -> None:
    astrbot.scopes = ("chat",)
    await refuses(astrbot, deed, Code.API_KEY_SCOPE)


HIDDEN: dict[str, Config] = {
    "stars": {"client_secret": "********"},
    "dots": {"client_secret": "••••••••wxyz"},
    "middle": {"client_secret": "TOP***old"},
    "ellipsis": {"client_secret": "TOP…"},
    "none": {"client_secret": None},
    "number": {"client_secret": 5},
    "flag": {"client_secret": True},
    "id": {"client_id": "ding****IENT"},
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", HIDDEN)
async def test_nothing_is_written_where_secrets_are_hidden(
    astrbot: AstrBotStandIn, target: AstrBot, name: str, deed: str
) -> None:
    astrbot.bots.append(hidden := old(**HIDDEN[name]))
    with refused(Code.API_BAD_ANSWER, target.place):
        await DEEDS[deed](target)
    assert astrbot.bots == [hidden]
    assert calls(astrbot) == ["list"]


async def test_a_bot_without_the_key_of_its_secret_is_hidden_too(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    config = old()
    del config["client_secret"]
    astrbot.bots.append(config)
    with refused(Code.API_BAD_ANSWER, target.place):
        await target.store("dingtalk_a", PAIR)


async def test_an_empty_secret_is_filled_but_never_sent_back(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old(client_secret=""), bot("dingtalk_z", "dingZ", ""))
    with refused(Code.API_BAD_ANSWER, target.place):
        await target.set_enabled("dingtalk", OLD_ID, False)
    assert calls(astrbot) == ["list"]
    await target.store("dingtalk_a", ding_pair(OLD_ID, SECRET))
    assert await target.remove("dingtalk", "dingZ")
    assert astrbot.bots == [old(client_secret=SECRET)]


async def test_a_list_may_be_long(astrbot: AstrBotStandIn, target: AstrBot) -> None:
    others = [bot(f"dingtalk_{n}", f"ding{n}", "x" * 500) for n in range(1000)]
    astrbot.bots.extend(others)
    assert (await target.store("dingtalk_0", PAIR)).platform == platform("dingtalk_0_2")
    assert len(await target.platforms()) == 1001


# What it is called, and what it does not tell.


def test_it_is_a_target_with_a_name() -> None:
    url, command = "https://astrbot.example:6185", Command(("true",))
    target: Target = AstrBot(Http(), url, SecretStr(KEY), CELLS, after=command)
    assert target.kind == "astrbot"
    assert target.key == "astrbot:https://astrbot.example:6185"
    assert target.place == "astrbot.example:6185"
    assert target.single_slot is False
    assert target.after is command
    assert AstrBot(Http(), url, SecretStr(KEY), CELLS).after is None


async def test_probing_asks_for_the_list_alone(astrbot: AstrBotStandIn, target: AstrBot) -> None:
    await target.probe()
    assert calls(astrbot) == ["list"]


async def test_the_key_goes_to_astrbot_in_a_header_and_nowhere_else(
    astrbot: AstrBotStandIn, target: AstrBot
) -> None:
    have(astrbot, old())
    for deed in DEEDS.values():
        await deed(target)
    assert set(calls(astrbot)) == set(ROUTES)
    for request in astrbot.requests:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        assert KEY not in f"{request.path}{request.body!r}"


async def test_a_redirect_is_given_no_key(astrbot: AstrBotStandIn, target: AstrBot) -> None:
    async with AstrBotStandIn() as elsewhere:
        astrbot.next("list", http(307, "", {"Location": f"{elsewhere.url}/api/v1/bots"}))
        with refused(Code.API_BAD_ANSWER, target.place):
            await target.probe()
        assert elsewhere.requests == []


async def test_asyncios_debug_mode_tells_no_secret(
    astrbot: AstrBotStandIn, target: AstrBot, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    have(astrbot, old())
    for deed in DEEDS.values():
        await deed(target)
    astrbot.always("list", Answer(reset=True))
    with refused(Code.API_UNREACHABLE, target.place):
        await target.probe()
    loop.set_debug(False)
    assert "asyncio" in {record.name for record in caplog.records}


async def test_no_secret_is_in_a_repr(astrbot: AstrBotStandIn, target: AstrBot) -> None:
    have(astrbot, old())
    shown = [await target.store("a", PAIR), await target.platforms(), target, vars(target)]
    shown.append(await target._bots())
    assert not [secret for secret in (KEY, SECRET, OLD_SECRET) if secret in repr(shown)]
