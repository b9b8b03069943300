"""Every kind of target, by its name in the config. A new one is a file and a line here."""

from collections.abc import Mapping, Sequence
from typing import get_args

from bootstrap_bot.targets.any_file import AnyFileTable
from bootstrap_bot.targets.astrbot_file import AstrBotFileTable
from bootstrap_bot.targets.astrbot_table import AstrBotTable
from bootstrap_bot.targets.config_file import ConfigTable
from bootstrap_bot.targets.cowagent import CowAgentTable
from bootstrap_bot.targets.hermes import HermesTable
from bootstrap_bot.targets.nanobot import NanobotTable
from bootstrap_bot.targets.openclaw import OpenClawTable
from bootstrap_bot.targets.qwenpaw import QwenPawTable
from bootstrap_bot.targets.tables import TargetContext, TargetTable
from bootstrap_bot.targets.target import Target

_TABLES: Sequence[type[TargetTable]] = (
    *(ConfigTable, AstrBotTable, AstrBotFileTable, HermesTable, OpenClawTable),
    *(NanobotTable, QwenPawTable, CowAgentTable, AnyFileTable),
)


def _name(table: type[TargetTable]) -> str:
    return str(get_args(table.model_fields["kind"].annotation)[0])


KINDS: Mapping[str, type[TargetTable]] = {_name(table): table for table in _TABLES}
"""Kind -> what is right in its table."""

OWN_CONFIG = ConfigTable(kind="config")
"""Where credentials go when no target is given."""


def targets_of(tables: Sequence[TargetTable], context: TargetContext) -> list[Target]:
    """The targets themselves, this bot's own config if there is none."""
    return [table.build(context) for table in (tables or (OWN_CONFIG,))]
