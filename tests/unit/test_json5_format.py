"""JSON and JSON5 are read as their owners read them, and changed where the change is alone."""

import json
import random
import re
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
    WrongShapeError,
    edited,
    value_at,
)
from bootstrap_bot.editing.json5 import Json5

SECRET = "client-secret-that-must-not-leak"
FORMAT = Json5()

OPENCLAW = """\
// written by hand
{
  gateway: { port: 18789, bind: 'loopback' }, // not for others
  "channels": {
    telegram: {
      enabled: true,
      botToken: '123:abc', // from @BotFather
      allowFrom: ['tg:1', "tg:2",],
    },

    /* discord: {
         token: "..." } */
    // slack: {},
  },
  agents: null,
  plugins: {
    // none yet
  },
  bindings: [
    { agentId: "main", match: { channel: "telegram" } }
  ],
  url: 'https://example.com/' // the last one
}
"""
ASTRBOT = """\
{
    "config_version": 2,
    "platform": [
        {
            "id": "default",
            "type": "aiocqhttp",
            "enable": false
        }
    ],
    "wake_prefix": ["/"],
    "t2i": false
}
"""
DINGTALK = {"enabled": True, "clientId": "dingabc", "allowFrom": ["*"]}


def change(text: str, *changes: Change) -> str:
    """The text after these changes, which another time makes no difference."""
    new = edited(FORMAT, text, changes)
    if not any(isinstance(one, Append) for one in changes):
        assert FORMAT.read(new) == FORMAT.read(edited(FORMAT, new, changes))
    return new


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", {}),
        (" \r\n\t", {}),
        ('{"a": [1, 1.0, -0.5e3, true, null]}', {"a": [1, 1.0, -500.0, True, None]}),
        ("{a: 1, 'b': \"it's\", \"c\": 'say \\\"hi\\'',}", {"a": 1, "b": "it's", "c": "say \"hi'"}),
        ("// c\n{a: /* b: 2 */ [+1, .5, 0x1F,]}", {"a": [1, 0.5, 31]}),
        ("{$_é: 'a\\\nb', \\u0061: '\\ud83d\\ude00',}", {"$_é": "ab", "a": "😀"}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("{a: 1, 'a': 2}", {"a": 2}),
        ('{"a": "\\ud800"}', {"a": "\ud800"}),
        ("[1]", [1]),
    ],
)
def test_reads_what_people_write(text: str, data: object) -> None:
    found = FORMAT.read(text)

    assert found == data
    assert repr(found) == repr(data), "1 is not 1.0"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"a": 1,\n "b" 2}', 2, 6),
        ("{\r\n  // c\r\n  a: 1\r\n  b: 2\r\n}", 4, 3),
        ('{"😀": 1, "b": oops}', 1, 15),
        ("{a: 1}\n}", 2, 1),
        ("// nothing\n", 1, 1),
        ("{\n  a: {", 2, 6),
        ("{\n  a: 'open\n}", 2, 6),
        ("{a: '\\ud800'}", 1, 11),
        ("[" * 5_000 + "]" * 5_000, 1, 101),
        ('{"a":' * 5_000, 1, 501),
        ("[" * 101 + "]" * 101, 1, 101),
    ],
)
def test_a_text_that_does_not_parse_tells_where(text: str, line: int, column: int) -> None:
    with pytest.raises(NotParsableError) as raised:
        FORMAT.read(text)

    assert (raised.value.line, raised.value.column) == (line, column)


@pytest.mark.parametrize("text", ['{"a": "%s"', "{a: '%s' b}", '{"%s": }', "{a: 1}%s"])
def test_an_error_does_not_repeat_what_stands_in_the_text(text: str) -> None:
    with pytest.raises(NotParsableError) as raised:
        FORMAT.read(text % SECRET)

    error = raised.value
    assert SECRET not in repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_lists_and_tables_are_read_a_hundred_deep() -> None:
    deep = "[" * 99 + "1" + "]" * 99

    assert change(f'{{"a": {deep}}}', Set(("b",), 1)) == f'{{"a": {deep}, "b": 1}}'
    assert change(f"{{a: {deep}}}", Set(("b",), 1)) == f'{{a: {deep}, "b": 1}}'


def test_a_new_table_is_written_as_its_neighbours_are() -> None:
    new = change(OPENCLAW, Set(("channels", "dingtalk"), DINGTALK))

    assert new == OPENCLAW.replace(
        "    // slack: {},\n",
        "    // slack: {},\n"
        '    "dingtalk": {\n'
        '      "enabled": true,\n'
        '      "clientId": "dingabc",\n'
        '      "allowFrom": [\n'
        '        "*"\n'
        "      ]\n"
        "    },\n",
    )
    assert change(new, Remove(("channels", "dingtalk"))) == OPENCLAW


