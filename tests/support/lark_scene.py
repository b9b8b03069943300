"""The real bot with a stand-in for Lark and Feishu beside the others."""

from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.lark.stand_in import LarkStandIn
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.support.scene import ADMIN, Scene

LARK = """\
[lark]
feishu_accounts_url = "{0.feishu_accounts_url}"
feishu_open_url = "{0.feishu_open_url}"
lark_accounts_url = "{0.lark_accounts_url}"
lark_open_url = "{0.lark_open_url}"
"""


class LarkScene(Scene):
    """One bot that can be on DingTalk and on Lark."""

    PLATFORMS = "dingtalk,lark"

    def __init__(self, folder: Path, *, more: str = "", **options: Any) -> None:
        super().__init__(folder, more=more, **options)
        self.lark = LarkStandIn(clock=self.clock)

    async def __aenter__(self) -> Self:
        await self.lark.__aenter__()
        self._more = LARK.format(self.lark) + self._more
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self.lark.__aexit__(kind, error, trace)

    def in_the_world(self, text: str) -> str:
        text = text.replace(self.lark.feishu_open_url, "https://open.feishu.cn")
        return text.replace(self.lark.lark_open_url, "https://open.larksuite.com")

    async def lark_invited(self, command: str = "/lark_new", user: int = ADMIN) -> Message:
        """That command, up to the message with the QR and a bot that waits."""
        await self.says(command, user)
        message = await self.sees("Feishu CLI", user)
        await self.idle()
        return message

    async def lark_poll(self, *answers: Answer) -> None:
        """Passes to the next poll, once for each answer, or once for the stand-in's own."""
        self.lark.next_poll(*answers)
        for _ in range(max(len(answers), 1)):
            await self.pass_until(partial(self._polled, self.lark.polls))
            await self.idle()

    def _polled(self, before: int) -> bool:
        return self.lark.polls > before
