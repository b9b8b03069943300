"""What Lark declares of itself."""

from pathlib import Path

from bootstrap_bot.credentials import Field
from bootstrap_bot.http import Http
from bootstrap_bot.providers.lark.placements import PLACEMENTS
from bootstrap_bot.providers.lark.settings import LarkTable
from bootstrap_bot.providers.provider import (
    Policy,
    Provider,
    ProviderKind,
    ProviderTable,
)


def build(http: Http, table: ProviderTable) -> Provider:
    """The provider for these settings."""
    from bootstrap_bot.providers.lark.provider import Lark

    if not isinstance(table, LarkTable):
        raise TypeError("not Lark's table")
    return Lark(http, table.accounts, table.open)


KIND = ProviderKind(
    name="lark",
    fields=(
        Field("app_id", "App ID"),
        Field("app_secret", "App Secret", secret=True),
        Field("domain", "domain"),
        Field("owner_open_id", "Open ID", optional=True),
    ),
    account="app_id",
    # A second poll is answered with `slow_down` before five seconds have passed.
    policy=Policy(shortest_pause=5.0),
    table=LarkTable,
    build=build,
    words=Path(__file__).parent / "locale",
    labels=("feishu", "lark"),
    placements=PLACEMENTS,
    scanner="owner_open_id",
)
