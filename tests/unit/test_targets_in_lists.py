"""`kind = "file"`: a pair in a table that is an element of a list."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap_bot.editing.format import value_at
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.any_file import keys_of
from bootstrap_bot.targets.target import Note
from tests.support.programs import ID, PAIR, SECRET, built, pair

CLIENT_ID, CLIENT_SECRET = "{client_id}", "{client_secret}"
CC_CONNECT = """\
# cc-connect, by hand
language = "zh"

[[projects]]
name = "site"

[projects.agent]
type = "claudecode"   # or codex
[projects.agent.options]
work_dir = "/srv/site"

[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
token = "123:abc"

[[projects.platforms]]
type = "dingtalk"

[projects.platforms.options]
client_id = "your-dingtalk-client-id"   # AppKey
client_secret = "your-dingtalk-client-secret"
allow_from = "*"

[[projects]]
name = "docs"
"""
LANGBOT = """\
# as LangBot kept them before its database
platform-adapters:
- adapter: aiocqhttp
  enable: false
  port: 2280
- adapter: dingtalk   # ours
  enable: true
  client_id: ''
  client_secret: ''
  robot_name: 'club'
- {adapter: lark, enable: false}
"""
SATORI = """\
{
  "logins": [
    { "platform": "telegram", "token": "123:abc" },
    { "platform": "dingtalk", "app": { "key": "", "secret": "" }, "names": [] }
  ]
}
"""
QWEN_CODE = """\
{
  // shared by all projects
  "theme": "GitHub",
  "channels": {
    "team": { "type": "dingtalk", "clientId": "", "clientSecret": "" }
  }
}
"""
Reader = Callable[[str], Any]
FILES: Mapping[str, tuple[str, str, str, Reader]] = {
    "config.toml": (CC_CONNECT, "projects.0.platforms.1.options.client_{}", "id", tomllib.loads),
    "langbot.yaml": (LANGBOT, "platform-adapters.1.client_{}", "id", yaml.safe_load),
    "satori.json": (SATORI, "logins.1.app.{}", "key", json.loads),
}


def keys(at: str, name: str) -> dict[str, str]:
    return {at.format(name): CLIENT_ID, at.format("secret"): CLIENT_SECRET}


@pytest.mark.parametrize("name", FILES)
async def test_a_pair_is_put_replaced_and_taken_out_where_its_entry_is(
    tmp_path: Path, name: str
) -> None:
    text, at, first, read = FILES[name]
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    target = built("file", file, set=keys(at, first))
    path, secret = keys_of(at.format(first)), keys_of(at.format("secret"))
    await target.probe()
    for number in (1, 2):
        new, old = pair(number), [bot.client_id for bot in await target.platforms()]
        stored = await target.store("x", new, replaces="".join(old))
        assert stored.platform.account == new.account
        data = read(file.read_text(encoding="utf-8"))
        assert value_at(data, path) == new.account
        assert value_at(data, secret) == new.text("client_secret")
    with pytest.raises(TargetError) as caught:
        await target.store("x", PAIR)
    assert (caught.value.code, caught.value.occupant) == (Code.OCCUPIED, pair(2).account)
    # all else is as it was, for whoever reads the file
    before = read(text)
    for data in (before, now := read(file.read_text(encoding="utf-8"))):
        for key in (path, secret):
            value_at(data, key[:-1]).pop(key[-1])
    assert now == before
    assert await target.remove("dingtalk", pair(2).account) is not None
    assert read(file.read_text(encoding="utf-8")) == before


async def test_qwen_codes_settings_keep_their_comment(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(QWEN_CODE, encoding="utf-8")
    at = "channels.team.client"
    wanted = {f"{at}Id": CLIENT_ID, f"{at}Secret": CLIENT_SECRET, "channels.team.type": "dingtalk"}
    stored = await built("file", file, set=wanted).store("x", PAIR)
    assert Note.RESTART in stored.notes
    after = QWEN_CODE.replace('"clientId": ""', f'"clientId": "{ID}"')
    assert file.read_text() == after.replace('Secret": ""', f'Secret": "{SECRET}"')


@pytest.mark.parametrize(
    ("name", "text", "at", "line"),
    [
        ("a.toml", CC_CONNECT, "projects.0.platforms.2.options.{}", 12),
        ("a.toml", CC_CONNECT, "projects.2.{}", 4),
        ("a.toml", CC_CONNECT, "bots.0.{}", 0),
        ("a.yaml", LANGBOT, "platform-adapters.3.{}", 3),
        ("a.yaml", "bots: []\n", "bots.0.{}", 1),
        ("a.json", SATORI, "logins.2.app.{}", 2),
        ("a.json", '{"logins": null}', "logins.0.{}", 1),
        ("a.json", '{"logins": "none"}', "logins.0.{}", 1),
        ("a.yaml", "", "bots.0.{}", 0),
    ],
)
async def test_an_entry_that_is_not_there_is_said_by_check_and_by_storing(
    tmp_path: Path, name: str, text: str, at: str, line: int
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    target = built("file", file, set=keys(at, "id"))
    for attempt in (target.probe(), target.store("x", PAIR)):
        with pytest.raises(TargetError) as caught:
            await attempt
        assert caught.value.code is Code.ENTRY_MISSING
        assert not line or caught.value.line == line
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("name", "text", "at", "read"),
    [
        ("a.json", '{"bots": {"10001": {}}}', "bots.10001.{}", json.loads),
        ("a.json", '{"bots": {"10001": {}}}', 'bots."10001".{}', json.loads),
        ("a.toml", "[bots.10001]\n", "bots.10001.{}", tomllib.loads),
        ("a.toml", "", 'bots."10001".{}', tomllib.loads),
        ("a.yaml", "'0': {}\n", "0.{}", yaml.safe_load),
    ],
)
async def test_digits_are_a_tables_key_where_a_table_is(
    tmp_path: Path, name: str, text: str, at: str, read: Reader
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    await built("file", file, set=keys(at, "id")).store("x", PAIR)
    path = [str(key) for key in keys_of(at.format("id"))]
    assert value_at(read(file.read_text(encoding="utf-8")), tuple(path)) == ID


@pytest.mark.parametrize("name", FILES)
async def test_digits_in_quotes_are_never_an_index(tmp_path: Path, name: str) -> None:
    text, at, first, _ = FILES[name]
    quoted = ".".join(f'"{part}"' if part.isdecimal() else part for part in at.split("."))
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    target = built("file", file, set=keys(quoted, first))
    for attempt in (target.probe(), target.store("x", PAIR)):
        with pytest.raises(TargetError) as caught:
            await attempt
        assert caught.value.code is Code.WRONG_SHAPE
    assert file.read_text(encoding="utf-8") == text


async def test_elements_that_are_the_pair_itself_keep_their_places(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"pair": ["", "", "last"]}', encoding="utf-8")
    target = built("file", file, set={"pair.0": CLIENT_ID, "pair.1": CLIENT_SECRET})
    await target.store("x", PAIR)
    assert json.loads(file.read_text()) == {"pair": [ID, SECRET, "last"]}
    await target.remove("dingtalk", ID)
    assert json.loads(file.read_text()) == {"pair": ["", "", "last"]}
