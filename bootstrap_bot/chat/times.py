"""Times and durations in words."""

import math
from datetime import datetime, tzinfo

from bootstrap_bot.chat.texts import Texts


def at(moment: float, now: float, zone: tzinfo, *, seconds: bool = False) -> str:
    """`14:05 UTC`, with the date before it when that is not today. Both are epoch seconds."""
    then, today = datetime.fromtimestamp(moment, zone), datetime.fromtimestamp(now, zone)
    date = "" if then.date() == today.date() else "%Y-%m-%d "
    return then.strftime(f"{date}%H:%M:%S %Z" if seconds else f"{date}%H:%M %Z")


def left(seconds: float, texts: Texts) -> str:
    """`1 h 58 min`, `4 minutes`, rounded up; less than a minute is `less than a minute`."""
    minutes = math.ceil(seconds / 60)
    if seconds < 60:
        return texts.plain("time.under_a_minute")
    if minutes < 60:
        return texts.plural("time.minutes", minutes)
    return texts.plain("time.hours_minutes", hours=minutes // 60, minutes=minutes % 60)
