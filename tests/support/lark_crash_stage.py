"""The real process between Telegram's stand-in and Lark's, killed and started again."""

import tomllib
from pathlib import Path
from typing import Self

from bootstrap_bot.sandbox.lark.stand_in import Brand, LarkStandIn
from tests.support.crash_stage import PATIENCE, RESULT, CrashStage
from tests.support.lark_scene import LARK
from tests.support.scene import ADMIN, TOKEN
from tests.support.state_rows import Row

OVER = "The link has expired"
CONSOLE = "the answer was lost on its way: then the app is in the developer console"


class LarkCrashStage(CrashStage):
    """One person of that brand, who asks for an app of theirs."""

    def __init__(self, folder: Path, brand: Brand) -> None:
        super().__init__(folder)
        self.lark = LarkStandIn(interval=1)
        self._brand = brand

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.lark)
        self._more = LARK.format(self.lark)
        return await super().__aenter__()

    async def asks(self) -> None:
        await self.telegram.says(ADMIN, "/lark_new")

    async def ends_well(self) -> Row:
        await self._until(lambda: self.last_words(RESULT) or self.last_words(OVER))
        await self._until(lambda: [row["told"] for row in self._rows()] == [1])
        await self.stop()
        [row] = self._rows()
        return row

    @property
    def codes(self) -> set[str]:
        shown = "".join(one.text for one in self.telegram.history(ADMIN) if one.sender == "bot")
        return {one.user_code for one in self.lark.registrations if one.user_code in shown}

    def check_end(self, row: Row, *, lost: bool) -> None:
        """The whole app is stored and told of once, or the person reads where it is."""
        [code] = self.codes
        registration = self.lark.find(code)
        assert registration.handed_out
        config = self.config.read_text(encoding="utf-8")
        if lost:
            assert row["state"] == "expired"
            assert config == self.before
            [message] = self.last_words(OVER)
            assert CONSOLE in message.text
        else:
            assert row["state"] == "stored"
            assert tomllib.loads(config)["platforms"] == {
                "lark": {
                    "type": "lark",
                    "enabled": True,
                    "app_id": registration.client_id,
                    "app_secret": registration.client_secret,
                    "domain": self._brand,
                    "owner_open_id": registration.open_id,
                }
            }
            [message] = self.last_words(RESULT)
        assert message.id == row["message"]
        for secret in (TOKEN, registration.device_code, str(registration.client_secret)):
            assert secret not in self.log
        assert "Traceback" not in self.log

    async def _confirm(self) -> None:
        await self.telegram.until(lambda: self.codes, 4 * PATIENCE)
        [code] = self.codes
        await self.lark.approve(code, self._brand)
