"""From /dingtalk_new into this bot's config, and into files whose owner names the keys."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import dotenv
import pyjson5
import pytest
import yaml

from bootstrap_bot.editing.format import BOM
from bootstrap_bot.targets.any_file import Template
from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    OLD_ID,
    OLD_SECRET,
    SECRET,
    backup,
    connected,
    edited,
    note,
    said,
    target,
    text_of,
    written,
)

CLIENT_ID, CLIENT_SECRET = "{client_id}", "{client_secret}"
PLATFORM = (
    f'[platforms.dingtalk]\ntype = "dingtalk"\nenabled = true\n'
    f'client_id = "{ID}"\nclient_secret = "{SECRET}"\n'
)


def filled(path: str, keys: Mapping[str, Template]) -> str:
    """A target of the kind `file`; the names of keys are TOML's."""
    pairs = ", ".join(f"'{key}' = {json.dumps(value)}" for key, value in keys.items())
    return target("file", path=path) + f"set = {{ {pairs} }}\n"


# --- this bot's own config, and one like it ------------------------------------------------------


async def test_the_own_config_gets_one_table_behind_its_targets(tmp_path: Path) -> None:
    more = "\n# where bots go\n" + target("config") + "[log]   # less\nlevel='warning'\n"
    async with Scene(tmp_path, more=more) as scene:
        before = text_of(scene.config)
        done = await connected(scene)
        assert text_of(scene.config) == f"{before}\n{PLATFORM}"
        assert scene.platforms()["dingtalk"]["client_secret"] == SECRET
        assert text_of(backup(scene.config)) == before
        told = said("stored.added", id="dingtalk", place="config.toml")
        assert f"{told}\nClient ID: {MASKED}\nClient secret: ••••••••WXYZ" in done.text


async def test_another_bots_config_is_a_place_like_our_own(tmp_path: Path) -> None:
    theirs = edited(
        f'{PLATFORM}model = "kept"   # by hand\n# of the next table\n[tools]\nsearch = true\n',
        (ID, OLD_ID),
        (SECRET, OLD_SECRET),
    )
    file = written(tmp_path / "their bot/config.toml", theirs)
    more = target("config", path="their bot/config.toml")
    async with Scene(tmp_path, more=more) as scene:
        ours = text_of(scene.config)
        done = await connected(scene, name="sales")
        table = PLATFORM.replace("platforms.dingtalk", "platforms.sales")
        assert text_of(file) == edited(
            theirs, ("# of the next table\n", f"\n{table}\n# of the next table\n")
        )
        assert list(tomllib.loads(text_of(file))["platforms"]) == ["dingtalk", "sales"]
        assert text_of(scene.config) == ours
        assert said("stored.added", id="sales", place="their bot/config.toml") in done.text


# --- any program's file --------------------------------------------------------------------------


async def test_a_toml_file_gets_what_its_owner_wants_at_the_keys_they_named(
    tmp_path: Path,
) -> None:
    before = (
        "# my agent, by hand since January\n"
        'title = "agent"   # keep me\n\n'
        "[channels.telegram]\ntoken = '123:abc'\n\n"
        '[channels."ding.talk"]   # dots in a name\n'
        'region="cn"\n'
        "app_key = ''   # from open-dev\n\n"
        "[tools]\nlimits = [1,\n  2, # two\n]\n"
    )
    file = written(tmp_path / "agent.toml", before)
    keys: dict[str, Template] = {
        'channels."ding.talk".app_key': CLIENT_ID,
        'channels."ding.talk".app_secret': CLIENT_SECRET,
        'channels."ding.talk".enabled': True,
        'channels."ding.talk".retries': 3,
        "tools.bot": f"bot {CLIENT_ID}",
    }
    async with Scene(tmp_path, more=filled("agent.toml", keys)) as scene:
        done = await connected(scene)
        assert text_of(file) == edited(
            before,
            (
                "app_key = ''   # from open-dev\n",
                f'app_key = "{ID}"   # from open-dev\n'
                f'app_secret = "{SECRET}"\nenabled = true\nretries = 3\n',
            ),
            ("  2, # two\n]\n", f'  2, # two\n]\nbot = "bot {ID}"\n'),
        )
        data = tomllib.loads(text_of(file))
        assert data["channels"]["ding.talk"] == {
            "region": "cn",
            "app_key": ID,
            "app_secret": SECRET,
            "enabled": True,
            "retries": 3,
        }
        told = said("stored.file", place="agent.toml")
        assert f"{told}\n{note('restart')}Client ID: {MASKED}\n" in done.text
        assert text_of(backup(file)) == before


async def test_a_json_file_on_one_line_stays_one_that_strict_readers_take(tmp_path: Path) -> None:
    before = '{"name":"agent","dingtalk":{"on":false,"id":"","secret":""},"list":[1,{"a":null}]}'
    file = written(tmp_path / "agent.json", before)
    keys: dict[str, Template] = {
        "dingtalk.on": True,
        "dingtalk.id": CLIENT_ID,
        "dingtalk.secret": CLIENT_SECRET,
        "level": 7,
    }
    async with Scene(tmp_path, more=filled("agent.json", keys)) as scene:
        await connected(scene)
        assert text_of(file) == edited(
            before,
            ('"on":false', '"on":true'),
            ('"id":""', f'"id":"{ID}"'),
            ('"secret":""', f'"secret":"{SECRET}"'),
            ("null}]}", 'null}],"level":7}'),
        )
        data = json.loads(file.read_bytes())
        assert data["dingtalk"] == {"on": True, "id": ID, "secret": SECRET}


