"""DingTalk as a platform: its registration, settings and words."""
