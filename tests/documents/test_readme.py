"""README, example config, settings and commands say the same."""

import asyncio
import re
import sys
import tomllib
from pathlib import Path

import pytest

from bootstrap_bot.chat.commands import CLAIM, HELP, START, commands
from bootstrap_bot.errors import ConfigError
from bootstrap_bot.settings import settings
from bootstrap_bot.settings.table import keys_of
from tests.support.scene import TOKEN, Scene

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")
DINGTALK = "dingtalk"
SETTINGS = [
    f"{table}.{key}" for table, model in settings.tables().items() for key in keys_of(model)
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_in_the_readme_and_in_the_example(setting: str) -> None:
    table, key = setting.split(".")
    assert f"| `{setting}` |" in README
    assert key in tomllib.loads(EXAMPLE)[table]


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = re.findall(r"^\| `(\w+\.\w+)` \|", README, re.MULTILINE)
    assert sorted(named) == sorted(SETTINGS)


@pytest.mark.parametrize("variable", [settings.CONFIG_VARIABLE, *settings.variables()])
def test_every_variable_is_in_the_readme(variable: str) -> None:
    assert variable in README


@pytest.mark.parametrize("command", [START, HELP, CLAIM, *commands([DINGTALK], alone=True)])
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`/{command}" in README


@pytest.mark.parametrize("command", commands([DINGTALK], alone=False))
def test_every_command_in_somebody_elses_bot_is_in_the_readme(command: str) -> None:
    assert f"`/{command}" in README


@pytest.mark.parametrize("command", ["run", "check", "demo"])
def test_every_command_of_the_terminal_is_in_the_readme(command: str) -> None:
    assert f"`bootstrap-bot {command}" in README


def test_the_example_is_valid_but_for_the_token(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        settings.load(path, {})
    assert [fault.key for fault in caught.value.faults] == ["telegram.token"]
    loaded = settings.load(path, {"TELEGRAM_BOT_TOKEN": TOKEN})
    assert loaded.telegram.admins == ()


def test_the_example_says_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN}
    written = settings.load(path, environ)
    path.write_text("", encoding="utf-8")
    bare = settings.load(path, environ)
    assert written.providers == bare.providers
    for table in settings.tables().keys() - bare.providers.keys():
        assert getattr(written, table) == getattr(bare, table)


async def test_the_ten_lines_of_the_readme_are_a_whole_program(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    assert len(program.strip().splitlines()) <= 12
    async with Scene(tmp_path, interval=1, stage_seconds=0) as scene:
        await scene.stop()
        road = f'.token("{TOKEN}").base_url("{scene.telegram.url}/bot")'
        assert '.token("your token")' in program
        (tmp_path / "program.py").write_text(
            program.replace('.token("your token")', road), encoding="utf-8"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "error",
            # python-telegram-bot's own, from Python 3.12 on
            "-W",
            "ignore:There is no current event loop:DeprecationWarning",
            "program.py",
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await scene.says("/dingtalk_new")
            await scene.sees("Waiting for you")
            await scene.dingtalk.approve()
            await scene.sees("Done")
        finally:
            process.terminate()
            output, _ = await process.communicate()
    assert b"a DingTalk bot was stored as dingtalk" in output
    assert scene.platforms()["dingtalk"]["client_id"] == scene.dingtalk.latest.client_id
    assert scene.telegram.calls("setMyCommands") == []
    assert process.returncode == 0
