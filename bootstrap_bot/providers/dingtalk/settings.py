"""[dingtalk]: where registrations are made, and through which proxy."""

from collections.abc import Mapping
from typing import ClassVar

from bootstrap_bot.providers.provider import ProviderTable
from bootstrap_bot.settings.table import BaseUrl, Text


class DingTalkTable(ProviderTable):
    """The names of the variables are those that other tools for DingTalk read already."""

    VARIABLES: ClassVar[Mapping[str, str]] = {
        "registration_url": "DINGTALK_REGISTRATION_BASE_URL",
        "source": "DINGTALK_REGISTRATION_SOURCE",
        "api_url": "DINGTALK_OPENAPI_ENDPOINT",
    }

    registration_url: BaseUrl = "https://oapi.dingtalk.com"
    source: Text = "DING_DWS_CLAW"
    api_url: BaseUrl = "https://api.dingtalk.com"

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.registration_url, self.api_url
