"""Every kind of target keeps the bots of every platform that it speaks."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bootstrap_bot import registry
from bootstrap_bot.http import Http
from bootstrap_bot.providers.provider import ProviderKind
from bootstrap_bot.sandbox.astrbot.stand_in import AstrBotStandIn
from bootstrap_bot.targets.astrbot import AstrBot
from bootstrap_bot.targets.astrbot_table import AstrBotTable
from bootstrap_bot.targets.tables import kind_of
from bootstrap_bot.targets.target import Target
from tests.contracts.target_contract import EVERY_PLATFORM, Place, TargetContract, credentials
from tests.support.programs import built, cell_of


@dataclass
class InFile:
    """A file that a kind of target keeps its bots in."""

    kind: str
    file: Path
    keys: dict[str, Any] = field(default_factory=dict)

    def target(self, *platforms: ProviderKind) -> Target:
        return built(self.kind, self.file, platforms, **self.keys)

    def text(self) -> str:
        return self.file.read_bytes().decode()


class FileContract(TargetContract):
    """A kind of target with a file."""

    name: str
    text: str

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        file = tmp_path / self.name
        file.write_bytes(self.text.encode())
        return InFile(self.kind, file)


class TestConfig(FileContract):
    kind, name = "config", "bots.toml"
    text = "# mine\n[telegram]\ntoken = '1:a' # here\n\n[platforms.x]\ntype = 'slack'\n"
    kept = (text,)


class TestAstrBotFile(FileContract):
    kind, name = "astrbot-file", "cmd_config.json"
    text = '\ufeff{\n  "platform": [\n    {"id": "tg",  "type": "telegram"}\n  ],\n  "x": 1.50\n}\n'
    kept = ('\ufeff{\n  "platform": [\n    {"id": "tg",  "type": "telegram"}', '"x": 1.50\n}\n')


class TestHermes(FileContract):
    kind, name = "hermes", ".env"
    text = "# mine\nexport OPENAI_API_KEY='sk-1' # paid\nTELEGRAM_BOT_TOKEN=1:a\n"
    kept = (text,)


class TestOpenClaw(FileContract):
    kind, name = "openclaw", "openclaw.json"
    text = """{
  // mine
  gateway: { port: 18789, },
  channels: { telegram: { botToken: '1:a' } },
  plugins: { entries: { "dingtalk-connector": { enabled: true }, feishu: { enabled: true } } },
}
"""
    kept = (
        "  // mine\n  gateway: { port: 18789, },\n",
        "botToken: '1:a'",
        "feishu: { enabled",
    )


class TestNanobot(FileContract):
    kind, name = "nanobot", "config.json"
    text = '{\n  "agents": {"model":  "x"},\n  "channels": {"telegram": {"token": "1"}}\n}\n'
    kept = ('"agents": {"model":  "x"}', '"telegram": {"token": "1"}')


class TestQwenPaw(FileContract):
    kind, name = "qwenpaw", "workspaces/default/agent.json"
    text = '{\n  "id": "default",\n  "channels": {"console": {"enabled":  true}}\n}\n'
    kept = ('"id": "default"', '"console": {"enabled":  true}')

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        (tmp_path / self.name).parent.mkdir(parents=True)
        file = tmp_path / self.name
        file.write_bytes(self.text.encode())
        return InFile(self.kind, file)


class TestCowAgent(FileContract):
    kind, name = "cowagent", "config.json"
    text = '{\n  "channel_type": "web",\n  "model":  "x"\n}\n'
    kept = ('"channel_type": "web', '"model":  "x"')


class TestFile(FileContract):
    kind, name = "file", "bots.yaml"
    text = "# mine\nbots:\n  other: {a: 1} # one\n"
    kept = (text,)

    @pytest.fixture
    def place(self, tmp_path: Path, platform: ProviderKind) -> Place:
        file = tmp_path / self.name
        file.write_bytes(self.text.encode())
        return InFile(self.kind, file, for_platform(platform))

    async def test_platforms_do_not_touch_each_others_bots(
        self, place: Place, platform: ProviderKind, other: ProviderKind
    ) -> None:
        assert isinstance(place, InFile)
        mine, theirs = (
            place.target(platform),
            InFile(self.kind, place.file, for_platform(other)).target(other),
        )
        assert mine.key != theirs.key
        assert not mine.speaks(other.name)
        await mine.store("x", credentials(platform, 1))
        await theirs.store("x", credentials(other, 1))
        assert [bot.type for bot in await mine.platforms()] == [platform.name]
        await mine.remove(platform.name, credentials(platform, 1).account)
        (left,) = await theirs.platforms()
        assert left.holds(credentials(other, 1))


def for_platform(platform: ProviderKind) -> dict[str, Any]:
    """A target of the kind `file` for that platform, with a key for each field."""
    keys = {f"{platform.name}.{one.name}": f"{{{one.name}}}" for one in platform.fields}
    return {"platforms": [platform.name], "set": keys}


@dataclass
class InAstrBot:
    """An AstrBot that runs."""

    stand_in: AstrBotStandIn
    http: Http

    def target(self, *platforms: ProviderKind) -> Target:
        cells = [cell_of("astrbot", platform) for platform in platforms]
        return AstrBot(self.http, self.stand_in.url, SecretStr("abk_x"), cells)

    def text(self) -> str:
        return json.dumps(self.stand_in.bots)


class TestAstrBot(TargetContract):
    kind = "astrbot"
    kept = ('{"id": "tg", "type": "telegram", "enable": true, "telegram_token": "1:a"}',)

    @pytest.fixture
    async def place(self, tmp_path: Path) -> AsyncIterator[Place]:
        bots = [json.loads(self.kept[0])]
        stand_in = AstrBotStandIn(bots, key="abk_x", types=astrbots_types())
        async with stand_in, Http(timeout=5) as http:
            yield InAstrBot(stand_in, http)


def astrbots_types() -> dict[str, dict[str, type]]:
    """The fields of each type of bot that we know a place for."""
    placements = [AstrBotTable.placement(platform) for platform in EVERY_PLATFORM]
    return {
        one.name: {
            **dict.fromkeys(one.keys.values(), str),
            **{key: type(value) for key, value in one.constants.items()},
        }
        for one in placements
        if one
    }


def contracts(base: type[TargetContract]) -> Iterator[type[TargetContract]]:
    for one in base.__subclasses__():
        yield from ([one] if hasattr(one, "kind") else contracts(one))


def test_every_kind_of_target_is_held_to_it() -> None:
    held = {one.kind for one in contracts(TargetContract)}
    assert held == {kind_of(table) for table in registry.targets().values()}
