"""The two brands of one platform, each with hosts of its own."""

from enum import StrEnum


class Brand(StrEnum):
    """Whose account an app belongs to; also the value of its field `domain`."""

    FEISHU = "feishu"
    LARK = "lark"
