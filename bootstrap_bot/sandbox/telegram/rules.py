"""What Telegram refuses, and in which words: lengths, links, keyboards, pictures."""

import io
import json
import re
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ANSWER = 200
MAX_DATA_BYTES = 64
MAX_COPY = 256
MAX_BUTTONS = 100
MAX_PHOTO_BYTES = 10 * 2**20
MAX_PHOTO_SIDES = 10_000
MAX_PHOTO_RATIO = 20
SHOWN_SIDE = 1280
SHOWN_QUALITY = 80

HOST = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?")
ACTIONS = frozenset(
    {
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    }
)


class BotApiError(Exception):
    """An answer with `ok: false`. `code` is the HTTP status, `retry_after` seconds."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad_request(reason: str) -> BotApiError:
    """The commonest refusal."""
    return BotApiError(400, f"Bad Request: {reason}")


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button; exactly one of `data`, `url`, `copy` is set, or `raw` says what else."""

    text: str
    data: str | None
    url: str | None
    copy: str | None
    raw: str


Keyboard = list[list[Button]]


def units(text: str) -> int:
    """Length in UTF-16 code units, the measure of every Telegram offset and limit."""
    return len(text.encode("utf-16-le")) // 2


def url_problem(url: str) -> str:
    """Why Telegram refuses that link; empty when it takes it."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    if scheme.lower() == "tg":
        return ""
    if scheme.lower() not in ("http", "https"):
        return "Unsupported URL protocol"
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return "" if HOST.fullmatch(host) else "Wrong HTTP URL"


def keyboard(markup: Any) -> Keyboard:
    """The inline keyboard in a decoded `reply_markup`, checked; other markups have no buttons."""
    if markup is None:
        return []
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array')
    if sum(len(row) for row in rows) > MAX_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return [[_button(button) for button in row] for row in rows if row]


def _button(raw: Any) -> Button:
    parse = "can't parse inline keyboard button: "
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str) or not raw["text"]:
        raise bad_request(f'{parse}Can\'t find field "text"')
    actions = ACTIONS & raw.keys()
    if not actions:
        raise bad_request(f"{parse}Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"{parse}Exactly one optional field must be used")
    _check_action(raw)
    return Button(
        text=raw["text"],
        data=raw.get("callback_data"),
        url=raw.get("url"),
        copy=raw["copy_text"]["text"] if "copy_text" in raw else None,
        raw=json.dumps(raw, sort_keys=True),
    )


def _check_action(raw: dict[str, Any]) -> None:
    if "callback_data" in raw and not 1 <= len(raw["callback_data"].encode()) <= MAX_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in raw and (problem := url_problem(raw["url"])):
        raise bad_request(f"inline keyboard button URL '{raw['url']}' is invalid: {problem}")
    if "copy_text" in raw and not 1 <= units(raw["copy_text"]["text"]) <= MAX_COPY:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def shown_photo(upload: bytes) -> bytes:
    """The JPEG a person gets to see: Telegram recompresses every picture it takes."""
    if not upload:
        raise bad_request("file must be non-empty")
    if len(upload) > MAX_PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(upload)} bytes is too big for a photo; "
            f"the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    try:
        with Image.open(io.BytesIO(upload)) as image:
            _check_sides(*image.size)
            return _jpeg(image.convert("RGBA"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error


def _check_sides(width: int, height: int) -> None:
    long, short = max(width, height), min(width, height)
    if width + height > MAX_PHOTO_SIDES or long > MAX_PHOTO_RATIO * short:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _jpeg(image: Image.Image) -> bytes:
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    page.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    out = io.BytesIO()
    page.convert("RGB").save(out, "JPEG", quality=SHOWN_QUALITY)
    return out.getvalue()
