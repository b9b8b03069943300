"""YAML: one value changes, every other byte stays, and PyYAML reads what was meant."""

import json
import random
import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bootstrap_bot.editing import yaml_events
from bootstrap_bot.editing.format import (
    Append,
    Change,
    Keys,
    NotParsableError,
    Remove,
    Set,
    UnfitValueError,
    WrongShapeError,
    edited,
    value_at,
)
from bootstrap_bot.editing.yaml import Yaml

FORM = Yaml()
EXAMPLES = 40
SECRET = "s3cr3t-s3cr3t-s3cr3t"

KOISHI = """\
# koishi.yml - edited by hand
host: 0.0.0.0
port:   5140            # the console
maxPort: 5149

plugins:
  group:server:
    server-proxy:
      $collapsed: true
  group:adapter:
    # one bot per adapter
    adapter-telegram:k2x9q1:
      protocol: polling
      token: '1234:abc'   # from @BotFather

    ~adapter-dingtalk:a81mfd:
      protocol: http
      appkey: "dingOLD" # the first robot
      secret: |
        old-secret

  group:storage: {database-memory: {}, assets-local: {root: data}}
prefix:
- /
- '!'
logLevels:  {base: 2}

# vim: ts=2
"""


def keys(path: str) -> Keys:
    return tuple(int(key) if key.isdecimal() else key for key in path.split("/"))


def setting(path: str, value: Any) -> Set:
    return Set(keys(path), value)


def appending(path: str, value: Any) -> Append:
    return Append(keys(path), value)


def removing(path: str) -> Remove:
    return Remove(keys(path))


def change(text: str, *changes: Change) -> str:
    return edited(FORM, text, changes)


@contextmanager
def refused(
    kind: type[NotParsableError | WrongShapeError], line: int, column: int
) -> Iterator[None]:
    with pytest.raises(ValueError, match=f"at line {line}, column {column}\\Z") as caught:
        yield
    assert type(caught.value) is kind
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# what a text says


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "---\n...\n", "~\n"])
def test_a_text_without_anything_is_an_empty_table(text: str) -> None:
    assert FORM.read(text) == {}


def test_a_text_says_what_pyyaml_reads() -> None:
    assert FORM.read(KOISHI) == yaml.safe_load(KOISHI)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"a: 1\nsecret: '{SECRET}\n", 3, 1),
        (f"a: 1\n\tsecret: {SECRET}\n", 2, 1),
        (f"a: 1\n secret: {SECRET}\n", 2, 8),
        (f"a: {SECRET}\n---\nb: 2\n", 2, 1),
        (f"a: 1\nb: !!int {SECRET}\n", 2, 4),
        (f"a: 1\nb: !!bool {SECRET}\n", 2, 4),
        ('a: 1\nb: !!float ""\n', 2, 4),
        ("a: 1\nb: !!timestamp x\n", 2, 4),
        ("a: 1\nb: 2026-13-45\n", 2, 4),
        (f"a: 1\nb: 1{':59' * 200}.5\n", 2, 4),
        (f"a: 1\nb: {'9' * 5000}\n", 2, 4),
        (f"a: 1\n? [{SECRET}]\n: 2\n", 2, 3),
        (f"a: *{SECRET}\n", 1, 4),
        (f"a: 1\nb: {SECRET}\x01\n", 2, 24),
        (f"{{a: {SECRET}", 1, 25),
    ],
)
def test_a_text_that_does_not_parse_is_refused_with_its_place_and_never_quoted(
    text: str, line: int, column: int
) -> None:
    with refused(NotParsableError, line, column):
        change(text, setting("b", "x"))
    with pytest.raises(NotParsableError) as caught:
        FORM.read(text)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 20_000,
        "[" * 110 + "]" * 110,
        "".join(f"{' ' * depth}k:\n" for depth in range(500)),
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 40)),
        "a0: &a0 {x: 1}\n"
        + "".join(f"a{n}: &a{n} {{<<: [{f'*a{n - 1},' * 9}]}}\n" for n in range(1, 40)),
        "a: &a [*a]\n",
        "a: &a\n  b: *a\n",
        "a: &a\n  <<: *a\n",
    ],
    ids=["open", "deep", "deep tables", "bomb", "merge bomb", "loop", "table loop", "merge loop"],
)
def test_what_nests_or_repeats_without_end_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(NotParsableError) as caught:
        change(text, setting("b", "x"))
    assert caught.value.__context__ is None
    assert caught.value.line > 0
    assert time.monotonic() - began < 2