async def test_a_json5_file_keeps_comments_quotes_and_commas(tmp_path: Path) -> None:
    before = (
        f"{BOM}// agent.json5, ours\r\n"
        "{\r\n"
        "\tname: 'agent', /* 'single' */ \"channels\": {\r\n"
        "\t\t// telegram comes first\r\n"
        "\t\ttelegram: {token: '123:abc', limit: +.5e1,},\r\n"
        "\t},\r\n"
        "\tmore: 'a\\\r\nb', // goes on\r\n"
        "}\r\n"
    )
    file = written(tmp_path / "agent.json5", before)
    keys = {"channels.dingtalk.id": CLIENT_ID, "channels.dingtalk.key": CLIENT_SECRET}
    async with Scene(tmp_path, more=filled("agent.json5", keys)) as scene:
        await connected(scene)
        assert text_of(file) == edited(
            before,
            (
                "+.5e1,},\r\n",
                '+.5e1,},\r\n\t\t"dingtalk": {\r\n'
                f'\t\t\t"id": "{ID}",\r\n\t\t\t"key": "{SECRET}"\r\n\t\t}},\r\n',
            ),
        )
        data = pyjson5.decode(text_of(file).removeprefix(BOM))
        assert data["channels"]["dingtalk"] == {"id": ID, "key": SECRET}
        assert data["more"] == "ab"


async def test_a_yaml_file_as_koishis_keeps_its_order_and_comments(tmp_path: Path) -> None:
    before = (
        "# koishi.yml, written by its console\n"
        "port: 5140\n"
        "plugins:\n"
        "  group:server:\n"
        "    server:k2f: {}   # as it came\n"
        "  group:adapter:\n"
        "    ~adapter-telegram:abc:    # switched off\n"
        "      token: '123:abc'\n"
        "      motto: >\n"
        "        folded\n"
        "        text\n\n"
        "    adapter-dingtalk:k3x9:\n"
        "      protocol: http   # or ws\n"
        "      # from the console\n"
        "      appkey: ''\n"
        "    # the end of the adapters\n"
        "  group:database: &db\n"
        "    sqlite:1: {path: data/koishi.db}\n"
    )
    file = written(tmp_path / "koishi.yml", before)
    at = 'plugins."group:adapter"."adapter-dingtalk:k3x9"'
    keys = {
        f"{at}.protocol": "ws",
        f"{at}.appkey": CLIENT_ID,
        f"{at}.secret": CLIENT_SECRET,
    }
    async with Scene(tmp_path, more=filled("koishi.yml", keys)) as scene:
        await connected(scene)
        assert text_of(file) == edited(
            before,
            ("protocol: http ", "protocol: ws "),
            ("appkey: ''\n", f"appkey: {ID}\n      secret: {SECRET}\n"),
        )
        adapters = yaml.safe_load(file.read_bytes())["plugins"]["group:adapter"]
        assert adapters["adapter-dingtalk:k3x9"] == {
            "protocol": "ws",
            "appkey": ID,
            "secret": SECRET,
        }


@pytest.mark.parametrize("name", [".env", ".env.production"])
async def test_an_env_file_gets_its_variables_each_on_its_line(tmp_path: Path, name: str) -> None:
    before = (
        "# made by compose, edited since\r\n"
        "export TOKEN='123:abc'   # telegram\r\n"
        "DING_ID=   # not yet\r\n"
        'GREETING="Hello\r\nworld"\r\n'
        "HOME_URL=${BASE:-http://localhost}/x"
    )
    file = written(tmp_path / name, before)
    keys = {
        "DING_ID": CLIENT_ID,
        "DING_SECRET": CLIENT_SECRET,
        "DING_PAIR": f"{CLIENT_ID} {CLIENT_SECRET}",
        "DING_ON": "true",
    }
    async with Scene(tmp_path, more=filled(name, keys)) as scene:
        await connected(scene)
        assert text_of(file) == edited(
            before,
            ("DING_ID=   #", f"DING_ID={ID}   #"),
            (
                "localhost}/x",
                f"localhost}}/x\r\nDING_SECRET={SECRET}\r\nDING_PAIR='{ID} {SECRET}'\r\n"
                "DING_ON=true\r\n",
            ),
        )
        values = dotenv.dotenv_values(file)
        assert (values["DING_ID"], values["DING_SECRET"]) == (ID, SECRET)
        assert (values["DING_PAIR"], values["DING_ON"]) == (f"{ID} {SECRET}", "true")
        assert values["GREETING"] == "Hello\nworld"


async def test_a_file_that_is_not_there_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    keys = {"ding.id": CLIENT_ID, "ding.secret": CLIENT_SECRET}
    async with Scene(tmp_path, more=filled("new.json", keys)) as scene:
        await connected(scene)
        file = tmp_path / "new.json"
        pair = f'"id": "{ID}",\n    "secret": "{SECRET}"'
        assert text_of(file) == f'{{\n  "ding": {{\n    {pair}\n  }}\n}}\n'
        assert json.loads(file.read_bytes()) == {"ding": {"id": ID, "secret": SECRET}}
        assert file.stat().st_mode & 0o777 == 0o600
        assert not backup(file).exists()