def test_a_new_platform_follows_the_others_of_a_strict_file() -> None:
    new = change(ASTRBOT, Append(("platform",), {"id": "ding", "enable": True}))

    assert new == ASTRBOT.replace(
        "        }\n    ],",
        '        },\n        {\n            "id": "ding",\n            "enable": true\n'
        "        }\n    ],",
    )
    assert json.loads(new)["platform"][1] == {"id": "ding", "enable": True}
    assert edited(FORMAT, new, [Remove(("platform", 1))]) == ASTRBOT


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (Set(("channels", "telegram", "botToken"), "9"), "'123:abc'", '"9"'),
        (Set(("gateway", "port"), 1.0), "18789", "1.0"),
        (Set(("gateway", "x"), {}), "'loopback' }", "'loopback', \"x\": {} }"),
        (Set(("agents", "a"), 1), "null", '{\n    "a": 1\n  }'),
        (Set(("plugins", "a"), 1), "// none yet", '// none yet\n    "a": 1'),
        (Set(("x",), 1), "com/' // the last one", 'com/\', // the last one\n  "x": 1'),
        (Append(("channels", "telegram", "allowFrom"), "*"), '"tg:2",]', '"tg:2", "*",]'),
        (Set(("channels", "telegram", "allowFrom", 0), "*"), "'tg:1'", '"*"'),
        (Append(("bindings",), 5), "} }\n", "} },\n    5\n"),
        (Set(("bindings", 0, "match", "a"), 5), '"telegram" }', '"telegram", "a": 5 }'),
        (
            Set(("x", "y"), 1),
            "/' // the last one",
            '/\', // the last one\n  "x": {\n    "y": 1\n  }',
        ),
        (Remove(("url",)), ",\n  url: 'https://example.com/' // the last one\n", "\n"),
        (Remove(("agents",)), "  agents: null,\n", ""),
        (
            Remove(("channels", "telegram", "botToken")),
            "      botToken: '123:abc', // from @BotFather\n",
            "",
        ),
        (Remove(("gateway", "port")), "port: 18789, ", ""),
        (Remove(("gateway", "bind")), ", bind: 'loopback'", ""),
        (Remove(("channels", "telegram", "allowFrom", 1)), ' "tg:2",', ""),
        (Remove(("bindings", 0, "match", "channel")), ' channel: "telegram" ', ""),
    ],
)
def test_a_change_touches_nothing_else(edit: Change, old: str, new: str) -> None:
    assert OPENCLAW.count(old) == 1
    for newline in ("\n", "\r\n"):
        text, expected = (t.replace("\n", newline) for t in (OPENCLAW, OPENCLAW.replace(old, new)))

        assert edited(FORMAT, text, [edit]) == expected
        assert edited(FORMAT, BOM + text, [edit]) == BOM + expected


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        ("", Set(("a",), 1), '{\n  "a": 1\n}\n'),
        ("\r\n", Set(("a", "b"), 1), '{\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}\r\n'),
        ("{}", Set(("a",), 1), '{\n  "a": 1\n}'),
        ("{ // c\n}", Set(("a",), 1), '{ // c\n  "a": 1\n}'),
        ('{"a":{},"b":[1,2]}', Set(("a", "x"), [1, {}]), '{"a":{"x":[1,{}]},"b":[1,2]}'),
        ('{"a":{},"b":[1,2]}', Append(("b",), "x"), '{"a":{},"b":[1,2,"x"]}'),
        ('{"a":1,"b":2}', Remove(("a",)), '{"b":2}'),
        ('{"a":1,"b":2}', Remove(("b",)), '{"a":1}'),
        ('{"a" : 1}', Set(("b",), {"c": [1, 2]}), '{"a" : 1, "b" : {"c" : [1, 2]}}'),
        ("{a: { }, b: [/*c*/]}", Set(("a", "x"), 1), '{a: { "x": 1 }, b: [/*c*/]}'),
        ("{a: { }, b: [/*c*/]}", Append(("b",), 1), "{a: { }, b: [/*c*/1]}"),
        ("{\n\ta: {},\n}", Set(("a", "b"), 1), '{\n\ta: {\n\t\t"b": 1\n\t},\n}'),
        ("{\n\ta: [],\n}", Append(("a",), [1]), "{\n\ta: [\n\t\t[\n\t\t\t1\n\t\t]\n\t],\n}"),
        ("{a: 1 // c\n}", Set(("b",), 2), '{a: 1, "b": 2 // c\n}'),
        ("{ a: 1, // c\n  b: 2 }", Set(("c",), 3), '{ a: 1, // c\n  b: 2,\n  "c": 3 }'),
        ("{ a: 1, // c\n  b: 2 }", Remove(("b",)), "{ a: 1 // c\n  }"),
        ("{ a: 1,\n  b: 2 }", Remove(("b",)), "{ a: 1 }"),
        ("{ a: 1, b: 2,\n  c: 3 }", Remove(("b",)), "{ a: 1,\n  c: 3 }"),
        ("{\n  a: 1, /* b */ b: 2\n}", Remove(("a",)), "{\n  /* b */ b: 2\n}"),
        ("{\n  a: 1 // a\n, b: 2\n}", Remove(("b",)), "{\n  a: 1 // a\n\n}"),
        ("{\n  a: 1,\n}", Remove(("a",)), "{}"),
        ("{\n  a: 1, // c\n}", Remove(("a",)), "{\n}"),
        ("{a: {x: 1}, a: {x: 2}}", Set(("a", "x"), 3), "{a: {x: 1}, a: {x: 3}}"),
        ("{a: 1, b: 2, 'a': 3}", Remove(("a",)), "{b: 2}"),
        ("{'0': 1}", Set(("0",), 2), "{'0': 2}"),
        ('{"a":1}', Set(("a",), "é\u2028\u2029\x00"), '{"a":"é\\u2028\\u2029\\u0000"}'),
        ('{"a":1}', Set(("\x7f\ud800",), "\n'\"\\"), '{"a":1,"\\u007f\\ud800":"\\n\'\\"\\\\"}'),
    ],
)
def test_every_style_is_kept(text: str, edit: Change, expected: str) -> None:
    assert change(text, edit) == expected


