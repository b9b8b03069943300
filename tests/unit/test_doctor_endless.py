"""Commands that do not end by themselves are told before a time limit ends them."""

from pathlib import Path

import pytest

from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.doctor.endless import COW, HERMES, endless
from bootstrap_bot.doctor.finding import Mark
from bootstrap_bot.doctor.targets import TargetsCheck
from bootstrap_bot.targets.command import Command
from tests.support.programs import config_file


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("cow", "restart"), COW),
        (("/home/me/.venv/bin/cow", "restart"), COW),
        (("cow", "start"), COW),
        (("sh", "-c", "cd /srv/cow && cow restart"), COW),
        (("sudo", "-u", "cow", "cow", "restart"), COW),
        (("cow", "restart", "--no-logs"), None),
        (("cow", "--no-logs", "restart"), None),
        (("cow", "stop"), None),
        (("cow", "status"), None),
        (("hermes", "gateway", "restart"), HERMES),
        (("/usr/local/bin/hermes", "-p", "work", "gateway", "restart"), HERMES),
        (("bash", "-lc", "hermes gateway restart"), HERMES),
        (("hermes", "gateway", "run"), HERMES),
        (("hermes", "gateway"), HERMES),
        (("hermes", "gateway", "stop"), None),
        (("systemctl", "--user", "restart", "hermes-gateway"), None),
        (("docker", "restart", "hermes"), None),
        (("sh", "-c", "it's 'open"), None),
        (("true",), None),
    ],
)
def test_what_does_not_end_is_known(argv: tuple[str, ...], code: str | None) -> None:
    assert endless(Command(argv)) == code


@pytest.mark.parametrize("text", ["", "= no TOML"])
async def test_check_warns_of_it_whatever_else_it_finds(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    file.chmod(0o600)
    target = config_file(file, after=("/bin/sh", "-c", "cow restart"))
    first, warned = await TargetsCheck([target], ["dingtalk"])()
    assert (first.mark is Mark.GOOD) is (text == "")
    assert (warned.mark, warned.code) == (Mark.LOOK, COW)
    for language in LANGUAGES:
        assert "--no-logs" in Texts(language, "dingtalk")(COW, **warned.values)
        assert "systemctl --user restart" in Texts(language, "dingtalk")(HERMES, **warned.values)
