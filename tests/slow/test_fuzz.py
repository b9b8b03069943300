"""Twenty thousand answers and twenty thousand updates of any shape."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from telegram import Update

from bootstrap_bot.bot import AnyApplication, BootstrapBot
from bootstrap_bot.errors import RemoteError
from bootstrap_bot.http import Http
from bootstrap_bot.providers.dingtalk.provider import DingTalk
from bootstrap_bot.providers.provider import DeviceAuthorization, PollResult
from bootstrap_bot.sandbox.server import LoopbackServer
from bootstrap_bot.settings import settings as settings_file
from bootstrap_bot.standalone import application_for
from tests.support.clock import FakeClock
from tests.support.scene import ADMIN, STRANGER, Scene

pytestmark = pytest.mark.slow

EXAMPLES = 20_000
DEVICE_CODE = "device-code-that-must-not-leak"
SECRET = "client-secret-that-must-not-leak"
LONG = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)

odd_numbers = st.one_of(
    st.sampled_from([1e12, -1, 0, 10**400, float("nan"), float("inf"), True, "5", "1e999", "-3"]),
    st.integers(),
    st.floats(),
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | odd_numbers | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
statuses = st.sampled_from(
    ["WAITING", "SCANNED", "PUBLISHING", "SUCCESS", "APPROVING", "FAIL", "EXPIRED", "", "X" * 99]
)
links = st.one_of(
    st.sampled_from(
        ["https://open-dev.dingtalk.com/x?user_code=1", "http://evil.example", "javascript:1", "//"]
    ),
    st.text(max_size=600),
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "errcode": json_values | st.just(0),
        "nonce": st.text(max_size=9) | json_values,
        "device_code": st.text(max_size=9) | json_values,
        "user_code": st.text(max_size=9) | json_values,
        "verification_uri_complete": links | json_values,
        "verification_uri": links,
        "interval": odd_numbers,
        "expires_in": odd_numbers,
        "status": statuses | json_values,
        "client_id": st.just("dingabcdefgh") | json_values,
        "client_secret": st.just(SECRET) | json_values,
        "fail_reason": st.text(max_size=300) | json_values,
    },
)
bodies = st.one_of(
    answers.map(lambda value: json.dumps(value).encode()),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
)
http_statuses = st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 429, 500, 502, 599])
retry_afters = st.none() | st.sampled_from(["5", "-1", "1e999", "NaN", "soon", "9" * 400])


class AnyAnswer(LoopbackServer):
    """Answers whatever it was last told to."""

    def __init__(self) -> None:
        super().__init__()
        self.status, self.body, self.headers = 200, b"", dict[str, str]()
        self.app.router.add_post("/{path:.*}", self._answer)

    async def _answer(self, _: web.Request) -> web.Response:
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


def test_any_answer_is_a_verdict_or_a_coded_error(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server, http = AnyAnswer(), Http(5.0)
    loop.run_until_complete(server.__aenter__())
    loop.run_until_complete(http.__aenter__())
    provider = DingTalk(http, server.url, "SOURCE", server.url)

    async def ask(begins: bool) -> DeviceAuthorization | PollResult | RemoteError:
        try:
            if begins:
                return await provider.begin()
            return await provider.poll(SecretStr(DEVICE_CODE))
        except RemoteError as error:
            return error

    @LONG
    @given(bodies, http_statuses, retry_afters, st.booleans())
    def any_answer(body: bytes, status: int, retry_after: str | None, begins: bool) -> None:
        server.status, server.body = status, b"" if status == 204 else body
        server.headers = {} if retry_after is None else {"Retry-After": retry_after}
        result = loop.run_until_complete(ask(begins))
        assert SECRET not in repr(result)
        assert DEVICE_CODE not in repr(result)
        if isinstance(result, DeviceAuthorization):
            assert 1 <= result.interval <= 60
            assert 60 <= result.expires_in <= 86400
            assert result.qr.startswith("https://open-dev.dingtalk.com/")
        elif isinstance(result, RemoteError):
            assert result.retry_after is None or 0 <= result.retry_after < float("inf")
        else:
            assert isinstance(result, PollResult)
        server.requests.clear()

    try:
        any_answer()
    finally:
        loop.run_until_complete(http.__aexit__(None, None, None))
        loop.run_until_complete(server.__aexit__(None, None, None))
    assert SECRET not in caplog.text
    assert DEVICE_CODE not in caplog.text


people = st.fixed_dictionaries(
    {
        "id": st.sampled_from([STRANGER, STRANGER + 1, 1087968824, 777000]),
        "is_bot": st.booleans(),
        "first_name": st.text(max_size=5),
    },
    optional={"language_code": st.sampled_from(["en", "zh-hans", "xx", ""]) | st.text(max_size=5)},
)
chats = st.fixed_dictionaries(
    {
        "id": st.sampled_from([STRANGER, ADMIN, -100, -1001]),
        "type": st.sampled_from(["private", "group", "supergroup", "channel", "odd"]),
    }
)
texts = st.one_of(
    st.sampled_from(
        [
            *("/dingtalk_new", "/dingtalk_new sales", "/dingtalk_cancel", "/dingtalk_status"),
            *("/platforms", "/language", "/doctor", "/start", "/start ABCDEFGHIJKLMNOP"),
            *("/claim ABCDEFGHIJKLMNOP", "/dingtalk_new@bootstrap_demo_bot", "hello"),
        ]
    ),
    st.text(max_size=40),
)
datas = st.one_of(
    st.sampled_from(
        [
            *("bootstrap:cancel:0123456789", "bootstrap:use:0123456789", "bootstrap:add:0"),
            *("bootstrap:", "bootstrap:speak:en", "bootstrap:drop_now:0123456789ab"),
        ]
    ),
    st.text(max_size=80).map(lambda text: f"bootstrap:{text}"),
    st.text(max_size=80),
)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(texts)
    message: dict[str, Any] = {
        "message_id": draw(st.integers(1, 99)),
        "date": draw(st.sampled_from([0, 1, 1_790_000_000])),
        "chat": draw(chats),
        "text": text,
    }
    if text.startswith("/"):
        length = len(text.split(" ")[0].split("@")[0])
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    if draw(st.booleans()):
        message["from"] = draw(people)
    if draw(st.booleans()):
        message["sender_chat"] = draw(chats)
    for key in draw(st.sets(st.sampled_from(["text", "entities"]))):
        message.pop(key, None)
    return message


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            [
                *("message", "message", "edited_message", "channel_post", "edited_channel_post"),
                *("business_message", "callback_query", "callback_query", "inline_query", "poll"),
            ]
        )
    )
    body: dict[str, Any] = draw(messages())
    if kind == "callback_query":
        body = {"id": "1", "from": draw(people), "chat_instance": "1", "data": draw(datas)}
        if draw(st.booleans()):
            body["message"] = draw(messages())
    elif kind == "inline_query":
        body = {"id": "1", "from": draw(people), "query": draw(texts), "offset": ""}
    elif kind == "poll":
        body = draw(st.dictionaries(st.text(max_size=5), json_values))
    return {"update_id": draw(st.integers(0, 2**31)), kind: body}


def test_no_update_of_a_stranger_has_an_effect(
    loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    scene = Scene(tmp_path)
    loop.run_until_complete(scene.__aenter__())
    loop.run_until_complete(scene.stop())
    loaded = settings_file.load(scene.config, {})
    application = application_for(loaded)
    bot = BootstrapBot(loaded, clock=FakeClock())
    bot.install_alone(application)
    errors: list[object] = []
    judged: list[int] = []

    async def on_error(_: object, context: Any) -> None:
        errors.append(context.error)

    application.add_error_handler(on_error)
    started = bot.running(application)
    loop.run_until_complete(application.initialize())
    loop.run_until_complete(started.__aenter__())
    before = scene.config.read_bytes()

    @LONG
    @given(updates())
    def any_update(raw: dict[str, Any]) -> None:
        update = _parsed(raw, application)
        if update is not None:
            judged.append(update.update_id)
            loop.run_until_complete(application.process_update(update))
        assert errors == []
        assert scene.dingtalk.requests == []

    try:
        any_update()
        assert len(judged) > EXAMPLES / 2
        loop.run_until_complete(scene.telegram.until(lambda: scene.telegram.calls("sendMessage")))
        assert scene.journal() == []
        assert scene.config.read_bytes() == before
        assert scene.telegram.calls("sendPhoto") == []
    finally:
        loop.run_until_complete(started.__aexit__(None, None, None))
        loop.run_until_complete(application.shutdown())
        loop.run_until_complete(scene.__aexit__(None, None, None))


def _parsed(raw: dict[str, Any], application: AnyApplication) -> Update | None:
    """The update as the library hands it on; shapes it refuses itself never reach the gate."""
    try:
        return Update.de_json(raw, application.bot)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return None
