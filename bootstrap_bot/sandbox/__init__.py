"""Stand-ins for DingTalk and Telegram, for the demo and the tests."""