def test_a_list_at_the_top_is_the_wrong_shape() -> None:
    with refused(WrongShapeError, 1, 1):
        change("- a\n", setting("b", "x"))


# what stands there is replaced


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: old # why\n", "a: new # why\n"),
        ("a:    old   # why\t\n", "a:    new   # why\t\n"),
        ("a: old #\twhy\t\nb: 1\n", "a: new #\twhy\t\nb: 1\n"),
        ("a: 'it''s'  # why\n", "a: new  # why\n"),
        ('a: "\\"\\\n  x" # why\n', "a: new # why\n"),
        ("a: old\n  goes on\n  # why\nb: 1\n", "a: new\n  # why\nb: 1\n"),
        ("a: |\n  old\n\n  old\n\n# b is next\nb: 1\n", "a: new\n\n# b is next\nb: 1\n"),
        ("a: >- # why\n  old\n  old\nb: 1\n", "a: new # why\nb: 1\n"),
        ("a: |+\n  old\n\n\nb: 1\n", "a: new\nb: 1\n"),
        ("a: |2\n   old\nb: 1\n", "a: new\nb: 1\n"),
        ("a: !!str 1 # why\n", "a: new # why\n"),
        ("a:\n  old\n", "a:\n  new\n"),
        ("a: # why\nb: 1\n", "a: new # why\nb: 1\n"),
        ("a:\nb: 1\n", "a: new\nb: 1\n"),
        ("a: ~ # why\n", "a: new # why\n"),
        ("a: [x, {y: 1}] # why\n", "a: new # why\n"),
        ("a: # why\n  # b\n  b: 1 # c\nd: 1\n", "a: new # why\n  # b # c\nd: 1\n"),
        ("a:\n- 1\n- 2\nd: 1\n", "a: new\nd: 1\n"),
        ("'a' : old\n", "'a' : new\n"),
        ('{"a":"old","b":1}\n', '{"a":new,"b":1}\n'),
        ("{a: , b}\n", "{a: new , b}\n"),
        ("? a\n: old\nb: 1\n", "? a\n: new\nb: 1\n"),
        ("b: &b {x: 1}\na: *b # why\n", "b: &b {x: 1}\na: new # why\n"),
        ("a: 1\na: 2\n", "a: 1\na: new\n"),
        ("a: old", "a: new"),
        ("--- # top\na: old\n...\n", "--- # top\na: new\n...\n"),
        ("%YAML 1.1\n---\na: old\n", "%YAML 1.1\n---\na: new\n"),
        ("a: old\r\nb: |\r\n  x\r\n", "a: new\r\nb: |\r\n  x\r\n"),
        ("a: |\r\n  old\r\n  old\r\n\r\nb: 1\r\n", "a: new\r\n\r\nb: 1\r\n"),
    ],
)
def test_a_value_is_replaced_and_all_around_it_stays(old: str, new: str) -> None:
    assert change(old, setting("a", "new")) == new


def test_credentials_in_a_settings_file_are_replaced_where_they_stand() -> None:
    plugin = "plugins/group:adapter/~adapter-dingtalk:a81mfd"
    new = change(
        KOISHI,
        setting(f"{plugin}/appkey", "dingNEW"),
        setting(f"{plugin}/secret", "a#b: 'c'"),
        setting(f"{plugin}/protocol", "http"),
    )
    assert new == KOISHI.replace('"dingOLD"', "dingNEW").replace(
        "|\n        old-secret\n", "\"a#b: 'c'\"\n"
    )


