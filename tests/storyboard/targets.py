"""Scenes of the storyboard in which the credentials go to other programs."""

import asyncio

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.dingtalk.answers import success
from tests.storyboard.commands import SCENARIOS as COMMANDS
from tests.storyboard.commands import Gate, gated
from tests.storyboard.play import ID, SECRET, STORED, Play, Played, Scenario
from tests.storyboard.programs import (
    AGENT,
    AGENT_OFF,
    ASTRBOT,
    ASTRBOT_BOT,
    ASTRBOT_FILE,
    CONFIG,
    COWAGENT,
    HERMES,
    HERMES_CONFIG,
    NANOBOT,
    NANOBOT_OFF,
    OPENCLAW,
    OWN_PROGRAM,
    PLUGIN_OFF,
    QWENPAW,
    SHOPS,
    SOMEBODY,
    TAKEN,
    THERE,
    Program,
)
from tests.storyboard.troubles import SCENARIOS as TROUBLES

# What AstrBot answers to a list while it has no bots.
NO_BOTS: dict[str, object] = {"status": "ok", "message": None, "data": {"bots": []}}
# Frames that others are like.
SEVERAL, AWAY = "Several programs at once", "One place cannot be reached"


def stored(title: str, *programs: Program, like: str = "") -> Played:
    """Stored in all of these."""

    async def play_it(play: Play) -> None:
        for program in programs:
            program.put(play)
        await play.created()
        play.skip()
        await play.sees("health.works")
        play.shoot(title, beside=like)

    return play_it


async def switched_off(play: Play) -> None:
    """Bots and plugins that are there already, but switched off."""
    OPENCLAW.put(play, PLUGIN_OFF)
    NANOBOT.put(play, NANOBOT_OFF)
    COWAGENT.put(play)
    await added(play)
    play.skip()
    await play.sees("health.works")
    play.shoot("The same, with a plugin and a bot that are switched off there", beside=SEVERAL)


async def elsewhere(play: Play) -> None:
    """Other files of the programs say otherwise."""
    for program in (HERMES, HERMES_CONFIG, AGENT, *AGENT_OFF):
        program.put(play)
    await play.created()
    play.skip()
    await play.sees("health.works")
    play.shoot("Programs whose other files say otherwise", beside=SEVERAL)


async def added(play: Play) -> None:
    """Another one beside what is stored, up to the moment at which it is created."""
    await play.says("/dingtalk_new")
    await play.press(Action.ADD)
    await play.sees("stage.waiting")
    await play.scene.idle()
    await play.scene.poll(success(ID, SECRET))


async def asked(play: Play) -> None:
    """Stored in one place, while another bot has the other one."""
    HERMES.put(play, *TAKEN)
    await added(play)
    await play.sees_all("captured.occupied", "stored.added")
    play.skip()


async def replaced(play: Play) -> None:
    """The other bot goes."""
    await asked(play)
    play.shoot("A place for one that another bot has")
    await play.press(Action.OVERWRITE)
    await play.sees("health.works")
    play.shoot("A place for one: replaced", beside=STORED)


async def card_kept(play: Play) -> None:
    """A bot that AstrBot has goes; its card stays."""
    play.astrbot.bots.append({**ASTRBOT_BOT, "card_template_id": "a1b2c3.schema"})
    await play.says("/dingtalk_new")
    await play.press(Action.REPLACE)
    await play.sees("stage.waiting")
    play.skip()
    await play.scene.idle()
    await play.scene.poll(success(ID, SECRET))
    await play.sees("health.works")
    play.shoot("A bot that AstrBot had: replaced", beside=STORED)


async def skipped(play: Play) -> None:
    """The other bot stays."""
    await asked(play)
    await play.press(Action.SKIP)
    await play.sees("health.works")
    play.shoot("A place for one: left to the other bot", beside=STORED)


async def exposed(play: Play) -> None:
    """A file that everybody may read, beside our own that a group may read."""
    HERMES.put(play)
    (play.scene.config.parent / HERMES.path).chmod(0o644)
    play.scene.config.chmod(0o640)
    await play.created()
    await play.sees_all("captured.readable_by_all", "stored.added")
    play.skip()
    play.shoot("A file that everybody may read")
    await play.press(Action.EXPOSE)
    await play.sees("health.works")
    play.shoot("A file that everybody may read: written all the same", beside=STORED)


async def unplaced(play: Play) -> None:
    """The other bot stays, and there is no other place."""
    HERMES.put(play, *TAKEN)
    await play.created("/dingtalk_new sales")
    await play.sees("captured.occupied")
    play.skip()
    await play.press(Action.SKIP)
    await play.sees("held.unplaced")
    play.shoot("Held: no place has taken them")
    await play.press(Action.USE)
    await play.sees("captured.occupied")
    play.shoot("Held, then used: every place is asked again")


async def full(play: Play) -> None:
    """There is a place for one only."""
    HERMES.put(play, *TAKEN)
    await play.says("/dingtalk_new")
    await play.sees("question.full")
    play.shoot("A DingTalk bot is stored already, where there is room for one")


async def away(play: Play) -> None:
    """One place has to wait."""
    COWAGENT.put(play)
    await play.invited()
    play.astrbot.away = True
    await play.scene.poll(success(ID, SECRET))
    await play.sees_all("error.api_unreachable", "stored.added", "stored.program")
    play.skip()
    play.shoot(AWAY)
    play.astrbot.away = False
    await play.press(Action.RETRY)
    await play.sees("health.works")
    play.shoot(f"{AWAY}, then it can", beside=STORED)


