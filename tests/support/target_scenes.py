"""What the scenarios about targets share: the config's tables, the way to a result, edits."""

import json
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

from bootstrap_bot.chat.texts import Texts
from bootstrap_bot.sandbox.dingtalk.answers import success
from bootstrap_bot.sandbox.telegram.stand_in import Message, Press
from bootstrap_bot.targets.neighbours import copy_of
from tests.support.scene import ADMIN, Scene, data_of

ID, SECRET = "dingabcdefgh1234", "q" * 60 + "WXYZ"
OLD_ID, OLD_SECRET = "dingzyxwvuts9876", "w" * 60 + "STUV"
MASKED, OLD_MASKED = "ding••••••••1234", "ding••••••••9876"
RETRY, SKIP, OVERWRITE = "Try again now", "Go on without it", "Replace it"
MINUTE = 60.0
EN = Texts("en", "dingtalk")
_TAG = re.compile("<[^>]*>")


def target(kind: str, *, after: Sequence[str] = (), show_output: bool = False, **keys: str) -> str:
    """One [[targets]] of the config, with a command that follows if there is one."""
    lines = ["[[targets]]", f'kind = "{kind}"']
    # what JSON makes of a text is a text of TOML too
    lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    if after:
        lines += ["[targets.after]", f"command = {json.dumps(list(after))}"]
        lines += ["show_output = true"] if show_output else []
    return "\n".join([*lines, "", ""])


def shell(script: str) -> tuple[str, ...]:
    """A command that runs this script."""
    return "/bin/sh", "-c", script


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    """The file as its owner has it, every byte as it stands in the text."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    file.chmod(mode)
    return file


def edited(text: str, *changes: tuple[str, str]) -> str:
    """The text with each of these, which it has exactly once, put in the other's place."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def text_of(file: Path) -> str:
    """Every byte of it."""
    return file.read_bytes().decode()


def backup(file: Path) -> Path:
    """Where the version before is kept."""
    return copy_of(file)


def state_of(file: Path) -> tuple[bytes, int, int, bool]:
    """What shows whether somebody wrote: bytes, inode, time, and a copy beside it."""
    status = file.stat()
    return file.read_bytes(), status.st_ino, status.st_mtime_ns, copy_of(file).exists()


def said(code: str, **values: object) -> str:
    """A text as an English reader sees it, without its markup."""
    return unescape(_TAG.sub("", EN(code, **values)))


def error(code: str) -> str:
    """What is wrong, in a sentence."""
    return said(f"error.{code}")


def trouble(place: str, code: str, line: int = 0, column: int = 0) -> str:
    """What a card says is in the way, and where."""
    if line:
        return said("captured.trouble_at", place=place, what=error(code), line=line, column=column)
    return said("captured.trouble", place=place, what=error(code))


def note(*codes: str, about: str = "", program: str = "") -> str:
    """Lines about what is still needed, or was done besides."""
    lines = (said(f"note.{code}", about=about, program=program) for code in codes)
    return "".join(f"• {line}\n" for line in lines)


def restart(program: str) -> str:
    """The line about a gateway that has to be restarted."""
    command = f"{program.lower()} gateway restart"
    return note("restart_by", about=command, program=program)


def stored(program: str, place: str, name: str = "") -> str:
    """The line that says where the pair is, under that name if it has one there."""
    code = "stored.program_as" if name else "stored.program"
    return said(code, program=program, place=place, id=name) + "\n"


def followed(code: str, **values: object) -> str:
    """The line about the command that followed, by how that went."""
    return said(f"run.{code}", **values) + "\n"


async def begun(scene: Scene, name: str = "") -> Message:
    """/dingtalk_new, with a name nobody is asked anything; up to the message that waits."""
    return await scene.invited(command=f"/dingtalk_new {name}".strip())


async def confirmed(
    scene: Scene, client_id: str = ID, secret: str = SECRET, *, name: str = ""
) -> None:
    """From the command to the moment at which every target has been tried."""
    await begun(scene, name)
    await scene.poll(success(client_id, secret))


async def chosen(scene: Scene, label: str) -> None:
    """From the question about another bot, answered so, to the moment at which all were tried."""
    await scene.press(label)
    await scene.sees("Waiting for you")
    await scene.idle()
    await scene.poll(success(ID, SECRET))


async def connected(
    scene: Scene, client_id: str = ID, secret: str = SECRET, *, name: str = ""
) -> Message:
    """From the command to the result."""
    await confirmed(scene, client_id, secret, name=name)
    return await scene.sees("Done")


async def hindered(scene: Scene, words: str, *, secret: str = SECRET, name: str = "") -> Message:
    """From the command to a message that says what is in the way."""
    await confirmed(scene, ID, secret, name=name)
    return await scene.sees(words)


async def pressed_by(scene: Scene, user: int, label: str) -> Press:
    """Somebody presses a button of the admin's last message; all that follows has happened."""
    message = scene.telegram.last(ADMIN)
    press = await scene.telegram.presses_data(user, message, data_of(message, label))
    await scene.settled()
    return press


async def disowned(scene: Scene) -> None:
    """The button that takes a result out of every target again, and the yes to its question."""
    result = scene.telegram.last(ADMIN)
    await scene.press("Not mine: remove it")
    await scene.telegram.until(lambda: "Yes, remove it" in result.button_texts)
    await scene.press("Yes, remove it")


async def looked_again(scene: Scene) -> None:
    """Passes to the look ten minutes after storing, and returns when it is over."""
    while any(row["client_secret"] for row in scene.journal()):
        await scene.next_moment()
        await came_to_rest(scene)


async def came_to_rest(scene: Scene) -> None:
    """Returns when every attempt sleeps or has ended, and no command runs."""
    await scene.idle()
    await scene.until(
        lambda: not any(row["runs"] and not row["run_end"] for row in scene.deliveries())
    )
    await scene.idle()


def delivery(scene: Scene, kind: str) -> dict[str, Any]:
    """What the disk knows of the last attempt's delivery to the target of that kind."""
    attempt = scene.journal()[-1]["id"]
    [row] = [row for row in scene.deliveries() if (row["attempt"], row["kind"]) == (attempt, kind)]
    return row