def test_the_same_value_changes_nothing() -> None:
    same: list[Change] = [
        setting("port", 5140),
        setting("prefix", ["/", "!"]),
        removing("plugins/none"),
    ]
    assert change(KOISHI, *same) == KOISHI


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("dingabc_-./1:x@y", "dingabc_-./1:x@y"),
        ("-dingabc", '"-dingabc"'),
        ("dingabc:", '"dingabc:"'),
        ("", '""'),
        ("yes", '"yes"'),
        ("Null", '"Null"'),
        ("y", '"y"'),
        ("~", '"~"'),
        ("1e3", '"1e3"'),
        ("e3", '"e3"'),
        ("E-12", '"E-12"'),
        ("12:30:45", '"12:30:45"'),
        ("2026-01-01", '"2026-01-01"'),
        ("0x1F", '"0x1F"'),
        ("=", '"="'),
        ("<<", '"<<"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ('it\'s "it"\\', '"it\'s \\"it\\"\\\\"'),
        ("a\nb\r\n\tc\0", '"a\\nb\\r\\n\\tc\\u0000"'),
        ("钉钉 \U0001f600", '"钉钉 \U0001f600"'),
        ("\x7f\x85\u2028\ufeff\U000e0001", '"\\u007f\\u0085\\u2028\\ufeff\\U000e0001"'),
        (True, "true"),
        (7, "7"),
        (-0.5, "-0.5"),
        (1e22, "1.0e+22"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_a_value_is_written_so_that_every_reader_reads_the_same(value: Any, written: str) -> None:
    text = change("a: 0\n", setting("a", value))
    assert text == f"a: {written}\n"
    assert YAML(typ="safe", pure=True).load(text) == {"a": value}


def test_half_a_surrogate_cannot_be_written() -> None:
    with pytest.raises(UnfitValueError):
        change("a: 0\n", setting("a", "x\ud800"))


@pytest.mark.parametrize("path", ["plugins/group:adapter/new/id", "prefix/1", "port", "a b"])
def test_without_libyaml_the_same_is_done(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = [change(KOISHI, wanted) for wanted in (setting(path, "x"), removing(path))]
    monkeypatch.setattr(yaml_events, "PARSER", yaml.SafeLoader)
    assert fast == [change(KOISHI, wanted) for wanted in (setting(path, "x"), removing(path))]
    for text, column in (("a: [1", 6), ("a: \x01", 4)):
        with refused(NotParsableError, 1, column):
            FORM.read(text)


# keys that are no texts


@pytest.mark.parametrize(
    "key",
    [
        *("10001", "-5", "0x10", "0o17", "017", "1_000", "1:30", "1.50", "1e3", ".inf", ".nan"),
        *("yes", "on", "Off", "true", "~", "null", "2026-01-02"),
    ],
)
def test_a_key_that_is_no_text_is_found_by_what_is_written(key: str) -> None:
    bot = f"  {key}:   # the bot\n    id: %s\n    x: [1]\n"
    text = f"bots:\n  a: 1\n{bot}  z: {{{key}: {{id: %s}}}}\n"
    old, new = text % ("old", "old"), text % ("new", "other")
    paths = ("bots", key, "id"), ("bots", "z", key, "id")
    assert change(old, Set(paths[0], "new"), Set(paths[1], "other")) == new
    assert same_to_all_readers(new)
    gone = change(new, Remove(("bots", key)), Remove(paths[1]))
    assert gone == text.replace(bot, "").replace("{id: %s}", "{}")
    assert [value_at(FORM.read(new), path) for path in paths] == ["new", "other"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("0x10", "16"),
        ("0o17", "15"),
        ("017", "15"),
        ("017", "17"),
        ("1_000", "1000"),
        ("1:30", "90"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        (".inf", "Infinity"),
        ("yes", "true"),
        ("True", "true"),
        ("Off", "false"),
        ("~", "null"),
        ("Null", "null"),
        ("!!int 16", "16"),
    ],
)
def test_a_key_that_another_reader_would_take_for_the_same_is_not_put_beside_it(
    written: str, name: str
) -> None:
    for text in (f"bots:\n  {written}: 1\n", f"bots: {{{written}: 1}}\n"):
        with pytest.raises(WrongShapeError):
            change(text, Set(("bots", name), 2))
        with pytest.raises(WrongShapeError):
            change(text, Set(("bots", name, "id"), 2))
        assert same_to_all_readers(change(text, Set(("bots", f"{name}x"), 2)))


def test_of_a_text_and_a_number_the_text_is_meant() -> None:
    text = "1: a\n'1': b\n1.0: c\n"
    assert change(text, Set(("1",), "x")) == "1: a\n'1': x\n1.0: c\n"
    assert change(text, Set(("1.0",), "x")) == "1: a\n'1': b\n1.0: x\n"


def test_a_key_that_is_an_alias_is_the_text_that_it_stands_for() -> None:
    text = "n: &n bot\nbots:\n  *n :\n    id: 1\n"
    assert change(text, setting("bots/bot/id", 2)) == text.replace("1", "2")


@pytest.mark.parametrize(
    "text",
    [
        "o: &o {id: 1}\nbots: {a: *o}\n",
        "o: &o\n  id: 1\nbots:\n  a: *o\n",
        "bots:\n  a: &o\n    id: 1\nz: *o\n",
        "bots: &b\n  a: {id: 1}\nz: *b\n",
        "bots:\n  a: &o\n    id: 1\nz:\n  <<: *o\n",
        "bots:\n  a:\n    id: &i 1\nz: [*i]\n",
        "o: &o {id: 1}\nbots: {a: {<<: *o}}\n",
    ],
)
def test_what_changes_in_two_places_at_once_is_refused_where_both_would(text: str) -> None:
    with pytest.raises(WrongShapeError):
        change(text, removing("bots/a/id"))
    if "<<: *o}" not in text:
        with pytest.raises(WrongShapeError):
            change(text, setting("bots/a/id", 2))


def test_a_merged_key_is_set_beside_what_it_comes_from() -> None:
    text = "o: &o {id: 1}\nbots:\n  a:\n    <<: *o\n    x: 1\n"
    assert change(text, setting("bots/a/id", 2)) == f"{text}    id: 2\n"
    both = "p: &p {id: 1}\nq: &q {id: 2, y: 3}\na:\n  <<: [*p, *q]\n"
    assert value_at(FORM.read(both), ("a",)) == {"id": 1, "y": 3}


# what only its program understands


HOME = """\
%YAML 1.1
---
http: !include http.yaml
password: !secret x
env: [!env_var HOME, !env_var {a: [b]}, !!python/name:os.system '']
!key k: !!pairs [a: 1]
bots: !!map
  a:
    id: old
    secret: !!str old
  b: !bot {id: 1}
? !!set {x, y}
: =
"""


def test_tags_of_a_program_stay_and_the_values_beside_them_are_set() -> None:
    text = HOME.replace("? !!set {x, y}\n: =\n", "z: !!set {x, y}\ne: =\n")
    new = change(text, setting("bots/a/id", "ding"), setting("bots/a/secret", "s"))
    assert new == text.replace("id: old", "id: ding").replace("!!str old", "s")
    assert change(new, setting("bots/c/id", 1)) == new.replace(
        "{id: 1}\n", "{id: 1}\n  c:\n    id: 1\n"
    )
    assert FORM.read(text)["password"] == ("!secret", "x")


def test_nothing_is_put_into_what_has_a_tag_of_a_program() -> None:
    for wanted in (setting("bots/b/id", 2), setting("bots/b/x", 2), removing("bots/b/id")):
        with refused(WrongShapeError, 11, 6):
            change(HOME.replace("? !!set {x, y}\n: =\n", ""), wanted)
    with refused(NotParsableError, 12, 3):
        FORM.read(HOME)


@pytest.mark.parametrize(
    ("one", "other"), [("!a x", "!b x"), ("!a 1", "1"), ("!a {x: 1}", "!a {x: '1'}")]
)
def test_tags_are_part_of_what_is_proven(one: str, other: str) -> None:
    assert FORM.read(f"a: {one}") != FORM.read(f"a: {other}")


def test_halves_of_surrogates_as_json_writes_them_are_read() -> None:
    text = 'a: "\\ud83d\\ude00"\nb: 1\n'
    assert change(text, setting("b", 2)) == text.replace("1", "2")


def same_to_all_readers(text: str) -> bool:
    """Whether a reader of 1.1 and one of 1.2 take it, and no key is there twice as a text."""
    assert isinstance(yaml.safe_load(text), dict) or "!" in text
    read = YAML(typ="safe", pure=True)
    read.constructor.add_multi_constructor("!", lambda *_: None)
    return isinstance(read.load(text), dict)


# what is missing is added


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "d:\n  k: v\n"),
        ("# top", "# top\nd:\n  k: v\n"),
        ("---\n# top\n...\n", "---\n# top\nd:\n  k: v\n...\n"),
        ("---", "---\nd:\n  k: v\n"),
        ("~ # top\n", "d:\n  k: v\n# top\n"),
        ("{}\n", "d:\n  k: v\n"),
        ("--- {}\n", "---\nd:\n  k: v\n"),
        ("a: 1", "a: 1\nd:\n  k: v\n"),
        ("a: 1\r\n", "a: 1\r\nd:\r\n  k: v\r\n"),
        ("a: 1\n...\n", "a: 1\nd:\n  k: v\n...\n"),
        ("a: 1\n\n# the end\n", "a: 1\nd:\n  k: v\n\n# the end\n"),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\nd:\n  k: v\n"),
        ("a:\n    b: 1\n", "a:\n    b: 1\nd:\n    k: v\n"),
        ("d:\n", "d:\n  k: v\n"),
        ("d: # ours\nz: 1\n", "d: # ours\n  k: v\nz: 1\n"),
        ("d: ~ # ours\n", "d: # ours\n  k: v\n"),
        ("d: {} # ours\n", "d: # ours\n  k: v\n"),
        ("d:\n  # ours\n  # too\n# not\nz: 1\n", "d:\n  # ours\n  # too\n  k: v\n# not\nz: 1\n"),
        ("d:\n  a: 1 # one\nz: 1\n", "d:\n  a: 1 # one\n  k: v\nz: 1\n"),
        ("d:\n  a: 1\n  # b: 1\n\nz: 1\n", "d:\n  a: 1\n  # b: 1\n  k: v\n\nz: 1\n"),
        ("d:\n  a: 1\n\n# next\nz: 1\n", "d:\n  a: 1\n  k: v\n\n# next\nz: 1\n"),
        ("d:\n  a: 1\n# next\nz: 1\n", "d:\n  a: 1\n  k: v\n# next\nz: 1\n"),
        (
            "d:\n  a:\n    - x: 1\n      y: 2\nz: 1\n",
            "d:\n  a:\n    - x: 1\n      y: 2\n  k: v\nz: 1\n",
        ),
        ("d:\n  a:\n  - 1\n  - 2\nz: 1\n", "d:\n  a:\n  - 1\n  - 2\n  k: v\nz: 1\n"),
        ("d:\n  a: |\n   x\n\n   y\n\nz: 1\n", "d:\n  a: |\n   x\n\n   y\n  k: v\n\nz: 1\n"),
        ("d:\n  a: x\n    y\nz: 1\n", "d:\n  a: x\n    y\n  k: v\nz: 1\n"),
        ("d:\n  a:\nz: 1\n", "d:\n  a:\n  k: v\nz: 1\n"),
        ("o: &o [1]\nd:\n  a: *o\nz: 1\n", "o: &o [1]\nd:\n  a: *o\n  k: v\nz: 1\n"),
        ("o: &o {k: 1}\nd:\n  <<: *o\n", "o: &o {k: 1}\nd:\n  <<: *o\n  k: v\n"),
        ("d: {a: 1}\n", "d: {a: 1, k: v}\n"),
        ("d: { a: 1, } # x\n", "d: { a: 1, k: v, } # x\n"),
        ("d: {\n  a: 1, # one\n  b\n}\n", "d: {\n  a: 1, # one\n  b, k: v\n}\n"),
        ('{"a": [1], "d": {}}', '{"a": [1], "d": {k: v}}'),
        ("{}", "d:\n  k: v\n"),
        ("yes: 1\nd:\n  0: 1", "yes: 1\nd:\n  0: 1\n  k: v\n"),
    ],
)
def test_a_missing_key_is_put_behind_its_siblings(old: str, new: str) -> None:
    assert change(old, setting("d/k", "v")) == new


