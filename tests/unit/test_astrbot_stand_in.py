"""The AstrBot stand-in, asked by a plain HTTP client."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.astrbot.stand_in import ROUTES, AstrBotStandIn, Call, Config

CALLS = list(ROUTES)
OTHER = {"id": "tg", "type": "telegram", "enable": True, "telegram_token": "1:a"}
OLD = {
    "id": "dingtalk_old",
    "type": "dingtalk",
    "enable": True,
    "client_id": "dingOLD",
    "client_secret": "old secret",
    "card_template_id": "card",
    "wake_prefix": ["/"],
}


class Client:
    """Speaks to the stand-in as anybody's program would."""

    def __init__(self, stand_in: AstrBotStandIn, session: aiohttp.ClientSession) -> None:
        self.stand_in = stand_in
        self.session = session
        self.headers = {"Authorization": f"Bearer {stand_in.key}"}

    async def ask(self, call: Call, **options: Any) -> tuple[int, Any]:
        """Status and JSON (text where it is none); a proper request but for the options."""
        method, path = ROUTES[call]
        usual = {**proper(call), "headers": self.headers}
        async with self.session.request(
            method, self.stand_in.url + path, **{**usual, **options}
        ) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    async def refusal(self, call: Call, **options: Any) -> str:
        """The words of a refusal as of a request nobody can understand; nothing has changed."""
        status, answer = await self.ask(call, **options)
        assert (status, answer["status"], set(answer)) == (422, "error", {"status", "message"})
        assert self.stand_in.bots == [OTHER, OLD]
        assert self.stand_in.loads == []
        assert isinstance(answer["message"], str)
        return answer["message"]


def new(**fields: Any) -> Config:
    """The config of a bot to be made."""
    return {
        "id": "dingtalk_new",
        "type": "dingtalk",
        "enable": True,
        "client_id": "dingNEW",
        "client_secret": "new secret",
        "card_template_id": "",
        **fields,
    }


def creation(config: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    beside = {"id": config["id"], "type": config["type"], "enabled": config["enable"]}
    return {**beside, "config": dict(config), **fields}


def proper(call: Call) -> dict[str, Any]:
    """What a request of that kind needs besides the key."""
    requests: dict[Call, dict[str, Any]] = {
        "list": {},
        "create": {"json": creation(new())},
        "update": {"json": {"bot_id": OLD["id"], "config": {**OLD, "client_secret": "newer"}}},
        "remove": {"params": {"bot_id": OLD["id"]}},
    }
    return requests[call]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with AstrBotStandIn([OTHER, OLD]) as stand_in, aiohttp.ClientSession() as session:
        yield Client(stand_in, session)


async def test_it_lists_the_bots_as_they_are(client: Client) -> None:
    status, answer = await client.ask("list")
    assert status == 200
    assert answer == {"status": "ok", "message": None, "data": {"bots": [OTHER, OLD]}}


async def test_a_new_bot_is_stored_and_loaded_at_once(client: Client) -> None:
    status, answer = await client.ask("create")
    assert (status, answer["status"], answer["data"]) == (200, "ok", {})
    assert client.stand_in.bots == [OTHER, OLD, new()]
    assert client.stand_in.adapters["dingtalk_new"] == new()
    assert client.stand_in.loads == [("loaded", "dingtalk_new")]


async def test_a_new_bot_that_is_off_is_not_loaded(client: Client) -> None:
    await client.ask("create", json=creation(new(enable=False)))
    assert client.stand_in.find("dingtalk_new")["enable"] is False
    assert client.stand_in.loads == []


async def test_a_changed_bot_is_replaced_and_loaded_again(client: Client) -> None:
    status, answer = await client.ask("update")
    assert (status, answer["status"]) == (200, "ok")
    assert client.stand_in.bots == [OTHER, {**OLD, "client_secret": "newer"}]
    assert client.stand_in.adapters["dingtalk_old"]["client_secret"] == "newer"
    assert client.stand_in.loads == [("reloaded", "dingtalk_old")]


async def test_switching_ends_an_adapter_and_starts_it(client: Client) -> None:
    for enable in (False, False, True):
        config = {**OLD, "enable": enable}
        await client.ask("update", json={"bot_id": OLD["id"], "config": config})
    assert client.stand_in.loads == [("unloaded", "dingtalk_old"), ("loaded", "dingtalk_old")]


async def test_a_removed_bot_is_gone_and_unloaded(client: Client) -> None:
    status, answer = await client.ask("remove")
    assert (status, answer["status"]) == (200, "ok")
    assert client.stand_in.bots == [OTHER]
    assert set(client.stand_in.adapters) == {"tg"}
    assert client.stand_in.loads == [("unloaded", "dingtalk_old")]


@pytest.mark.parametrize("taken", ["dingtalk_old", "tg"])
async def test_an_id_is_nobody_elses_of_any_type(client: Client, taken: str) -> None:
    status, answer = await client.ask("create", json=creation(new(id=taken)))
    assert status == 400
    assert answer == {"status": "error", "message": f"Bot {taken} already exists"}
    assert client.stand_in.bots == [OTHER, OLD]


@pytest.mark.parametrize("call", ["update", "remove"])
async def test_a_bot_that_is_not_there_is_not_found(client: Client, call: Call) -> None:
    client.stand_in.bots.remove(OLD)
    status, answer = await client.ask(call)
    assert status == 400
    assert answer == {"status": "error", "message": "Bot dingtalk_old not found"}


async def test_an_id_cannot_be_changed(client: Client) -> None:
    status, answer = await client.ask("update", json={"bot_id": "tg", "config": OLD})
    assert (status, answer["message"]) == (400, "Bot id cannot be changed")
    assert client.stand_in.bots == [OTHER, OLD]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Missing API key"),
        ({"Authorization": "abk_sandbox"}, "Missing API key"),
        ({"Authorization": "Bearer "}, "Missing API key"),
        ({"Authorization": "ApiKey abk_sandbox"}, "Missing API key"),
        ({"Authorization": "Bearer abk_other"}, "Invalid API key"),
        ({"Authorization": "Bearer abk_sandbox "}, None),
    ],
)
async def test_nothing_happens_without_the_key(
    client: Client, call: Call, headers: dict[str, str], message: str | None
) -> None:
    status, answer = await client.ask(call, headers=headers)
    if message is None:
        assert status == 200
        return
    assert (status, answer) == (401, {"status": "error", "message": message})
    assert client.stand_in.bots == [OTHER, OLD]


