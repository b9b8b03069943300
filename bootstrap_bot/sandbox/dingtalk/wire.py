"""What goes over the wire between a client and the DingTalk stand-in."""

from collections.abc import Mapping
from json import JSONDecodeError
from typing import Any, Literal

from aiohttp import web

Call = Literal["init", "begin", "poll", "token", "gateway"]
Body = dict[str, Any]

PATHS: dict[Call, str] = {
    "init": "/app/registration/init",
    "begin": "/app/registration/begin",
    "poll": "/app/registration/poll",
    "token": "/v1.0/oauth2/accessToken",
    "gateway": "/v1.0/gateway/connections/open",
}
REQUIRED: dict[Call, dict[str, type]] = {
    "init": {},
    "begin": {"nonce": str},
    "poll": {"device_code": str},
    "token": {"appKey": str, "appSecret": str},
    "gateway": {"clientId": str, "clientSecret": str, "subscriptions": list},
}
OPTIONAL: dict[Call, dict[str, type]] = {
    "init": {"source": str},
    "begin": {},
    "poll": {},
    "token": {},
    "gateway": {"ua": str, "localIp": str},
}


# Calls that take any field besides.
OPEN: tuple[Call, ...] = ("begin", "poll")


async def read_object(
    request: web.Request,
    required: Mapping[str, type],
    optional: Mapping[str, type],
    *,
    more: bool = False,
) -> Body:
    """The request's JSON object with these fields alone, or the fitting HTTP error.

    `more`: fields that are not known pass, whatever they hold.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="application/json is wanted")
    try:
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise web.HTTPBadRequest(text="not JSON") from error
    if not isinstance(body, dict) or required.keys() - body.keys():
        raise web.HTTPBadRequest(text=f"an object with {sorted(required)} is wanted")
    known = {**required, **optional}
    for name, value in body.items():
        if name not in known and more:
            continue
        if name not in known or not isinstance(value, known[name]) or not value:
            raise web.HTTPBadRequest(text=f"bad field {name}")
    return body
