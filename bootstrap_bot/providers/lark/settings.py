"""[lark]: where registrations are made and apps are asked about, for both brands."""

from collections.abc import Mapping
from typing import ClassVar

from bootstrap_bot.providers.lark.brand import Brand
from bootstrap_bot.providers.provider import ProviderTable
from bootstrap_bot.settings.table import BaseUrl


class LarkTable(ProviderTable):
    """The addresses of Feishu, for people in China, and of Lark, for all others."""

    ADDRESS: ClassVar[str] = "feishu_accounts_url"

    feishu_accounts_url: BaseUrl = "https://accounts.feishu.cn"
    feishu_open_url: BaseUrl = "https://open.feishu.cn"
    lark_accounts_url: BaseUrl = "https://accounts.larksuite.com"
    lark_open_url: BaseUrl = "https://open.larksuite.com"

    @property
    def addresses(self) -> tuple[str, ...]:
        return (*self.accounts.values(), *self.open.values())

    @property
    def accounts(self) -> Mapping[Brand, str]:
        """Where each brand makes registrations."""
        return {Brand.FEISHU: self.feishu_accounts_url, Brand.LARK: self.lark_accounts_url}

    @property
    def open(self) -> Mapping[Brand, str]:
        """Where each brand's apps and pages are."""
        return {Brand.FEISHU: self.feishu_open_url, Brand.LARK: self.lark_open_url}
