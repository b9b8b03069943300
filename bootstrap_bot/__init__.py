"""Registers a DingTalk bot from a Telegram chat and stores its credentials."""

from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.errors import BootstrapBotError, ConfigError
from bootstrap_bot.targets.target import Platform

__all__ = ["BootstrapBot", "BootstrapBotError", "ConfigError", "Platform"]
