"""What belongs to a bot goes with it when it is replaced or removed; what is its owner's stays."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dotenv
import pytest
from pydantic import SecretStr

from bootstrap_bot.http import Http
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from bootstrap_bot.targets.astrbot import AstrBot
from bootstrap_bot.targets.target import Note
from tests.support.credentials import ding_pair
from tests.support.programs import DINGTALK, built, cell_of, pair

OLD, NEW = pair(1), pair(2)
OLD_SECRET = OLD.text("client_secret")


@dataclass(frozen=True)
class Case:
    """A program's file with a bot, its companions there by their names, and what is its owner's."""

    name: str
    text: str
    read: Callable[[Path], Mapping[str, Any]]
    companions: tuple[str, ...]
    owners: Mapping[str, Any]


def in_json(*path: str | int) -> Callable[[Path], Mapping[str, Any]]:
    def read(file: Path) -> Mapping[str, Any]:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
        for key in path:
            data = data[key] if isinstance(key, str) or key < len(data) else {}
        found: Mapping[str, Any] = data
        return found

    return read


def in_toml(file: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads(file.read_text()).get("platforms", {}).get("a", {})
    return found


HERMES = f"""\
# the club's
DINGTALK_CLIENT_ID={OLD.account}
DINGTALK_CLIENT_SECRET={OLD_SECRET}
export DINGTALK_ROBOT_CODE='{OLD.account}'   # the same
DINGTALK_CARD_TEMPLATE_ID="abc.schema"
DINGTALK_AGENT_ID=123
DINGTALK_ALLOWED_USERS=staff1,staff2
DINGTALK_WEBHOOK_URL=https://oapi.dingtalk.com/robot/send?access_token=x
DINGTALK_HOME_CHANNEL=cid1
"""
QWENPAW = {
    "enabled": True,
    "client_id": OLD.account,
    "client_secret": OLD_SECRET,
    "robot_code": OLD.account,
    "card_template_id": "abc.schema",
    "card_template_key": "content",
    "allow_from": ["staff1"],
    "dm_policy": "allowlist",
}
ASTRBOT = {
    "id": "hr",
    "type": "dingtalk",
    "enable": True,
    "client_id": OLD.account,
    "client_secret": OLD_SECRET,
    "card_template_id": "abc.schema",
    "note": "the office's",
}
CONFIG = f"""\
[platforms.a]
type = "dingtalk"
client_id = "{OLD.account}"
client_secret = "{OLD_SECRET}"
robot_code = "{OLD.account}"   # the same
card_template_id = "abc.schema"
allowed = ["staff1"]
"""
CASES = {
    "hermes": Case(
        ".env",
        HERMES,
        dotenv.dotenv_values,
        ("DINGTALK_ROBOT_CODE", "DINGTALK_CARD_TEMPLATE_ID", "DINGTALK_AGENT_ID"),
        {
            "DINGTALK_ALLOWED_USERS": "staff1,staff2",
            "DINGTALK_WEBHOOK_URL": "https://oapi.dingtalk.com/robot/send?access_token=x",
            "DINGTALK_HOME_CHANNEL": "cid1",
        },
    ),
    "qwenpaw": Case(
        "agent.json",
        json.dumps({"channels": {"dingtalk": QWENPAW}}, indent=2),
        in_json("channels", "dingtalk"),
        ("robot_code", "card_template_id"),
        {"card_template_key": "content", "allow_from": ["staff1"], "dm_policy": "allowlist"},
    ),
    "astrbot-file": Case(
        "cmd_config.json",
        "\ufeff" + json.dumps({"platform": [ASTRBOT]}, indent=2),
        in_json("platform", 0),
        ("card_template_id",),
        {"id": "hr", "note": "the office's"},
    ),
    "config": Case(
        "bots.toml", CONFIG, in_toml, ("robot_code", "card_template_id"), {"allowed": ["staff1"]}
    ),
}


@pytest.fixture(params=CASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def a_file(folder: Path, kind: str) -> Path:
    file = folder / CASES[kind].name
    file.write_text(CASES[kind].text, encoding="utf-8")
    return file


async def test_a_replaced_bots_companions_go_and_its_owners_settings_stay(
    tmp_path: Path, kind: str
) -> None:
    case, file = CASES[kind], a_file(tmp_path, kind)
    stored = await built(kind, file).store("x", NEW, replaces=OLD.account)
    assert stored.platform.holds(NEW)
    now = case.read(file)
    assert [name for name in case.companions if now.get(name)] == []
    assert {name: now[name] for name in case.owners} == case.owners
    assert OLD.account not in file.read_text()


async def test_a_bot_that_gets_another_secret_keeps_its_companions(
    tmp_path: Path, kind: str
) -> None:
    case, file = CASES[kind], a_file(tmp_path, kind)
    before = case.read(file)
    again = ding_pair(OLD.account, NEW.text("client_secret"))
    await built(kind, file).store("x", again)
    now = case.read(file)
    assert {name: now[name] for name in case.companions} == {
        name: before[name] for name in case.companions
    }
    assert NEW.text("client_secret") in now.values()


async def test_a_removed_bots_companions_go_with_it(tmp_path: Path, kind: str) -> None:
    case, file = CASES[kind], a_file(tmp_path, kind)
    await built(kind, file).remove("dingtalk", OLD.account)
    now = case.read(file)
    assert [name for name in case.companions if now.get(name)] == []
    assert OLD.account not in file.read_text()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("hermes", "DINGTALK_ROBOT_CODE=dingold\nDINGTALK_CARD_TEMPLATE_ID=mine\n"),
        (
            "qwenpaw",
            '{"channels": {"dingtalk": {"robot_code": "dingold", "card_template_id": "mine"}}}',
        ),
    ],
)
async def test_the_name_of_a_bot_that_is_gone_is_not_left_to_the_next_one(
    tmp_path: Path, kind: str, text: str
) -> None:
    file = tmp_path / "f"
    file.write_text(text)
    await built(kind, file).store("x", NEW)
    assert "dingold" not in file.read_text()
    # nobody can know the code before there is a bot; a template can be made first
    assert "mine" in file.read_text()


async def test_a_running_astrbots_card_stays_and_is_said() -> None:
    async with AstrBotStandIn([ASTRBOT], key="abk_x") as stand_in, Http() as http:
        target = AstrBot(http, stand_in.url, SecretStr("abk_x"), [cell_of("astrbot", DINGTALK)])
        again = ding_pair(OLD.account, NEW.text("client_secret"))
        assert (await target.store("x", again)).notes == (Note.LOADED,)
        stored = await target.store("x", NEW, replaces=OLD.account)
        assert stored.notes == (Note.LOADED, Note.CARD_TEMPLATE)
        secret = NEW.text("client_secret")
        new = {"client_id": NEW.account, "client_secret": secret}
        assert stand_in.bots == [{**ASTRBOT, **new}]
