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
from bootstrap_bot.targets.openclaw_plugin import COMMUNITY, OFFICIAL, Plugin, plugin_of
from bootstrap_bot.targets.target import Platform
from tests.support.credentials import ding_pair
from tests.support.lark_like import LARK_LIKE, lark_pair
from tests.support.openclaw_rules import STARTED, VALID, Config, Pairs
from tests.support.programs import DINGTALK, cell_of

OWN = plugin_of("feishu")
PLUGINS = [
    pytest.param(OFFICIAL, id="official"),
    pytest.param(COMMUNITY, id="community"),
    pytest.param(OWN, id="own"),
]
NEW = {
    "dingtalk": ding_pair("dingnew", "new"),
    "dingtalk-connector": ding_pair("dingnew", "new"),
    "feishu": lark_pair("dingnew", "new"),
}
NEW_PAIR = ("dingnew", "new")
REFERENCE = {"source": "env", "provider": "default", "id": "SECRET"}
NAMES = ["default", "Default", "__default__", "main", "Main", "sales", "dingtalk", "club bot"]
SECRETS: list[Any] = ["a", "${SECRET}", REFERENCE]


def configs(plugin: Plugin, seed: int) -> Config:
    """A config that the plugin takes, of any make."""
    pick = random.Random(seed)
    while True:
        channel: Config = {}
        names, pair = names_of(plugin), pair_of(plugin)
        if pick.random() < 0.6:
            own = (pick.choice(["dingown", " dingown", 4711]), pick.choice(SECRETS))
            channel |= zip(pair, own, strict=True)
        if pick.random() < 0.4:
            channel["enabled"] = pick.random() < 0.7
        if pick.random() < 0.3:
            channel["dmPolicy"] = "open"
        if plugin is not COMMUNITY and pick.random() < 0.5:
            channel["defaultAccount"] = pick.choice(["main", " main ", "default", "sales", "Main"])
        if pick.random() < 0.6:
            chosen = pick.sample(names, pick.randint(0, 3))
            channel["accounts"] = {name: account(pick, name, channel, pair) for name in chosen}
        config = {"channels": {plugin.channel: channel}}
        if VALID[plugin.channel](config):
            return config


def names_of(plugin: Plugin) -> list[str]:
    """Accounts' names; OpenClaw's own plugins find each one however it is written."""
    return ["default", "main", "Sales", "club"] if plugin is OWN else NAMES


def pair_of(plugin: Plugin) -> tuple[str, str]:
    """The keys of a bot."""
    return ("appId", "appSecret") if plugin is OWN else ("clientId", "clientSecret")


def account(
    pick: random.Random, name: str, channel: Config, keys: tuple[str, str]
) -> Config | None:
    """One that says its own pair, the channel's once more, or nothing of a pair."""
    own: Config = {key: channel[key] for key in keys if key in channel}
    pair: Config = dict(zip(keys, (f"ding{name}", pick.choice(SECRETS)), strict=True))
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
        on = {bot.account for bot in listed if bot.enabled}
        assert on == {pair[0] for pair in STARTED[plugin.channel](config)}, (seed, config)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_bot_more_leaves_all_others_started(plugin: Plugin) -> None:
    layout, started, is_valid = of(plugin)
    new = NEW[plugin.channel]
    for seed in range(200):
        config = configs(plugin, seed)
        channel = config["channels"][plugin.channel]
        changes = attempt(lambda: layout.add(config, "sales", new))  # noqa: B023
        if changes is None:
            continue
        changed = after(config, changes)
        is_off = channel.get("enabled") is False and (
            pair_of(plugin)[0] in channel or channel.get("accounts")
        )
        more = set() if is_off else {NEW_PAIR}
        assert started(changed) == started(config) | more, (seed, config, changed)
        assert is_valid(changed), (seed, config, changed)
        assert any(bot.holds(new) for bot in layout.bots(changed))


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
            context = (seed, bot.account, config, changed)
            before, now = started(config), started(changed)
            was_on = before != without(before, bot.account)
            others = without(before, bot.account)
            assert is_valid(changed), context
            if what == "replace":
                assert now == others | ({NEW_PAIR} if was_on else set()), context
                assert bot.account not in [one.account for one in layout.bots(changed)]
            elif what == "remove":
                assert bot.account not in [one.account for one in layout.bots(changed)]
                # without accounts the channel's own pair is a bot again
                left = changed.get("channels", {}).get(plugin.channel, {}).get("accounts")
                own = now - others if not left else set()
                assert now == others | own, context
            elif what == "on":
                assert without(now, bot.account) == others, context
                assert now != others, context
            else:
                assert now == others, context
    assert count > 80


def layout_of(plugin: Plugin) -> OpenClawLayout:
    cell = cell_of("openclaw", LARK_LIKE if plugin is OWN else DINGTALK)
    return OpenClawLayout(cell, plugin, "openclaw")


def of(plugin: Plugin) -> Any:
    return layout_of(plugin), STARTED[plugin.channel], VALID[plugin.channel]


def change(layout: OpenClawLayout, config: Config, bot: Platform, what: str) -> list[Change]:
    if what == "replace":
        return layout.update(config, bot, NEW[layout.plugin.channel])
    if what == "remove":
        return layout.remove(config, bot)
    return layout.switch(config, bot, what == "on")


def attempt(make: Callable[[], Sequence[Change]]) -> Sequence[Change] | None:
    """The changes; None where a reference to a secret is in the way."""
    with suppress(OtherShapeError):
        return make()
    return None
