"""Plays the conversation in every language and writes down what the person sees.

`python -m tests.storyboard` brings docs/conversation.md up to date.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bootstrap_bot.chat import times
from bootstrap_bot.chat.buttons import Action
from bootstrap_bot.chat.texts import LANGUAGES, Texts
from bootstrap_bot.sandbox.answers import Answer, http
from bootstrap_bot.sandbox.dingtalk.answers import (
    ROWS,
    approving,
    expired,
    fail,
    rejected,
    stage,
    success,
    waiting,
)
from bootstrap_bot.sandbox.dingtalk.stand_in import Call
from bootstrap_bot.sandbox.telegram.stand_in import Message
from tests.storyboard.lark import SCENARIOS as LARK
from tests.storyboard.play import (
    ASTRBOT_PLACE,
    BEGIN,
    ID,
    LINK,
    SECRET,
    STORED,
    WAITING,
    Frame,
    Play,
    Played,
    Reel,
    Scenario,
    scanned,
    staged,
)
from tests.storyboard.programs import THERE
from tests.storyboard.targets import SCENARIOS as TARGETS
from tests.support.scene import ADMIN, OTHER_ADMIN, STRANGER

DOCUMENT = Path(__file__).parents[2] / "docs" / "conversation.md"
COMMAND = "python -m tests.storyboard"

GROUP = -100_200_300
LONG_LINK = {**BEGIN, "verification_uri_complete": LINK + "&state=" + "x" * 250}
CODELESS = {**BEGIN, "user_code": ""}
BOUNDLESS = "x" * 65537
FOREIGN_LINK = {**BEGIN, "verification_uri_complete": "https://dingtalk.example/openClaw"}
CONFIRM = "[security]\nconfirm = true\n"
WRONG_PAIR = rejected(400, "invalidClientIdOrSecret", "The clientId or secret is invalid.")
NOT_PUBLISHED = rejected(400, "notPublished", "The app is not published in Stream mode.")
TOKEN = {"accessToken": "t", "expireIn": 7200}
WEEK = 7 * 86400.0
MINUTE = 60.0

# What each row of the poll table is called in the message.
TROUBLES = {
    "http_500": "server_error",
    "http_404": "http_error",
    "http_429": "rate_limited",
    "errcode": "errcode",
    "bad_json": "not_json",
    "too_large": "too_large",
}
STAGES = ("selecting", "scanned", "creating", "publishing", "approving")


# --- the scenes ----------------------------------------------------------------------------------


async def asking(play: Play) -> None:
    """DingTalk takes its time over the link."""
    play.scene.dingtalk.always("init", http(502))
    await play.says("/dingtalk_new")
    await play.scene.settled()
    await play.pass_until("requested.title")
    play.shoot("DingTalk takes more than three seconds for the link")


async def stages(play: Play) -> None:
    """From the command through every stage."""
    await play.invited()
    play.shoot(WAITING)
    for name in STAGES:
        await play.scene.poll(stage(name.upper()))
        await play.sees(f"stage.{name}")
        play.shoot(f"Stage: {name}", beside=WAITING)


async def checking(play: Play) -> None:
    """The person cannot wait."""
    await play.invited()
    play.skip()
    await play.press(Action.CHECK)
    await play.scene.poll(waiting())
    await play.sees("waiting.checked")
    play.shoot("Check now, and its outcome", beside=WAITING)


async def trouble(play: Play) -> None:
    """DingTalk cannot be reached."""
    await play.invited()
    play.skip()
    await play.scene.poll(ROWS["reset"])
    await play.sees("error.unreachable")
    play.shoot("DingTalk cannot be reached", beside=WAITING)
    await play.scene.clock.advance(5)
    play.scene.dingtalk.next_poll(ROWS["reset"])
    await play.press(Action.CHECK)
    await play.sees("waiting.tried")
    await play.scene.idle()
    play.shoot("Check now, and still no answer", beside=WAITING)
    for row, code in TROUBLES.items():
        await play.scene.poll(ROWS[row])
        await play.sees(f"error.{code}")
        play.shoot(f"DingTalk's answer: {ROWS[row].title}", beside=WAITING)


async def no_news(play: Play) -> None:
    """Minute after minute."""
    await play.invited()
    play.skip()
    began = play.scene.clock.now()
    while (passed := play.scene.clock.now() - began) <= 5 * MINUTE:
        await play.scene.pass_time(MINUTE)
        left = times.left(7200 - passed - MINUTE, play.texts)
        await play.scene.sees(left)
        if not passed:
            play.shoot("A minute later", beside=WAITING)
    await play.sees("waiting.help")
    play.shoot("More than five minutes without news", beside=WAITING)


async def long_link(play: Play) -> None:
    """A link that would make a QR code nobody can scan."""
    await play.invited()
    play.shoot("A link longer than 300 characters")


async def stored(play: Play) -> None:
    """Done, then looked at and removed."""
    answered = asyncio.Event()
    await play.invited()
    play.skip()
    play.scene.dingtalk.next("token", Answer(body=TOKEN, delay=answered))
    play.scene.dingtalk.next_poll(success(ID, SECRET))
    await play.scene.next_moment()
    await play.sees("health.checking")
    play.shoot("Stored, being checked")
    answered.set()
    await play.sees("health.works")
    play.shoot(STORED)
    await play.press(Action.REMOVE)
    await play.offers(Action.REMOVE_NOW)
    play.shoot("Not mine: asked once more", beside=STORED)
    await play.press(Action.KEEP)
    await play.offers(Action.REMOVE)
    play.skip()
    whole = play.scene.config.read_text(encoding="utf-8")
    play.scene.config.write_text("= oops\n", encoding="utf-8")
    await play.press(Action.REMOVE)
    await play.press(Action.REMOVE_NOW)
    await play.sees("removing.title")
    play.shoot("Not mine: it cannot be removed yet")
    play.scene.config.write_text(whole, encoding="utf-8")
    await play.press(Action.RETRY)
    await play.pass_until("removed.title")
    play.shoot("Removed")


def unwell(call: Call, answer: Answer, title: str, then: str = "") -> "Played":
    """Stored, but that call gets that answer; `then` is what it comes to after ten minutes."""

    async def play_it(play: Play) -> None:
        play.scene.dingtalk.always(call, answer)
        await play.created()
        play.skip()
        first = "settling" if then else "unknown"
        await play.sees(f"health.{first}")
        play.shoot(title, beside=STORED)
        if then:
            await play.pass_until(f"health.{then}")
            play.shoot(f"{title}: after ten minutes", beside=STORED)

    return play_it


async def known(play: Play) -> None:
    """The link was used to bind a bot that is stored already."""
    await play.says("/dingtalk_new")
    await play.sees("question.title")
    play.shoot("A DingTalk bot is stored already")
    await play.press(Action.ADD)
    await play.sees("stage.waiting")
    play.skip()
    await play.scene.poll(success(ID, SECRET))
    await play.sees("stored.updated")
    await play.sees("health.works")
    play.shoot("The bot that came back was known", beside=STORED)


async def declined(play: Play) -> None:
    """Another one, but not now."""
    await play.says("/dingtalk_new")
    await play.sees("question.title")
    await play.press(Action.LEAVE)
    await play.says("/dingtalk_status")
    await play.sees("reply.no_attempt")
    play.shoot("Left as it is: the question is gone")


async def approved(play: Play) -> None:
    """The organisation has to agree, and does."""
    await play.invited()
    play.skip()
    await play.scene.poll(approving(ID, SECRET))
    await play.sees("stored.title_pending")
    play.shoot("Stored, awaiting approval")
    await play.scene.dingtalk.grant()
    await play.pass_until("stored.title_granted")
    play.shoot("Approval granted (a new message)")


async def given_up(play: Play) -> None:
    """The organisation never answers."""
    await play.invited()
    play.skip()
    await play.scene.poll(approving(ID, SECRET))
    await play.sees("stored.title_pending")
    await play.scene.clock.advance(WEEK)
    await play.sees("health.approval_given_up")
    play.shoot("No approval for a week", beside="Stored, awaiting approval")


def unwritable(config: str, title: str) -> "Played":
    """Created, but the config is like that."""

    async def play_it(play: Play) -> None:
        await play.invited()
        play.skip()
        whole = play.scene.config.read_text(encoding="utf-8")
        play.scene.config.write_text(config, encoding="utf-8")
        await play.scene.poll(success(ID, SECRET))
        await play.sees("captured.title")
        play.shoot(title)
        play.scene.config.write_text(whole, encoding="utf-8")
        await play.press(Action.RETRY)
        await play.sees("health.works")
        play.shoot(f"{title}: mended", beside=STORED)

    return play_it


async def late(play: Play) -> None:
    """Cancelled, and then it came after all."""
    await play.invited()
    play.skip()
    play.scene.dingtalk.hold_polls()
    play.scene.dingtalk.next_poll(success(ID, SECRET))
    await play.scene.next_moment()
    await play.scene.dingtalk.until(lambda: play.scene.dingtalk.polls == 1)
    await play.press(Action.CANCEL)
    await play.sees("cancelled.title")
    play.shoot("Cancelled")
    play.scene.dingtalk.release_polls()
    await play.sees("held.late")
    play.shoot("Held: they came after cancelling")
    await play.press(Action.DISCARD)
    await play.sees("discarded.title")
    play.shoot("Discarded")


async def unfinished(play: Play) -> None:
    """The credentials came with a stage, and no success followed."""
    await play.invited()
    play.skip()
    await play.scene.poll(stage("PUBLISHING", client_id=ID, client_secret=SECRET))
    await play.sees("waiting.finishing")
    play.shoot("The credentials came, DingTalk has not finished")
    await play.scene.poll(expired())
    await play.sees("held.unfinished")
    play.shoot("Held: DingTalk did not finish")
    await play.press(Action.USE)
    await play.sees("health.settling")
    play.shoot("Held, then used", beside=STORED)


async def revised(play: Play) -> None:
    """DingTalk refused, and then it gave them after all."""
    await play.invited()
    await play.scene.poll(fail("No right to create apps."))
    await play.sees("refused.reason")
    play.skip()
    await play.scene.poll(success(ID, SECRET))
    await play.sees("held.afterwards")
    play.shoot("Held: they came after a verdict")


async def inherited(play: Play) -> None:
    """Whoever began it is no admin any more."""
    await play.says("/help", OTHER_ADMIN)
    await play.sees("help", OTHER_ADMIN)
    await play.invited()
    whole = play.scene.config.read_text(encoding="utf-8")
    play.scene.config.write_text("= oops\n", encoding="utf-8")
    await play.scene.poll(success(ID, SECRET))
    await play.sees("captured.title")
    await play.scene.stop()
    former = whole.replace(f"[{ADMIN}, {OTHER_ADMIN}]", f"[{OTHER_ADMIN}]")
    play.scene.config.write_text(former, encoding="utf-8")
    await play.scene.start()
    await play.sees("held.inherited", OTHER_ADMIN)
    play.skip()
    play.shoot("Held: a former admin had begun it", chat=OTHER_ADMIN)


async def confirmed(play: Play) -> None:
    """The owner wants to be asked before anything is stored."""
    await play.created()
    await play.sees("held.confirm")
    play.skip()
    play.shoot("Held: [security] confirm = true")


def ended(code: str, title: str, *answers: Answer) -> "Played":
    """These answers, and that is the end."""

    async def play_it(play: Play) -> None:
        await play.invited()
        play.skip()
        await play.scene.poll(*answers)
        await play.sees(code)
        play.shoot(title)

    return play_it


async def no_link(play: Play) -> None:
    """DingTalk gives none for twenty seconds."""
    play.scene.dingtalk.always("init", http(502))
    await play.says("/dingtalk_new")
    await play.scene.settled()
    await play.pass_until("requested.title")
    await play.pass_until("failed.begin")
    play.shoot("Failed: no link")


async def moved(play: Play) -> None:
    """The answer leads to another address."""
    play.scene.dingtalk.always("init", http(308, "", {"Location": "https://dingtalk.example/"}))
    await play.says("/dingtalk_new")
    await play.sees("failed.moved")
    play.shoot("Failed: the address has moved")


async def codeless(play: Play) -> None:
    """A code comes with every invitation so far, but none is needed."""
    await play.says("/dingtalk_new")
    await play.sees("waiting.page")
    play.shoot("Waiting, without a code to compare")


async def bad_link(play: Play) -> None:
    """The link leads elsewhere."""
    await play.says("/dingtalk_new")
    await play.sees("failed.bad_link")
    play.shoot("Failed: a link that is not DingTalk's")


async def again(play: Play) -> None:
    """Every end has a way on."""
    await play.invited()
    play.skip()
    await play.scene.poll(expired())
    await play.press(Action.AGAIN)
    await play.sees("stage.waiting")
    play.shoot("Start again: a fresh link in the same message", beside=WAITING)


async def platforms(play: Play) -> None:
    """What is stored, looked at and changed."""
    await play.says("/platforms")
    await play.sees("platforms.title")
    play.shoot("/platforms")
    await play.press(Action.PLATFORM)
    await play.offers(Action.TEST)
    play.shoot("One platform")
    await play.press(Action.TEST)
    await play.sees("health.wrong_pair")
    play.shoot("One platform, checked", beside="One platform")
    play.scene.dingtalk.always("token", http(502))
    await play.press(Action.TEST)
    await play.sees("platforms.trouble")
    play.shoot("One platform, and DingTalk has a fault", beside="One platform")
    await play.press(Action.PLATFORMS)
    await play.offers(Action.PLATFORM)
    await play.press(Action.PLATFORM)
    await play.offers(Action.DISABLE)
    await play.press(Action.DISABLE)
    await play.sees("platforms.disabled")
    play.shoot("One platform, switched off", beside="One platform")
    await play.press(Action.DROP)
    await play.sees("platforms.really")
    play.shoot("One platform, to be removed", beside="One platform")
    await play.press(Action.DROP_NOW)
    await play.sees("platforms.none")
    play.shoot("None left")


async def broken_platforms(play: Play) -> None:
    """The config cannot be read."""
    play.scene.config.write_text("= oops\n", encoding="utf-8")
    await play.says("/platforms")
    await play.sees("error.unparsable")
    play.shoot("/platforms, when the file cannot be read")


async def named(play: Play) -> None:
    """A name for the platform."""
    await play.says("/dingtalk_new Sales!")
    await play.sees("reply.bad_name")
    play.shoot("A name that will not do")
    await play.says("/dingtalk_new sales")
    await play.sees("stage.waiting")
    await play.scene.idle()
    await play.scene.poll(success(ID, SECRET))
    await play.sees("health.works")
    play.shoot("A platform with a name", beside=STORED)


async def language(play: Play) -> None:
    """Which language."""
    await play.says("/language")
    await play.sees("language.question")
    play.shoot("/language")
    await play.press(Action.SPEAK, play.texts.language)
    await play.sees("language.chosen")
    play.shoot("Chosen")


async def other_replies(play: Play) -> None:
    """Short words."""
    await play.says("/help")
    await play.sees("help")
    play.shoot("/help")
    await play.says("/dingtalk_status")
    await play.sees("reply.no_attempt")
    play.shoot("/dingtalk_status, when nothing is under way")
    await play.says("/dingtalk_cancel")
    await play.sees("reply.nothing_to_cancel")
    play.shoot("/dingtalk_cancel, when nothing is under way")


async def doctor(play: Play) -> None:
    """Is everything all right?"""
    await play.says("/doctor")
    await play.sees("doctor.all_good")
    play.shoot("/doctor")


async def sick(play: Play) -> None:
    """It is not."""
    play.scene.dingtalk.always("init", ROWS["reset"])
    play.scene.config.write_text("= oops\n", encoding="utf-8")
    await play.says("/doctor")
    await play.sees("doctor.some_bad")
    play.shoot("/doctor, with something to find", beside="/doctor")


async def too_late(play: Play) -> None:
    """It is created."""
    await play.invited()
    play.scene.config.write_text("= oops\n", encoding="utf-8")
    await play.scene.poll(success(ID, SECRET))
    await play.sees("captured.title")
    play.skip()
    await play.says("/dingtalk_cancel")
    await play.sees("reply.too_late_to_cancel")
    play.shoot("/dingtalk_cancel, when DingTalk has created the bot")


async def outsiders(play: Play) -> None:
    """Whoever is no admin, and admins where others read along."""
    await play.says("/dingtalk_new", STRANGER)
    await play.sees("gate.stranger", STRANGER)
    play.shoot("A stranger", chat=STRANGER)
    await play.says("/dingtalk_new", group=GROUP)
    await play.sees("gate.group", GROUP)
    play.shoot("An admin in a group", chat=GROUP)


CHAPTERS: Mapping[str, tuple[Scenario, ...]] = {
    "Waiting": (
        Scenario(stages),
        Scenario(checking),
        Scenario(trouble),
        Scenario(no_news, interval=60),
        Scenario(long_link, begin=LONG_LINK),
        Scenario(codeless, begin=CODELESS),
        Scenario(asking),
    ),
    "Stored": (
        Scenario(stored),
        Scenario(unwell("token", WRONG_PAIR, "Checked: no rights yet", "wrong_pair")),
        Scenario(unwell("gateway", NOT_PUBLISHED, "Checked: not published", "not_published")),
        Scenario(unwell("token", http(500), "Not checked: DingTalk did not answer")),
        Scenario(approved),
        Scenario(given_up),
        Scenario(unwritable("= oops\n", "Created, but the config has a mistake")),
        Scenario(unwritable("platforms = 3\n", "Created, but “platforms” is no table")),
    ),
    "Held until the admin decides": (
        Scenario(late),
        Scenario(unfinished),
        Scenario(revised),
        Scenario(confirmed, more=CONFIRM),
        Scenario(inherited),
    ),
    "Ended": (
        Scenario(ended("refused.reason", "Refused", fail("No right to create apps."))),
        Scenario(ended("refused.why", "Refused without a reason", fail(""))),
        Scenario(ended("expired.title", "Expired", expired())),
        Scenario(no_link),
        Scenario(moved),
        Scenario(bad_link, begin=FOREIGN_LINK),
        Scenario(
            ended("failed.unusable_pair", "Failed: a pair that is none", success(ID, BOUNDLESS))
        ),
        Scenario(ended("failed.no_credentials", "Failed: no credentials", *[stage("SUCCESS")] * 4)),
        Scenario(again),
    ),
    "Where a platform exists": (
        Scenario(known, more=THERE),
        Scenario(declined, more=THERE),
        Scenario(named),
        Scenario(platforms, more=THERE),
        Scenario(broken_platforms),
    ),
    "Where the credentials go": TARGETS,
    "Lark and Feishu": LARK,
    "Everything else": (
        Scenario(language),
        Scenario(other_replies),
        Scenario(doctor),
        Scenario(sick),
        Scenario(too_late),
        Scenario(outsiders),
    ),
}
# The scenes with the frames that those of other chapters are likened to.
LIKENED: Mapping[str, tuple[Scenario, ...]] = {
    "Waiting": (Scenario(stages),),
    "Stored": (Scenario(stored),),
}


# --- the taps ------------------------------------------------------------------------------------


class Thumb:
    """Goes the whole way by really pressing, and counts."""

    def __init__(self, play: Play) -> None:
        self.taps: list[str] = []
        self._play = play

    async def begin(self) -> Message:
        """The command in the menu."""
        self.taps.append("/dingtalk_new")
        await self._play.says("/dingtalk_new")
        return await self._play.sees("stage.waiting")

    async def open(self, message: Message) -> str:
        """The first button, which opens DingTalk; gives the address it ends at."""
        button = message.buttons[0][0]
        self.taps.append(button.text)
        return await visit(button.url or "")

    async def approve(self, page: str) -> None:
        """The page's own button, then the result in the chat."""
        self.taps.append("Approve" if self._play.texts.language == "en" else "同意")
        scene = self._play.scene
        code = parse_qs(urlsplit(page).query)["user_code"][0]
        async with (
            aiohttp.ClientSession(scene.dingtalk.url) as browser,
            browser.post("/sandbox/registration/approve", data={"user_code": code}) as answer,
        ):
            assert answer.status == 200
        await scene.next_moment()
        await self._play.sees("stored.title_none")


