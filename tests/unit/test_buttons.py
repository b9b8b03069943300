"""What a button carries, and what of a forged one gets through: nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from telegram import InlineKeyboardButton
from telegram.ext import InvalidCallbackData

from bootstrap_bot.chat.buttons import LONGEST_DATA, Action, Button, data, is_ours, parse
from bootstrap_bot.hosts.telegram.events import carried
from bootstrap_bot.hosts.telegram.manner import Manner
from bootstrap_bot.registration.service import random_id

ID = "0123456789"


def test_what_a_button_carries_is_known_to_old_messages() -> None:
    assert data(Action.CANCEL, ID) == "bootstrap:cancel:0123456789"


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("attempt", ["0", ID, "z" * 32, "lark_2.my-bot"])
def test_every_button_fits_telegrams_limit_and_comes_back_whole(
    action: Action, attempt: str
) -> None:
    made = data(action, attempt)
    assert len(made.encode()) <= 64
    assert is_ours(made)
    assert parse(made) == (action, attempt)


def test_a_random_id_is_ten_hexadecimal_digits_and_never_the_same() -> None:
    made = {random_id() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) == 10 and set(one) <= set("0123456789abcdef") for one in made)


def test_the_limit_is_sixty_four() -> None:
    assert LONGEST_DATA == 64


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "bootstrap",
        "bootstrap:",
        "bootstrap::",
        "bootstrap:cancel",
        "bootstrap:cancel:",
        "bootstrap::0123456789",
        "bootstrap:cancel:0123456789:",
        "bootstrap:cancel:0123456789\n",
        "\nbootstrap:cancel:0123456789",
        " bootstrap:cancel:0123456789",
        "bootstrap:cancel:0123456789 ",
        "bootstrap:cancel:" + "0" * 48,
        "bootstrap:cancel:ABCDEF",
        "bootstrap:cancel:../../etc",
        "bootstrap:cancel:1;DROP",
        "bootstrap:CANCEL:0123456789",
        "bootstrap:erase:0123456789",
        "bootstrap:cancel_:0123456789",
        "Bootstrap:cancel:0123456789",
        "bootstrap_bot:cancel:0123456789",
        "other:cancel:0123456789",
        "bootstrap:cancel:０１２３",  # digits, but not ASCII ones
        "bootstrap:cancel:é",
        "bootstrap:cancel:\x00",
        "bootstrap:cancel:\ud800",
        "bootstrap:" + "a" * 17 + ":0",
        "bootstrap:cancel:" + "0" * 10_000,
    ],
)
def test_forged_data_means_nothing(forged: str) -> None:
    assert parse(forged) is None


@given(st.text(max_size=80) | st.text(max_size=60).map("bootstrap:".__add__))
@example("bootstrap:cancel:0")
def test_whatever_parses_was_made_here(text: str) -> None:
    parsed = parse(text)
    assert parsed is None or data(*parsed) == text


@pytest.mark.parametrize("text", ["bootstrap:", "bootstrap:anything", "bootstrap:cancel:1"])
def test_our_prefix_makes_it_ours_well_formed_or_not(text: str) -> None:
    assert is_ours(text)


@pytest.mark.parametrize(
    "data_", [None, 1, b"bootstrap:cancel:1", "", "bootstrap", "bootstrapped:1", " bootstrap:", {}]
)
def test_everything_else_is_somebody_elses(data_: object) -> None:
    assert not is_ours(carried(data_))


def test_no_keyboard_is_made_of_nothing_and_no_row_is_empty() -> None:
    assert Manner().keyboard(()) is None
    assert Manner().keyboard(((), ())) is None
    made = Manner().keyboard(((), (Button("x", "y"),)))
    assert made is not None
    assert made.inline_keyboard == ((InlineKeyboardButton("x", callback_data="y"),),)


def test_a_button_is_ours_also_where_an_application_wraps_what_it_carries() -> None:
    made = data(Action.CANCEL, ID)
    assert is_ours(carried(InvalidCallbackData(made)))
    assert carried(InvalidCallbackData(made)) == carried(made) == made
    for foreign in (InvalidCallbackData("0" * 64), InvalidCallbackData(None), None, 7, ("x",)):
        assert not is_ours(carried(foreign))
