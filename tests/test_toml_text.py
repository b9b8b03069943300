"""A TOML text as a row of statements: where each begins and ends, and whose it is."""

import pytest

from bootstrap_bot.formats import toml_text
from bootstrap_bot.formats.format import Keys
from bootstrap_bot.formats.toml_reader import read_toml
from bootstrap_bot.formats.toml_text import Statement, statements


def test_every_statement_has_its_place_its_table_and_its_key() -> None:
    text = "# head\na = 1\n\n[t]  # own\nb.c = 2 # two\n[t.u]\n  [[l.m]]\nd = 3"
    found = statements(text)
    assert found == [
        Statement("a = 1\n", 7, 13, (), ("a",), is_header=False),
        Statement("[t]  # own\n", 14, 25, ("t",), ("t",), is_header=True),
        Statement("b.c = 2 # two\n", 25, 39, ("t",), ("t", "b", "c"), is_header=False),
        Statement("[t.u]\n", 39, 45, ("t", "u"), ("t", "u"), is_header=True),
        Statement("  [[l.m]]\n", 45, 55, ("l", "m"), ("l", "m"), is_header=True),
        Statement("d = 3", 55, 60, ("l", "m"), ("l", "m", "d"), is_header=False),
    ]
    assert [text[s.start : s.end] for s in found] == [s.text for s in found]


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
    assert [s.text for s in statements(text + last)] == [text, last]


def test_a_long_array_is_not_tried_at_each_of_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def counted(text: str) -> dict[str, object]:
        tried.append(text)
        return read_toml(text)

    monkeypatch.setattr(toml_text, "read_toml", counted)
    lines = ["1,\n", "# 2\n", "[3, 4],  \n", "\t{five = 6},\n", "'''7''',\n", "8,\n", "\n"]
    assert len(statements(f"a = [\n{''.join(lines * 50)}]\n")) == 1
    assert len(tried) == 3  # its first line, its last one, and its key
