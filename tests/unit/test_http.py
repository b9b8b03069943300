"""The HTTP session: short, bounded, never led elsewhere. Real HTTP over loopback."""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bootstrap_bot import http as http_module
from bootstrap_bot.errors import Code, RemoteError
from bootstrap_bot.http import Http, Method, Reply
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk.stand_in import DingTalkStandIn
from bootstrap_bot.sandbox.scripted import break_connection
from bootstrap_bot.sandbox.server import LoopbackServer

LIMIT = 1024 * 1024
METHODS: list[Method] = ["GET", "POST", "PUT", "DELETE"]
NOW = "Mon, 21 Sep 2026 12:00:00 GMT"
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Road(LoopbackServer):
    """Answers every request with what it was told to; counts the connections it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: set[object] = set()
        self.respond: Respond = say()
        self.app.router.add_route("*", "/{path:.*}", self._respond)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        self.connections.add(request.transport.get_extra_info("peername"))
        return await self.respond(request)


def say(body: bytes = b"{}", status: int = 200, **headers: str) -> Respond:
    """Always that answer; `Retry_After` is the header Retry-After."""

    async def respond(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=named)

    return respond


@pytest.fixture
async def road() -> AsyncIterator[Road]:
    async with Road() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(timeout=5) as session:
        yield session


async def refusal(http: Http, base: str, path: str = "/poll") -> RemoteError:
    """The error that a request to that base ends with; it names nothing from outside."""
    with pytest.raises(RemoteError) as caught:
        await http.post(base, path, {"device_code": "TOP-SECRET"})
    error = caught.value
    assert str(error) == error.code.value
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


@asynccontextmanager
async def raw(answer: bytes) -> AsyncIterator[str]:
    """The base address of a server that says these bytes to whoever speaks, and hangs up."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_it_posts_json_to_base_and_path(road: Road, http: Http) -> None:
    road.respond = say(b'{"nonce": "n"}')
    assert await http.post(road.url, "/app/init", {"source": "é"}) == Reply(200, {"nonce": "n"})
    (request,) = road.requests
    assert (request.method, request.path) == ("POST", "/app/init")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "bootstrap-bot"
    assert json.loads(request.body) == {"source": "é"}


async def test_it_posts_a_form_where_one_is_wanted(road: Road, http: Http) -> None:
    await http.request("POST", road.url, "/x", form={"a": "1 2", "b": "&"})
    (request,) = road.requests
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.body == b"a=1+2&b=%26"


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_takes_a_query_headers_and_json(
    road: Road, http: Http, method: Method
) -> None:
    road.respond = say(b'{"a": 1}')
    reply = await http.request(
        method,
        road.url,
        "/bots",
        payload={"b": "é"},
        query={"c": "d"},
        headers={"Authorization": "Bearer e"},
    )
    assert reply == Reply(200, {"a": 1})
    (request,) = road.requests
    assert (request.method, request.path) == (method, "/bots?c=d")
    assert request.headers["Authorization"] == "Bearer e"
    assert request.headers["User-Agent"] == "bootstrap-bot"
    assert json.loads(request.body) == {"b": "é"}


@pytest.mark.parametrize("method", METHODS)
async def test_without_a_payload_there_is_no_body(road: Road, http: Http, method: Method) -> None:
    await http.request(method, road.url, "/bots")
    (request,) = road.requests
    assert request.body == b""
    assert request.headers.get("Content-Type") != "application/json"


async def test_an_empty_payload_is_a_body_all_the_same(road: Road, http: Http) -> None:
    await http.request("PUT", road.url, "/bots", payload={})
    assert road.requests[0].body == b"{}"


@pytest.mark.parametrize("value", ["a b", "a+b", "a&b=c", "50%41", "é/?#;", '"\\', "{}"])
async def test_a_query_arrives_as_it_was_meant(road: Road, http: Http, value: str) -> None:
    await http.request("DELETE", road.url, "/bots", query={"bot_id": value})
    assert parse_qs(urlsplit(road.requests[0].path).query) == {"bot_id": [value]}


async def test_headers_are_of_one_request_alone(road: Road, http: Http) -> None:
    await http.request("GET", road.url, "/", headers={"Authorization": "Bearer key"})
    await http.post(road.url, "/", {})
    assert ["Authorization" in request.headers for request in road.requests] == [True, False]