def test_an_adapter_is_added_to_a_settings_file() -> None:
    plugin = "plugins/group:adapter/adapter-dingtalk:new"
    new = change(
        KOISHI,
        setting(f"{plugin}/protocol", "stream"),
        setting(f"{plugin}/appkey", "dingNEW"),
        setting(f"{plugin}/secret", "12:34"),
    )
    added = (
        "    adapter-dingtalk:new:\n      protocol: stream\n"
        '      appkey: dingNEW\n      secret: "12:34"\n'
    )
    assert new == KOISHI.replace("        old-secret\n", f"        old-secret\n{added}")


def test_tables_and_lists_are_written_as_lines_of_the_files_own_indentation() -> None:
    value = {"enabled": True, "to": ["a b", {"x": 1, "y": [2]}, []], "more": {"none": {}}}
    assert change("a:\n    b: 1\nc: {d: 1}\n", setting("a/m", value), setting("c/m", value)) == (
        'a:\n    b: 1\n    m:\n        enabled: true\n        to:\n            - "a b"\n'
        '            - x: 1\n              "y":\n                  - 2\n            - []\n'
        "        more:\n            none: {}\n"
        'c: {d: 1, m: {enabled: true, to: ["a b", {x: 1, "y": [2]}, []], more: {none: {}}}}\n'
    )