def test_keys_are_found_however_they_are_written() -> None:
    text = "{\\u0061: {'b\\'\\\\': {\"c\\u00e9\": 1}}}"

    new = edited(FORMAT, text, [Set(("a", "b'\\", "cé"), 2)])

    assert new == text.replace("1}", "2}")


@pytest.mark.parametrize(
    ("edit", "line", "column"),
    [
        (Set(("url", "x"), 1), 22, 8),
        (Set(("bindings", "x"), 1), 19, 13),
        (Set(("bindings", "0"), 1), 19, 13),
        (Set(("bindings", 1), 1), 19, 13),
        (Set(("bindings", 7, "x"), 1), 19, 13),
        (Set(("channels", 0), 1), 4, 15),
        (Set(("channels", 0, "x"), 1), 4, 15),
        (Append(("bindings", 0), 1), 20, 5),
        (Append(("channels", "none"), 1), 4, 15),
        (Append(("url",), 1), 22, 8),
        (Set(("channels", "telegram", "enabled", "x", "y"), 1), 6, 16),
        (Remove(("bindings", 3)), 19, 13),
    ],
)
def test_something_else_in_the_place_is_refused_and_told_where(
    edit: Change, line: int, column: int
) -> None:
    with pytest.raises(WrongShapeError) as raised:
        edited(FORMAT, OPENCLAW, [edit])

    assert (raised.value.line, raised.value.column) == (line, column)


def test_a_place_below_a_text_is_refused() -> None:
    with pytest.raises(WrongShapeError) as raised:
        FORMAT.splice("{\n  a: 'b'\n}", Set(("a", "x"), 1))

    assert (raised.value.line, raised.value.column) == (2, 6)


def test_the_nearest_thing_above_is_located() -> None:
    assert FORMAT.locate("", ("a",)) == (1, 1)
    assert FORMAT.locate("// c\n{a: 1}", ("b",)) == (2, 1)
    assert FORMAT.locate("{\n  a: [1,\n 2]}", ("a", 1)) == (3, 2)
    assert FORMAT.locate("{\n  a: [1,\n 2]}", ("a", 2, "x")) == (2, 6)


def test_what_is_not_there_is_not_removed() -> None:
    assert FORMAT.splice(OPENCLAW, Remove(("channels", "x", "y"))) == OPENCLAW
    assert edited(FORMAT, OPENCLAW, [Remove(("channels", "x", "y"))]) == OPENCLAW


