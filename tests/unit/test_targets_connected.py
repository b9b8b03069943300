"""After any row of changes the bots that a program starts are those that nobody took away.

The rules are the programs' own, written down here from their sources and used by nothing else.
"""

import json
import random
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dotenv
import pytest
import yaml

from bootstrap_bot.targets.target import Target
from tests.support.credentials import ding_pair
from tests.support.programs import built, pair

Pairs = dict[str, str]

STEPS = 7


def json_of(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8-sig"))


def started(pairs: list[tuple[object, object]]) -> Pairs:
    """Those of which both parts are there."""
    return {str(one): str(other) for one, other in pairs if one and other}


def config(file: Path) -> Pairs:
    """Each table of our type that is not switched off."""
    tables = tomllib.loads(file.read_text()).get("platforms", {}).values()
    ours = [one for one in tables if one.get("type") == "dingtalk" and one.get("enabled", True)]
    return started([(one.get("client_id"), one.get("client_secret")) for one in ours])


def astrbot(file: Path) -> Pairs:
    """Each entry that is switched on and has an id, whatever is true in Python's sense."""
    entries = [one for one in json_of(file).get("platform", []) if one.get("enable")]
    ours = [one for one in entries if one["type"] == "dingtalk" and one.get("id")]
    assert len({one["id"] for one in entries}) == len(entries)
    return started([(one["client_id"], one["client_secret"]) for one in ours])


def hermes(file: Path) -> Pairs:
    """The variables of `.env` over `platforms.dingtalk.extra` of config.yaml."""
    env = dotenv.dotenv_values(file)
    other = file.parent / "config.yaml"
    text = other.read_text() if other.exists() else ""
    data = yaml.safe_load(text) or {}
    extra = data.get("platforms", {}).get("dingtalk", {}).get("extra", {})
    own = env.get("DINGTALK_CLIENT_ID"), env.get("DINGTALK_CLIENT_SECRET")
    return started([own if all(own) else (extra.get("client_id"), extra.get("client_secret"))])


def nanobot(file: Path) -> Pairs:
    """The channel if it is switched on; camel case before snake case."""
    channel = json_of(file).get("channels", {}).get("dingtalk", {})
    if not channel.get("enabled"):
        return {}
    names = (("clientId", "client_id"), ("clientSecret", "client_secret"))
    one, other = (
        channel[first] if first in channel else channel.get(last) for first, last in names
    )
    return started([(one, other)])


def qwenpaw(file: Path) -> Pairs:
    """The channel if it is switched on."""
    channel = json_of(file).get("channels", {}).get("dingtalk", {})
    pairs = [(channel.get("client_id"), channel.get("client_secret"))]
    return started(pairs if channel.get("enabled") else [])


def cowagent(file: Path) -> Pairs:
    """The two keys if the channel is among those that run."""
    data = json_of(file)
    channels = data.get("channel_type", "")
    names = channels if isinstance(channels, list) else channels.split(",")
    pairs = [(data.get("dingtalk_client_id"), data.get("dingtalk_client_secret"))]
    return started(pairs if "dingtalk" in [name.strip() for name in names] else [])


def own_file(file: Path) -> Pairs:
    """The pair at the keys that its owner named."""
    bot = (yaml.safe_load(file.read_text())["bots"] or [{}])[1]
    return started([(bot.get("id"), bot.get("secret"))])


@dataclass(frozen=True)
class Case:
    """A program's file, with a place for one number (at most) of an own bot at the start."""

    name: str
    rule: Callable[[Path], Pairs]
    starts: tuple[str, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)


OWN = pair(1)
ID, SECRET = OWN.account, OWN.text("client_secret")
CASES = {
    "config": Case(
        "bots.toml",
        config,
        (
            "",
            f'[platforms.a]\ntype = "dingtalk"\nclient_id = "{ID}"\nclient_secret = "{SECRET}"\n'
            '[platforms.b]\ntype = "telegram"\n',
        ),
    ),
    "astrbot-file": Case(
        "cmd_config.json",
        astrbot,
        (
            '{"platform": [{"id": "dingtalk", "type": "telegram", "enable": true}]}',
            '\ufeff{"platform": [{"id": "a", "type": "dingtalk", "enable": 1, '
            f'"client_id": "{ID}", "client_secret": "{SECRET}", "card_template_id": "x"}}]}}',
        ),
    ),
    "hermes": Case(
        ".env",
        hermes,
        (
            "A=1\nDINGTALK_CLIENT_ID=\n",
            f"export DINGTALK_CLIENT_ID='{ID}'\nDINGTALK_CLIENT_SECRET={SECRET}\n"
            "DINGTALK_ROBOT_CODE=r\n",
        ),
    ),
    "nanobot": Case(
        "config.json",
        nanobot,
        (
            '{"channels": {"dingtalk": {"enabled": false, "client_id": "", "allow_from": []}}}',
            f'{{"channels": {{"dingtalk": {{"enabled": true, "client_id": "{ID}",'
            f' "clientSecret": "{SECRET}"}}, "qq": {{"enabled": true}}}}}}',
        ),
    ),
    "qwenpaw": Case(
        "agent.json",
        qwenpaw,
        (
            '{"id": "a", "channels": {"console": {"enabled": true}}}',
            f'{{"channels": {{"dingtalk": {{"enabled": true, "client_id": "{ID}",'
            f' "client_secret": "{SECRET}", "robot_code": "{ID}"}}}}}}',
        ),
    ),
    "cowagent": Case(
        "config.json",
        cowagent,
        (
            '{"channel_type": ["web", "feishu"]}',
            f'{{"channel_type": "dingtalk, web", "dingtalk_client_id": "{ID}",'
            f' "dingtalk_client_secret": "{SECRET}"}}',
        ),
    ),
    "file": Case(
        "bots.yaml",
        own_file,
        (
            "bots:\n- kind: telegram\n- kind: dingtalk  # ours\n",
            f"bots:\n- kind: telegram\n- {{kind: dingtalk, id: {ID}, secret: {SECRET}}}\n",
        ),
        {"set": {"bots.1.id": "{client_id}", "bots.1.secret": "{client_secret}"}},
    ),
}


class Play:
    """One file through a row of changes, with what is to be connected after each one."""

    def __init__(self, chance: random.Random, target: Target, connected: Pairs) -> None:
        self._chance = chance
        self._target = target
        self._on = dict(connected)
        self._off: Pairs = {}
        self._number = 1

    @property
    def connected(self) -> Pairs:
        return self._on

    async def step(self) -> None:
        """Any change that an admin can make."""
        steps = [self._add_or_replace, self._bind_again, self._remove, self._switch]
        await self._chance.choice(steps)()

    async def _add_or_replace(self) -> None:
        self._number += 1
        new = pair(self._number)
        known = [*self._on, *self._off]
        replaced = ""
        if known and (self._target.single_slot or self._chance.random() < 0.3):
            replaced = self._chance.choice(known)
        was_off = replaced in self._off
        await self._target.store("dingtalk", new, replaces=replaced)
        self._forget(replaced)
        (self._off if was_off else self._on)[new.account] = new.text("client_secret")

    async def _bind_again(self) -> None:
        for client_id in [*self._on, *self._off][:1]:
            secret = pair(1000 + self._number).text("client_secret")
            await self._target.store("dingtalk", ding_pair(client_id, secret))
            there = self._on if client_id in self._on else self._off
            there[client_id] = secret

    async def _remove(self) -> None:
        for client_id in self._chance.sample([*self._on, *self._off], 1) if self._known() else []:
            assert await self._target.remove("dingtalk", client_id) is not None
            self._forget(client_id)

    async def _switch(self) -> None:
        for client_id in self._chance.sample([*self._on, *self._off], 1) if self._known() else []:
            is_on = client_id in self._on
            switched = await self._target.set_enabled("dingtalk", client_id, not is_on)
            if switched is not None and switched.enabled is not None:
                here, there = (self._on, self._off) if is_on else (self._off, self._on)
                there[client_id] = here.pop(client_id)

    def _known(self) -> bool:
        return bool(self._on or self._off)

    def _forget(self, client_id: str) -> None:
        self._on.pop(client_id, None)
        self._off.pop(client_id, None)


@pytest.fixture(params=[5, pytest.param(150, marks=pytest.mark.slow)])
def rounds(request: pytest.FixtureRequest) -> int:
    """How many rows of changes."""
    return int(request.param)


@pytest.mark.parametrize("kind", CASES)
async def test_what_was_connected_before_still_is(tmp_path: Path, kind: str, rounds: int) -> None:
    case = CASES[kind]
    for seed in range(rounds):
        chance = random.Random(f"{kind} {seed}")
        folder = tmp_path / str(seed)
        folder.mkdir()
        file = folder / case.name
        file.write_text(chance.choice(case.starts), encoding="utf-8")
        target = built(kind, file, **case.keys)
        play = Play(chance, target, case.rule(file))
        for _ in range(STEPS):
            await play.step()
            assert case.rule(file) == play.connected, (seed, file.read_text(encoding="utf-8"))
            listed = {bot.client_id for bot in await target.platforms() if bot.enabled is not False}
            assert listed == {*play.connected}


async def test_a_hermes_with_a_bot_in_another_file_starts_one_too(
    tmp_path: Path, rounds: int
) -> None:
    for seed in range(rounds):
        folder = tmp_path / str(seed)
        folder.mkdir()
        file = folder / ".env"
        file.write_text("A=1\n")
        extra = {"client_id": ID, "client_secret": SECRET, "robot_code": ID}
        other = {"platforms": {"dingtalk": {"extra": extra}}, "model": "big"}
        (folder / "config.yaml").write_text(yaml.safe_dump(other))
        play = Play(random.Random(seed), built("hermes", file), hermes(file))
        for _ in range(STEPS):
            await play.step()
            assert hermes(file) == play.connected, seed