@pytest.mark.parametrize(
    ("old", "changes", "new"),
    [
        ("l:\n  - a # 1\n  - b\nz: 1\n", [setting("l/0", "c")], "l:\n  - c # 1\n  - b\nz: 1\n"),
        ("l:\n  - a\nz: 1\n", [appending("l", "c")], "l:\n  - a\n  - c\nz: 1\n"),
        ("l:\n- a\n# z\nz: 1\n", [appending("l", "c")], "l:\n- a\n- c\n# z\nz: 1\n"),
        ("l:\n-\n- b\n", [setting("l/0", "c")], "l:\n- c\n- b\n"),
        ("l: [a, b,]\n", [appending("l", "c"), setting("l/0", 1)], "l: [1, b, c,]\n"),
        ("l: []\n", [appending("l", "c")], "l:\n  - c\n"),
        ("l: [[]]\n", [appending("l/0", "c")], "l: [[c]]\n"),
        ("l:\n  - a # 1\n", [setting("l/0", {"k": 1, "j": 2})], "l:\n  - k: 1\n    j: 2 # 1\n"),
        ("l:\n  - a\n", [appending("l", {"k": 1, "j": 2})], "l:\n  - a\n  - k: 1\n    j: 2\n"),
        ("l:\n  - k: 1\n  - k: 2\n", [setting("l/0/j", 3)], "l:\n  - k: 1\n    j: 3\n  - k: 2\n"),
        ("l:\n  -   k: 1\n", [setting("l/0/j", 3)], "l:\n  -   k: 1\n      j: 3\n"),
        ("l:\n  - k: 1 # x\n", [setting("l/0", 3)], "l:\n  - 3 # x\n"),
        ("l:\n- - a\n", [appending("l/0", 3)], "l:\n- - a\n  - 3\n"),
        ("l: &l\n- a\n", [appending("l", 3)], "l: &l\n- a\n- 3\n"),
    ],
)
def test_lists_are_changed_at_an_index(old: str, changes: list[Change], new: str) -> None:
    assert change(old, *changes) == new


