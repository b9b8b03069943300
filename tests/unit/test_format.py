"""Changes made through any format: each one proven by what is read afterwards, or refused."""

import json
from datetime import date
from typing import Any

import pytest

from bootstrap_bot.editing.format import (
    BOM,
    Append,
    Change,
    Keys,
    NotParsableError,
    Remove,
    Set,
    UnfitValueError,
    WrongShapeError,
    edited,
    read,
    value_at,
)
from tests.support.format import FakeFormat


class Lying(FakeFormat):
    """Writes this text, whatever it is asked for."""

    def __init__(self, new: str) -> None:
        super().__init__()
        self._new = new

    def splice(self, text: str, change: Change) -> str:
        return self._new


class Fixed(FakeFormat):
    """Reads each text as the data it is the name of."""

    def __init__(self, **data: Any) -> None:
        super().__init__()
        self._data = data

    def read(self, text: str) -> Any:
        return self._data[text]

    def splice(self, text: str, change: Change) -> str:
        return "new"


def change(text: str, *changes: Change) -> Any:
    return json.loads(edited(FakeFormat(), text, changes))


def accepts(old: str, change: Change, new: str) -> bool:
    """Whether a format that turns the old text into the new one for this change is believed."""
    try:
        return edited(Lying(new), old, [change]) == new
    except WrongShapeError:
        return False


# Errors.


@pytest.mark.parametrize(
    ("kind", "words"),
    [(NotParsableError, "does not parse at line"), (WrongShapeError, "of another shape at line")],
)
def test_an_error_says_where_and_nothing_else(
    kind: type[NotParsableError] | type[WrongShapeError], words: str
) -> None:
    nowhere, somewhere = kind(), kind(3, 9)
    assert (nowhere.line, nowhere.column, somewhere.line, somewhere.column) == (0, 0, 3, 9)
    assert [str(nowhere), str(somewhere)] == [f"{words} 0, column 0", f"{words} 3, column 9"]


# Reading.


def test_a_byte_order_mark_is_no_part_of_the_data() -> None:
    assert read(FakeFormat(), f'{BOM}{{"a": 1}}') == read(FakeFormat(), '{"a": 1}') == {"a": 1}
    with pytest.raises(NotParsableError):
        read(FakeFormat(), '{"a": 1}' + BOM)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"a"'])
def test_a_text_that_is_no_table_is_of_another_shape_from_its_start(text: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        read(FakeFormat(), text)
    assert (caught.value.line, caught.value.column) == (1, 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), {"a": [{"b": 1}, [2, 3]], "0": {"1": None}}),
        (("a", 0, "b"), 1),
        (("a", 1, 0), 2),
        (("a", 1, 1), 3),
        (("a", 1, 2), None),
        (("a", 1, -1), None),
        (("a", 1, "x"), None),
        (("a", 1, "1"), None),
        (("0", 1), None),
        (("a", "b"), None),
        (("a", 0, "b", "c"), None),
        (("0",), {"1": None}),
        (("0", "1"), None),
        (("0", "1", "2"), None),
        (("b",), None),
    ],
)
def test_what_stands_at_a_path_is_found_or_none(path: Keys, value: Any) -> None:
    assert value_at({"a": [{"b": 1}, [2, 3]], "0": {"1": None}}, path) == value


# Changing.


@pytest.mark.parametrize(
    ("old", "asked", "new"),
    [
        ({}, Set(("a",), 1), {"a": 1}),
        ({}, Set(("a", "b", "c"), 1), {"a": {"b": {"c": 1}}}),
        ({"a": None}, Set(("a", "b"), 1), {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}}, Set(("a", "b"), {"d": 3}), {"a": {"b": {"d": 3}, "c": 2}}),
        ({"a": [1, 2, 3]}, Set(("a", 1), 9), {"a": [1, 9, 3]}),
        ({"a": [1, 2]}, Append(("a",), 9), {"a": [1, 2, 9]}),
        ({"a": [{"b": 1}, {"b": 2}]}, Set(("a", 1, "b"), 9), {"a": [{"b": 1}, {"b": 9}]}),
        ({"a": {"b": 1, "c": 2}}, Remove(("a", "b")), {"a": {"c": 2}}),
        ({"a": [1, 2, 3]}, Remove(("a", 1)), {"a": [1, 3]}),
        ({"a": [{"b": 1}, {"b": 2}]}, Remove(("a", 1, "b")), {"a": [{"b": 1}, {}]}),
    ],
)
def test_a_change_is_made_where_it_belongs(old: Any, asked: Change, new: Any) -> None:
    assert change(json.dumps(old), asked) == new


