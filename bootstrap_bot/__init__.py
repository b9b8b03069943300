"""Registers a DingTalk bot from a Telegram chat and stores its credentials."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap_bot.bot import BootstrapBot
    from bootstrap_bot.errors import BootstrapBotError, ConfigError
    from bootstrap_bot.targets.target import Platform

_HOMES = {
    "BootstrapBot": "bootstrap_bot.bot",
    "BootstrapBotError": "bootstrap_bot.errors",
    "ConfigError": "bootstrap_bot.errors",
    "Platform": "bootstrap_bot.targets.target",
}
__all__ = ["BootstrapBot", "BootstrapBotError", "ConfigError", "Platform"]


def __getattr__(name: str) -> object:
    """Loads them when they are asked for: the command line has its signals to set before."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
