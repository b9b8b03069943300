"""What DingTalk declares of itself."""

from pathlib import Path

from bootstrap_bot.credentials import Field
from bootstrap_bot.http import Http
from bootstrap_bot.providers.dingtalk.settings import DingTalkTable
from bootstrap_bot.providers.provider import (
    Policy,
    Provider,
    ProviderKind,
    ProviderTable,
)


def build(http: Http, table: ProviderTable) -> Provider:
    """The provider for these settings."""
    from bootstrap_bot.providers.dingtalk.provider import DingTalk

    if not isinstance(table, DingTalkTable):
        raise TypeError("not DingTalk's table")
    return DingTalk(http, table.registration_url, table.source, table.api_url)


KIND = ProviderKind(
    name="dingtalk",
    fields=(Field("client_id", "Client ID"), Field("client_secret", "Client Secret", secret=True)),
    account="client_id",
    # Both kinds of verdict have been seen to be revised, and a pair without one is a review.
    policy=Policy(quiet_period=120.0, empty_successes=4, polls_with_pair=3),
    table=DingTalkTable,
    build=build,
    words=Path(__file__).parent / "locale",
    labels=("app", "browser"),
)
