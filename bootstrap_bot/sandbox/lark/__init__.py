"""The stand-in for Lark and Feishu."""
