"""Strict JSON: what its program's parser refuses is refused, and everything else as in JSON5."""

import json

import pytest

from bootstrap_bot.editing.format import BOM, Append, NotParsableError, Remove, Set, edited, read
from bootstrap_bot.editing.json5 import Json, Json5

SECRET = "client-secret-that-must-not-leak"
FORM = Json()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{\n  // why\n  "a": 1}', 2, 3),
        ('{"a": 1 /* why */}', 1, 9),
        ('{"a": 1} // why', 1, 10),
        ("{'a': 1}", 1, 2),
        ("{\"a\": 'b'}", 1, 7),
        ("{a: 1}", 1, 2),
        ('{"a": 0x1F}', 1, 8),
        ('{"a": +1}', 1, 7),
        ('{"a": .5}', 1, 7),
        ('{"a": 5.}', 1, 8),
        ('{"a": 01}', 1, 8),
        ('{"NaN": "NaN",\n "a": NaN}', 2, 7),
        ('{"a": "\\"Infinity", "b": Infinity}', 1, 26),
        ('{"a": [1, -Infinity]}', 1, 11),
        ('{"a": "one\n"}', 1, 11),
        ('{"a": "\t"}', 1, 8),
        ('{"a": "\\x41"}', 1, 8),
        ('{"a": 1}\n{"b": 2}', 2, 1),
        ('{"a": 1', 1, 8),
        ('{"a": None}', 1, 7),
        ('{"a":\xa01}', 1, 6),
        ("[" * 101 + "]" * 101, 1, 101),
        ('{"[[": ' + "[" * 5_000 + "]" * 5_000 + "}", 1, 107),
        ('{"a":' * 5_000, 1, 501),
    ],
)
def test_what_a_strict_parser_refuses_is_refused_with_its_place(
    text: str, line: int, column: int
) -> None:
    with pytest.raises(NotParsableError) as caught:
        edited(FORM, text, [Set(("b",), "x")])
    assert (caught.value.line, caught.value.column) == (line, column)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("text", ['{"a": 1,}', '{"a": [1, 2,]}', '{"a": {"b": [],}}'])
def test_a_comma_behind_the_last_value_is_refused_at_it_or_behind_it(text: str) -> None:
    with pytest.raises(NotParsableError) as caught:
        FORM.read(text)
    # releases of Python differ in which of the two they name
    assert (caught.value.line, text[caught.value.column - 1]) in ((1, ","), (1, text[-1]), (1, "]"))
    assert Json5().read(text)


def test_an_error_does_not_repeat_what_stands_in_the_text() -> None:
    with pytest.raises(NotParsableError) as caught:
        FORM.read(f'{{"a": "{SECRET}",}}')
    assert SECRET not in repr(caught.value)


def test_nan_is_read_where_the_program_reads_it() -> None:
    text = '{"a": NaN, "b": [-Infinity, Infinity]}'
    assert repr(Json(takes_nan=True).read(text)) == "{'a': nan, 'b': [-inf, inf]}"
    new = edited(Json(takes_nan=True), text, [Set(("c",), 1)])
    assert new == '{"a": NaN, "b": [-Infinity, Infinity], "c": 1}'


def test_a_byte_order_mark_is_taken_only_where_the_program_takes_it() -> None:
    for work in (
        lambda: read(FORM, BOM + "{}"),
        lambda: edited(FORM, BOM + "{}", [Set(("a",), 1)]),
    ):
        with pytest.raises(NotParsableError) as caught:
            work()
        assert (caught.value.line, caught.value.column) == (1, 1)
    assert edited(Json(takes_bom=True), BOM + '{"a": 1}', [Set(("a",), 2)]) == BOM + '{"a": 2}'
    assert edited(Json5(), BOM + '{"a": 1}', [Set(("a",), 2)]) == BOM + '{"a": 2}'


@pytest.mark.parametrize("form", [Json(), Json5()])
def test_of_equal_keys_the_last_one_is_set_which_is_the_one_programs_read(form: Json5) -> None:
    text = '{"a": {"x": 1}, "\\u0061": {"x": 2}, "b": 0}'
    assert form.read(text) == json.loads(text)
    new = edited(form, text, [Set(("a", "x"), 3)])
    assert new == text.replace("2", "3")
    assert json.loads(new)["a"] == {"x": 3}
    assert edited(form, new, [Remove(("a",))]) == '{"b": 0}'


@pytest.mark.parametrize("digits", ["9" * 700, "-" + "9" * 5_000])
def test_numbers_of_any_length_stay_and_are_told_apart(digits: str) -> None:
    text = f'{{"n": {digits}, "a": 1}}'
    new = edited(FORM, text, [Set(("a",), 2)])
    assert new == f'{{"n": {digits}, "a": 2}}'
    assert FORM.read(text) != FORM.read(text.replace("9,", "8,"))


def test_halves_of_surrogates_that_stand_in_a_text_are_kept() -> None:
    text = '{"a": "\\ud83d", "\\udc00": [1]}'
    assert edited(FORM, text, [Append(("\udc00",), 2)]) == text.replace("[1]", "[1, 2]")


@pytest.mark.parametrize(("text", "new"), [("", '{\n  "a": 1\n}\n'), ("{}", '{\n  "a": 1\n}')])
def test_what_is_written_is_strict(text: str, new: str) -> None:
    assert edited(FORM, text, [Set(("a",), 1)]) == new
