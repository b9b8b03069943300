"""What goes over the wire between a client and the AstrBot stand-in, and what is refused there.

AstrBot itself is more patient: it takes fields and query parameters it does not know.
"""

from collections.abc import Collection, Mapping
from json import JSONDecodeError
from typing import Any, Literal

from aiohttp import web

from bootstrap_bot.sandbox.answers import Answer

Call = Literal["list", "create", "update", "remove"]
Config = dict[str, Any]
Types = Mapping[str, Mapping[str, type]]
"""Fields of each type of bot besides those that all have."""

ROUTES: dict[Call, tuple[str, str]] = {
    "list": ("GET", "/api/v1/bots"),
    "create": ("POST", "/api/v1/bots"),
    "update": ("PUT", "/api/v1/bots/by-id"),
    "remove": ("DELETE", "/api/v1/bots/by-id"),
}
"""Method and path of each call."""
SCOPE = "bot"
HEAD: dict[str, type] = {"id": str, "type": str, "enable": bool}
DINGTALK: dict[str, type] = {"client_id": str, "client_secret": str, "card_template_id": str}
TYPES: Types = {"dingtalk": DINGTALK}
CREATE: dict[str, type] = {"id": str, "type": str, "enabled": bool, "config": dict}
UPDATE: dict[str, type] = {"bot_id": str, "config": dict}


class RefusedError(Exception):
    """A request that is answered with a status and AstrBot's envelope for errors."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"status": "error", "message": message})


def fine(data: object = None, message: str | None = None) -> Answer:
    """AstrBot's envelope for what went well."""
    return Answer(body={"status": "ok", "message": message, "data": {} if data is None else data})


def check_key(request: web.Request, key: str, scopes: Collection[str]) -> None:
    """Raises RefusedError unless the request has the key, and the key the scope."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not given:
        raise RefusedError(401, "Missing API key")
    if given != key:
        raise RefusedError(401, "Invalid API key")
    if SCOPE not in scopes:
        raise RefusedError(403, "Insufficient API key scope")


def check_query(request: web.Request, *names: str) -> None:
    """Raises RefusedError unless the query has exactly these parameters, once and not empty."""
    given = list(request.query.items())
    if sorted(name for name, _ in given) != sorted(names) or not all(value for _, value in given):
        raise RefusedError(422, f"the query must have {list(names)}")


async def check_no_body(request: web.Request) -> None:
    """Raises RefusedError when a body came along."""
    if await request.read():
        raise RefusedError(422, "no body is wanted")


async def read_body(request: web.Request, fields: Mapping[str, type]) -> dict[str, Any]:
    """The request's JSON object with exactly these fields. Raises RefusedError."""
    if request.content_type != "application/json":
        raise RefusedError(422, "application/json is wanted")
    try:
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise RefusedError(422, "a JSON object is wanted")
    check_fields(body, fields)
    return body


def check_new(body: Mapping[str, Any], types: Types) -> Config:
    """The config of a bot to be made, which the fields beside it must agree with."""
    config: Config = body["config"]
    own = types.get(config.get("type", ""), DINGTALK)
    check_fields(config, {**HEAD, **own})
    beside = (body["id"], body["type"], body["enabled"])
    if beside != (config["id"], config["type"], config["enable"]):
        raise RefusedError(422, "the config disagrees with what stands beside it")
    if config["type"] not in types:
        raise RefusedError(422, "unknown type")
    for name in ("id", *(name for name in own if name != "card_template_id")):
        if not config[name]:
            raise RefusedError(422, f"empty field {name}")
    return config


def check_fields(body: Mapping[str, Any], fields: Mapping[str, type]) -> None:
    """Raises RefusedError unless the object has exactly these fields, of exactly these types."""
    for name in sorted(fields.keys() - body.keys()):
        raise RefusedError(422, f"missing field {name}")
    for name, value in body.items():
        if type(value) is not fields.get(name):
            raise RefusedError(422, f"bad field {name}")