@pytest.mark.parametrize("call", CALLS)
async def test_nothing_happens_without_the_scope(client: Client, call: Call) -> None:
    client.stand_in.scopes = ("chat", "config")
    status, answer = await client.ask(call)
    assert (status, answer["message"]) == (403, "Insufficient API key scope")
    assert client.stand_in.bots == [OTHER, OLD]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("query", [{"x": "1"}, {"x": ""}, {"api_key": "abk_sandbox"}])
async def test_a_query_that_is_not_known_is_refused(
    client: Client, call: Call, query: dict[str, str]
) -> None:
    params = {**proper(call).get("params", {}), **query}
    assert "query" in await client.refusal(call, params=params)


@pytest.mark.parametrize(
    "query", [[], [("bot_id", "")], [("bot_id", "tg"), ("bot_id", "dingtalk_old")]]
)
async def test_what_is_removed_must_be_named_once(
    client: Client, query: list[tuple[str, str]]
) -> None:
    assert "bot_id" in await client.refusal("remove", params=query)


@pytest.mark.parametrize("call", ["list", "remove"])
async def test_a_body_nobody_asked_for_is_refused(client: Client, call: Call) -> None:
    assert "no body" in await client.refusal(call, json={})


@pytest.mark.parametrize("call", ["create", "update"])
@pytest.mark.parametrize(
    ("data", "content_type", "message"),
    [
        (b"{}", "text/plain", "application/json"),
        (b"a=b", "application/x-www-form-urlencoded", "application/json"),
        (b"{", "application/json", "JSON object"),
        (b"\xff", "application/json", "JSON object"),
        (b"[]", "application/json", "JSON object"),
        (b"", "application/json", "JSON object"),
        (b"{}", "application/json", "missing field"),
    ],
)
async def test_a_body_must_be_a_json_object(
    client: Client, call: Call, data: bytes, content_type: str, message: str
) -> None:
    headers = {**client.headers, "Content-Type": content_type}
    assert message in await client.refusal(call, json=None, data=data, headers=headers)


@pytest.mark.parametrize("field", ["id", "type", "enabled", "config"])
async def test_a_new_bot_needs_every_field(client: Client, field: str) -> None:
    body = creation(new())
    del body[field]
    assert await client.refusal("create", json=body) == f"missing field {field}"


@pytest.mark.parametrize("field", list(new()))
async def test_a_new_config_needs_every_field(client: Client, field: str) -> None:
    config = new()
    del config[field]
    body = {**creation(new()), "config": config}
    assert await client.refusal("create", json=body) == f"missing field {field}"


@pytest.mark.parametrize(
    "body",
    [
        creation(new(), enable=True),
        creation(new(), bot_id="x"),
        creation(new(), enabled=1),
        creation(new(), enabled="true"),
        creation(new(), id=5),
        {**creation(new()), "config": []},
        creation(new(token="x")),
        creation(new(client_secret=None)),
        creation(new(client_id=7)),
        creation(new(enable="yes"), enabled=True),
        creation(new(card_template_id=None)),
    ],
)
async def test_a_field_that_is_odd_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert "bad field" in await client.refusal("create", json=body)