def test_half_a_character_is_not_put_where_the_parser_would_not_read_it() -> None:
    with pytest.raises(WrongShapeError):
        edited(FORMAT, "{a: 1}", [Set(("b",), "\ud800")])


scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
tables = st.dictionaries(st.text("ab$_é'\"", max_size=3), values, max_size=3)
awkward = st.text(st.sampled_from("\"'\\\n\r\t#${}[],:/* é漢😀\u2028\x00"), max_size=12)
credentials = st.text(max_size=12) | awkward
chances = st.randoms(use_true_random=False)


class Writer:
    """Writes data as JSON or JSON5 with whatever the format lets stand between and around."""

    def __init__(self, chance: random.Random, *, strict: bool) -> None:
        self._chance = chance
        self._strict = strict

    def written(self, data: Any) -> str:
        match data:
            case dict():
                members = [
                    f"{self._key(k)}{self._space()}:{self._value(v)}" for k, v in data.items()
                ]
                return "{" + self._joined(members) + "}"
            case list():
                return "[" + self._joined([self._value(value) for value in data]) + "]"
            case str():
                return self._string(data)
            case _:
                return json.dumps(data)

    def _value(self, data: Any) -> str:
        return self._space() + self.written(data) + self._space()

    def _joined(self, members: list[str]) -> str:
        spaced = [self._space() + member + self._space() for member in members]
        trailing = "," if members and not self._strict and self._chance.random() < 0.4 else ""
        return ",".join(spaced) + trailing + self._space()

    def _key(self, key: str) -> str:
        bare = not self._strict and re.fullmatch("[a-z_$é]+", key) and self._chance.random() < 0.6
        return key if bare else self._string(key)

    def _string(self, text: str) -> str:
        double = json.dumps(text, ensure_ascii=self._chance.random() < 0.5)
        if self._strict or self._chance.random() < 0.5:
            return double
        return "'" + double[1:-1].replace("'", "\\'") + "'"

    def _space(self) -> str:
        kinds = ["", "", " ", "\n", "\n    ", "\r\n\t"]
        if not self._strict:
            kinds += [" // it's {\n", '/* "a": 1, */', " /*\n*/ "]
        return self._chance.choice(kinds)


def paths(data: Any, above: Keys = ()) -> list[Keys]:
    """The way to everything in it."""
    match data:
        case dict():
            below: list[tuple[Any, Any]] = list(data.items())
        case list():
            below = list(enumerate(data))
        case _:
            below = []
    ways = [[(*above, key), *paths(value, (*above, key))] for key, value in below]
    return [path for way in ways for path in way]


@given(tables, chances, st.booleans(), credentials)
@settings(max_examples=200, deadline=None)
def test_any_credentials_go_into_any_text_and_out_again(
    data: dict[str, Any], chance: random.Random, strict: bool, secret: str
) -> None:
    text = Writer(chance, strict=strict).written(data)
    path = ("channels", "dingtalk", "clientSecret")

    new = edited(FORMAT, text, [Set(path, secret)])

    assert FORMAT.read(text) == data
    assert value_at(FORMAT.read(new), path) == secret
    assert not strict or json.loads(new) == FORMAT.read(new)
    assert edited(FORMAT, new, [Set(path, secret)]) == new
    back = edited(FORMAT, new, [Remove(("channels",))])
    assert FORMAT.read(back) == data
    assert not data or back == text, (text, new, back)


@given(tables, chances, st.booleans(), credentials)
@settings(max_examples=150, deadline=None)
def test_another_secret_takes_the_place_of_the_old_one_alone(
    data: dict[str, Any], chance: random.Random, strict: bool, secret: str
) -> None:
    whole = {"first": [data], "x": {"clientSecret": SECRET, **data}, "last": data}
    text = Writer(chance, strict=strict).written(whole)
    before, after = re.split(f"[\"']{SECRET}[\"']", text)

    new = edited(FORMAT, text, [Set(("x", "clientSecret"), secret)])

    assert new.startswith(before)
    assert new.endswith(after)
    assert json.loads(new[len(before) : len(new) - len(after)]) == secret


@given(tables, chances, st.booleans())
@settings(max_examples=150, deadline=None)
def test_removing_anything_leaves_the_rest_in_its_order(
    data: dict[str, Any], chance: random.Random, strict: bool
) -> None:
    data = {"list": [data, 1], **data}
    text = Writer(chance, strict=strict).written(data)
    path = chance.choice(paths(data))

    new = edited(FORMAT, text, [Remove(path)])

    assert new != text
    old = iter(text)
    assert all(character in old for character in new)
