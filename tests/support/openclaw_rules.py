"""Which bots OpenClaw's plugins start from a config, and which configs they take.

Written from the plugins' own sources, and knowing nothing of how the config was edited.
"""

from collections.abc import Callable
from typing import Any

Config = dict[str, Any]
Pairs = set[tuple[str, str]]


def started_by_community(config: Config) -> Pairs:
    """What @soimy/dingtalk 3.6 connects: the accounts if there are any, else the channel."""
    channel = config.get("channels", {}).get("dingtalk")
    if channel is None or channel.get("enabled") is False:
        return set()
    accounts = channel.get("accounts") or {}
    if not accounts:
        return _pair(channel)
    found: Pairs = set()
    for account in accounts.values():
        merged = {**channel, **(account or {})}
        if merged.get("enabled") is not False:
            found |= _pair(merged)
    return found


def started_by_official(config: Config) -> Pairs:
    """What @dingtalk-real-ai/dingtalk-connector 0.8 connects.

    The account that it looks up is the one named, but for "default" it looks up another one.
    """
    channel = config.get("channels", {}).get("dingtalk-connector")
    if channel is None or channel.get("enabled") is False:
        return set()
    accounts = channel.get("accounts") or {}
    found: dict[str, str] = {}
    for name in sorted(accounts) or ["default"]:
        merged = {**channel, **(accounts.get(_official_name(name)) or {})}
        if merged.get("enabled") is not False:
            for client_id, secret in _pair(merged):
                found.setdefault(client_id, secret)
    return set(found.items())


def started_by_own(config: Config) -> Pairs:
    """What @openclaw/feishu 2026.7 connects: the accounts, and the channel's pair as `default`."""
    channel = config.get("channels", {}).get("feishu")
    if channel is None or channel.get("enabled") is False:
        return set()
    accounts = channel.get("accounts") or {}
    names = [name.lower() for name in accounts]
    by_name: dict[str, Config] = {name.lower(): one for name, one in accounts.items()}
    if not names or (channel.get("appId") and channel.get("appSecret")):
        names.append("default")
    found: Pairs = set()
    for wanted in names:
        merged = {**channel, **by_name.get(wanted, {})}
        if merged.get("enabled") is not False:
            found |= _pair(merged, "appId", "appSecret")
    return found


def is_valid_for_own(config: Config) -> bool:
    """Whether its strict schema takes the channel; beside accounts `defaultAccount` is one."""
    channel = config.get("channels", {}).get("feishu", {})
    accounts, named = channel.get("accounts", {}), channel.get("defaultAccount", "").strip()
    known = {"enabled", "defaultAccount", "dmPolicy", "accounts", "allowFrom", "domain"}
    tables = (channel, *accounts.values())
    return not (accounts and named and named.lower() not in accounts) and all(
        isinstance(table, dict)
        and table.keys() <= known | {"appId", "appSecret"}
        and isinstance(table.get("appId", ""), str)
        and isinstance(table.get("appSecret", ""), str | dict)
        and table.get("domain", "feishu") in ("feishu", "lark")
        and isinstance(table.get("enabled", True), bool)
        for table in tables
    )


def is_valid_for_community(config: Config) -> bool:
    """Whether its schema takes the channel; unknown keys are refused."""
    channel = config.get("channels", {}).get("dingtalk", {})
    return _is_valid(channel, {"enabled", "name", "dmPolicy", "accounts"})


def is_valid_for_official(config: Config) -> bool:
    """Whether its schema takes the channel; beside accounts `defaultAccount` has to be one."""
    channel = config.get("channels", {}).get("dingtalk-connector", {})
    accounts, named = channel.get("accounts") or {}, channel.get("defaultAccount", "").strip()
    names_none = accounts and named and _official_name(named) not in accounts
    return not names_none and _is_valid(
        channel, {"enabled", "defaultAccount", "dmPolicy", "accounts", "chatbotUserId"}
    )


STARTED: dict[str, Callable[[Config], Pairs]] = {
    "dingtalk": started_by_community,
    "dingtalk-connector": started_by_official,
    "feishu": started_by_own,
}
VALID: dict[str, Callable[[Config], bool]] = {
    "dingtalk": is_valid_for_community,
    "dingtalk-connector": is_valid_for_official,
    "feishu": is_valid_for_own,
}


def _official_name(name: str) -> str:
    name = name.strip()
    return "__default__" if name.lower() in ("default", "") else name


def _pair(merged: Config, name: str = "clientId", secret_name: str = "clientSecret") -> Pairs:
    account, secret = merged.get(name), merged.get(secret_name)
    return {(str(account).strip(), str(secret))} if account and secret else set()


def _is_valid(channel: Config, known: set[str]) -> bool:
    accounts = channel.get("accounts", {})
    return all(
        table.keys() <= known | {"clientId", "clientSecret"}
        and isinstance(table.get("clientId", ""), str | int)
        and isinstance(table.get("clientSecret", ""), str | dict)
        and isinstance(table.get("enabled", True), bool)
        for table in (channel, *(account or {} for account in accounts.values()))
    )