@pytest.mark.parametrize(
    "body",
    [
        creation(new(), id="other"),
        creation(new(), type="telegram"),
        creation(new(), enabled=False),
    ],
)
async def test_a_config_must_agree_with_what_stands_beside_it(
    client: Client, body: dict[str, Any]
) -> None:
    assert "disagrees" in await client.refusal("create", json=body)


@pytest.mark.parametrize("field", ["id", "client_id", "client_secret"])
async def test_no_part_of_a_new_bot_is_empty(client: Client, field: str) -> None:
    body = creation(new(**{field: ""}))
    assert await client.refusal("create", json=body) == f"empty field {field}"


async def test_a_new_bot_is_one_of_dingtalk(client: Client) -> None:
    assert await client.refusal("create", json=creation(new(type="lark"))) == "unknown type"


@pytest.mark.parametrize(
    "config",
    [
        {key: value for key, value in OLD.items() if key != "wake_prefix"},
        {**OLD, "more": 1},
        {**OLD, "client_secret": None},
        {**OLD, "enable": 1},
        {**OLD, "wake_prefix": "/"},
    ],
)
async def test_a_change_loses_no_key_and_adds_none(client: Client, config: Config) -> None:
    await client.refusal("update", json={"bot_id": OLD["id"], "config": config})


@pytest.mark.parametrize(
    "body", [{"config": OLD}, {"bot_id": "dingtalk_old"}, {"bot_id": 1, "config": OLD}]
)
async def test_a_change_names_the_bot_and_its_config(client: Client, body: dict[str, Any]) -> None:
    assert "field" in await client.refusal("update", json=body)


async def test_a_bot_without_a_switch_is_on_once_it_is_changed(client: Client) -> None:
    config = {"id": "bare", "type": "dingtalk"}
    client.stand_in.bots.append(config)
    await client.ask("update", json={"bot_id": "bare", "config": config})
    assert client.stand_in.find("bare")["enable"] is True


async def test_only_bots_that_are_on_run_from_the_start() -> None:
    stand_in = AstrBotStandIn([OLD, {**OLD, "id": "off", "enable": False}, {"id": "bare"}, 5, {}])
    assert stand_in.adapters == {"dingtalk_old": OLD}


async def test_what_it_is_given_and_gives_is_its_own(client: Client) -> None:
    client.stand_in.find("dingtalk_old")["wake_prefix"].append("!")
    assert OLD["wake_prefix"] == ["/"]
    assert client.stand_in.adapters["dingtalk_old"] == OLD
    with pytest.raises(LookupError):
        client.stand_in.find("nobody")


@pytest.mark.parametrize("call", CALLS)
async def test_an_answer_can_be_written_beforehand(client: Client, call: Call) -> None:
    client.stand_in.always(call, Answer(503, {"a": 1}))
    client.stand_in.next(call, http(200, "<html></html>"))
    assert await client.ask(call) == (200, "<html></html>")
    assert await client.ask(call) == (503, {"a": 1})
    client.stand_in.always(call, None)
    assert client.stand_in.bots == [OTHER, OLD]
    assert (await client.ask(call))[0] == 200


async def test_an_answer_can_be_lost_after_the_deed(client: Client) -> None:
    client.stand_in.lose("create")
    with pytest.raises(aiohttp.ClientError):
        await client.ask("create")
    assert client.stand_in.find("dingtalk_new") == new()
    client.stand_in.lose("remove", Answer(500, {}))
    assert await client.ask("remove") == (500, {})
    assert client.stand_in.bots == [OTHER, new()]


async def test_an_answer_can_wait_for_ever(client: Client) -> None:
    client.stand_in.next("list", Answer(hang=True))
    with pytest.raises(TimeoutError):
        await client.ask("list", timeout=aiohttp.ClientTimeout(total=0.05))


async def test_what_was_done_can_be_seen_while_the_answer_waits(client: Client) -> None:
    client.stand_in.lose("create", Answer(hang=True))
    asking = asyncio.create_task(client.ask("create"))
    await client.stand_in.until(lambda: client.stand_in.loads)
    assert client.stand_in.find("dingtalk_new") == new()
    asking.cancel()


async def test_while_it_is_away_nothing_is_answered(client: Client) -> None:
    client.stand_in.away = True
    with pytest.raises(aiohttp.ClientError):
        await client.ask("create")
    client.stand_in.away = False
    assert (await client.ask("create"))[0] == 200


async def test_something_can_happen_just_before_a_call(client: Client) -> None:
    client.stand_in.meanwhile("create", lambda: client.stand_in.bots.append(new()))
    status, answer = await client.ask("create")
    assert (status, answer["message"]) == (400, "Bot dingtalk_new already exists")


async def test_every_request_is_remembered(client: Client) -> None:
    await client.ask("remove")
    (request,) = client.stand_in.requests
    assert (request.method, request.path) == ("DELETE", "/api/v1/bots/by-id?bot_id=dingtalk_old")