async def visit(url: str) -> str:
    """Opens an address as a browser does; gives the one it ends at."""
    async with aiohttp.ClientSession() as browser, browser.get(url) as answer:
        assert answer.status == 200
        return str(answer.url)


async def same_phone(play: Play) -> list[str]:
    """DingTalk is on the phone that shows the chat."""
    thumb = Thumb(play)
    await thumb.approve(await thumb.open(await thumb.begin()))
    return thumb.taps


async def second_device(play: Play) -> list[str]:
    """DingTalk is on another device, whose camera reads the picture."""
    thumb = Thumb(play)
    message = await thumb.begin()
    await thumb.approve(await visit(scanned(message)))
    return thumb.taps


Taps = dict[str, list[str]]


async def count_taps(folder: Path, way: Callable[[Play], Awaitable[list[str]]]) -> Taps:
    """Every tap from the command to "stored", in each language."""
    taps = {}
    for name in LANGUAGES:
        place = folder / f"{way.__name__}-{name}"
        # the page that the stand-in itself has, not the link of the scenes
        async with staged(Scenario(way, begin={}), place, Reel(name)) as play:
            taps[name] = await way(play)
    return taps


# --- the document --------------------------------------------------------------------------------

# Ends a section and begins the next with its title.
SECTION = "\n## "
HEAD = f"""\
# The conversation

Everything below is what the bot really showed while the tests played it between stand-ins;
`{COMMAND}` writes it anew. 👤 is what the person wrote, 👆 what they tapped with the short
answer to it; ↗ opens a page, ⧉ copies. `{ASTRBOT_PLACE}` is where AstrBot's stand-in answers. Where
only a line or two differ from another state, only those are shown.
"""
TAPS = """\
Taps

From the command to “stored”, nothing typed. An account in several organisations taps once more, on
DingTalk's page.

| | DingTalk on this phone: {same} taps | DingTalk on another device: {second} taps |
|---|---|---|
"""


