"""After every change of an OpenClaw config its plugin starts what it started before."""

import copy
import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pyjson5
import pytest

from bootstrap_bot.editing.format import Change, edited
from bootstrap_bot.editing.json5 import Json5
from bootstrap_bot.targets.layout import OtherShapeError
from bootstrap_bot.targets.openclaw import OpenClawLayout
from bootstrap_bot.targets.openclaw_plugin import COMMUNITY, OFFICIAL, Plugin
from bootstrap_bot.targets.target import Platform
from tests.support.credentials import ding_pair
from tests.support.openclaw_rules import STARTED, VALID, Config, Pairs
from tests.support.programs import DINGTALK, cell_of

PLUGINS = [pytest.param(OFFICIAL, id="official"), pytest.param(COMMUNITY, id="community")]
NEW = ding_pair("dingnew", "new")
PAIR = "clientId", "clientSecret"
NEW_PAIR = ("dingnew", "new")
REFERENCE = {"source": "env", "provider": "default", "id": "SECRET"}
NAMES = ["default", "Default", "__default__", "main", "Main", "sales", "dingtalk", "club bot"]
SECRETS: list[Any] = ["a", "${SECRET}", REFERENCE]


def configs(plugin: Plugin, seed: int) -> Config:
    """A config that the plugin takes, of any make."""
    pick = random.Random(seed)
    while True:
        channel: Config = {}
        if pick.random() < 0.6:
            channel |= {
                "clientId": pick.choice(["dingown", " dingown", 4711]),
                "clientSecret": pick.choice(SECRETS),
            }
        if pick.random() < 0.4:
            channel["enabled"] = pick.random() < 0.7
        if pick.random() < 0.3:
            channel["dmPolicy"] = "open"
        if plugin is OFFICIAL and pick.random() < 0.5:
            channel["defaultAccount"] = pick.choice(["main", " main ", "default", "sales", "Main"])
        if pick.random() < 0.6:
            names = pick.sample(NAMES, pick.randint(0, 3))
            channel["accounts"] = {name: account(pick, name, channel) for name in names}
        config = {"channels": {plugin.channel: channel}}
        if VALID[plugin.channel](config):
            return config


def account(pick: random.Random, name: str, channel: Config) -> Config | None:
    """One that says its own pair, the channel's once more, or nothing of a pair."""
    own: Config = {key: channel[key] for key in PAIR if key in channel}
    pair: Config = {"clientId": f"ding{name}", "clientSecret": pick.choice(SECRETS)}
    said: Config | None = pick.choice([pair, pair, own, {}, None])
    if said is None:
        return None
    enabled: Config = {"enabled": pick.random() < 0.7} if pick.random() < 0.4 else {}
    return {**said, **enabled}


def after(config: Config, changes: Sequence[Change]) -> Config:
    """The config as another reader has it after the changes."""
    text = edited(Json5(), json.dumps(config, indent=2), changes)
    found: Config = pyjson5.decode(text)
    return found


def without(pairs: Pairs, client_id: str) -> Pairs:
    return {pair for pair in pairs if pair[0] != client_id}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_list_of_bots_says_which_ones_the_plugin_starts(plugin: Plugin) -> None:
    for seed in range(200):
        config = configs(plugin, seed)
        listed = layout_of(plugin).bots(copy.deepcopy(config))
        on = {bot.client_id for bot in listed if bot.enabled}
        assert on == {pair[0] for pair in STARTED[plugin.channel](config)}, (seed, config)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_bot_more_leaves_all_others_started(plugin: Plugin) -> None:
    layout, started, is_valid = of(plugin)
    for seed in range(200):
        config = configs(plugin, seed)
        channel = config["channels"][plugin.channel]
        changes = attempt(lambda: layout.add(config, "sales", NEW))  # noqa: B023
        if changes is None:
            continue
        changed = after(config, changes)
        is_off = channel.get("enabled") is False and (
            "clientId" in channel or channel.get("accounts")
        )
        new = set() if is_off else {NEW_PAIR}
        assert started(changed) == started(config) | new, (seed, config, changed)
        assert is_valid(changed), (seed, config, changed)
        assert NEW in [bot.credentials for bot in layout.bots(changed)]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("what", ["replace", "remove", "on", "off"])
def test_a_change_of_one_bot_leaves_all_others_started(plugin: Plugin, what: str) -> None:
    layout, started, is_valid = of(plugin)
    count = 0
    for seed in range(200):
        config = configs(plugin, seed)
        for bot in layout.bots(config):
            changes = attempt(lambda: change(layout, config, bot, what))  # noqa: B023
            if changes is None:
                continue
            count += 1
            changed = after(config, changes)
            context = (seed, bot.client_id, config, changed)
            before, now = started(config), started(changed)
            was_on = before != without(before, bot.client_id)
            others = without(before, bot.client_id)
            assert is_valid(changed), context
            if what == "replace":
                assert now == others | ({NEW_PAIR} if was_on else set()), context
                assert bot.client_id not in [one.client_id for one in layout.bots(changed)]
            elif what == "remove":
                assert bot.client_id not in [one.client_id for one in layout.bots(changed)]
                # without accounts the channel's own pair is a bot again
                left = changed.get("channels", {}).get(plugin.channel, {}).get("accounts")
                own = now - others if not left else set()
                assert now == others | own, context
            elif what == "on":
                assert without(now, bot.client_id) == others, context
                assert now != others, context
            else:
                assert now == others, context
    assert count > 80


def layout_of(plugin: Plugin) -> OpenClawLayout:
    return OpenClawLayout(cell_of("openclaw", DINGTALK), plugin, "openclaw")


def of(plugin: Plugin) -> Any:
    return layout_of(plugin), STARTED[plugin.channel], VALID[plugin.channel]


def change(layout: OpenClawLayout, config: Config, bot: Platform, what: str) -> list[Change]:
    if what == "replace":
        return layout.update(config, bot, NEW)
    if what == "remove":
        return layout.remove(config, bot)
    return layout.switch(config, bot, what == "on")


def attempt(make: Callable[[], Sequence[Change]]) -> Sequence[Change] | None:
    """The changes; None where a reference to a secret is in the way."""
    with suppress(OtherShapeError):
        return make()
    return None
