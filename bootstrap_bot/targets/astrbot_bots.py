"""Bots as AstrBot's config has them, in its file and over its API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.targets.placement import Cell, Placement
from bootstrap_bot.targets.target import Platform

ASTRBOT: Mapping[str, Placement] = {
    "dingtalk": Placement(
        name="dingtalk",
        keys={"client_id": "client_id", "client_secret": "client_secret"},
        # its adapter wants the key
        constants={"card_template_id": ""},
        belongings=("card_template_id",),
    )
}
"""Where AstrBot keeps the bots of platforms that do not say it themselves."""


@dataclass(frozen=True, slots=True)
class AstrBotBot:
    """One bot of a platform we speak, and its whole config as it was read."""

    cell: Cell
    platform: Platform
    config: Mapping[str, Any] = field(repr=False)

    def is_replaced_by(self, credentials: Credentials) -> bool:
        """Whether these are another bot's."""
        return self.platform.account != credentials.account

    def leaves(self, credentials: Credentials) -> bool:
        """Whether something stays that was made for the bot which these replace."""
        belongings = self.cell.placement.belongings
        return self.is_replaced_by(credentials) and any(map(self.config.get, belongings))

    def with_credentials(self, credentials: Credentials) -> dict[str, Any]:
        """The config with these in it; of a replaced bot everything else stays."""
        texts, placement = self.cell.texts(credentials), self.cell.placement
        if not self.is_replaced_by(credentials):
            return {**self.config, **texts}
        unsaid, companions = self.cell.unsaid(credentials), placement.companions
        kept = {key: value for key, value in self.config.items() if key not in unsaid}
        constants = {k: v for k, v in placement.constants.items() if k not in companions}
        return {**kept, **texts, **constants}


@dataclass(frozen=True, slots=True)
class AstrBotBots:
    """What is stored: the ids of bots of every type, and the bots of those we speak."""

    ids: frozenset[str]
    ours: tuple[AstrBotBot, ...]

    def find(self, provider: str, account: str) -> AstrBotBot | None:
        """The bot of that platform with that account."""
        found = (bot for bot in self.ours if bot.platform.account == account)
        return next((bot for bot in found if bot.platform.type == provider), None)


def entry(cell: Cell, name: str, credentials: Credentials) -> dict[str, Any]:
    """A bot as AstrBot's list gets it."""
    head = {"id": name, "type": cell.name, "enable": True}
    return {**head, **cell.texts(credentials), **cell.placement.constants}
