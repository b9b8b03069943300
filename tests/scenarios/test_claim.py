"""How the first admin of a bot without one makes themselves known."""

import asyncio
import hashlib
import hmac
import re
import signal
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bootstrap_bot.bot import BootstrapBot
from bootstrap_bot.chat import claim as claim_module
from bootstrap_bot.chat.claim import Claimed, Claims, MemoryClaims, random_code
from bootstrap_bot.errors import TargetError
from bootstrap_bot.hosts.telegram.events import person_of
from bootstrap_bot.sandbox.telegram.stand_in import TelegramStandIn
from bootstrap_bot.settings import settings
from bootstrap_bot.standalone import offer_claims
from tests.support.admins import MemoryAdmins
from tests.support.clock import FakeClock
from tests.support.scene import STRANGER, TOKEN, Scene

REPOSITORY = Path(__file__).parents[2]
NEWCOMER, OTHER = 777, 778
LINK = re.compile(r"https://t\.me/bootstrap_demo_bot\?start=([A-Z2-7]{16})\n")
WELCOME = "You are the admin of this bot now."
SERVES_OTHERS = "This bot serves its owners only."
PERSONS = (NEWCOMER, OTHER, STRANGER)


def claims(admins: MemoryAdmins, clock: FakeClock) -> Claims:
    """Claims with the codes CODE1, CODE2, ..."""
    numbers = iter(range(1, 100))
    return Claims(admins, MemoryClaims(clock), lambda: f"CODE{next(numbers)}")


# --- the code ------------------------------------------------------------------------------------


def test_a_code_is_16_base32_characters_and_never_the_same() -> None:
    codes = {random_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(re.fullmatch(r"[A-Z2-7]{16}", code) for code in codes)
    assert len(set("".join(codes))) == 32


async def test_the_right_code_makes_an_admin_once() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = claims(admins, clock)
    code = await open_.renew()
    assert await open_.open()
    assert await open_.claim(person_of(NEWCOMER), f"  {code.lower()} ") is Claimed.DONE
    assert admins.ids == [NEWCOMER]
    assert not await open_.open()
    await clock.advance(1)
    for person in (OTHER, NEWCOMER):
        assert await open_.claim(person_of(person), code) is Claimed.UNHEARD
        await clock.advance(1)
    assert admins.ids == [NEWCOMER]


async def test_a_new_code_makes_the_old_one_void_and_ten_minutes_every_one() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = claims(admins, clock)
    assert await open_.claim(person_of(NEWCOMER), "") is Claimed.WRONG
    await clock.advance(1)
    old, new = await open_.renew(), await open_.renew()
    assert await open_.claim(person_of(NEWCOMER), old) is Claimed.WRONG
    await clock.advance(599)
    assert await open_.claim(person_of(OTHER), f"{new}X") is Claimed.WRONG
    await clock.advance(1)
    assert await open_.claim(person_of(NEWCOMER), new) is Claimed.WRONG
    new = await open_.renew()
    await clock.advance(599)
    assert await open_.claim(person_of(NEWCOMER), new) is Claimed.DONE


async def test_five_wrong_tries_and_then_silence_for_that_person_only() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = claims(admins, clock)
    for _ in range(5):
        assert await open_.claim(person_of(NEWCOMER), "WRONG") is Claimed.WRONG
        await clock.advance(1)
    for _ in range(3):
        assert await open_.claim(person_of(NEWCOMER), await open_.renew()) is Claimed.UNHEARD
        await clock.advance(3600)
    assert await open_.claim(person_of(OTHER), await open_.renew()) is Claimed.DONE


async def test_the_right_code_is_heard_whatever_others_guess() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = claims(admins, clock)
    code = await open_.renew()
    for second in range(300):
        for person in range(20):
            assert (
                await open_.claim(person_of(1000 + 20 * second + person), "WRONG") is Claimed.WRONG
            )
        await clock.advance(1)
    assert await open_.claim(person_of(NEWCOMER), code) is Claimed.DONE


async def test_a_crowd_that_guesses_is_not_remembered_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_module, "MOST_PERSONS", 3)
    open_ = claims(MemoryAdmins(), FakeClock())
    for person in (1, 2, 3):
        for _ in range(5):
            assert await open_.claim(person_of(person), "WRONG") is Claimed.WRONG
        assert await open_.claim(person_of(person), "WRONG") is Claimed.UNHEARD
    assert await open_.claim(person_of(4), "WRONG") is Claimed.WRONG
    silenced = [
        await open_.claim(person_of(person), "WRONG") is Claimed.UNHEARD for person in (2, 3, 1)
    ]
    assert silenced == [True, True, False]
    assert await open_.claim(person_of(NEWCOMER), await open_.renew()) is Claimed.DONE