@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 429, 500, 502, 599])
async def test_every_status_is_handed_on(road: Road, http: Http, status: int) -> None:
    road.respond = say(b'{"a": 1}' if status != 204 else b"", status)
    reply = await http.post(road.url, "/", {})
    assert reply.status == status
    assert reply.json == ({"a": 1} if status != 204 else None)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305])
async def test_no_redirect_that_changes_the_request_is_followed(
    road: Road, http: Http, status: int
) -> None:
    road.respond = say(b"{}" if status != 304 else b"", status, Location="/elsewhere")
    for method in METHODS:
        assert (await http.request(method, road.url, "/here")).status == status
    assert [request.path for request in road.requests] == ["/here"] * len(METHODS)


def moving(status: int, location: str, times: int = 1) -> Respond:
    """That many redirects, then an answer."""
    left = [status] * times

    async def respond(_: web.Request) -> web.StreamResponse:
        if left:
            return web.Response(status=left.pop(), headers={"Location": location})
        return web.Response(body=b'{"a": 1}')

    return respond


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("location", ["/there?b=%20c", "there?b=%20c", "{url}/there?b=%20c#d"])
async def test_a_lasting_redirect_on_the_same_origin_is_followed_with_the_same_request(
    road: Road, http: Http, status: int, location: str
) -> None:
    for method in METHODS:
        road.requests.clear()
        road.respond = moving(status, location.format(url=road.url))
        reply = await http.request(
            method, road.url, "/here", payload={"k": "v"}, query={"q": "1"}, headers={"X-Key": "y"}
        )
        assert (reply.status, reply.json) == (200, {"a": 1})
        first, second = road.requests
        assert (first.path, second.path) == ("/here?q=1", "/there?b=%20c")
        assert first.method == second.method == method
        assert first.body == second.body == b'{"k": "v"}'
        assert second.headers["X-Key"] == "y"


async def test_only_one_redirect_is_followed(road: Road, http: Http) -> None:
    road.respond = moving(308, "/again", times=9)
    assert (await http.post(road.url, "/", {})).status == 308
    assert len(road.requests) == 2


@pytest.mark.parametrize(
    "location",
    [
        "",
        "//example.com/x",
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1:1/x",
        "http://127.0.0.1/x",
        "http://localhost:{port}/x",
        "http://127.0.0.1.example.com:{port}/x",
        "http://user@127.0.0.1:{port}/x",
        "http://:secret@127.0.0.1:{port}/x",
        "http://[::1/x",
        "ftp://127.0.0.1:{port}/x",
        "javascript:alert(1)",
    ],
)
async def test_a_redirect_to_another_origin_is_handed_on(
    road: Road, http: Http, location: str
) -> None:
    port = road.url.rpartition(":")[2]
    road.respond = moving(307, location.format(port=port))
    reply = await http.post(road.url, "/", {"device_code": "TOP-SECRET"})
    assert reply.status == (200 if location == "" else 307)
    assert len(road.requests) == (2 if location == "" else 1)


async def test_both_requests_together_have_the_time_of_one(road: Road) -> None:
    stopped = asyncio.Event()

    async def respond(request: web.Request) -> web.StreamResponse:
        if request.path == "/here":
            await asyncio.sleep(0.1)
            return web.Response(status=307, headers={"Location": "/there"})
        await stopped.wait()
        raise AssertionError("nobody waits that long")

    road.respond = respond
    begun = time.monotonic()
    async with Http(timeout=0.2) as http:
        assert (await refusal(http, road.url + "/here", path="")).code is Code.TIMEOUT
    stopped.set()
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[]",
        b'[{"status": "WAITING"}]',
        b"null",
        b"true",
        b"1",
        b"NaN",
        b'"text"',
        b'{"status": "SUCC',
        b"<html></html>",
        b"\xff\xfe\x00",
        b"\x80",
        b'{"a": 1}{"b": 2}',
        b"[" * LIMIT,
        b'{"a":' * (LIMIT // 5),
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: f"{body[:12]!r}",
)
async def test_whatever_is_no_object_is_none(road: Road, http: Http, body: bytes) -> None:
    road.respond = say(body)
    assert (await http.post(road.url, "/", {})).json is None


