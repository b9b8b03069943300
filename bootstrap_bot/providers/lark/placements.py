"""Where programs keep apps of Lark and Feishu."""

from collections.abc import Mapping

from bootstrap_bot.providers.lark.brand import Brand
from bootstrap_bot.targets.placement import Placement


def _feishu(id_key: str, secret_key: str, allow_list: str) -> Placement:
    """A channel `feishu` that has the domain under its own name."""
    keys = {"app_id": id_key, "app_secret": secret_key, "domain": "domain"}
    return Placement(name="feishu", keys=keys, allow_list=allow_list)


PLACEMENTS: Mapping[str, Placement] = {
    "astrbot": Placement(
        name="lark",
        keys={"app_id": "app_id", "app_secret": "app_secret", "domain": "domain"},
        forms={
            "domain": {
                Brand.FEISHU.value: "https://open.feishu.cn",
                Brand.LARK.value: "https://open.larksuite.com",
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
    "openclaw": _feishu("appId", "appSecret", "allowFrom"),
    "nanobot": _feishu("appId", "appSecret", "allowFrom"),
    "qwenpaw": _feishu("app_id", "app_secret", "allow_from"),
    "cowagent": Placement(
        name="feishu",
        keys={"app_id": "feishu_app_id", "app_secret": "feishu_app_secret"},
        # it asks open.feishu.cn and nobody else
        only={"domain": Brand.FEISHU.value},
        constants={"feishu_event_mode": "websocket"},
    ),
}