async def film(folder: Path, chapters: Collection[str]) -> dict[str, Reel]:
    """These chapters in every language, and of the others what frames are likened to."""
    reels = {name: Reel(name) for name in LANGUAGES}
    for name, reel in reels.items():
        for chapter, scenarios in CHAPTERS.items():
            played = scenarios if chapter in chapters else LIKENED.get(chapter, ())
            for number, scenario in enumerate(played):
                place = folder / f"{name}-{len(reel.chapters)}-{number}"
                async with staged(scenario, place, reel, chapter) as play:
                    await scenario.play(play)
    return reels


async def document(folder: Path) -> str:
    """The whole storyboard as Markdown."""
    taps = await taps_section(folder)
    reels = await film(folder, CHAPTERS)
    return SECTION.join([HEAD, taps, *(_chapter(name, reels) for name in CHAPTERS)])


async def chapter_section(folder: Path, name: str) -> str:
    """One chapter as it stands in the document."""
    return _chapter(name, await film(folder, [name]))


async def taps_section(folder: Path) -> str:
    """What has to be tapped, as it stands in the document."""
    return _taps(await count_taps(folder, same_phone), await count_taps(folder, second_device))


def _taps(same: Taps, second: Taps) -> str:
    head = TAPS.format(same=len(same["en"]), second=len(second["en"]))
    rows = [
        [Texts(name).plain("language.name"), _steps(same[name]), _steps(second[name])]
        for name in LANGUAGES
    ]
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _steps(taps: list[str]) -> str:
    return " · ".join(f"**{number}** {tap}" for number, tap in enumerate(taps, 1))