async def test_a_body_is_read_up_to_1_mib(road: Road, http: Http) -> None:
    assert http_module.LARGEST_BODY == LIMIT
    padding = b'{"a": "' + b"x" * (LIMIT - 9) + b'"}'
    assert len(padding) == LIMIT
    road.respond = say(padding)
    reply = await http.post(road.url, "/", {})
    assert reply.json == {"a": "x" * (LIMIT - 9)}
    road.respond = say(padding + b" ")
    assert (await refusal(http, road.url)).code is Code.TOO_LARGE


ODD_BUT_READABLE = {
    "a mark in front": (b"\xef\xbb\xbf" + b'{"a": "\xc3\xa4"}', "application/json"),
    "UTF-16": ('{"a": "\u00e4"}'.encode("utf-16"), "application/json"),
    "GB 18030": ('{"a": "\u00e4"}'.encode("gb18030"), "x/y; charset=gb18030"),
    "text": (b'{"a": "\xc3\xa4"}', "text/plain"),
    "a page": (b' \n{"a": "\xc3\xa4"}\n', "text/html; charset=utf-8"),
    "no type": (b'{"a": "\xc3\xa4"}', ""),
    "an unknown charset": (b'{"a": "\xc3\xa4"}', "x/y; charset=none"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "content_type"), ODD_BUT_READABLE.values(), ids=ODD_BUT_READABLE)
async def test_json_is_read_whatever_it_is_called(
    road: Road, http: Http, body: bytes, content_type: str
) -> None:
    road.respond = say(body, Content_Type=content_type)
    found = (await http.post(road.url, "/", {})).json
    assert found is not None
    assert found["a"] == "\u00e4"


async def test_bytes_of_no_charset_are_read_as_far_as_they_can_be(road: Road, http: Http) -> None:
    road.respond = say(b'{"a": "x", "b": "\xff"}', Content_Type="x/y; charset=none")
    assert (await http.post(road.url, "/", {})).json == {"a": "x", "b": "\ufffd"}


async def test_what_came_of_a_body_is_given_to_who_wants_it(road: Road, http: Http) -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b'{"a": 1, ')
        break_connection(request)
        return answer

    road.respond = breaks
    assert (await refusal(http, road.url)).code is Code.UNREACHABLE
    reply = await http.post(road.url, "/", {}, whole=False)
    assert (reply.json, reply.text, reply.broken) == (None, '{"a": 1, ', Code.UNREACHABLE)
    road.respond = say(b'{"a": 1}' + b" " * LIMIT)
    reply = await http.post(road.url, "/", {}, whole=False)
    assert (reply.json, reply.broken) == ({"a": 1}, Code.TOO_LARGE)
    assert len(reply.text) == LIMIT


async def test_one_request_may_be_answered_with_more(road: Road, http: Http) -> None:
    padding = b'{"a": "' + b"x" * LIMIT + b'"}'
    road.respond = say(padding)
    reply = await http.request("GET", road.url, "/", largest=len(padding))
    assert reply.json == {"a": "x" * LIMIT}
    with pytest.raises(RemoteError) as caught:
        await http.request("GET", road.url, "/", largest=len(padding) - 1)
    assert caught.value.code is Code.TOO_LARGE


async def test_a_body_without_an_end_is_not_read_to_it(road: Road, http: Http) -> None:
    sent = 0

    async def respond(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * LIMIT)
            sent += LIMIT

    road.respond = respond
    assert (await refusal(http, road.url)).code is Code.TOO_LARGE
    assert sent < 64 * 2**20


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_is_measured_unpacked(
    road: Road, http: Http, encoding: str
) -> None:
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    road.respond = say(pack(b'{"a": 1}'), Content_Encoding=encoding)
    assert (await http.post(road.url, "/", {})).json == {"a": 1}
    bomb = pack(b" " * (100 * 2**20))
    assert len(bomb) < 200_000
    road.respond = say(bomb, Content_Encoding=encoding)
    assert (await refusal(http, road.url)).code is Code.TOO_LARGE


async def test_no_answer_in_time_is_a_timeout() -> None:
    async with DingTalkStandIn() as stand_in, Http(timeout=0.05) as http:
        stand_in.always_poll(Answer(hang=True))
        with pytest.raises(RemoteError) as caught:
            await http.post(stand_in.url, "/app/registration/poll", {"device_code": "d"})
    assert caught.value.code is Code.TIMEOUT
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_an_answer_that_drips_is_a_timeout_too(road: Road) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.005)

    road.respond = respond
    async with Http(timeout=0.1) as http:
        assert (await refusal(http, road.url)).code is Code.TIMEOUT


