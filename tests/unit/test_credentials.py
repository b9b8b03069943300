"""How a client id and its secret may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap_bot.credentials import MASK, Credentials, masked
from tests.support.credentials import ding_pair

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def pair(client_id: str = "dingabcdefgh1234", secret: str = "s" * 60 + "WXYZ") -> Credentials:
    return ding_pair(client_id, secret)


def test_the_mask_is_eight_bullets() -> None:
    assert MASK == "••••••••"


@pytest.mark.parametrize(
    ("client_id", "shown"),
    [
        ("dingabcdefghwxyz", "ding••••••••wxyz"),
        ("ding12345678", "ding••••••••5678"),  # twelve: four of them stay hidden
        ("ding1234567", "di••••••••"),
        ("ding", "di••••••••"),
        ("d", "d••••••••"),
        ("", "••••••••"),
    ],
)
def test_a_client_id_is_shown_by_its_ends_only(client_id: str, shown: str) -> None:
    assert masked(client_id) == shown
    assert pair(client_id).masked_account() == shown


@pytest.mark.parametrize(
    ("length", "tail"), [(0, ""), (1, ""), (15, ""), (16, "mnop"), (17, "nopq"), (26, "wxyz")]
)
def test_a_secret_shows_four_characters_from_sixteen_on(length: int, tail: str) -> None:
    assert pair(secret=LETTERS[:length]).masked_secret() == "••••••••" + tail


@given(st.text(min_size=1, max_size=200))
def test_the_length_of_what_is_masked_cannot_be_read_off(text: str) -> None:
    assert len(pair(text).masked_account()) in (9, 10, 16)
    assert len(pair(secret=text).masked_secret()) in (8, 12)
    hidden = len(text) - len(masked(text).replace(MASK, "", 1))
    assert hidden >= 4 or len(text) < 6


@pytest.mark.parametrize(
    "sign",
    ["\u202e", "\u2066", "\u200b", "\x1b", "\n", "\x00", "\u0301", "\ud800", "\U000e0041", "钉"],
    ids=ascii,
)
def test_nothing_but_visible_ascii_gets_through_a_mask(sign: str) -> None:
    assert pair(secret="s" * 60 + f"W{sign}YZ").masked_secret() == f"{MASK}W•YZ"
    assert masked(f"d{sign}ngabcdefghwx{sign}z") == f"d•ng{MASK}wx•z"
    assert masked(f"{sign}ing") == f"•i{MASK}"


def test_a_secret_hides_itself_wherever_the_pair_is_printed() -> None:
    for text in (repr(pair()), str(pair()), f"{pair()}", repr({"pair": pair()})):
        assert "dingabcdefgh1234" in text
        assert "sss" not in text
        assert "WXYZ" not in text


def test_pairs_are_equal_by_value_and_not_to_be_changed() -> None:
    assert pair() == pair()
    assert pair() != pair(secret="another")
    assert pair() != pair("another")
    with pytest.raises(AttributeError):
        pair().account = "another"  # type: ignore[misc]