# what is not wanted is removed


@pytest.mark.parametrize(
    ("old", "path", "new"),
    [
        ("a: 1 # one\nb: 2\n", "a", "b: 2\n"),
        ("a: 1\n# b\nb: 2", "b", "a: 1\n# b\n"),
        ("a: |\n  x\n\n  y\n\n# b\nb: 2\n", "a", "\n# b\nb: 2\n"),
        ("a:\n- 1\n- 2\nb: 2\n", "a", "b: 2\n"),
        ("a:\r\n  x: 1\r\nb: 2\r\n", "a", "b: 2\r\n"),
        ("a: 1\n", "a", ""),
        ("---\na: 1\n...\n", "a", "---\n...\n"),
        ("d:\n  x: 1\n  y: 2\n", "d/x", "d:\n  y: 2\n"),
        ("d:\n  e:\n    x: 1\nb: 2\n", "d/e/x", "b: 2\n"),
        ("d:\n  x: 1\n  # y: 2\n# b\nb: 2\n", "d", "# b\nb: 2\n"),
        ("d: {x: 1, y: 2, z: 3}\n", "d/x", "d: {y: 2, z: 3}\n"),
        ("d: {x: 1, y: 2, z: 3}\n", "d/y", "d: {x: 1, z: 3}\n"),
        ("d: {x: 1, y: 2, z: 3}\n", "d/z", "d: {x: 1, y: 2}\n"),
        ("d: {x: 1, y: 2, }\n", "d/y", "d: {x: 1, }\n"),
        ("d: {\n  x: 1, # x\n  # y\n  y: 2\n}\n", "d/x", "d: {\n  # y\n  y: 2\n}\n"),
        ("d: {x: 1}\n", "d/x", "d: {}\n"),
        ("{x: 1}", "x", "{}"),
        ("l:\n  - a\n  # b\n  - b\n", "l/0", "l:\n  # b\n  - b\n"),
        ("l:\n  - a\nb: 1\n", "l/0", "l: []\nb: 1\n"),
        ("l: [a, b]\n", "l/1", "l: [a]\n"),
        ("l: [a]\n", "l/0", "l: []\n"),
        ("l:\n  - x: 1 # x\n    # y\n    y: 2\n", "l/0/x", "l:\n  - # y\n    y: 2\n"),
        ("l:\n  - x: 1\n      # x\n    y: 2\n", "l/0/x", "l:\n  - y: 2\n"),
        ("l:\n  - x: 1\n  - 2\n", "l/0/x", "l:\n  - {}\n  - 2\n"),
        ("l:\n  - d:\n      x: 1\n", "l/0/d/x", "l:\n  - d: {}\n"),
        ("l:\n- - a\n  - b\n", "l/0/0", "l:\n- - b\n"),
    ],
)
def test_an_entry_goes_with_its_lines(old: str, path: str, new: str) -> None:
    assert change(old, removing(path)) == new


def test_an_adapter_is_removed_from_a_settings_file() -> None:
    new = change(KOISHI, removing("plugins/group:adapter/~adapter-dingtalk:a81mfd"))
    start, end = KOISHI.index("    ~adapter"), KOISHI.index("\n  group:storage")
    assert new == KOISHI[:start] + KOISHI[end:]