@pytest.mark.parametrize("given", ["CODE1", "WRONG", "", "ÄÖÜ", "x" * 4096])
async def test_codes_are_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    compared: list[tuple[Any, Any]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr("bootstrap_bot.chat.claim.hmac", _Compares(compare))
    open_ = claims(MemoryAdmins(), FakeClock())
    await open_.renew()
    done = await open_.claim(person_of(NEWCOMER), given)
    assert compared == [(hashed(given.upper()), hashed("CODE1"))]
    assert done is (Claimed.DONE if given == "CODE1" else Claimed.WRONG)


def hashed(text: str) -> bytes:
    """What a store keeps of a code."""
    return hashlib.sha256(text.encode()).digest()


class _Compares:
    def __init__(self, compare: Any) -> None:
        self.compare_digest = compare


async def test_a_claim_that_could_not_be_written_down_may_be_made_again() -> None:
    admins, clock = MemoryAdmins(broken=True), FakeClock()
    open_ = claims(admins, clock)
    code = await open_.renew()
    with pytest.raises(TargetError):
        await open_.claim(person_of(NEWCOMER), code)
    admins.broken = False
    assert await open_.open()
    await clock.advance(1)
    assert await open_.claim(person_of(NEWCOMER), code) is Claimed.DONE


# --- the link ------------------------------------------------------------------------------------


async def test_a_new_link_is_printed_every_ten_minutes_until_somebody_is_admin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.touch(0o600)
    config.write_text(f'[telegram]\ntoken = "{TOKEN}"\n')
    clock = FakeClock()
    bot = BootstrapBot(settings.load(config, {}), clock=clock)
    offering = asyncio.create_task(offer_claims(bot, "bootstrap_demo_bot", clock))
    codes = []
    for _ in range(3):
        await clock.asleep()
        [code] = LINK.findall(capsys.readouterr().out)
        codes.append(code)
        if len(codes) < 3:
            assert await clock.pass_until_due() == 600
    assert len(set(codes)) == 3
    assert await bot.claims.claim(person_of(OTHER), codes[1]) is Claimed.WRONG
    await clock.advance(1)
    assert await bot.claims.claim(person_of(NEWCOMER), codes[2]) is Claimed.DONE
    await clock.advance(600)
    await offering
    assert capsys.readouterr().out == ""


# --- in the chat ---------------------------------------------------------------------------------


async def without_admins(scene: Scene, capsys: pytest.CaptureFixture[str]) -> str:
    """Starts the bot with nobody in `admins`; gives the code in the link it prints."""
    await scene.stop()
    scene.config.write_text(scene.config.read_text().replace("[42, 43]", "[] # nobody yet"))
    capsys.readouterr()
    printed = ""
    await scene.start()

    def link_is_there() -> bool:
        nonlocal printed
        printed += capsys.readouterr().out
        return bool(LINK.search(printed))

    await scene.until(link_is_there)
    [code] = LINK.findall(printed)
    return str(code)


def admins_in(scene: Scene) -> list[int]:
    found: list[int] = tomllib.loads(scene.config.read_text())["telegram"]["admins"]
    return found


async def test_an_empty_list_lets_nobody_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        await without_admins(scene, capsys)
        for person in (42, *PERSONS):
            for text in ("/dingtalk_new", "/dingtalk_status", "/start", "/claim", "/platforms"):
                message = await scene.says(text, person)
            for data in ("bootstrap:add:0", "bootstrap:platforms:0"):
                await scene.telegram.presses_data(person, message, data)
        await scene.settled()
        assert scene.dingtalk.requests == []
        assert scene.journal() == []
        assert admins_in(scene) == []
        for person in (42, *PERSONS):
            [shown] = scene.telegram.bot_messages(person)
            assert SERVES_OTHERS in shown.text


@pytest.mark.parametrize("command", ["/start", "/claim"])
async def test_the_code_in_a_private_chat_makes_that_person_admin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    async with Scene(tmp_path) as scene:
        code = await without_admins(scene, capsys)
        before = scene.config.read_text()
        await scene.says(f"{command} {code}", NEWCOMER)
        await scene.sees(WELCOME, NEWCOMER)
        assert scene.config.read_text() == before.replace("[] # nobody", f"[{NEWCOMER}] # nobody")
        assert not any(code in text for text in scene.captions(NEWCOMER))
        # The code is worth nothing from now on.
        await scene.clock.advance(1)
        await scene.says(f"{command} {code}", OTHER)
        await scene.sees(SERVES_OTHERS, OTHER)
        await scene.settled()
        assert admins_in(scene) == [NEWCOMER]
        await scene.invited(NEWCOMER)
        await scene.stop()
        await scene.start()
        await scene.says("/help", NEWCOMER)
        await scene.sees("I connect DingTalk bots", NEWCOMER)
        await scene.settled()
        assert LINK.search(capsys.readouterr().out) is None


async def test_a_code_counts_in_a_private_chat_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        code = await without_admins(scene, capsys)
        for command in ("/start", "/claim"):
            await scene.says(f"{command} {code}", NEWCOMER, group=-5)
            await scene.says(f"{command}@bootstrap_demo_bot {code}", NEWCOMER, group=-5)
            await scene.says(f"{command}@another_bot {code}", NEWCOMER)
        written = await scene.says("hello", NEWCOMER)
        await scene.telegram.edits(NEWCOMER, written.id, f"/claim {code}")
        await scene.says(code, NEWCOMER)
        await scene.settled()
        assert admins_in(scene) == []
        assert scene.telegram.bot_messages(-5) == []
        await scene.clock.advance(1)
        await scene.says(f"/claim@bootstrap_demo_bot {code}", NEWCOMER)
        await scene.sees(WELCOME, NEWCOMER)


async def test_who_guesses_five_times_hears_nothing_any_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        code = await without_admins(scene, capsys)
        for number in range(5):
            await scene.says(f"/claim {'A' * 15}{number + 2}", NEWCOMER)
            await scene.settled()
            await scene.clock.advance(60)
        heard = len(scene.telegram.bot_messages(NEWCOMER))
        assert heard == 5
        for text in (f"/claim {code}", f"/start {code}", "/claim AAAA"):
            await scene.says(text, NEWCOMER)
            await scene.settled()
            await scene.clock.advance(60)
        assert len(scene.telegram.bot_messages(NEWCOMER)) == heard
        assert admins_in(scene) == []
        await scene.says(f"/start {code}", OTHER)
        await scene.sees(WELCOME, OTHER)
        assert admins_in(scene) == [OTHER]


async def test_a_config_that_cannot_be_written_makes_nobody_admin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Scene(tmp_path) as scene:
        code = await without_admins(scene, capsys)
        good = scene.config.read_text()
        scene.config.write_text(f"{good}[oops\n")
        await scene.says(f"/start {code}", NEWCOMER)
        await scene.sees("could not be written into the config", NEWCOMER)
        assert scene.config.read_text() == f"{good}[oops\n"
        await scene.says("/dingtalk_new", NEWCOMER)
        await scene.settled()
        assert scene.journal() == []
        scene.config.write_text(good)
        await scene.clock.advance(1)
        await scene.says(f"/start {code}", NEWCOMER)
        await scene.sees(WELCOME, NEWCOMER)
        assert admins_in(scene) == [NEWCOMER]


# --- the real process ----------------------------------------------------------------------------


async def run(config: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bootstrap_bot", "run", "--config", str(config)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[str, str]:
    """What it has said, once SIGTERM ended it."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        said, logged = await process.communicate()
    assert process.returncode == 0
    return said.decode(), logged.decode()


async def test_the_real_process_prints_a_link_that_works(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.touch(0o600)
    async with TelegramStandIn(token=TOKEN) as telegram:
        before = f'[telegram] # ours\ntoken = "{TOKEN}"\napi_url = "{telegram.url}"\n'
        config.write_text(before)
        process = await run(config)
        assert process.stdout is not None
        async with asyncio.timeout(20):
            first = (await process.stdout.readline()).decode()
            second = (await process.stdout.readline()).decode()
        assert first.startswith("Nobody is admin yet.")
        [code] = LINK.findall(second)
        await telegram.says(NEWCOMER, f"/start {code}")
        await telegram.until(
            lambda: any(WELCOME in m.text for m in telegram.bot_messages(NEWCOMER))
        )
        said, logged = await ended(process)
        assert said == ""
        assert code not in logged
        assert config.read_text() == f"{before}admins = [{NEWCOMER}]\n"
        process = await run(config)
        await telegram.says(NEWCOMER, "/help")
        await telegram.until(
            lambda: any("I connect" in m.text for m in telegram.bot_messages(NEWCOMER)), 20
        )
        said, logged = await ended(process)
        assert said == ""