def test_changes_are_made_one_after_the_other() -> None:
    form = FakeFormat()
    changes: list[Change] = [Set(("a",), 1), Set(("b",), 2), Remove(("a",))]
    assert json.loads(edited(form, "", changes)) == {"b": 2}
    assert form.asked == changes


def test_a_byte_order_mark_stays_and_none_is_added() -> None:
    for mark in ("", BOM):
        assert edited(FakeFormat(), f'{mark}{{"a": 1}}', [Set(("a",), 2)]) == mark + '{"a": 2}'


@pytest.mark.parametrize(
    "asked",
    [
        Set(("a", "b"), 1),
        Set(("a", "l", 0), 2),
        Remove(("a", "x")),
        Remove(("x",)),
        Remove(("x", "y")),
        Remove(("a", "e", "x")),
    ],
)
@pytest.mark.parametrize("mark", ["", BOM])
def test_what_makes_no_difference_is_not_even_asked_for(asked: Change, mark: str) -> None:
    form, text = FakeFormat(), mark + '{"a":  {"b": 1, "l": [2], "e": {}}}'
    assert edited(form, text, [asked]) == text
    assert form.asked == []


def test_no_changes_ask_nothing_of_the_text() -> None:
    assert edited(FakeFormat(), "no JSON", []) == "no JSON"
    with pytest.raises(NotParsableError):
        edited(FakeFormat(), "no JSON", [Remove(("a",))])


@pytest.mark.parametrize(
    "asked",
    [
        Set(("a", "t", "x"), 1),
        Set(("a", "t", "x", "y"), 1),
        Set(("a", "n", "x"), 1),
        Set(("a", "l", "x"), 1),
        Set(("a", "l", "0"), 1),
        Set(("a", "l", 1), 1),
        Set(("a", "l", -1), 1),
        Set(("a", 0), 1),
        Set(("a", 0, "x"), 1),
        Append(("a", "t"), 1),
        Append(("a", "none"), 1),
        Append(("a", "l", 0), 1),
        Append(("a", "l", 1), 1),
        Set(("a", "l", 7, "x"), 1),
        Set(("a", "l", "x", "y"), 1),
        Set(("a", "l", 0, "x"), 1),
        Remove(("a", "t", "x")),
        Remove(("a", "l", "x")),
        Remove(("a", "l", "0")),
        Remove(("a", 0)),
        Remove(("a", "l", 7)),
    ],
)
def test_where_something_else_stands_the_change_is_refused_with_its_place(asked: Change) -> None:
    form, text = FakeFormat(), '{"a": {"t": "text", "n": 5, "l": [1]}}'
    with pytest.raises(WrongShapeError) as caught:
        edited(form, text, [asked])
    assert (caught.value.line, caught.value.column) == form.locate(text, asked.path)
    assert caught.value.column > 1
    assert caught.value.__suppress_context__
    assert form.asked == []


# Proofs.


@pytest.mark.parametrize(
    ("new", "believed"),
    [
        ('{"a": {"b": 2}, "z": {}}', True),
        ('{"z": {}, "a": {"b": 2}}', True),
        ('{"a": {"b": 1}, "z": {}}', False),
        ('{"a": {"b": 2}}', False),
        ('{"a": {"b": 2}, "z": {}, "y": 1}', False),
        ('{"a": {"b": "2"}, "z": {}}', False),
        ('{"a": {"b": 2.0}, "z": {}}', False),
        ('{"a": {"b": 2}, "z": []}', False),
        ('{"a": {"b": 2}, "z": {', False),
    ],
)
def test_a_new_text_has_to_say_the_old_data_and_the_change(new: str, believed: bool) -> None:
    assert accepts('{"a": {"b": 1}, "z": {}}', Set(("a", "b"), 2), new) is believed