# what cannot be done is not done


@pytest.mark.parametrize(
    ("text", "wanted", "line", "column"),
    [
        ("a: |\n  x\nb: 1\n\n  # c\n", removing("b"), 3, 4),
        ("a: text\n", setting("a/b", 1), 1, 4),
        ("a: 1\nb:\n  c: 2\n", setting("b/c/d", 1), 3, 6),
        ("l: [a]\n", setting("l/1/x", 1), 1, 4),
        ("l: [a]\n", setting("l/x", 1), 1, 4),
        ("l: [a]\n", Set(("l", "0"), 1), 1, 4),
        ("l: [a]\n", setting("l/1", 1), 1, 4),
        ("l: [a]\n", appending("l/0", 1), 1, 5),
        ("l: {a: 1}\n", setting("l/0", 1), 1, 4),
        ("l: {a: 1}\n", setting("l/0/x", 1), 1, 4),
        ("l: {a: 1}\n", appending("l", 1), 1, 4),
        ("l: {a: 1}\n", appending("l/b", 1), 1, 4),
        ("l:\n", appending("l", 1), 1, 3),
        ("l: [a]\n", removing("l/1"), 1, 4),
        ("o: &o\n  k: 1\nd: *o\n", setting("d/k", 2), 3, 4),
        ("o: &o\n  k: 1\nd: *o\n", setting("o/k", 2), 2, 6),
        ("o: &o 1\nd: *o\n", setting("o", 2), 1, 4),
        ("o: &o {k: 1}\nd:\n  <<: *o\n", removing("d/k"), 3, 3),
        ("a: 1\na: 2\n", removing("a"), 2, 4),
        ("{a}\n", setting("a", 1), 1, 3),
        ("a: 1\n", setting("a", float("nan")), 1, 4),
        ("a: 1\n", setting("k" * 2000, 1), 1, 1),
    ],
)
def test_a_change_that_would_not_come_out_right_is_refused(
    text: str, wanted: Change, line: int, column: int
) -> None:
    with refused(WrongShapeError, line, column):
        change(text, wanted)


def test_what_only_yaml_1_1_allows_is_refused_with_its_place() -> None:
    for end in "\x85\u2028\u2029":
        with refused(WrongShapeError, 1, 5):
            change(f"a: 1{end}b: 2\n", setting("b", 1))
        with refused(WrongShapeError, 2, 4):
            change(f"a: 1\n# x{end}b: 2\n", setting("b", 1))
        assert change(f"a: 'x{end}y'\n", setting("b", 1)) == f"a: 'x{end}y'\nb: 1\n"


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("port", 3, 9),
        ("plugins/group:adapter/~adapter-dingtalk:a81mfd/appkey", 18, 15),
        ("plugins/group:storage/database-memory", 22, 36),
        ("plugins/group:adapter/none/appkey", 12, 5),
        ("prefix/1", 25, 3),
        ("none", 2, 1),
    ],
)
def test_things_are_located_by_their_line_and_column(path: str, line: int, column: int) -> None:
    assert FORM.locate(KOISHI, keys(path)) == (line, column)


# any text


