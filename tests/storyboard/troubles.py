"""Scenes of the storyboard in which a program cannot have the credentials yet."""

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import success
from tests.storyboard.play import API_KEY, ID, SECRET, Play, Played, Scenario
from tests.storyboard.programs import (
    ASTRBOT,
    ASTRBOT_RUNS,
    COMMUNITY,
    HERMES,
    NO_PLUGIN,
    Program,
)

# A .env fills in such a thing when it is read.
UNFIT_SECRET = SECRET.replace("q" * 7, "${HOME}", 1)
NOT_ASTRBOT = Answer(body={"status": "ok", "message": "It works!"})
# Frames that others are like.
HINDERED = "Created, but the program's folder is not there"
AWAY = "Created, but AstrBot cannot be reached"


async def unreadable(play: Play) -> None:
    """Nothing could be stored, so nothing is begun."""
    play.astrbot.away = True
    await play.says("/dingtalk_new")
    await play.sees("error.api_unreachable")
    play.shoot("/dingtalk_new, when no place can be read")


def hindered(title: str, code: str, *there: Program, secret: str = SECRET) -> Played:
    """Created, but the only place cannot have it."""

    async def play_it(play: Play) -> None:
        for program in there:
            program.put(play)
        await play.invited()
        play.skip()
        await play.scene.poll(success(ID, secret))
        await play.sees(f"error.{code}")
        play.shoot(title, beside="" if title == HINDERED else HINDERED)

    return play_it


async def api(play: Play) -> None:
    """All that can be wrong with AstrBot, one thing after the other."""
    astrbot = play.astrbot
    await play.invited()
    play.skip()
    astrbot.away = True
    await play.scene.poll(success(ID, SECRET))
    await play.sees("error.api_unreachable")
    play.shoot(AWAY)
    astrbot.away = False
    astrbot.key = "another"
    await tried(play, "api_key_rejected", "AstrBot does not know the key")
    astrbot.key, astrbot.scopes = API_KEY, ()
    await tried(play, "api_key_scope", "AstrBot's key may not do that")
    for code, title, answer in (
        ("api_too_old", "AstrBot is too old", http(404)),
        ("api_fault", "AstrBot has a fault", http(500)),
        ("api_bad_answer", "Something else answers than AstrBot", NOT_ASTRBOT),
        ("api_timeout", "AstrBot does not answer in time", Answer(hang=True)),
    ):
        astrbot.always("list", answer)
        await tried(play, code, title)


async def tried(play: Play, code: str, title: str) -> None:
    """Once more, which comes to that."""
    await play.press(Action.RETRY)
    await play.sees(f"error.{code}")
    play.skip()
    play.shoot(title, beside=AWAY)


SCENARIOS = (
    Scenario(unreadable, ASTRBOT),
    Scenario(hindered(HINDERED, "file_missing"), HERMES.table),
    Scenario(hindered("OpenClaw has no plugin", "plugin_missing", NO_PLUGIN), NO_PLUGIN.table),
    Scenario(
        hindered("OpenClaw has no plugin of the community", "community_plugin_missing", COMMUNITY),
        COMMUNITY.table,
    ),
    Scenario(
        hindered("AstrBot's file, while it runs", "still_running", ASTRBOT_RUNS),
        ASTRBOT_RUNS.table,
    ),
    Scenario(
        hindered("A secret that the file cannot hold", "value_unfit", HERMES, secret=UNFIT_SECRET),
        HERMES.table,
    ),
    # a second of real time, for the one answer that never comes
    Scenario(api, ASTRBOT, timeout=1.0),
)
