"""Lark and Feishu as one platform: its registration, settings, placements and words."""