class Writer:
    """Writes data as YAML the way many hands would."""

    def __init__(self, chance: random.Random, *, block_scalars: bool = True) -> None:
        self._chance = chance
        self._block_scalars = block_scalars
        self._unit = chance.choice([1, 2, 2, 4])

    def written(self, data: dict[str, Any]) -> str:
        newline = self._chance.choice(["\n", "\n", "\r\n"])
        head = self._chance.choice([[], ["# top", ""], ["%YAML 1.1", "--- # top"]])
        tail = self._chance.choice([[], ["# the end"], ["", "# the end"]])
        if self._rarely():
            head, tail = ["---"], ["..."]
        return newline.join([*head, *self._table(data, 0), *tail, ""])

    def _rarely(self) -> bool:
        return self._chance.random() < 0.25

    def _table(self, data: dict[str, Any], column: int) -> list[str]:
        lines: list[str] = []
        for key, value in data.items():
            head = " " * column + self._text(key) + " " * self._rarely() + ":"
            below = self._chance.choice([column, column + self._unit])
            lines += self._entry(head, value, column + self._unit, below)
        return lines

    def _list(self, data: list[Any], column: int) -> list[str]:
        lines: list[str] = []
        for value in data:
            head = " " * column + "-"
            entry = self._entry(head, value, column + 2, column + 2)
            if entry[0] == head and len(entry) > 1 and not self._rarely():
                # what is in it begins behind the dash
                entry[:2] = [f"{head} {entry[1].lstrip(' ')}"]
            lines += entry
        return lines

    def _entry(self, head: str, value: Any, column: int, list_column: int) -> list[str]:
        note = "  # note" if self._rarely() else ""
        if value and isinstance(value, dict) and not self._rarely():
            lines = [head + note, *self._table(value, column)]
        elif value and isinstance(value, list) and not self._rarely():
            lines = [head + note, *self._list(value, list_column)]
        elif self._block_scalars and is_word(value) and self._rarely():
            style = self._chance.choice(["|", "|-", ">", "|+", ">2"])
            lines = [f"{head} {style}{note}", f"{' ' * (column + 2)}{value}"]
        elif value is None and self._rarely():
            lines = [head + note]
        else:
            lines = [f"{head} {' ' * self._rarely()}{self._flow(value)}{note}"]
        return lines + self._chance.choice([[], [], [""], [f"{' ' * column}# note"]])

    def _flow(self, value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(self._flow, value))}]"
        if isinstance(value, dict):
            pairs = [f"{self._text(key)}: {self._flow(inner)}" for key, inner in value.items()]
            comma = "," * (self._rarely() and bool(value))
            return f"{{{' ' * self._rarely()}{', '.join(pairs)}{comma}{' ' * self._rarely()}}}"
        return self._text(value) if isinstance(value, str) else json.dumps(value)

    def _text(self, text: str) -> str:
        if is_word(text) and not self._rarely():
            return self._chance.choice([text, f"'{text}'"])
        return json.dumps(text)


def is_word(value: Any) -> bool:
    return isinstance(value, str) and value.isalpha() and value.isascii()


def paths(data: Any) -> list[Keys]:
    """The ways to everything in data."""
    inner: list[tuple[Any, Any]] = [*enumerate(data)] if isinstance(data, list) else []
    if isinstance(data, dict):
        inner = [(key, value) for key, value in data.items() if isinstance(key, str)]
    return [
        path
        for key, value in inner
        for path in ((key,), *((key, *below) for below in paths(value)))
    ]


names = st.sampled_from(["a", "b", "appkey", "dingtalk", "secret", "list", "1", "no", "a b"])
leaves = st.none() | st.booleans() | st.integers() | st.text(st.characters(max_codepoint=0x7E))
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
tables = st.dictionaries(names, values, max_size=4)
chances = st.randoms(use_true_random=False)
credentials = st.text(st.characters(exclude_categories=["Cs"]))


@given(tables, chances, credentials)
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_credentials_go_into_any_text_and_out_again(
    data: dict[str, Any], chance: random.Random, secret: str
) -> None:
    text = Writer(chance).written({**data, "plugins": {"other": data or None}})
    bot = ("plugins", "dingtalk:1")
    changes = [Set((*bot, "appkey"), "ding1"), Set((*bot, "secret"), secret)]

    new = change(text, *changes)

    assert value_at(yaml.safe_load(new), bot) == {"appkey": "ding1", "secret": secret}
    assert value_at(YAML(typ="safe", pure=True).load(new), (*bot, "secret")) == secret
    assert change(new, *changes) == new
    assert change(new, Remove(bot)) == text


@given(tables, chances, credentials)
@settings(max_examples=EXAMPLES, deadline=None)
def test_another_secret_takes_the_place_of_the_old_one_alone(
    data: dict[str, Any], chance: random.Random, secret: str
) -> None:
    whole = {"first": [data], "bot": {**data, "secret": SECRET, "x": data}, "last": data}
    text = Writer(chance).written(whole)
    before, after = re.split(f"[\"']?{SECRET}[\"']?", text)

    new = change(text, setting("bot/secret", secret))

    assert new.startswith(before)
    assert new.endswith(after)
    assert yaml.safe_load(new)["bot"]["secret"] == secret


@given(tables, chances, values.filter(lambda value: value is not None))
@settings(max_examples=EXAMPLES, deadline=None)
def test_anything_can_be_replaced_or_removed(
    data: dict[str, Any], chance: random.Random, value: Any
) -> None:
    # what stands behind a block scalar may become a part of it when its neighbour goes: refused
    text = Writer(chance, block_scalars=False).written({**data, "z": [data, 1]})
    path = chance.choice(paths(FORM.read(text)))

    assert value_at(FORM.read(change(text, Set(path, value))), path) == value
    rest = re.sub(r"\{\}|\[\]|\s", "", change(text, Remove(path)))
    old = iter(text)
    assert all(character in old for character in rest)
