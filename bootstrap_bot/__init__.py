"""Registers a DingTalk bot from a Telegram chat and stores its credentials."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap_bot.bot import BootstrapBot
    from bootstrap_bot.errors import BootstrapBotError, ConfigError
    from bootstrap_bot.targets.target import Platform

__all__ = ["BootstrapBot", "BootstrapBotError", "ConfigError", "Platform"]


def __getattr__(name: str) -> object:
    """Loads them when they are asked for: the command line has its signals to set before."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bootstrap_bot import bot, errors
    from bootstrap_bot.targets import target

    return next(vars(home)[name] for home in (bot, errors, target) if name in vars(home))
