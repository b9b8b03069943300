"""The pictures of a message, made in memory as PNG bytes."""

from collections.abc import Callable
from functools import cache
from io import BytesIO

import qrcode
from PIL import Image, ImageDraw
from qrcode.constants import ERROR_CORRECT_M

from bootstrap_bot.chat.host import Picture

QR_SIZE = 700
# Four modules on each side, as ISO/IEC 18004 asks; without them scanners fail in dark mode.
QUIET_ZONE = 4
# A longer link makes modules too small for a phone that scans a screen.
LONGEST_QR = 300
SIZE = 320
# Wide, so that on a phone the words below stay in view.
SIGN_WIDTH, SIGN_HEIGHT = 640, 288
SMOOTH = 4
WHITE, GREEN, AMBER, GREY, BLUE = "#ffffff", "#2e9e5b", "#d98a00", "#8a8f98", "#1677ff"


def qr_code(link: str) -> bytes:
    """Black on white, error correction M, 600 to 700 pixels a side for links up to 300."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(link)
    code.make(fit=True)
    code.box_size = QR_SIZE // (code.modules_count + 2 * QUIET_ZONE)
    return _png(code.make_image().get_image().convert("1"))


@cache
def sign(picture: Picture) -> bytes:
    """A small sign in a disc: a chain link, a clock, a tick or a cross."""
    colour, draw_sign = SIGNS[picture]
    side = SIZE * SMOOTH
    image = Image.new("RGB", (side, side), WHITE)
    draw = ImageDraw.Draw(image)
    draw.ellipse(_box(40, 40, 280, 280), fill=colour)
    draw_sign(draw)
    disc = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    wide = Image.new("RGB", (SIGN_WIDTH, SIGN_HEIGHT), WHITE)
    wide.paste(disc, ((SIGN_WIDTH - SIZE) // 2, (SIGN_HEIGHT - SIZE) // 2))
    return _png(wide)


def _tick(draw: ImageDraw.ImageDraw) -> None:
    draw.line(_points((105, 165), (145, 205), (218, 120)), WHITE, 22 * SMOOTH, "curve")


def _cross(draw: ImageDraw.ImageDraw) -> None:
    draw.line(_points((115, 115), (205, 205)), WHITE, 22 * SMOOTH)
    draw.line(_points((205, 115), (115, 205)), WHITE, 22 * SMOOTH)


def _clock(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse(_box(95, 95, 225, 225), outline=WHITE, width=16 * SMOOTH)
    draw.line(_points((160, 120), (160, 162), (192, 180)), WHITE, 14 * SMOOTH, "curve")


def _chain(draw: ImageDraw.ImageDraw) -> None:
    for left in (85, 155):
        box = _box(left, 130, left + 80, 190)
        draw.rounded_rectangle(box, 30 * SMOOTH, outline=WHITE, width=14 * SMOOTH)


def _box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    return left * SMOOTH, top * SMOOTH, right * SMOOTH, bottom * SMOOTH


def _points(*points: tuple[int, int]) -> list[tuple[int, int]]:
    return [(x * SMOOTH, y * SMOOTH) for x, y in points]


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


SIGNS: dict[Picture, tuple[str, Callable[[ImageDraw.ImageDraw], None]]] = {
    Picture.LINK: (BLUE, _chain),
    Picture.WORKING: (AMBER, _clock),
    Picture.DONE: (GREEN, _tick),
    Picture.ENDED: (GREY, _cross),
}
