"""TOML changed anywhere in it: one place changes, every other byte stays."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from bootstrap_bot.editing.toml import Toml

SETTINGS = """\
# my bot
name = "x"   # first

[channels.feishu]
id = 'f'

[channels.dingtalk]  # the robot
# put the pair here
client_id = ""
other = [1,
  2] # kept

[last]
a.b = {c = 1}
"""
PROJECTS = """\
[[projects]]
[[projects.platforms]]
type = 'tg'
options = {y = 1}
[[projects.platforms]]
type = 'dingtalk'
[projects.platforms.options]
client_id = "old" # mine

[[projects]]
[[projects.platforms]]
type = 'b'
[projects.agent]
d = 'c'
[log]
"""
DING = ("projects", 0, "platforms", 1, "options")


def change(text: str, *changes: Change) -> str:
    return edited(Toml(), text, changes)


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("channels", "dingtalk", "client_id"), "ding", 'client_id = ""', 'client_id = "ding"'),
        (("name",), "y", 'name = "x"   # first', 'name = "y"   # first'),
        (("version",), 2, 'name = "x"   # first\n', 'name = "x"   # first\nversion = 2\n'),
        (("channels", "dingtalk", "on"), True, "2] # kept\n", "2] # kept\non = true\n"),
        (
            ("channels", "dingtalk", "deep", "er"),
            "x",
            "2] # kept\n",
            '2] # kept\n\n[channels.dingtalk.deep]\ner = "x"\n',
        ),
        (("last", "a", "b", "c"), 2, "{c = 1}", "{c = 2}"),
        (("last", "a", "b", "d"), 2, "{c = 1}", "{c = 1, d = 2}"),
        (("channels", "dingtalk", "other", 1), 3, "  2]", "  3]"),
        (("channels", "new"), {"a": "b"}, "2] # kept\n", '2] # kept\n\n[channels.new]\na = "b"\n'),
    ],
)
def test_one_place_changes(path: Keys, value: Any, old: str, new: str) -> None:
    assert SETTINGS.count(old) == 1
    assert change(SETTINGS, Set(path, value)) == SETTINGS.replace(old, new)


@pytest.mark.parametrize("text", ["", "# nothing\n", "\r\n", "[a]\nb = 1", f"{BOM}x = 1\n"])
def test_a_key_of_the_root_stands_before_the_first_table(text: str) -> None:
    new = change(text, Set(("own",), "1"))
    assert new.startswith(BOM) == text.startswith(BOM)
    before = tomllib.loads(text.removeprefix(BOM))
    assert tomllib.loads(new.removeprefix(BOM)) == {**before, "own": "1"}


def test_a_name_with_dots_is_quoted() -> None:
    new = change("", Set(("a.b", "c d", "é"), "x"))
    assert new == '["a.b"."c d"]\n"é" = "x"\n'


def test_line_ends_are_kept() -> None:
    new = change("[a]\r\nb = 1\r\n", Set(("a", "c"), "x"), Set(("d", "e"), "y"))
    assert new == '[a]\r\nb = 1\r\nc = "x"\r\n\r\n[d]\r\ne = "y"\r\n'


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("name", "inner"), 2, 1),
        (("channels", "feishu", "id", "x"), 5, 1),
        (("channels", "dingtalk", "other", "x"), 10, 1),
        (("channels", "dingtalk", "other", 7, "y"), 10, 1),
    ],
)
def test_another_shape_is_refused_with_its_place(path: Keys, line: int, column: int) -> None:
    with pytest.raises(WrongShapeError) as caught:
        change(SETTINGS, Set(path, "x"))
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (Set(("bots", "0", "id"), 2), 2),
        (Set(("bots", "id"), 2), 2),
        (Set(("bots", 2, "id"), 2), 2),
        (Set(("bots", 0), {"id": 2}), 2),
        (Set(("bots", 1, "id", 0), 2), 5),
        (Set(("bots", 1, "to", 1), 2), 6),
        (Set(("name", 0), 2), 1),
        (Append(("bots", 0), {"id": 2}), 2),
        (Append(("bots",), 2), 2),
        (Append(("none",), {"id": 2}), 1),
        (Remove(("bots", 2)), 2),
        (Remove(("bots", "id")), 2),
    ],
)
def test_in_a_list_of_tables_only_an_index_that_is_there_leads_on(asked: Change, line: int) -> None:
    text = "name = {}\n[[bots]]\nid = 1\n[[bots]]\nid = 2\nto = [1]\n"
    with pytest.raises(WrongShapeError) as caught:
        change(text, asked)
    assert (caught.value.line, caught.value.column) == (line, 1)


def test_what_does_not_parse_tells_where_and_nothing_else() -> None:
    with pytest.raises(NotParsableError) as caught:
        change("a = 1\nhunter2 hunter2\n", Set(("b",), 1))
    assert (caught.value.line, caught.value.column) == (2, 9)
    assert caught.value.__context__ is None
    assert "hunter2" not in str(caught.value)


def test_halves_of_surrogates_cannot_be_written() -> None:
    for wanted in (Set(("a",), "\ud800"), Set(("\udc00",), 1), Set(("t", "b"), ["\udfff"])):
        with pytest.raises(UnfitValueError):
            change("a = 1\n[t]\n", wanted)


def test_removing_takes_the_line_or_the_whole_table() -> None:
    path = ("channels", "dingtalk", "client_id")
    assert change(SETTINGS, Remove(path)) == SETTINGS.replace('client_id = ""\n', "")
    rest = change(SETTINGS, Remove(("channels", "dingtalk")))
    assert "[last]" in rest
    assert value_at(read(Toml(), rest), ("channels", "dingtalk")) is None
    assert change(SETTINGS, Remove(("channels", "nobody", "x"))) == SETTINGS


@pytest.mark.parametrize(
    ("old", "asked", "new"),
    [
        # tables
        ("a = 1\n\n", Set(("t", "x"), 1), "a = 1\n\n[t]\nx = 1\n"),
        ("a = 1\n  ", Set(("t",), {}), "a = 1\n  \n\n[t]\n"),
        (
            "[c.d]\nx = 1\n\n[c.e]\ny = 2\n",
            Set(("c", "d", "f", "g"), True),
            "[c.d]\nx = 1\n\n[c.d.f]\ng = true\n\n[c.e]\ny = 2\n",
        ),
        (
            "[c.d]\nx = 1\n[z]\n",
            Set(("c", "n"), {"a b": 1, "in": {"k.l": "x", "m": [1, {"n": False}]}}),
            '[c.d]\nx = 1\n\n[c.n]\n"a b" = 1\nin = {"k.l" = "x", m = [1, {n = false}]}\n\n[z]\n',
        ),
        ("[c]\n", Set(("c", "in"), {}), "[c]\n\n[c.in]\n"),
        ("[c.d]\n[c.e]\n", Set(("c", "d", "f"), {}), "[c.d]\n\n[c.d.f]\n\n[c.e]\n"),
        ("[b]\n\t\n[z]\n", Set(("b", "c"), {}), "[b]\n\n[b.c]\n\t\n[z]\n"),
        # keys
        ("# a\n", Set(("b",), [1, "x"]), 'b = [1, "x"]\n# a\n'),
        ("a = 1\n# a\n[t]\nb = 1", Set(("c",), 2), "a = 1\nc = 2\n# a\n[t]\nb = 1"),
        ("[t]\nb = 1\n# b", Set(("t", "c"), 2), "[t]\nb = 1\nc = 2\n# b"),
        ("[t]\nb = 1", Set(("t", "c"), 2), "[t]\nb = 1\nc = 2\n"),
        ("[t]\n[t.u]\n", Set(("t", "c"), 2), "[t]\nc = 2\n[t.u]\n"),
        ("t.b = 1\n[u]\n", Set(("t", "c"), 2), "t.b = 1\nt.c = 2\n[u]\n"),
        ("[s]\nt.b = 1\n[u]\n", Set(("s", "t", "c"), 2), "[s]\nt.b = 1\nt.c = 2\n[u]\n"),
        ("[t.u]\nb = 1\n[v]\n", Set(("t", "c"), 2), "[t.u]\nb = 1\n[v]\n\n[t]\nc = 2\n"),
        # inside of values
        ("a = [{x = 1}, {x = 2}]\n", Set(("a", 1, "x"), 3), "a = [{x = 1}, {x = 3}]\n"),
        ("a = [[1, 2], [3]]\n", Set(("a", 0, 1), 5), "a = [[1, 5], [3]]\n"),
        ("a = [[1, 2], [3]]\n", Append(("a", 1), 5), "a = [[1, 2], [3, 5]]\n"),
        ("a = [[1, 2], [3]]\n", Remove(("a", 0, 0)), "a = [[2], [3]]\n"),
        ("a = {b = 1}\n", Set(("a", "c", "d"), "x"), 'a = {b = 1, c = {d = "x"}}\n'),
        ("a = 1\nb = 2\n", Set(("b",), "x"), 'a = 1\nb = "x"\n'),
        ("[t]\na = 1\nb = {c = 2} # c\n", Remove(("t", "b", "c")), "[t]\na = 1\nb = {} # c\n"),
        ("a = [\n  1, # one\n]\n", Append(("a",), 2), "a = [\n  1, # one\n  2,\n]\n"),
        ("a = [\n  1 # one\n]\n", Append(("a",), [2]), "a = [\n  1, # one\n  [2]\n]\n"),
        ("a = [ # none\n]\n", Append(("a",), "#"), 'a = [ # none\n  "#"\n]\n'),
        ("a = [\n  {},\n  []\n]\n", Set(("a", 0, "b"), 1), "a = [\n  {b = 1},\n  []\n]\n"),
        ("a = [\n  {},\n  []\n]\n", Append(("a", 1), 1), "a = [\n  {},\n  [1]\n]\n"),
        ("a = [\n  1,\n  2, # two\n]\n", Remove(("a", 1)), "a = [\n  1,\n]\n"),
        ("a={b=1}\n", Set(("a", "c"), {"d": 1}), "a={b=1,c={d=1}}\n"),
        ("a = {b.c = 1}\n", Set(("a", "b", "c"), "x"), 'a = {b.c = "x"}\n'),
        ("a = {'b c' = 1, \"d\\u0065\" = 2}\n", Remove(("a", "de")), "a = {'b c' = 1}\n"),
        ("a = [1979-05-27 07:32:00, 'x]']\n", Set(("a", 1), 2), "a = [1979-05-27 07:32:00, 2]\n"),
        ('a = ["""\n]"""", 3]\n', Set(("a", 1), "\x7f"), 'a = ["""\n]"""", "\\u007f"]\n'),
        ("a = [nan, -inf, 1e3]\n", Set(("a", 2), 1e22), "a = [nan, -inf, 1e+22]\n"),
        # in lists of tables
        (PROJECTS, Set((*DING, "client_id"), "new"), PROJECTS.replace('"old"', '"new"')),
        (PROJECTS, Set((*DING, "x"), 1), PROJECTS.replace("# mine\n", "# mine\nx = 1\n")),
        (
            PROJECTS,
            Remove((*DING, "client_id")),
            PROJECTS.replace('client_id = "old" # mine\n', ""),
        ),
        (
            PROJECTS,
            Set(("projects", 0, "platforms", 0, "options", "t"), 1),
            PROJECTS.replace("y = 1}", "y = 1, t = 1}"),
        ),
        (
            PROJECTS,
            Set(("projects", 1, "platforms", 0, "options", "t"), 1),
            PROJECTS.replace("'b'\n", "'b'\n\n[projects.platforms.options]\nt = 1\n\n"),
        ),
        (
            PROJECTS,
            Set(("projects", 1, "agent", "x", "y"), 1),
            PROJECTS.replace("d = 'c'\n", "d = 'c'\n\n[projects.agent.x]\ny = 1\n\n"),
        ),
        (
            PROJECTS,
            Append(("projects", 0, "platforms"), {"type": "d", "options": {"x": 1}}),
            PROJECTS.replace(
                "# mine\n",
                '# mine\n\n[[projects.platforms]]\ntype = "d"\noptions = {x = 1}\n',
            ),
        ),
        (
            PROJECTS,
            Remove(("projects", 0, "platforms", 1)),
            PROJECTS.replace(
                "[[projects.platforms]]\ntype = 'dingtalk'\n[projects.platforms.options]\n"
                'client_id = "old" # mine\n',
                "",
            ),
        ),
        ("[[a]]\n[[a]]\nx = 1\n", Set(("a", 0, "x"), 2), "[[a]]\nx = 2\n[[a]]\nx = 1\n"),
        # taking out
        ("a = 1\n\nb = 2\n\nc = 3\n", Remove(("b",)), "a = 1\n\nc = 3\n"),
        ("a = 1\n\nb = 2\nc = 3\n", Remove(("b",)), "a = 1\n\nc = 3\n"),
        ("\nb = 2\n\nc = 3\n", Remove(("b",)), "\nc = 3\n"),
        ("a = 1\n\nb = 2\n \t", Remove(("b",)), "a = 1\n \t"),
        ("a = 1\n\nb = 2 # b", Remove(("b",)), "a = 1\n"),
        ("a = 1\r\n\r\nb = 2\r\n", Remove(("b",)), "a = 1\r\n"),
        (
            "[t]\na = 1\n# of a\n\n  # of u\n[t.u]\nb = 2\n[v]\nc = 3\n[t.w]\nd = 4\n",
            Remove(("t",)),
            "[v]\nc = 3\n",
        ),
        ("t.a = 1\nx = 2\nt.b = 3\n", Remove(("t",)), "x = 2\n"),
        ("[[l]]\na = 1\n[[l]]\na = 2\n[z]\n", Remove(("l",)), "[z]\n"),
    ],
)
def test_what_is_around_the_change_stays(old: str, asked: Change, new: str) -> None:
    assert change(old, asked) == new


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("x",), 1, 1),
        (("a",), 3, 1),
        (("t", "x"), 4, 1),
        (("t", "b"), 5, 1),
        (("t", "b", "c"), 5, 1),
        (("t", "u", "x"), 6, 1),
        (("v", "w"), 7, 1),
        ((), 1, 1),
    ],
)
def test_a_place_is_told_where_it_stands_or_where_the_nearest_thing_above_does(
    path: tuple[str, ...], line: int, column: int
) -> None:
    text = "\n# head\na = 1\n[t]\nb = {c = 1}\n[t.u]\n[v]\n"
    assert Toml().locate(text, path) == (line, column)
    assert Toml().locate("\na = 1", ("a",)) == (2, 1)
    assert Toml().locate(text.replace("\n", "\r\n"), path) == (line, column)
    assert Toml().locate(text.removeprefix("\n"), path) == (line - (line > 1), column)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a = 1\n", Set(("a", "b"), 2)),
        ("a = [{b = 1}]\n", Remove(("a", 0, "c"))),
        ("a = {b = 1}\n", Set(("a", "c"), object())),
        ("x = 1\na.b = 1\n", Set(("a", "b", "c"), {"d": None})),
        ("a = {b.c = 1}\n", Remove(("a", "b"))),
        ("a = {b = 1}\n", Append(("a", "c"), 1)),
    ],
)
def test_what_cannot_be_written_there_is_refused_with_its_place(text: str, asked: Change) -> None:
    with pytest.raises(WrongShapeError) as caught:
        Toml().splice(text, asked)
    assert (caught.value.line, caught.value.column) == Toml().locate(text, asked.path)
    assert caught.value.__context__ is None


plain = st.characters(exclude_categories=["Cs"])
names = st.sampled_from(["a", "o", "c", "d", "list", "a.b"]) | st.text(
    plain, min_size=1, max_size=4
)
values = st.text(plain, max_size=12) | st.booleans() | st.integers(-(2**63), 2**63 - 1)
bits = [
    "# comment [a]",
    "",
    "[a]\nz = 'a'",
    '[o."a.b"] # "x"\n\t"k = 1" = {a = 1, b = [1,\n2]}',
    "[[list]]\nx = 1979-05-27T07:32:00Z",
    "[c.d.e]\nf = '''\n[a]\nclient_id = 1\n'''",
]


@given(
    chosen=st.lists(st.sampled_from(bits), unique=True),
    newline=st.sampled_from(["\n", "\r\n"]),
    path=st.lists(names, min_size=1, max_size=4),
    value=values,
    ended=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_reads_back_and_the_rest_stays(
    chosen: list[str], newline: str, path: list[str], value: Any, ended: bool
) -> None:
    text = newline.join(bit.replace("\n", newline) for bit in chosen) + newline * ended
    keys = tuple(path)
    try:
        new = change(text, Set(keys, value))
    except WrongShapeError:
        return
    old, now = tomllib.loads(text), tomllib.loads(new)
    assert value_at(now, keys) == value
    assert change(new, Set(keys, value)) == new
    back = tomllib.loads(change(new, Remove(keys)))
    if value_at(old, keys) is None:
        assert without_empty(back) == without_empty(old)
    for line in text.splitlines():
        assert line.strip() in new or value_at(old, keys) is not None


def without_empty(data: Any) -> Any:
    if isinstance(data, dict):
        found = {key: without_empty(value) for key, value in data.items()}
        return {key: value for key, value in found.items() if value != {}}
    return data