@pytest.mark.parametrize("new", ['{"b": {"c": 9}}', "no JSON"])
def test_a_change_that_could_not_be_proven_is_refused_with_its_place(new: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        edited(Lying(new), '{"a": 1, "b": {"c": 2}}', [Set(("b", "c"), 3)])
    assert (caught.value.line, caught.value.column) == (1, 16)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("new", "believed"),
    [
        ('{"a": {"b": {}}, "z": 1}', True),
        ('{"a": {}, "z": 1}', True),
        ('{"z": 1}', True),
        ('{"a": {"b": null}, "z": 1}', False),
        ('{"a": 1, "z": 1}', False),
        ("{}", False),
    ],
)
def test_tables_left_empty_above_what_is_removed_may_go(new: str, believed: bool) -> None:
    old = '{"a": {"b": {"c": 1}}, "z": 1}'
    assert accepts(old, Remove(("a", "b", "c")), new) is believed


def test_the_order_of_keys_may_be_another_one_at_any_depth() -> None:
    old = '{"a": 1, "l": [[{"x": 1, "y": {"v": 1, "w": 2}}]]}'
    new = '{"b": 2, "l": [[{"y": {"w": 2, "v": 1}, "x": 1}]], "a": 1}'
    assert accepts(old, Set(("b",), 2), new)
    assert not accepts(old, Set(("b",), 2), new.replace('"v": 1', '"v": 3'))


def test_a_table_that_is_left_empty_elsewhere_has_to_stay() -> None:
    old = '{"a": {"b": 1, "x": {}}, "b": {}}'
    assert accepts(old, Remove(("a", "b")), '{"a": {"x": {}}, "b": {}}')
    assert not accepts(old, Remove(("a", "b")), '{"a": {}, "b": {}}')
    assert not accepts(old, Remove(("a", "b")), '{"a": {"x": {}}}')


def test_an_empty_table_that_was_asked_for_has_to_be_there() -> None:
    assert not accepts('{"x": 1}', Set(("a",), {}), '{"x": 1, "b": {}}')
    assert not accepts('{"x": 1}', Set(("a", "b"), {}), '{"x": 1, "a": {}}')
    assert accepts('{"x": 1}', Set(("a", "b"), {}), '{"x": 1, "a": {"b": {}}}')


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0, False), (None, ""), ("1", 1), ([], {}), ([1, 2], [2, 1])],
)
def test_values_that_only_look_alike_are_told_apart(one: Any, other: Any) -> None:
    assert change(json.dumps({"a": one}), Set(("a",), other)) == {"a": other}
    assert not accepts("{}", Set(("a",), one), json.dumps({"a": other}))
    assert accepts("{}", Set(("a",), one), json.dumps({"a": one}))
    assert not accepts('{"a": 1}', Set(("b",), 1), json.dumps({"a": [other], "b": 1}))


def test_what_json_does_not_know_is_compared_too() -> None:
    day = date(2026, 1, 2)
    same = {"n": float("nan"), "d": day, 1: "number", "1": "text", None: [{2: day}]}
    form = Fixed(old=same, new={**same, "a": 1})
    assert edited(form, "old", [Set(("a",), 1)]) == "new"
    assert edited(form, "new", [Set(("a",), 1)]) == "new"
    for other in ({"d": date(2026, 1, 3)}, {1: "text", "1": "number"}, {None: [{"2": day}]}):
        with pytest.raises(WrongShapeError):
            edited(Fixed(old=same, new={**same, **other, "a": 1}), "old", [Set(("a",), 1)])


def test_the_data_that_was_read_is_not_changed_by_the_asking() -> None:
    data = {"a": {"b": 1}}
    assert edited(Fixed(old=data, new={"a": {"b": 2}}), "old", [Set(("a", "b"), 2)]) == "new"
    assert data == {"a": {"b": 1}}


def test_a_value_that_the_format_cannot_hold_passes_through() -> None:
    class Strict(FakeFormat):
        def splice(self, text: str, change: Change) -> str:
            raise UnfitValueError

    with pytest.raises(UnfitValueError):
        edited(Strict(), "{}", [Set(("a",), 1)])
