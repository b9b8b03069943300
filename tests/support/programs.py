"""Every kind of target in a file, built as the settings build it, with a pair to store."""

from pathlib import Path

from bootstrap_bot import registry
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.http import Http
from bootstrap_bot.targets.tables import TargetContext
from bootstrap_bot.targets.target import Target
from tests.support.credentials import ding_pair

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
PAIR = ding_pair(ID, SECRET)
# Where nobody listens.
NOWHERE = "http://127.0.0.1:1"


def built(kind: str, file: Path, **keys: object) -> Target:
    """The target of that kind in that file, which is its owner's alone."""
    if file.exists():
        file.chmod(0o600)
    more = {"url": NOWHERE} if kind == "astrbot-file" else {}
    table = registry.targets()[kind].model_validate(
        {"kind": kind, "path": str(file), **more, **keys}
    )
    return table.build(TargetContext(file.parent / "bootstrap-bot.toml", Http(), 0.0))


def pair(number: int) -> Credentials:
    """One of many, told apart by its number."""
    return ding_pair(f"dingnumber{number:06}", f"secret-{number:06}" + "s" * 50)
