"""The conversation, line by line: the real bot between the two stand-ins."""

import re
from pathlib import Path

from bootstrap_bot.sandbox.answers import success
from tests.scene import Scene


async def test_from_the_command_to_a_stored_platform(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        before = scene.config.read_text(encoding="utf-8")
        waiting = await scene.invited()
        assert waiting.photo is not None
        await scene.poll(success("dingabcdefgh1234", "s" * 60 + "WXYZ"))
        done = await scene.sees("Done")
        assert done.id == waiting.id
        assert scene.platforms() == {
            "dingtalk": {
                "type": "dingtalk",
                "enabled": True,
                "client_id": "dingabcdefgh1234",
                "client_secret": "s" * 60 + "WXYZ",
            }
        }
        after = scene.config.read_text(encoding="utf-8")
        assert re.sub(r"\n*\[platforms\.dingtalk\](\n.+){4}\n", "", after).strip() == before.strip()
        assert "ding••••••••1234" in done.text
        assert "••••••••WXYZ" in done.text
        assert "sss" not in done.text
