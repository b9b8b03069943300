"""The parameters of one Bot API call, from whichever of the four encodings they came in."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import parse_content_disposition, web

from bootstrap_bot.sandbox.telegram.rules import bad_request

Params = dict[str, Any]

STRUCTURES = frozenset(
    {
        "reply_markup",
        "media",
        "entities",
        "caption_entities",
        "link_preview_options",
        "reply_parameters",
        "scope",
        "commands",
        "allowed_updates",
        "menu_button",
    }
)
INTEGERS = frozenset(
    {
        "chat_id",
        "user_id",
        "message_id",
        "message_thread_id",
        "reply_to_message_id",
        "offset",
        "limit",
        "timeout",
        "cache_time",
    }
)
FLAGS = frozenset(
    {
        "show_alert",
        "protect_content",
        "disable_notification",
        "disable_web_page_preview",
        "drop_pending_updates",
    }
)


async def read_params(request: web.Request) -> Params:
    """Decoded parameters; an uploaded file stands under its part's name as bytes."""
    body = await request.read()
    params: Params = dict(request.query)
    if request.content_type == "application/json":
        params |= _structure("request", body.decode())
    elif request.content_type == "multipart/form-data":
        params |= dict(_app(body, request.headers["Content-Type"]))
    else:
        params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {name: _decoded(name, value) for name, value in params.items()}


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in STRUCTURES:
        return _structure(name, value)
    if name in INTEGERS and value.lstrip("-").isdecimal():
        return int(value)
    if name in FLAGS:
        return value.lower() in ("true", "1", "yes")
    return value


def _structure(name: str, value: str) -> Any:
    try:
        return json.loads(value) if value else None
    except ValueError as error:
        raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from error


def _app(body: bytes, content_type: str) -> Iterator[tuple[str, str | bytes]]:
    # The request's stream is read already (it was recorded), so its own parser has nothing left.
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip('" ')
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        for line in head.decode().split("\r\n"):
            header, _, value = line.partition(":")
            if header.lower() == "content-disposition":
                _, fields = parse_content_disposition(value.strip())
                yield fields["name"], content if "filename" in fields else content.decode()
