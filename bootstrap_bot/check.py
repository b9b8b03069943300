"""`check`: what `run` would meet, one line each."""

from bootstrap_bot.errors import TargetError
from bootstrap_bot.settings import Settings
from bootstrap_bot.targets.config_file import ConfigFile


async def check(settings: Settings) -> int:
    """Prints what was found; 0 when all is well, 1 when something needs a hand."""
    lines = [("ok", "config", str(settings.path)), _admins(settings), await _target(settings)]
    lines += [("look", "warning", str(warning)) for warning in settings.warnings]
    for mark, name, words in lines:
        print(f"{mark:5} {name:10} {words}")
    return int(any(mark == "bad" for mark, _, _ in lines))


def _admins(settings: Settings) -> tuple[str, str, str]:
    count = len(settings.telegram.admins)
    if count:
        return "ok", "admins", f"{count} may use the bot"
    return "bad", "admins", "nobody may use the bot: put your Telegram user id into telegram.admins"


async def _target(settings: Settings) -> tuple[str, str, str]:
    try:
        platforms = await ConfigFile(settings.path).platforms()
    except TargetError as error:
        return "bad", "platforms", f"{error.place}: {error.code.value}"
    return "ok", "platforms", f"{len(platforms)} of DingTalk in {settings.path.name}"
