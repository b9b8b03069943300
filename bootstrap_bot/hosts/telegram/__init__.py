"""Telegram as a chat host: updates in, messages out."""
