"""Times and durations in words."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from bootstrap_bot.chat import times
from bootstrap_bot.chat.texts import Texts

NOON = datetime(2026, 9, 21, 12, 0, tzinfo=UTC).timestamp()
SHANGHAI = timezone(timedelta(hours=8), "CST")


def test_today_needs_no_date() -> None:
    assert times.at(NOON, NOON, UTC) == "12:00 UTC"
    assert times.at(NOON + 3 * 3600 + 5 * 60 + 59, NOON, UTC) == "15:05 UTC"


def test_a_moment_can_be_told_to_the_second() -> None:
    assert times.at(NOON + 61, NOON, UTC, seconds=True) == "12:01:01 UTC"
    assert times.at(NOON + 86400, NOON, UTC, seconds=True) == "2026-09-22 12:00:00 UTC"


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (43199, "23:59 UTC"),
        (43200, "00:00 UTC"),
        (86399, "11:59 UTC"),
        (86400, "2026-09-22 12:00 UTC"),
        (-86399, "12:00 UTC"),
        (-86400, "2026-09-20 12:00 UTC"),
        (30 * 86400, "2026-10-21 12:00 UTC"),
    ],
)
def test_a_day_away_shows_its_date(ahead: float, shown: str) -> None:
    assert times.at(NOON + ahead, NOON, UTC) == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (SHANGHAI, "20:00 CST"),
        (ZoneInfo("Asia/Shanghai"), "20:00 CST"),
        (ZoneInfo("America/New_York"), "08:00 EDT"),
        (timezone(timedelta(hours=5, minutes=45), "+0545"), "17:45 +0545"),
    ],
)
def test_a_time_is_shown_in_the_owners_zone(zone: tzinfo, shown: str) -> None:
    assert times.at(NOON, NOON, zone) == shown


def test_which_day_it_is_depends_on_the_zone() -> None:
    evening = NOON + 2 * 86400 + 5 * 3600  # 17:00 UTC, one in the morning in Shanghai
    assert times.at(evening, NOON, UTC) == "2026-09-23 17:00 UTC"
    assert times.at(evening, NOON, SHANGHAI) == "2026-09-24 01:00 CST"


LEFT = [
    (0, "less than a minute"),
    (59, "less than a minute"),
    (59.99, "less than a minute"),
    (60, "1 minute"),
    (60.01, "2 minutes"),
    (120, "2 minutes"),
    (121, "3 minutes"),
    (3540, "59 minutes"),
    (3540.5, "1 h"),
    (3600, "1 h"),
    (3601, "1 h 1 min"),
    (7080, "1 h 58 min"),
    (7200, "2 h"),
    (86400, "24 h"),
]


@pytest.mark.parametrize(("seconds", "shown"), LEFT)
def test_what_is_left_is_rounded_up_to_minutes(seconds: float, shown: str) -> None:
    assert times.left(seconds, Texts("en", "dingtalk")) == shown


def test_what_is_left_is_told_in_the_persons_language() -> None:
    chinese = Texts("zh", "dingtalk")
    told = [times.left(seconds, chinese) for seconds in (30, 60, 120, 3700)]
    assert told == ["不到 1 分钟", "1 分钟", "2 分钟", "1 小时 2 分钟"]
