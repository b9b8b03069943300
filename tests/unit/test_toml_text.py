"""A TOML text as a row of statements: where each begins and ends, and whose it is."""

import pytest

from bootstrap_bot.editing.format import Keys
from bootstrap_bot.editing.toml_text import Statement, statements


def test_every_statement_has_its_place_its_table_and_its_key() -> None:
    text = "# head\na = 1\n\n[t]  # own\nb.c = 2 # two\n[t.u]\n  [[l.m]]\nd = 3"
    found = statements(text)
    assert found == [
        Statement(7, 13, (), ("a",), False, 11, 12),
        Statement(14, 25, ("t",), ("t",), True, 17, 17),
        Statement(25, 39, ("t",), ("t", "b", "c"), False, 31, 32),
        Statement(39, 45, ("t", "u"), ("t", "u"), True, 44, 44),
        Statement(45, 55, ("l", "m", 0), ("l", "m", 0), True, 54, 54),
        Statement(55, 60, ("l", "m", 0), ("l", "m", 0, "d"), False, 59, 60),
    ]


def test_a_header_in_a_list_of_tables_is_about_its_last_element() -> None:
    text = "[[l]]\n[l.a]\n[[l.m]]\n[[l.m]]\nx = 1\n[l.m.b]\n[[l]]\n[[l.m]]\n[l.'m'.b]\n"
    assert [s.keys for s in statements(text)] == [
        ("l", 0),
        ("l", 0, "a"),
        ("l", 0, "m", 0),
        ("l", 0, "m", 1),
        ("l", 0, "m", 1, "x"),
        ("l", 0, "m", 1, "b"),
        ("l", 1),
        ("l", 1, "m", 0),
        ("l", 1, "m", 0, "b"),
    ]


@pytest.mark.parametrize("text", ["", "\n", "# a", "  \r\n# a = 1\r\n"])
def test_blanks_and_comments_are_no_statements(text: str) -> None:
    assert statements(text) == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a=1", ("a",)),
        ("ab=1", ("ab",)),
        ("a . b = 1", ("a", "b")),
        ('"a=b" = 1', ("a=b",)),
        ("'=' = '='", ("=",)),
        ('"=="."x=y".z = "c=d" # e=f', ("==", "x=y", "z")),
        ('"a\\"=b" = "="', ('a"=b',)),
        ('"" = 1', ("",)),
        ("['a=b'.'#']", ("a=b", "#")),
        ("a = {b = {c = 1}}", ("a",)),
    ],
)
def test_the_key_is_what_stands_before_the_equals_sign(text: str, keys: Keys) -> None:
    assert [s.keys for s in statements(text)] == [keys]


@pytest.mark.parametrize(
    "text",
    [
        "a = [\n1,\n2\n] # the end,\n",
        "a = [\n1,\n# ],\n2,\n]\n",
        "a = [ # [\n[1, 2],\n[3]]\n",
        'a = """\n[b]\nc = 1,\n"""\n',
        "a = '''\n# ''\n'''\n",
        "a = [\"\"\"\n]\"\"\", '''\n]\n''',\n]\n",
        "a = [{b = 1},\n{b = 2}]\n",
        "a = [\r\n1,\r\n]\r\n",
        "a = [\n'',\n{}]\n",
    ],
)
def test_what_goes_over_several_lines_is_one_statement(text: str) -> None:
    last = "z = 0\n"
    assert [(text + last)[s.start : s.end] for s in statements(text + last)] == [text, last]
