"""Every kind of target in a file, built as the settings build it, with a pair to store."""

from collections.abc import Collection, Sequence
from pathlib import Path

from bootstrap_bot import registry
from bootstrap_bot.credentials import Credentials
from bootstrap_bot.http import Http
from bootstrap_bot.targets.placement import Cell, PlatformKind
from bootstrap_bot.targets.tables import TargetContext
from bootstrap_bot.targets.target import Target
from tests.support.credentials import ding_pair
from tests.support.lark_like import LARK_LIKE

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
PAIR = ding_pair(ID, SECRET)
# Where nobody listens.
NOWHERE = "http://127.0.0.1:1"
DINGTALK = registry.providers()["dingtalk"]
PLATFORMS = (DINGTALK, LARK_LIKE)


def context_in(
    folder: Path,
    *,
    platforms: Collection[PlatformKind] = (DINGTALK,),
    lock_seconds: float = 0.0,
    config: str = "bootstrap-bot.toml",
) -> TargetContext:
    """What targets are built from, with this bot's config in that folder."""
    return TargetContext(folder / config, Http(), lock_seconds, platforms)


def built(
    kind: str, file: Path, platforms: Collection[PlatformKind] = (DINGTALK,), /, **keys: object
) -> Target:
    """The target of that kind in that file, which is its owner's alone."""
    if file.exists():
        file.chmod(0o600)
    more = {"url": NOWHERE} if kind == "astrbot-file" else {}
    table = registry.targets()[kind].model_validate(
        {"kind": kind, "path": str(file), **more, **keys}
    )
    return table.build(context_in(file.parent, platforms=platforms))


def config_file(
    file: Path,
    platforms: Collection[PlatformKind] = (DINGTALK,),
    *,
    after: Sequence[str] = (),
    lock_seconds: float = 10.0,
) -> Target:
    """That file as this bot's own config."""
    keys = {"after": {"command": after}} if after else {}
    table = registry.targets()["config"].model_validate({"kind": "config", **keys})
    context = context_in(
        file.parent, platforms=platforms, lock_seconds=lock_seconds, config=file.name
    )
    return table.build(context)


def cell_of(kind: str, platform: PlatformKind) -> Cell:
    """How that kind of target speaks a platform."""
    placement = registry.targets()[kind].placement(platform)
    assert placement is not None
    return Cell(platform, placement)


def pair(number: int) -> Credentials:
    """One of many, told apart by its number."""
    return ding_pair(f"dingnumber{number:06}", f"secret-{number:06}" + "s" * 50)
