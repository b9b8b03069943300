"""Chats in which people are spoken to, one folder each."""
