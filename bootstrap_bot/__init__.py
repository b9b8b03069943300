"""Registers a DingTalk bot from a Telegram chat and stores its credentials."""
