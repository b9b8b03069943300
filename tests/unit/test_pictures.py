"""The pictures, looked at by a decoder that is not ours."""

import random
import string
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from bootstrap_bot.chat.host import Picture
from bootstrap_bot.chat.pictures import LONGEST_QR, qr_code, sign

BASE = "https://open-dev.dingtalk.com/openapp/registration/openClaw?user_code="
UNRESERVED = string.ascii_letters + string.digits + "-._~%&="
SIGNS = [picture for picture in Picture if picture is not Picture.QR]


def link(length: int) -> str:
    """A link of that length, as random as a device flow's."""
    dice = random.Random(length)
    rest = "".join(dice.choice(UNRESERVED) for _ in range(length))
    return (BASE + rest)[:length]


def opened(png: bytes) -> Image.Image:
    image = Image.open(BytesIO(png))
    image.load()
    return image


def module_size(image: Image.Image) -> int:
    """Pixels of one module: the finder pattern in the corner begins with seven black ones."""
    left, top = black_box(image)[:2]
    width = 0
    while image.getpixel((left + width, top)) == 0:
        width += 1
    assert width % 7 == 0
    return width // 7


def black_box(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.convert("L").point(lambda value: 255 - value).getbbox()
    assert box is not None
    return box


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def test_a_link_of_three_hundred_characters_is_the_longest_with_a_picture() -> None:
    assert LONGEST_QR == 300


@pytest.mark.slow
def test_every_link_gets_a_picture_of_600_to_700_pixels_with_a_quiet_zone_of_four() -> None:
    for length in range(20, 301):
        image = opened(qr_code(link(length)))
        width, height = image.size
        assert width == height
        assert 600 <= width <= 700, length
        left, top, right, bottom = black_box(image)
        zones = {left, top, width - right, height - bottom}
        assert zones == {4 * module_size(image)}, length


def test_it_is_black_on_white_and_nothing_between() -> None:
    image = opened(qr_code(link(120)))
    assert image.format == "PNG"
    assert image.mode == "1"
    assert {value for _, value in image.convert("L").getcolors() or ()} == {0, 255}
    assert image.getpixel((0, 0)) == 255


@pytest.mark.parametrize("length", [*range(20, 300, 14), 299, 300])
def test_it_is_read_after_telegrams_compression_and_on_a_phones_thumbnail(length: int) -> None:
    wanted = link(length)
    picture = opened(qr_code(wanted)).convert("RGB")
    assert read(picture) == [wanted]
    small = picture.resize((320, 320), Image.Resampling.BILINEAR)
    squeezed = BytesIO()
    small.save(squeezed, "JPEG", quality=60)
    assert read(opened(squeezed.getvalue())) == [wanted]
    dark = Image.new("RGB", (480, 640), "#0e1621")
    dark.paste(opened(squeezed.getvalue()), (80, 160))
    assert read(dark) == [wanted]


def test_it_corrects_errors_at_level_m() -> None:
    (found,) = zxingcpp.read_barcodes(opened(qr_code(link(120))))
    assert found.ec_level == "M"


def test_it_is_read_with_a_thumb_on_it() -> None:
    picture = opened(qr_code(link(120))).convert("RGB")
    picture.paste("#c08060", (300, 300, 400, 380))
    assert read(picture) == [link(120)]


@pytest.mark.parametrize("picture", SIGNS)
def test_a_sign_is_small_wide_and_made_once(picture: Picture) -> None:
    png = sign(picture)
    image = opened(png)
    assert image.format == "PNG"
    assert image.size == (640, 288)
    assert len(png) < 20_000
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert sign(picture) is png


def test_signs_are_told_apart_by_colour_and_shape() -> None:
    images = [opened(sign(picture)) for picture in SIGNS]
    assert len({image.convert("RGB").getpixel((320, 30)) for image in images}) == len(SIGNS)
    shapes = [image.convert("L").point(lambda value: 255 * (value > 250)) for image in images]
    assert len({shape.tobytes() for shape in shapes}) == len(SIGNS)


def test_a_qr_code_is_no_sign() -> None:
    with pytest.raises(KeyError):
        sign(Picture.QR)
