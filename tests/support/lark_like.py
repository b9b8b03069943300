"""A platform with other fields than DingTalk's, which brings all its placements by itself."""

from pathlib import Path
from typing import NoReturn

from bootstrap_bot.credentials import Credentials, Field
from bootstrap_bot.http import Http
from bootstrap_bot.providers.provider import Policy, ProviderKind, ProviderTable
from bootstrap_bot.targets.placement import Placement


def build(http: Http, table: ProviderTable) -> NoReturn:
    """Nobody registers anything there."""
    raise AssertionError("it is for targets only")


def named_as_here(name: str, id_key: str, secret_key: str, allow_list: str = "") -> Placement:
    """A channel that has the domain under its own name."""
    keys = {"app_id": id_key, "app_secret": secret_key, "domain": "domain"}
    return Placement(name=name, keys=keys, allow_list=allow_list)


LARK_LIKE = ProviderKind(
    name="lark_like",
    fields=(
        Field("app_id", "App ID"),
        Field("app_secret", "App Secret", secret=True),
        Field("domain", "Domain"),
        Field("owner_open_id", "Owner", optional=True),
    ),
    account="app_id",
    policy=Policy(),
    table=ProviderTable,
    build=build,
    words=Path("nowhere"),
    labels=(),
    placements={
        "astrbot": Placement(
            name="lark",
            keys={"app_id": "app_id", "app_secret": "app_secret", "domain": "domain"},
            forms={
                "domain": {
                    "feishu": "https://open.feishu.cn",
                    "lark": "https://open.larksuite.com",
                }
            },
            constants={"lark_connection_mode": "socket"},
        ),
        "hermes": Placement(
            name="feishu",
            keys={
                "app_id": "FEISHU_APP_ID",
                "app_secret": "FEISHU_APP_SECRET",
                "domain": "FEISHU_DOMAIN",
            },
            constants={"FEISHU_CONNECTION_MODE": "websocket"},
            allow_list="FEISHU_ALLOWED_USERS",
        ),
        "openclaw": named_as_here("feishu", "appId", "appSecret", "allowFrom"),
        "nanobot": named_as_here("feishu", "appId", "appSecret", "allowFrom"),
        "qwenpaw": named_as_here("feishu", "app_id", "app_secret", "allow_from"),
        "cowagent": Placement(
            name="feishu",
            keys={"app_id": "feishu_app_id", "app_secret": "feishu_app_secret"},
            # it asks open.feishu.cn and nobody else
            only={"domain": "feishu"},
            constants={"feishu_event_mode": "websocket"},
        ),
    },
)


def lark_pair(app_id: str, secret: str, domain: str = "lark") -> Credentials:
    """What it gives out for one app."""
    return LARK_LIKE.credentials({"app_id": app_id, "app_secret": secret, "domain": domain})
