"""Times and durations in words."""

import math
from datetime import datetime, tzinfo

from bootstrap_bot.chat.texts import Texts

DAY = 86400.0


def at(moment: float, now: float, zone: tzinfo, *, seconds: bool = False) -> str:
    """`14:05 UTC`, with the date before it a day or more away. Both are epoch seconds."""
    then = datetime.fromtimestamp(moment, zone)
    date = "" if abs(moment - now) < DAY else "%Y-%m-%d "
    return then.strftime(f"{date}%H:%M:%S %Z" if seconds else f"{date}%H:%M %Z")


def left(seconds: float, texts: Texts) -> str:
    """`1 h 58 min`, `4 minutes`, rounded up; less than a minute is `less than a minute`."""
    minutes = math.ceil(seconds / 60)
    if seconds < 60:
        return texts.plain("time.under_a_minute")
    if minutes < 60:
        return texts.plural("time.minutes", minutes)
    if minutes % 60 == 0:
        return texts.plain("time.hours", hours=minutes // 60)
    return texts.plain("time.hours_minutes", hours=minutes // 60, minutes=minutes % 60)
