"""From /dingtalk_new into the files of Hermes, nanobot, QwenPaw and CowAgent."""

import json
from pathlib import Path

import dotenv
import pytest

from tests.support.scene import Scene
from tests.support.target_scenes import (
    ID,
    MASKED,
    OLD_SECRET,
    RETRY,
    SECRET,
    backup,
    connected,
    edited,
    error,
    hindered,
    note,
    restart,
    state_of,
    stored,
    target,
    text_of,
    trouble,
    written,
)

HERMES = """\
# Hermes Agent, written by "hermes setup", edited since
export OPENROUTER_API_KEY='sk-or-v1-0123456789abcdef'   # until May

TELEGRAM_BOT_TOKEN=123:abc
TELEGRAM_ALLOWED_USERS="42, 43"
SOUL="You are kind
and brief."
# DINGTALK_CLIENT_ID=your-app-key
# DINGTALK_CLIENT_SECRET=your-app-secret
TERMINAL_CWD=${HOME}/work"""
NOBODY = note("hermes_users", about="DINGTALK_ALLOWED_USERS")
NANOBOT = """\
{
  "agents": {
    "defaults": {
      "workspace": "~/.nanobot/workspace",
      "model": "anthropic/claude-opus-4-5",
      "maxTokens": 8192
    }
  },
  "channels": {
    "sendProgress": true,
    "telegram": {
      "enabled": true,
      "token": "123:abc",
      "allowFrom": ["42"]
    },
    "dingtalk": {
      "enabled": false,
      "clientId": "",
      "clientSecret": "",
      "allowFrom": []
    }
  },
  "gateway": { "host": "0.0.0.0", "port": 18790 }
}"""
QWENPAW = """\
{
  "id": "default",
  "name": "默认智能体",
  "channels": {
    "console": {"enabled": true, "bot_prefix": "[BOT]"},
    "dingtalk": {
      "enabled": false,
      "bot_prefix": "",
      "client_id": "",
      "client_secret": "",
      "message_type": "markdown"
    }
  },
  "heartbeat": null
}
"""
COWAGENT = """\
{
  "channel_type": "web",
  "model": "qwen3-max",
  "qwen_api_key": "sk-0123456789",
  "character_desc": "你是CowAgent\\n",
    "speech_recognition": true
}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everybody's usual paths begin."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


# --- Hermes --------------------------------------------------------------------------------------


async def test_hermes_gets_two_lines_at_the_end(home: Path) -> None:
    file = written(home / ".hermes/.env", HERMES)
    async with Scene(home, more=target("hermes")) as scene:
        done = await connected(scene)
        pair = f"\nDINGTALK_CLIENT_ID={ID}\nDINGTALK_CLIENT_SECRET={SECRET}\n"
        assert text_of(file) == HERMES + pair
        values = dotenv.dotenv_values(file)
        assert (values["DINGTALK_CLIENT_ID"], values["DINGTALK_CLIENT_SECRET"]) == (ID, SECRET)
        assert values["SOUL"] == "You are kind\nand brief."
        assert text_of(backup(file)) == HERMES
        told = stored("Hermes", "~/.hermes/.env") + restart("Hermes") + NOBODY
        assert f"{told}Client ID: {MASKED}\n" in done.text
        assert "ALLOW_ALL" not in text_of(file)


@pytest.mark.parametrize(
    "line", ["DINGTALK_ALLOWED_USERS=staff1", "GATEWAY_ALLOW_ALL_USERS=true   # a club"]
)
async def test_hermes_that_knows_whom_to_answer_needs_no_word_about_it(
    home: Path, line: str
) -> None:
    written(home / ".hermes/.env", f"{line}\n")
    async with Scene(home, more=target("hermes")) as scene:
        done = await connected(scene)
        assert f"{restart('Hermes')}Client ID" in done.text


async def test_hermes_gets_the_new_secret_of_a_bot_it_knows_where_the_old_one_stood(
    home: Path,
) -> None:
    before = (
        f"export DINGTALK_CLIENT_ID='{ID}' # the club's bot\n"
        f'DINGTALK_CLIENT_SECRET = "{OLD_SECRET}"# from May\nLAST=1'
    )
    file = written(home / ".hermes/.env", before)
    async with Scene(home, more=target("hermes")) as scene:
        await connected(scene, name="club")
        assert text_of(file) == edited(
            before, (f'"{OLD_SECRET}"# from May', f"{SECRET} # from May")
        )
        assert dotenv.dotenv_values(file)["DINGTALK_CLIENT_SECRET"] == SECRET


async def test_hermes_without_its_file_yet_gets_one(home: Path) -> None:
    (home / ".hermes").mkdir()
    async with Scene(home, more=target("hermes")) as scene:
        await connected(scene)
        file = home / ".hermes/.env"
        assert text_of(file) == f"DINGTALK_CLIENT_ID={ID}\nDINGTALK_CLIENT_SECRET={SECRET}\n"
        assert file.stat().st_mode & 0o777 == 0o600


async def test_hermes_that_is_not_there_at_all_is_said_and_waited_for(home: Path) -> None:
    async with Scene(home, more=target("hermes")) as scene:
        told = await hindered(scene, error("file_missing"))
        assert trouble("~/.hermes/.env", "file_missing") in told.text
        assert not (home / ".hermes").exists()
        (home / ".hermes").mkdir()
        await scene.press(RETRY)
        await scene.sees("Done")
        assert dotenv.dotenv_values(home / ".hermes/.env")["DINGTALK_CLIENT_ID"] == ID


# --- nanobot -------------------------------------------------------------------------------------


async def test_nanobot_fresh_from_its_onboarding_gets_three_values(home: Path) -> None:
    file = written(home / ".nanobot/config.json", NANOBOT)
    async with Scene(home, more=target("nanobot")) as scene:
        done = await connected(scene)
        assert text_of(file) == edited(
            NANOBOT,
            (
                '"enabled": false,\n      "clientId": "",\n      "clientSecret": ""',
                f'"enabled": true,\n      "clientId": "{ID}",\n      "clientSecret": "{SECRET}"',
            ),
        )
        channel = json.loads(file.read_bytes())["channels"]["dingtalk"]
        assert channel == {
            "enabled": True,
            "clientId": ID,
            "clientSecret": SECRET,
            "allowFrom": [],
        }
        told = stored("nanobot", "~/.nanobot/config.json")
        told += restart("nanobot") + note("nanobot_senders")
        assert f"{told}Client ID: {MASKED}\n" in done.text


async def test_nanobot_that_knows_who_may_write_needs_no_word_about_it(home: Path) -> None:
    before = edited(NANOBOT, ('"allowFrom": []', '"allowFrom": ["staff1"]'))
    written(home / ".nanobot/config.json", before)
    async with Scene(home, more=target("nanobot")) as scene:
        done = await connected(scene)
        assert f"{restart('nanobot')}Client ID" in done.text


async def test_nanobot_without_the_channel_gets_one_beside_the_others(home: Path) -> None:
    before = '{\n    "channels": {\n        "qq": { "enabled": true }\n    },\n    "x": 1\n}\n'
    file = written(home / ".nanobot/config.json", before)
    async with Scene(home, more=target("nanobot")) as scene:
        await connected(scene)
        assert text_of(file) == edited(
            before,
            (
                '"qq": { "enabled": true }',
                '"qq": { "enabled": true },\n'
                '        "dingtalk": {\n'
                '            "enabled": true,\n'
                f'            "clientId": "{ID}",\n'
                f'            "clientSecret": "{SECRET}"\n'
                "        }",
            ),
        )


async def test_nanobot_would_read_a_variable_in_such_a_secret_so_it_is_not_written(
    home: Path,
) -> None:
    file = written(home / ".nanobot/config.json", NANOBOT)
    before = state_of(file)
    async with Scene(home, more=target("nanobot")) as scene:
        told = await hindered(scene, error("value_unfit"), secret="q${HOME}" + "q" * 40)
        assert trouble("~/.nanobot/config.json", "value_unfit") in told.text
        assert state_of(file) == before


# --- QwenPaw -------------------------------------------------------------------------------------

NEWEST = ".qwenpaw/workspaces/default/agent.json"
OLDER = ".qwenpaw/config.json"
EARLIER_NAME = ".copaw/workspaces/default/agent.json"


@pytest.mark.parametrize(
    ("there", "used"),
    [
        ([NEWEST], NEWEST),
        ([OLDER], OLDER),
        ([OLDER, NEWEST], NEWEST),
        ([NEWEST, EARLIER_NAME], EARLIER_NAME),
    ],
)
async def test_qwenpaw_gets_three_values_in_the_file_it_reads(
    home: Path, there: list[str], used: str
) -> None:
    files = {name: written(home / name, QWENPAW) for name in there}
    async with Scene(home, more=target("qwenpaw")) as scene:
        done = await connected(scene)
        after = edited(
            QWENPAW,
            ('"enabled": false', '"enabled": true'),
            ('"client_id": ""', f'"client_id": "{ID}"'),
            ('"client_secret": ""', f'"client_secret": "{SECRET}"'),
        )
        assert {name: text_of(file) for name, file in files.items()} == {
            name: after if name == used else QWENPAW for name in there
        }
        assert json.loads(files[used].read_bytes())["channels"]["dingtalk"]["client_id"] == ID
        told = stored("QwenPaw", f"~/{used}") + note("qwenpaw_notices")
        assert f"{told}Client ID: {MASKED}\n" in done.text


async def test_qwenpaw_without_any_file_is_told_the_newest_place(home: Path) -> None:
    async with Scene(home, more=target("qwenpaw")) as scene:
        told = await hindered(scene, error("file_missing"))
        assert trouble(f"~/{NEWEST}", "file_missing") in told.text
        assert not (home / ".qwenpaw").exists()


# --- CowAgent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "with_ours"),
    [
        ('"channel_type": "web",', '"channel_type": "web,dingtalk",'),
        ('"channel_type": "web, feishu",', '"channel_type": "web, feishu, dingtalk",'),
        ('"channel_type": "web,dingtalk",', '"channel_type": "web,dingtalk",'),
        ('"channel_type": ["web" , "qq"],', '"channel_type": ["web" , "qq", "dingtalk"],'),
        ('"channel_type": [],', '"channel_type": [\n    "dingtalk"\n  ],'),
        ('"channel_type": "",', '"channel_type": "web,dingtalk",'),
    ],
)
async def test_cowagent_gets_two_keys_and_one_more_channel_written_as_the_others(
    home: Path, channels: str, with_ours: str
) -> None:
    before = edited(COWAGENT, ('"channel_type": "web",', channels))
    file = written(home / "CowAgent/config.json", before)
    async with Scene(home, more=target("cowagent")) as scene:
        done = await connected(scene)
        pair = f'"dingtalk_client_id": "{ID}",\n    "dingtalk_client_secret": "{SECRET}"'
        assert text_of(file) == edited(
            before,
            (channels, with_ours),
            ('"speech_recognition": true', f'"speech_recognition": true,\n    {pair}'),
        )
        assert json.loads(file.read_bytes())["character_desc"] == "你是CowAgent\n"
        told = stored("CowAgent", "~/CowAgent/config.json") + note(
            "cowagent_restart", about="DINGTALK_CLIENT_ID"
        )
        assert f"{told}Client ID: {MASKED}\n" in done.text


async def test_cowagent_without_a_list_of_channels_keeps_its_own_one(home: Path) -> None:
    before = '{"model": "qwen3-max", "dingtalk_client_id": ""}'
    file = written(home / "CowAgent/config.json", before)
    async with Scene(home, more=target("cowagent")) as scene:
        await connected(scene)
        assert json.loads(file.read_bytes()) == {
            "model": "qwen3-max",
            "dingtalk_client_id": ID,
            "dingtalk_client_secret": SECRET,
            "channel_type": "web,dingtalk",
        }
        assert text_of(file) == edited(
            before,
            (
                '"dingtalk_client_id": ""}',
                f'"dingtalk_client_id": "{ID}", "dingtalk_client_secret": "{SECRET}", '
                '"channel_type": "web,dingtalk"}',
            ),
        )
