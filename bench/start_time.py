"""From the command line to the first getUpdates of the real process."""

import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path

from report import Row, spread

from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn

STARTS = 7
PATIENCE = 20.0
TOKEN = "123456:bench-token-of-the-stand-in"  # noqa: S105 - the stand-in's own


def _polled(telegram: TelegramStandIn) -> bool:
    return any("/getUpdates" in one.path for one in telegram.requests)


async def started(folder: Path) -> float:
    """Seconds of one start."""
    async with TelegramStandIn(TOKEN) as telegram:
        config = folder / "config.toml"
        config.touch(0o600)
        config.write_text(
            f'[telegram]\ntoken = "{TOKEN}"\nadmins = [42]\napi_url = "{telegram.url}"\n'
        )
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bootstrap_bot", "run", "--config", str(config)),
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(PATIENCE):
            while not _polled(telegram):  # noqa: ASYNC110 - nothing tells of a poll that is not over
                await asyncio.sleep(0.002)
        ended = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        await process.wait()
        return ended - began


async def main() -> None:
    """Sends the row."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [await started(Path(folder)) for _ in range(STARTS)]
    Row("start of the process to its first getUpdates", spread(seconds, 0.9)).send()


if __name__ == "__main__":
    asyncio.run(main())
