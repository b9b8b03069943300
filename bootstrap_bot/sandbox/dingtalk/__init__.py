"""The stand-in for DingTalk."""
