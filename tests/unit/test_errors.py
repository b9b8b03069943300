"""The tree of errors: stable, complete, and silent about what came from outside."""

import inspect
import re

import pytest

from bootstrap_bot import errors
from bootstrap_bot.errors import (
    BootstrapBotError,
    Code,
    CodedError,
    ConfigError,
    Fault,
    JournalError,
    RefusedError,
    RemoteError,
    TargetError,
)

CLASSES = {
    name: found
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, Exception)
}
LEAVES = {
    *("ConfigError", "RemoteError", "TargetError", "JournalError", "ConflictError"),
    "RefusedError",
}
DRAWN = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")


def test_the_drawn_tree_is_the_real_one() -> None:
    assert sorted(DRAWN) == sorted(LEAVES)
    between = {"BootstrapBotError", "CodedError"}
    assert set(CLASSES) - between == LEAVES
    assert "BootstrapBotError\n" in (errors.__doc__ or "")


def test_every_error_has_one_root() -> None:
    assert all(issubclass(found, BootstrapBotError) for found in CLASSES.values())
    assert all(found.__doc__ for found in CLASSES.values())
    coded = {name for name, found in CLASSES.items() if issubclass(found, CodedError)}
    assert coded == LEAVES - {"ConfigError", "ConflictError"} | {"CodedError"}


def test_codes_are_stable_names() -> None:
    assert [code.value for code in Code] == [code.name.lower() for code in Code]
    assert all(re.fullmatch(r"[a-z_]+", code.value) for code in Code)
    assert f"{Code.BAD_LINK}" == "bad_link"


def test_an_errors_text_is_its_code_and_nothing_from_outside() -> None:
    assert str(RemoteError(Code.TIMEOUT, retry_after=7)) == "timeout"
    assert str(TargetError(Code.UNPARSABLE, "my.toml", line=3, column=9)) == "unparsable"
    assert str(JournalError(Code.STATE_HELD, "/home/me/my.db", holder="17")) == "state_held"
    assert str(RefusedError(Code.TOO_MANY_ATTEMPTS)) == "too_many_attempts"


def test_errors_carry_what_a_text_needs() -> None:
    assert RemoteError(Code.RATE_LIMITED).retry_after is None
    assert RemoteError(Code.RATE_LIMITED, retry_after=7.5).retry_after == 7.5
    target = TargetError(Code.LOCKED, "config.toml")
    assert (target.code, target.place, target.line, target.column) == (
        Code.LOCKED,
        "config.toml",
        0,
        0,
    )
    placed = TargetError(Code.UNPARSABLE, "config.toml", line=3, column=9)
    assert (placed.line, placed.column) == (3, 9)
    journal = JournalError(Code.STATE_HELD, "a.db", holder="17")
    assert (journal.code, journal.path, journal.holder) == (Code.STATE_HELD, "a.db", "17")
    assert JournalError(Code.STATE_FULL, "a.db").holder == ""


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("a.toml", "telegram.token", "is missing"), "a.toml: telegram.token: is missing"),
        (Fault("a.toml", "", "is not TOML"), "a.toml: is not TOML"),
        (Fault("", "telegram.token", "is missing"), "telegram.token: is missing"),
    ],
)
def test_a_fault_is_one_line_of_where_what_and_what_would_be_right(fault: Fault, line: str) -> None:
    assert str(fault) == line


def test_a_config_error_has_one_line_for_each_fault() -> None:
    first, second = Fault("a", "b", "c"), Fault("d", "e", "f")
    error = ConfigError([first, second])
    assert error.faults == (first, second)
    assert str(error).splitlines() == ["a: b: c", "d: e: f"]