def test_one_request_takes_fifteen_seconds_at_the_most() -> None:
    assert http_module.TIMEOUT == 15.0


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ],
    ids=["silence", "no HTTP", "status", "too short", "length", "chunks", "headers", "gzip"],
)
async def test_broken_http_is_as_good_as_no_road(http: Http, answer: bytes) -> None:
    async with raw(answer) as base:
        assert (await refusal(http, base)).code is Code.UNREACHABLE


async def test_a_reset_is_as_good_as_no_road(road: Road, http: Http) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        break_connection(request)
        return web.Response()

    road.respond = respond
    assert (await refusal(http, road.url)).code is Code.UNREACHABLE


async def test_a_request_that_broke_is_never_sent_twice(road: Road, http: Http) -> None:
    await http.post(road.url, "/poll", {})

    async def respond(request: web.Request) -> web.StreamResponse:
        break_connection(request)
        return web.Response()

    road.respond = respond  # on the kept connection, where a client is tempted to try again
    await refusal(http, road.url)
    assert len(road.requests) == 2


@pytest.mark.parametrize("method", METHODS)
async def test_only_what_may_be_done_twice_survives_a_kept_connection_that_broke(
    road: Road, http: Http, method: Method
) -> None:
    await http.post(road.url, "/poll", {})

    async def respond(request: web.Request) -> web.StreamResponse:
        road.respond = say()
        break_connection(request)
        return web.Response()

    road.respond = respond
    times = 1 if method == "POST" else 2
    with pytest.raises(RemoteError) if times == 1 else nullcontext():
        await http.request(method, road.url, "/")
    assert [request.method for request in road.requests[1:]] == [method] * times


async def test_no_header_and_no_query_is_in_an_error(http: Http) -> None:
    with pytest.raises(RemoteError) as caught:
        async with raw(b"HTTP/1.1 abc\r\n\r\n") as base:
            await http.request("GET", base, "/", query={"q": "asked"}, headers={"X": "hunter2"})
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert "hunter2" not in repr(caught.value)
    assert "asked" not in repr(caught.value)


async def test_a_closed_port_is_unreachable(road: Road, http: Http) -> None:
    async with LoopbackServer() as closed:
        base = closed.url
    assert (await refusal(http, base)).code is Code.UNREACHABLE


@pytest.mark.parametrize("base", ["http://[", "http://127.0.0.1:99999", "nonsense", "ftp://a"])
async def test_an_address_that_is_none_is_unreachable(http: Http, base: str) -> None:
    assert (await refusal(http, base)).code is Code.UNREACHABLE


async def test_many_polls_share_one_connection(road: Road, http: Http) -> None:
    for _ in range(30):
        await http.post(road.url, "/poll", {})
    assert len(road.requests) == 30
    assert len(road.connections) == 1
    assert http_module.IDLE_CONNECTION > 60  # the longest pause between two polls


async def test_a_connection_is_not_reused_after_a_body_that_was_cut_off(
    road: Road, http: Http
) -> None:
    road.respond = say(b"x" * (4 * LIMIT))
    await refusal(http, road.url)
    road.respond = say(b'{"a": 1}')
    assert (await http.post(road.url, "/", {})).json == {"a": 1}


async def test_no_cookie_is_kept(road: Road, http: Http) -> None:
    road.respond = say(b"{}", Set_Cookie="session=1; Path=/")
    for _ in range(2):
        await http.post(road.url, "/", {})
    assert len(road.requests) == 2
    assert not any("Cookie" in request.headers for request in road.requests)


async def test_a_proxy_is_used_for_its_base_alone(road: Road) -> None:
    async with Road() as proxy, Http(5, {"http://oapi.dingtalk.invalid": proxy.url}) as http:
        assert (await http.post("http://oapi.dingtalk.invalid", "/poll", {})).status == 200
        assert (await http.post(road.url, "/poll", {})).status == 200
        (through,), (direct,) = proxy.requests, road.requests
        assert through.headers["Host"] == "oapi.dingtalk.invalid"
        assert direct.headers["Host"] == road.url.removeprefix("http://")


