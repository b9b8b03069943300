"""What closes a claim, and what a try costs: nothing but a clock and a list of admins."""

import pytest

from bootstrap_bot.chat.claim import CODE_LASTS, Claimed, Claims, MemoryClaims
from bootstrap_bot.errors import TargetError
from bootstrap_bot.hosts.telegram.events import person_of
from tests.support.admins import MemoryAdmins
from tests.support.clock import FakeClock

OWNER, OTHER, GUESSER = 777, 778, 666
RIGHT = "ABCDEFGH23456722"


async def claims(admins: MemoryAdmins, clock: FakeClock) -> Claims:
    """Claims that wait for the right code."""
    made = Claims(admins, MemoryClaims(clock), lambda: RIGHT)
    assert await made.renew() == RIGHT
    return made


async def guesses(claims: Claims, clock: FakeClock, tries: int) -> list[Claimed]:
    """What became of that many wrong codes, each after a second."""
    found = []
    for _ in range(tries):
        found.append(await claims.claim(person_of(GUESSER), "WRONG"))
        await clock.advance(1)
    return found


@pytest.mark.parametrize("present", [[OWNER], [OWNER, OTHER]])
async def test_admins_present_close_claiming(present: list[int]) -> None:
    admins, clock = MemoryAdmins(*present), FakeClock()
    closed = await claims(admins, clock)
    assert not await closed.open()
    assert await closed.claim(person_of(GUESSER), RIGHT) is Claimed.UNHEARD
    assert admins.asked == []


async def test_nobody_present_opens_it_and_a_try_in_between_was_not_counted() -> None:
    admins, clock = MemoryAdmins(OWNER), FakeClock()
    there = await claims(admins, clock)
    assert await guesses(there, clock, 10) == [Claimed.UNHEARD] * 10
    assert await there.claim(person_of(GUESSER), "WRONG") is Claimed.UNHEARD
    admins.ids.clear()
    assert await there.open()
    assert await there.claim(person_of(GUESSER), RIGHT) is Claimed.DONE


async def test_who_is_written_down_a_moment_too_late_is_unheard() -> None:
    admins, clock = MemoryAdmins(too_late=True), FakeClock()
    open_ = await claims(admins, clock)
    assert await open_.claim(person_of(OWNER), RIGHT) is Claimed.UNHEARD
    assert admins.asked == [OWNER]


@pytest.mark.parametrize("broken", [True, False])
async def test_the_right_code_is_no_wrong_try_whatever_became_of_it(broken: bool) -> None:
    admins, clock = MemoryAdmins(too_late=not broken, broken=broken), FakeClock()
    open_ = await claims(admins, clock)
    for _ in range(6):
        if broken:
            with pytest.raises(TargetError):
                await open_.claim(person_of(OWNER), RIGHT)
        else:
            assert await open_.claim(person_of(OWNER), RIGHT) is Claimed.UNHEARD
        await clock.advance(1)
    admins.too_late = admins.broken = False
    assert await open_.claim(person_of(OWNER), RIGHT) is Claimed.DONE


async def test_four_wrong_tries_leave_one_for_the_right_code() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = await claims(admins, clock)
    await guesses(open_, clock, 4)
    assert await open_.claim(person_of(GUESSER), RIGHT) is Claimed.DONE


async def test_wrong_tries_are_not_forgotten_with_the_code() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = await claims(admins, clock)
    await guesses(open_, clock, 5)
    await clock.advance(CODE_LASTS)
    assert await open_.claim(person_of(GUESSER), await open_.renew()) is Claimed.UNHEARD


async def test_who_is_silenced_takes_nobody_elses_try() -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    open_ = await claims(admins, clock)
    await guesses(open_, clock, 5)
    assert await open_.claim(person_of(GUESSER), "WRONG") is Claimed.UNHEARD
    assert await open_.claim(person_of(OWNER), RIGHT) is Claimed.DONE


async def test_a_machine_without_a_set_clock_hears_the_first_try() -> None:
    admins, clock = MemoryAdmins(), FakeClock(now=0.0)
    assert await (await claims(admins, clock)).claim(person_of(OWNER), RIGHT) is Claimed.DONE


@pytest.mark.parametrize("given", ["", " ", "\n", "NONE", "XXXX", RIGHT])
async def test_before_a_code_is_made_nothing_is_right(given: str) -> None:
    admins = MemoryAdmins()
    assert (
        await Claims(admins, MemoryClaims(FakeClock())).claim(person_of(OWNER), given)
        is Claimed.WRONG
    )
    assert admins.asked == []


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            RIGHT[:-1],
            RIGHT[1:],
            f"{RIGHT}A",
            RIGHT * 256,
            RIGHT[::-1],
            RIGHT.replace("A", "Ａ"),
        ),
        *(f"{RIGHT[:8]} {RIGHT[8:]}", f"{RIGHT}\0", f"{RIGHT} {RIGHT}", "\u202e" + RIGHT),
    ],
)
async def test_almost_the_code_is_not_the_code(given: str) -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    assert await (await claims(admins, clock)).claim(person_of(OWNER), given) is Claimed.WRONG
    assert admins.asked == []


@pytest.mark.parametrize("given", [RIGHT.lower(), f" {RIGHT}\n", RIGHT.title(), f"\u00a0{RIGHT}"])
async def test_letters_may_be_large_or_small_and_spaces_around_it(given: str) -> None:
    admins, clock = MemoryAdmins(), FakeClock()
    assert await (await claims(admins, clock)).claim(person_of(OWNER), given) is Claimed.DONE
    assert admins.ids == [OWNER]
