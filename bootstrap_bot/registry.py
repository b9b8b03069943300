"""Every platform, kind of target and journal: the built-in ones, a line each, then entry points.

Another distribution brings one by an entry point in the group `bootstrap_bot.providers` (a
`ProviderKind`), `bootstrap_bot.targets` (a `TargetTable`) or `bootstrap_bot.journals` (a
`JournalKind`).
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from bootstrap_bot.journals.kind import JournalKind
from bootstrap_bot.providers.provider import ProviderKind
from bootstrap_bot.targets.tables import TargetTable, kind_of

PROVIDERS = (
    "bootstrap_bot.providers.dingtalk.kind:KIND",
    "bootstrap_bot.providers.lark.kind:KIND",
)

TARGETS = (
    "bootstrap_bot.targets.config_file:ConfigTable",
    "bootstrap_bot.targets.astrbot_table:AstrBotTable",
    "bootstrap_bot.targets.astrbot_file:AstrBotFileTable",
    "bootstrap_bot.targets.hermes:HermesTable",
    "bootstrap_bot.targets.openclaw:OpenClawTable",
    "bootstrap_bot.targets.nanobot:NanobotTable",
    "bootstrap_bot.targets.qwenpaw:QwenPawTable",
    "bootstrap_bot.targets.cowagent:CowAgentTable",
    "bootstrap_bot.targets.any_file:AnyFileTable",
)

JOURNALS = ("bootstrap_bot.journals.sqlite:KIND",)


@cache
def providers() -> Mapping[str, ProviderKind]:
    """Every platform by its name, in the order in which they are offered."""
    kinds: list[ProviderKind] = [_loaded(line) for line in PROVIDERS]
    kinds += [point.load() for point in entry_points(group="bootstrap_bot.providers")]
    return {kind.name: kind for kind in kinds}


@cache
def targets() -> Mapping[str, type[TargetTable]]:
    """What is right in the table of each kind of target, by the kind's name."""
    tables: list[type[TargetTable]] = [_loaded(line) for line in TARGETS]
    tables += [point.load() for point in entry_points(group="bootstrap_bot.targets")]
    return {kind_of(table): table for table in tables}


@cache
def journals() -> Mapping[str, JournalKind]:
    """Every kind of journal by the scheme of its addresses, "" for files."""
    kinds: list[JournalKind] = [_loaded(line) for line in JOURNALS]
    kinds += [point.load() for point in entry_points(group="bootstrap_bot.journals")]
    return {kind.scheme: kind for kind in kinds}


def _loaded(line: str) -> Any:
    module, _, name = line.partition(":")
    return getattr(import_module(module), name)
