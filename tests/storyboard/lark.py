"""Scenes of the storyboard on Lark and Feishu, and with two platforms side by side."""

from functools import partial

from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.sandbox.answers import Answer
from bootstrap_bot.sandbox.lark.answers import denied, error, expired, success
from tests.storyboard.play import Play, Scenario
from tests.support.lark_scene import LarkScene

APP_ID, APP_SECRET, SCANNER = "cli_a1b2c3d4e5f60718", "q" * 28 + "WXYZ", "ou_scanner"
USER_CODE = "AVQP-9HGX"
CREATED = success(APP_ID, APP_SECRET, SCANNER, "lark")
MOVED = Answer(308, headers={"Location": "https://lark.example/"})
HERMES = """
[[targets]]
kind = "hermes"
path = "hermes/.env"
"""
CONFIRM = "[security]\nconfirm = true\n"
# Frames that others are like.
WAITING, STORED = "Lark: waiting", "Lark: stored"


def stage_of(play: Play) -> LarkScene:
    """The scene, which has a stand-in for Lark."""
    assert isinstance(play.scene, LarkScene)
    return play.scene


async def invited(play: Play, command: str = "/lark_new") -> None:
    """That command, up to a bot that waits."""
    stage_of(play).lark.extra_begin = {"user_code": USER_CODE}
    await play.says(command)
    await play.sees("waiting.branding")
    await play.scene.idle()


async def answered(play: Play, answer: Answer, code: str) -> None:
    """Invited, and what the platform's answer comes to."""
    await invited(play)
    play.skip()
    await stage_of(play).lark_poll(answer)
    await play.sees(code)


async def waiting(play: Play) -> None:
    """The invitation, and help where nothing comes of it."""
    await invited(play)
    play.shoot(WAITING)
    await play.pass_until("waiting.help")
    play.shoot("Lark: waiting for long", beside=WAITING)


async def stored(play: Play) -> None:
    """Stored in the bot's own config."""
    await answered(play, CREATED, "stored.named")
    play.shoot(STORED)


async def let_in(play: Play) -> None:
    """Stored in a program that answers a list of people only."""
    (play.scene.config.parent / "hermes").mkdir()
    await answered(play, CREATED, "stored.scanner")
    play.shoot("Lark: was it you who confirmed?", beside=STORED)
    await play.press(Action.LET_IN)
    await play.sees("stored.let_in")
    play.shoot("Lark: who confirmed is let in", beside=STORED)


async def confirmed(play: Play) -> None:
    """Both questions at once."""
    (play.scene.config.parent / "hermes").mkdir()
    await answered(play, CREATED, "held.scanner")
    play.shoot("Lark: store it, and let me talk to it?")
    await play.press(Action.STORE_LET_IN)
    await play.sees("stored.let_in")
    play.shoot("Lark: stored, and who confirmed is let in", beside=STORED)


async def ended(play: Play, title: str, answer: Answer, code: str) -> None:
    """An end without credentials."""
    await answered(play, answer, code)
    play.shoot(title)


async def moved(play: Play) -> None:
    """The answer leads elsewhere."""
    stage_of(play).lark.always("begin", MOVED)
    await play.says("/lark_new")
    await play.sees("failed.moved")
    play.shoot("Lark: moved")


async def side_by_side(play: Play) -> None:
    """Which platform, and which one to cancel."""
    await play.says("/bot_new sales")
    await play.sees("question.platform")
    play.shoot("/bot_new, with two platforms")
    stage_of(play).lark.extra_begin = {"user_code": USER_CODE}
    await play.press(Action.CHOOSE, on=play.texts.about("lark").plain("platform.name"))
    await play.sees("waiting.branding")
    play.skip()
    await play.says("/dingtalk_new")
    await play.sees("stage.waiting")
    await play.scene.idle()
    play.skip()
    await play.says("/cancel")
    await play.sees("question.cancel")
    play.shoot("/cancel, with two under way")


FORBIDDEN = error("app_forbidden", "Only an admin may create apps.", 20029)
ENDS = (
    ("Lark: refused", denied(), "refused.why"),
    ("Lark: refused with a reason", FORBIDDEN, "refused.hint"),
    ("Lark: expired", expired(), "expired.title"),
    ("Lark: credentials that are none", success(APP_ID, "x" * 65537), "failed.unusable_pair"),
)
SCENARIOS = (
    Scenario(waiting, scene=LarkScene, platform="lark"),
    Scenario(stored, scene=LarkScene, platform="lark"),
    Scenario(let_in, HERMES, scene=LarkScene, platform="lark"),
    Scenario(confirmed, CONFIRM + HERMES, scene=LarkScene, platform="lark"),
    *(
        Scenario(
            partial(ended, title=title, answer=answer, code=code), scene=LarkScene, platform="lark"
        )
        for title, answer, code in ENDS
    ),
    Scenario(moved, scene=LarkScene, platform="lark"),
    Scenario(side_by_side, scene=LarkScene, platform="lark"),
)