async def late(play: Play) -> None:
    """One place answers late, while another one is not there."""
    answered = asyncio.Event()
    await play.invited()
    play.skip()
    play.astrbot.next("list", Answer(body=NO_BOTS), Answer(body=NO_BOTS, delay=answered))
    play.scene.dingtalk.next_poll(success(ID, SECRET))
    await play.scene.next_moment()
    await play.sees_all("stored.added", "error.file_missing", "stored.under_way")
    play.shoot("One place is not there, and another one answers late", beside=AWAY)
    answered.set()


async def left(play: Play) -> None:
    """A place leaves the config while the bot is stopped."""
    await play.created()
    await play.sees("captured.partly")
    play.skip()
    await play.scene.stop()
    config = play.scene.config
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(HERMES.table, ""), encoding="utf-8")
    await play.scene.start()
    await play.sees("health.works")
    play.shoot("A place that has left the config", beside=STORED)


async def looked_at(play: Play) -> None:
    """The look after ten minutes finds a place away."""
    await play.created()
    await play.sees("health.works")
    play.skip()
    play.astrbot.away = True
    await play.pass_until("error.api_unreachable")
    play.shoot("Stored, and ten minutes later a place cannot be reached", beside=STORED)


async def removed(play: Play) -> None:
    """Not mine, but one place is away."""
    await play.created()
    await play.sees("health.works")
    play.skip()
    play.astrbot.away = True
    await play.press(Action.REMOVE)
    await play.press(Action.REMOVE_NOW)
    await play.sees("removing.title")
    play.shoot("Not mine: one place cannot be reached")


async def displaced(play: Play) -> None:
    """Stored, then taken out of one place."""
    HERMES.put(play, SOMEBODY)
    await play.created()
    await play.sees("health.works")
    await play.says("/platforms")
    await play.sees("platforms.title")
    await dropped(play, "Hermes")
    await play.sees("platforms.dropped")
    play.skip()
    await play.says("/dingtalk_status")
    await play.sees("closed.displaced")
    play.shoot("/dingtalk_status, when it was taken out of one place", beside=STORED)


async def dropped(play: Play, label: str) -> None:
    """From the list of platforms through that one's page to its end."""
    await play.press(Action.PLATFORM, on=label)
    await play.press(Action.DROP)
    await play.press(Action.DROP_NOW)


async def listed(play: Play) -> None:
    """/platforms over several programs."""
    gate = Gate(play)
    HERMES.put(play, *TAKEN)
    play.astrbot.bots.append(dict(ASTRBOT_BOT))
    await play.says("/dingtalk_new")
    await play.sees("question.title")
    play.shoot("Bots are stored already, in several programs")
    await play.says("/platforms")
    await play.sees("platforms.title")
    play.shoot("/platforms over several programs")
    await play.press(Action.PLATFORM, on="AstrBot")
    await play.press(Action.DROP)
    await play.sees("platforms.really_api")
    play.shoot("One platform in AstrBot, to be removed")
    await play.press(Action.DROP_NOW)
    await play.sees("platforms.dropped")
    await play.press(Action.PLATFORM, on="Hermes")
    await play.sees("platforms.always")
    play.skip()
    play.shoot("One platform, where there is no switch")
    await play.press(Action.DROP)
    await play.press(Action.DROP_NOW)
    await gate.opens()
    await play.sees("run.well")
    play.shoot("One platform removed, and a command that followed")
    play.astrbot.away = True
    await play.says("/platforms")
    await play.sees("error.api_unreachable")
    play.shoot("/platforms, when one place cannot be reached")


def tables(*programs: Program) -> str:
    """What our config says of all of them."""
    return "".join(program.table for program in programs)


SOME = (OPENCLAW, NANOBOT, COWAGENT)
OTHERS = (HERMES, QWENPAW, ASTRBOT_FILE, OWN_PROGRAM)
SCENARIOS = (
    Scenario(stored(SEVERAL, *SOME), CONFIG + tables(*SOME)),
    Scenario(switched_off, CONFIG + tables(*SOME)),
    Scenario(stored("Programs of other kinds", *OTHERS), tables(*OTHERS)),
    Scenario(stored("AstrBot while it runs", like=STORED), CONFIG + ASTRBOT),
    Scenario(stored("More places than there is room for", *SHOPS), tables(*SHOPS)),
    *COMMANDS,
    Scenario(replaced, CONFIG + HERMES.table),
    Scenario(elsewhere, HERMES.table + AGENT.table),
    Scenario(card_kept, ASTRBOT),
    Scenario(skipped, CONFIG + HERMES.table),
    Scenario(exposed, CONFIG + HERMES.table),
    Scenario(unplaced, HERMES.table),
    Scenario(full, HERMES.table),
    Scenario(away, CONFIG + COWAGENT.table + ASTRBOT),
    Scenario(late, CONFIG + HERMES.table + ASTRBOT),
    Scenario(left, CONFIG + HERMES.table),
    Scenario(looked_at, CONFIG + ASTRBOT),
    Scenario(removed, CONFIG + ASTRBOT),
    Scenario(displaced, CONFIG + HERMES.table),
    Scenario(listed, THERE + CONFIG + HERMES.table + gated("exit 0") + ASTRBOT),
    *TROUBLES,
)
