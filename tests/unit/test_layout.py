"""What layouts ask of a file's data: tables, texts, free ids, and pairs that arrive as they are."""

from typing import Any

import pytest

from bootstrap_bot.editing.format import Append, Keys, Set, UnfitValueError
from bootstrap_bot.targets.layout import (
    OtherShapeError,
    free_id,
    table_at,
    text_at,
    unexpanded,
    with_person,
    written,
)
from tests.support.credentials import ding_pair
from tests.support.lark_like import LARK_LIKE, lark_pair
from tests.support.programs import cell_of

DATA: dict[str, Any] = {"a": {"b": {"t": "text", "e": "", "z": None}, "l": [{}]}, "n": 5}


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ((), DATA),
        (("a", "b"), {"t": "text", "e": "", "z": None}),
        (("a", "l", 0), {}),
        (("a", "l", 0, "x"), {}),
        (("a", "b", "z"), {}),
        (("a", "b", "z", "y"), {}),
        (("x",), {}),
        (("x", "y", "z"), {}),
    ],
)
def test_a_table_is_found_and_none_is_an_empty_one(path: Keys, table: Any) -> None:
    assert table_at(DATA, path) == table


@pytest.mark.parametrize(
    ("path", "culprit"),
    [
        (("n",), ("n",)),
        (("n", "x"), ("n",)),
        (("a", "l"), ("a", "l")),
        (("a", "l", "0"), ("a", "l")),
        (("a", "l", 1), ("a", "l")),
        (("a", "l", 1, "x"), ("a", "l")),
        (("a", 0), ("a",)),
        (("a", "x", 0), ("a", "x")),
        (("a", "b", "t", "x"), ("a", "b", "t")),
        (("a", "b", "e"), ("a", "b", "e")),
    ],
)
def test_what_is_no_table_is_named_by_its_path(path: Keys, culprit: Keys) -> None:
    with pytest.raises(OtherShapeError) as caught:
        table_at(DATA, path)
    assert caught.value.path == culprit
    assert str(caught.value) == "of another shape"


def test_a_table_that_was_found_is_not_the_files_own() -> None:
    table_at(DATA, ("a", "b"))["t"] = "changed"
    assert DATA["a"]["b"]["t"] == "text"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", "b", "t"), "text"),
        (("a", "b", "e"), ""),
        (("a", "b", "z"), ""),
        (("a", "b", "y"), ""),
        (("x", "y"), ""),
        (("x",), ""),
    ],
)
def test_a_text_is_found_and_none_is_an_empty_one(path: Keys, text: str) -> None:
    assert text_at(DATA, path) == text


@pytest.mark.parametrize(
    ("path", "culprit"),
    [
        (("n",), ("n",)),
        (("a", "b"), ("a", "b")),
        (("a", "l"), ("a", "l")),
        (("n", "x"), ("n",)),
        (("a", "l", 0), ("a", "l", 0)),
    ],
)
def test_what_is_no_text_is_named_by_its_path(path: Keys, culprit: Keys) -> None:
    with pytest.raises(OtherShapeError) as caught:
        text_at(DATA, path)
    assert caught.value.path == culprit


def test_the_wanted_id_is_taken_or_the_first_that_is_free() -> None:
    assert free_id("a", {}) == "a"
    assert free_id("a", {"a_2": 1, "b": 2}) == "a"
    assert free_id("a", ["a"]) == "a_2"
    assert free_id("a", {"a", "a_2", "a_4"}) == "a_3"


def test_credentials_are_a_change_for_each_key_in_the_programs_words() -> None:
    pair = lark_pair("cli", "secret", "lark")
    changes = written(cell_of("astrbot", LARK_LIKE), ("a",), pair)
    assert changes == [
        Set(("a", "app_id"), "cli"),
        Set(("a", "app_secret"), "secret"),
        Set(("a", "domain"), "https://open.larksuite.com"),
    ]


def test_a_person_is_put_on_a_list_once() -> None:
    path = ("a", "people")
    assert with_person({}, path, "5") == [Set(path, ["5"])]
    assert with_person({"a": {"people": ["4"]}}, path, "5") == [Append(path, "5")]
    for there in ("5", 5):
        assert with_person({"a": {"people": [there]}}, path, "5") == []
    with pytest.raises(OtherShapeError) as caught:
        with_person({"a": {"people": "4"}}, path, "5")
    assert caught.value.path == path


def test_a_pair_that_a_program_would_fill_in_is_unfit() -> None:
    for client_id, secret in (("ding", "se$cr{et"), ("d$ing", "$")):
        pair = ding_pair(client_id, secret)
        assert unexpanded(pair) is pair
    for client_id, secret in (("ding", "se${c}ret"), ("${HOME}", "secret")):
        with pytest.raises(UnfitValueError):
            unexpanded(ding_pair(client_id, secret))