def _chapter(name: str, reels: Mapping[str, Reel]) -> str:
    frames = zip(*(reel.chapters[name] for reel in reels.values()), strict=True)
    states = (f"### {state[0].title}\n\n{_table(state)}" for state in frames)
    return "\n".join([f"{name}\n", *states])


def _table(frames: tuple[Frame, ...]) -> str:
    cells = "\n</td><td>\n".join(_broken(_cell(frame)) for frame in frames)
    return f"<table><tr valign=top><td>\n{cells}\n</td></tr></table>\n"


def _broken(lines: Iterable[str]) -> str:
    """One below the other; within <pre> an end of a line is one already."""
    text = "<br>\n".join(lines)
    return re.sub("<pre>.*?</pre>", lambda pre: pre[0].replace("<br>", ""), text, flags=re.DOTALL)


def _cell(frame: Frame) -> Iterator[str]:
    """Its lines in HTML, none of them empty: an empty one would end the table."""
    yield from (f"<i>{did}</i>" for did in frame.did)
    if frame.picture:
        yield f"<i>{frame.picture.replace('&', '&amp;')}</i>"
    if frame.like:
        yield f"<i>as in “{frame.like}”{', and:' if frame.lines or frame.rows else ''}</i>"
    yield from (line or "&nbsp;" for line in frame.lines)
    for row in frame.rows:
        yield " ".join(f"<kbd>{label}</kbd>" for label in row)


def main() -> None:
    """Writes the document."""
    os.environ["PTB_TIMEDELTA"] = "true"
    with tempfile.TemporaryDirectory() as folder:
        text = asyncio.run(document(Path(folder)))
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text, encoding="utf-8")
