"""What a program pays for that imports only a part of the package."""

import subprocess
import sys

import pytest

LOADED = "import sys, {0}; print([name for name in {1!r} if name in sys.modules])"


def loaded_by(module: str, *names: str) -> str:
    """Which of these modules importing that one loads."""
    program = LOADED.format(module, names)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_of_telegram_or_the_network() -> None:
    assert loaded_by("bootstrap_bot", "telegram", "aiohttp", "pydantic", "qrcode") == "[]"


@pytest.mark.parametrize("part", ["providers.dingtalk.kind", "targets.config_file", "errors"])
def test_a_part_is_imported_without_telegram(part: str) -> None:
    assert loaded_by(f"bootstrap_bot.{part}", "telegram", "qrcode", "PIL") == "[]"


def test_an_error_is_imported_without_telegram() -> None:
    program = "import sys; from bootstrap_bot import ConfigError; print('telegram' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