async def test_a_proxys_password_is_in_no_error() -> None:
    base = "http://oapi.dingtalk.invalid"
    async with Http(5, {base: "http://me:hunter2@127.0.0.1:1"}) as http:
        error = await refusal(http, base)
    assert error.code is Code.UNREACHABLE
    assert "hunter2" not in repr(error)


async def test_the_environments_proxy_is_not_for_us(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with Http(5) as http:
        assert (await http.post(road.url, "/", {})).status == 200


RETRY_AFTER = [
    ("7", 7.0),
    (" 7 ", 7.0),
    ("0", 0.0),
    ("0.5", 0.5),
    ("86400", 86400.0),
    ("Mon, 21 Sep 2026 12:00:30 GMT", 30.0),
    ("Mon, 21 Sep 2026 14:00:30 +0200", 30.0),
    ("Monday, 21-Sep-26 12:01:00 GMT", 60.0),
    ("Mon, 21 Sep 2026 12:00:00 GMT", 0.0),
    ("Mon, 21 Sep 2026 11:59:59 GMT", None),
    ("-1", None),
    ("nan", None),
    ("inf", None),
    ("-inf", None),
    ("1e999", None),
    ("soon", None),
    ("", None),
    ("Mon, 99 Foo 2026 12:00:00 GMT", None),
    ("Mon, 21 Sep 99999999999 12:00:00 GMT", None),
    ("Mon, 21 Sep 2026 12:00:30 -0000", None),
]


@pytest.mark.parametrize(("value", "seconds"), RETRY_AFTER)
async def test_retry_after_is_seconds_or_a_date(
    road: Road, http: Http, value: str, seconds: float | None
) -> None:
    road.respond = say(b"{}", 429, Retry_After=value, Date=NOW)
    assert (await http.post(road.url, "/", {})).retry_after == seconds


async def test_without_retry_after_nothing_was_asked_for(road: Road, http: Http) -> None:
    assert (await http.post(road.url, "/", {})).retry_after is None


async def test_a_date_cannot_be_measured_without_the_servers_own() -> None:
    answer = b"HTTP/1.1 429 No\r\nRetry-After: " + NOW.encode() + b"\r\nContent-Length: 2\r\n\r\n{}"
    async with raw(answer) as base, Http(5) as http:
        reply = await http.post(base, "/", {})
    assert (reply.status, reply.retry_after) == (429, None)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Mon, 21 Sep 2026 12:00:00 GMT", 1_789_992_000.0),
        ("Mon, 21 Sep 2026 14:00:00 +0200", 1_789_992_000.0),
        ("Mon, 21 Sep 2026 12:00:00 -0000", 1_789_992_000.0),
        ("Fri, 31 Dec 9999 23:59:59 -1400", 253_402_351_199.0),
        ("today", None),
        ("", None),
    ],
)
async def test_the_other_sides_clock_is_read(
    road: Road, http: Http, value: str, moment: float | None
) -> None:
    road.respond = say(b"{}", 500, Date=value)
    assert (await http.post(road.url, "/", {})).date == moment


HEADER_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(HEADER_VALUES | st.dates().map("{:%a, %d %b %Y}".format), HEADER_VALUES | st.just(NOW))
async def test_no_header_is_too_strange(value: str, date: str) -> None:
    head = f"HTTP/1.1 429 No\r\nRetry-After: {value}\r\nDate: {date}\r\nContent-Length: 2\r\n\r\n"
    async with raw(head.encode("latin-1") + b"{}") as base, Http(5) as http:
        reply = await http.post(base, "/", {})
    assert reply.status == 429
    assert reply.retry_after is None or 0 <= reply.retry_after < float("inf")
    assert reply.date is None or abs(reply.date) < float("inf")


async def test_it_is_used_inside_its_async_with_only() -> None:
    http = Http()
    with pytest.raises(RuntimeError, match="async with"):
        await http.post("http://127.0.0.1:1", "/", {})
    async with http:
        pass
    with pytest.raises((RuntimeError, RemoteError)):
        await http.post("http://127.0.0.1:1", "/", {})


async def test_a_cancelled_request_is_cancelled(road: Road, http: Http) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def respond(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await never.wait()
        return web.Response()

    road.respond = respond
    request = asyncio.create_task(http.post(road.url, "/", {}))
    await arrived.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request


def test_an_answers_body_is_not_in_its_repr() -> None:
    assert "SECRET" not in repr(Reply(200, {"client_secret": "SECRET"}))
