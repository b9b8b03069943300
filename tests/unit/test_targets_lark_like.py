"""What programs get of a platform that brought its placements by itself, as they read it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dotenv
import pytest
import yaml
from pydantic import SecretStr

from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.http import Http
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from bootstrap_bot.targets.astrbot import AstrBot
from bootstrap_bot.targets.target import Note
from tests.support.lark_like import LARK_LIKE, lark_pair
from tests.support.programs import built, cell_of

BOT = lark_pair("cli_1", "secret", "feishu")
OTHER = lark_pair("cli_2", "other", "feishu")


def in_json(*path: str | int) -> Callable[[Path], Any]:
    def read(file: Path) -> Any:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
        for key in path:
            data = data[key]
        return data

    return read


CHANNEL = {"enabled": True, "appId": "cli_1", "appSecret": "secret", "domain": "feishu"}
ASTRBOT = {
    "id": "wanted",
    "type": "lark",
    "enable": True,
    "app_id": "cli_1",
    "app_secret": "secret",
    "domain": "https://open.feishu.cn",
    "lark_connection_mode": "socket",
}
WRITTEN: Mapping[str, tuple[str, str, Callable[[Path], Any], Any]] = {
    "astrbot-file": ("cmd_config.json", '{"platform": []}', in_json("platform", 0), ASTRBOT),
    "hermes": (
        ".env",
        "",
        dotenv.dotenv_values,
        {
            "FEISHU_APP_ID": "cli_1",
            "FEISHU_APP_SECRET": "secret",
            "FEISHU_DOMAIN": "feishu",
            "FEISHU_CONNECTION_MODE": "websocket",
        },
    ),
    "openclaw": ("openclaw.json", "{}", in_json("channels", "feishu"), CHANNEL),
    "nanobot": ("config.json", "{}", in_json("channels", "feishu"), CHANNEL),
    "qwenpaw": (
        "agent.json",
        "{}",
        in_json("channels", "feishu"),
        {"enabled": True, "app_id": "cli_1", "app_secret": "secret", "domain": "feishu"},
    ),
    "cowagent": (
        "config.json",
        '{"channel_type": "web"}',
        in_json(),
        {
            "channel_type": "web,feishu",
            "feishu_app_id": "cli_1",
            "feishu_app_secret": "secret",
            "feishu_event_mode": "websocket",
        },
    ),
}


@pytest.fixture(params=WRITTEN)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def a_file(folder: Path, kind: str) -> Path:
    file = folder / "workspaces/default" / WRITTEN[kind][0]
    file.parent.mkdir(parents=True)
    file.write_text(WRITTEN[kind][1])
    return file


async def test_each_program_gets_its_own_words(tmp_path: Path, kind: str) -> None:
    _, _, read, wanted = WRITTEN[kind]
    file = a_file(tmp_path, kind)
    stored = await built(kind, file, [LARK_LIKE]).store("wanted", BOT)
    assert read(file) == wanted
    assert stored.platform.holds(BOT)


async def test_a_replacing_bot_listens_as_a_new_one(tmp_path: Path, kind: str) -> None:
    _, _, read, wanted = WRITTEN[kind]
    file = a_file(tmp_path, kind)
    target = built(kind, file, [LARK_LIKE])
    await target.store("wanted", OTHER)
    text = file.read_text()
    for mode in ("websocket", "socket"):
        text = text.replace(f'"{mode}"', '"webhook"').replace(f"={mode}", "=webhook")
    file.write_text(text)
    await target.store("x", BOT, replaces=OTHER.account)
    assert read(file) == wanted


async def test_what_was_set_along_goes_with_the_bot_unless_it_was_changed(
    tmp_path: Path, kind: str
) -> None:
    file = a_file(tmp_path, kind)
    target = built(kind, file, [LARK_LIKE])
    await target.store("wanted", BOT)
    file.write_text(file.read_text() + ("FEISHU_HOME_CHANNEL=oc_1\n" if kind == "hermes" else ""))
    await target.remove("lark_like", BOT.account)
    text = file.read_text()
    assert "socket" not in text
    assert "open.feishu.cn" not in text
    assert ("FEISHU_HOME_CHANNEL=oc_1" in text) is (kind == "hermes")


async def test_a_running_astrbot_gets_the_same() -> None:
    types = {"lark": dict.fromkeys([*ASTRBOT.keys() - {"id", "type", "enable"}], str)}
    stand_in = AstrBotStandIn(key="abk_x", types=types)
    async with stand_in, Http() as http:
        cells = [cell_of("astrbot", LARK_LIKE)]
        target = AstrBot(http, stand_in.url, SecretStr("abk_x"), cells)
        await target.store("wanted", OTHER)
        stand_in.bots[0]["lark_connection_mode"] = "webhook"
        await target.store("x", BOT, replaces=OTHER.account)
        assert stand_in.bots == [ASTRBOT]
        (bot,) = await target.platforms()
        assert bot.holds(BOT)


async def test_a_region_that_a_program_does_not_know_is_refused(tmp_path: Path) -> None:
    file = a_file(tmp_path, "cowagent")
    with pytest.raises(TargetError) as caught:
        await built("cowagent", file, [LARK_LIKE]).store("x", lark_pair("cli_1", "s", "lark"))
    assert caught.value.code is Code.NOT_TAKEN
    assert file.read_text() == WRITTEN["cowagent"][1]


async def test_a_bot_in_another_file_of_hermes_is_seen_and_taken_out(tmp_path: Path) -> None:
    file = a_file(tmp_path, "hermes")
    other = file.with_name("config.yaml")
    extra = {"app_id": "cli_2", "app_secret": "other", "domain": "lark", "group_rules": {}}
    other.write_text(yaml.safe_dump({"platforms": {"feishu": {"extra": extra}}}))
    target = built("hermes", file, [LARK_LIKE])
    (bot,) = await target.platforms()
    assert bot.holds(lark_pair("cli_2", "other", "lark"))
    with pytest.raises(TargetError) as caught:
        await target.store("x", BOT)
    assert caught.value.code is Code.OCCUPIED
    await target.store("x", BOT, replaces="cli_2")
    left = yaml.safe_load(other.read_text())["platforms"]["feishu"]["extra"]
    assert left == {"app_id": "", "app_secret": "", "group_rules": {}}
    assert [bot.account for bot in await target.platforms()] == ["cli_1"]


@pytest.mark.parametrize(
    "folder",
    ["npm/projects/openclaw-feishu-1", "extensions/feishu", "npm/node_modules/@openclaw/feishu"],
)
async def test_a_plugin_of_openclaws_own_that_is_missing_is_said(
    tmp_path: Path, folder: str
) -> None:
    file = a_file(tmp_path, "openclaw")
    target = built("openclaw", file, [LARK_LIKE])
    missing = Note.OPENCLAW_PLUGIN.about("@openclaw/feishu")
    assert (await target.store("x", BOT)).notes == (Note.OPENCLAW_RESTART, missing)
    (file.parent / folder).mkdir(parents=True)
    assert (await target.store("x", BOT)).notes == (Note.OPENCLAW_RESTART,)


async def test_what_is_still_needed_names_the_platforms_own_words(tmp_path: Path) -> None:
    hermes = built("hermes", a_file(tmp_path / "a", "hermes"), [LARK_LIKE])
    stored = await hermes.store("x", BOT)
    assert stored.notes == (
        Note.RESTART_BY.about("hermes gateway restart"),
        Note.HERMES_USERS.about("FEISHU_ALLOWED_USERS"),
    )
    await hermes.allow("lark_like", BOT.account, "ou_1")
    assert (await hermes.store("x", BOT)).notes == stored.notes[:1]
    cowagent = built("cowagent", a_file(tmp_path / "b", "cowagent"), [LARK_LIKE])
    assert cowagent.restart("lark_like") == Note.COWAGENT_RESTART.about("FEISHU_APP_ID")
