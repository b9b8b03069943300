"""What goes over the wire between a client and the stand-in, and what is refused there."""

from collections.abc import Awaitable, Callable, Mapping
from json import JSONDecodeError
from typing import Literal
from urllib.parse import parse_qsl

from aiohttp import web

from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.lark.answers import invalid_request, open_api

Call = Literal["init", "begin", "poll", "token", "bot", "connection"]
Fields = dict[str, str]
Reader = Callable[[web.Request], Awaitable[tuple[Call, Fields]]]

REGISTRATION = "/oauth/v1/app/registration"
OPEN_API: dict[Call, tuple[str, str]] = {
    "token": ("POST", "/open-apis/auth/v3/tenant_access_token/internal"),
    "bot": ("GET", "/open-apis/bot/v3/info"),
    "connection": ("GET", "/open-apis/event/v1/connection"),
}
"""Method and path of each call of the open API."""
ACTIONS: dict[Call, Mapping[str, str | None]] = {
    "init": {},
    "begin": {
        "archetype": "PersonalAgent",
        "auth_method": "client_secret",
        "request_user_info": "open_id tenant_brand",
    },
    "poll": {"device_code": None},
}
"""Each action of the registration with its further fields; None takes any text."""
CALLS: tuple[Call, ...] = (*ACTIONS, *OPEN_API)
PAIR = {"app_id", "app_secret"}


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


async def read_form(request: web.Request) -> tuple[Call, Fields]:
    """The action a form asks for, and its further fields. Raises RefusedError."""
    if request.method != "POST" or request.query_string:
        raise RefusedError(invalid_request("a POST without a query is wanted"))
    if request.content_type != "application/x-www-form-urlencoded":
        raise RefusedError(invalid_request("a form is wanted"))
    try:
        text = (await request.read()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise RefusedError(invalid_request("this is no form")) from error
    form = dict(pairs)
    if len(form) < len(pairs):
        raise RefusedError(invalid_request("a field came twice"))
    action = form.pop("action", "")
    if action not in ACTIONS:
        raise RefusedError(invalid_request("unknown action"))
    _check_fields(form, ACTIONS[action])
    return action, form


def _check_fields(form: Fields, wanted: Mapping[str, str | None]) -> None:
    if form.keys() != wanted.keys():
        raise RefusedError(invalid_request(f"exactly {sorted(wanted)} are wanted"))
    for name, value in form.items():
        if not value or wanted[name] not in (None, value):
            raise RefusedError(invalid_request(f"bad field {name}"))


async def read_open_api(call: Call, request: web.Request) -> tuple[Call, Fields]:
    """A pair for the call that makes a token, a token for the others. Raises RefusedError."""
    return call, await _pair(request) if call == "token" else _bearer(request)


async def _pair(request: web.Request) -> Fields:
    try:
        body = await request.json() if request.content_type == "application/json" else None
    except (JSONDecodeError, UnicodeDecodeError):
        body = None
    if isinstance(body, dict) and body.keys() == PAIR:
        pair = {name: value for name, value in body.items() if isinstance(value, str)}
        if len(pair) == len(PAIR):
            return pair
    raise RefusedError(open_api(9499, "Bad Request", 400))


def _bearer(request: web.Request) -> Fields:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise RefusedError(open_api(99991661, "Missing access token for authorization", 400))
    return {"token": token}
