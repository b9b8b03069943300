"""Dotenv files: one assignment changes, and python-dotenv reads what was meant."""

import io
import re
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bootstrap_bot.editing.dotenv import Dotenv
from bootstrap_bot.editing.format import (
    BOM,
    Change,
    NotParsableError,
    Remove,
    Set,
    UnfitValueError,
    WrongShapeError,
    edited,
)

FORM = Dotenv()
SECRET = "s3cr3t-s3cr3t-s3cr3t"

HERMES = """\
# Hermes Agent - secrets and per-platform settings
# Copied from .env.example; `hermes setup` adds to it.

OPENROUTER_API_KEY=sk-or-v1-0123456789abcdef
export HF_TOKEN='hf_abc'     # read only
TERMINAL_CWD="${HOME}/work"
  SUDO_PASSWORD=
GREETING="Hello,
  it's \\"me\\" # not a comment
"

# --- DingTalk -------------------------------------------------
# DINGTALK_CLIENT_ID=
# DINGTALK_CLIENT_SECRET=   # from the developer console
export DINGTALK_CLIENT_ID = dingOLD   # the first robot
DINGTALK_CLIENT_SECRET='old
secret'# two lines
DINGTALK_ALLOWED_USERS=manager1,manager2

# --- Telegram
TELEGRAM_BOT_TOKEN=123:abc#def
"""


def setting(name: str, value: Any) -> Set:
    return Set((name,), value)


def removing(name: str) -> Remove:
    return Remove((name,))


def change(text: str, *changes: Change) -> str:
    """The text after these changes, which another time make no difference."""
    new = edited(FORM, text, changes)
    assert edited(FORM, new, changes) == new
    return new


def loaded(text: str) -> dict[str, str | None]:
    """What a program gets that loads the file as it usually does."""
    return dotenv_values(stream=io.StringIO(text, newline=None))


@contextmanager
def refused(
    kind: type[NotParsableError] | type[WrongShapeError], line: int, column: int
) -> Iterator[None]:
    with pytest.raises(ValueError, match=f"at line {line}, column {column}\\Z") as caught:
        yield
    assert type(caught.value) is kind
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# what a text says


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet", "  \n# A=1\n"])
def test_a_text_without_assignments_is_empty(text: str) -> None:
    assert FORM.read(text) == {}


def test_a_text_says_what_python_dotenv_reads() -> None:
    assert FORM.read(HERMES) == dotenv_values(stream=io.StringIO(HERMES), interpolate=False)
    assert FORM.read(HERMES)["DINGTALK_CLIENT_SECRET"] == "old\nsecret"


def test_references_stay_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert FORM.read("A=${HOME}/x\n") == {"A": "${HOME}/x"}


def test_of_two_assignments_the_last_one_counts_and_a_bare_name_has_no_value() -> None:
    assert FORM.read("A=1\nB\nA=2\n") == {"A": "2", "B": None}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"A='{SECRET}\n", 1, 1),
        (f'A=1\n\n  B="{SECRET}" x\n', 3, 3),
        (f"A=1\r\n{SECRET} x\r\n", 2, 1),
        (f"={SECRET}\n", 1, 1),
        (f"A=1\nexport 'A={SECRET}\n", 2, 1),
    ],
)
def test_a_line_that_does_not_parse_is_refused_with_its_place_and_never_quoted(
    text: str, line: int, column: int
) -> None:
    with refused(NotParsableError, line, column):
        change(text, setting("A", "x"))


# what stands there is replaced


def test_credentials_of_hermes_are_replaced_where_they_stand() -> None:
    new = change(
        HERMES,
        setting("DINGTALK_CLIENT_ID", "dingNEW"),
        setting("DINGTALK_CLIENT_SECRET", "new_secret-1"),
    )
    assert new == HERMES.replace("= dingOLD   #", "= dingNEW   #").replace(
        "'old\nsecret'#", "new_secret-1 #"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A=old\n", "A=new\n"),
        ("A=old", "A=new"),
        ("A=\nB=1\n", "A=new\nB=1\n"),
        ("A\nB=1\n", "A=new\nB=1\n"),
        ("export A # why\n", "export A=new # why\n"),
        ("\n\n  export  A =  old\t# why \nB=1\n", "\n\n  export  A =  new\t# why \nB=1\n"),
        ("A=old#er#\n", "A=new\n"),
        ("A= # why\n", "A=new # why\n"),
        ('A="ol\\"d" # why\n', "A=new # why\n"),
        ("A='ol\\'d'#why\n", "A=new #why\n"),
        ('A="ol\n#d\n"  \nB=1\n', "A=new  \nB=1\n"),
        ("'A'=old\n", "'A'=new\n"),
        ("A=1\nA=old\n# A=2\n", "A=1\nA=new\n# A=2\n"),
        ("A=old # why\r\nB=1\r\n", "A=new # why\r\nB=1\r\n"),
        ('A="ol\r\nd"\r\nB=1\r\n', "A=new\r\nB=1\r\n"),
        ("A=old\rB=1\r", "A=new\rB=1\r"),
        (f"{BOM}A=old\n", f"{BOM}A=new\n"),
    ],
)
def test_a_value_is_replaced_and_all_around_it_stays(old: str, new: str) -> None:
    assert change(old, setting("A", "new")) == new


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("dingabc_-./+=:@%,", "dingabc_-./+=:@%,"),
        ("", "''"),
        ("a b", "'a b'"),
        ("#a", "'#a'"),
        (" a ", "' a '"),
        ("$HOME `a` $(a) $$ ${", "'$HOME `a` $(a) $$ ${'"),
        ('"a"', "'\"a\"'"),
        ("a\nb", "'a\nb'"),
        ("it's", '"it\'s"'),
        ("it's\nme", '"it\'s\nme"'),
        ("a\\b", "'a\\b'"),
        ("a\\\\b", '"a\\\\\\\\b"'),
        ("a'\"b\\n", '"a\'\\"b\\\\n"'),
        ("a\r\nb", '"a\\r\nb"'),
        ("a\\", "a\\"),
        ("钉钉 \U0001f600", "'钉钉 \U0001f600'"),
    ],
)
def test_a_value_is_quoted_only_as_it_needs(value: str, written: str) -> None:
    text = change("A=old\nB='b'\n", setting("A", value))
    assert text == f"A={written}\nB='b'\n"
    assert loaded(text) == {"A": value, "B": "b"}


# what is missing is added, what is not wanted is removed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "A=new\n"),
        ("B=1\n", "B=1\nA=new\n"),
        ("B=1", "B=1\nA=new\n"),
        ("B=1\r\nC=2", "B=1\r\nC=2\r\nA=new\r\n"),
        ("# A=\n\n", "# A=\n\nA=new\n"),
        ("AA=1\n", "AA=1\nA=new\n"),
        ('B="\nA=1\n"\n', 'B="\nA=1\n"\nA=new\n'),
    ],
)
def test_a_missing_name_is_put_at_the_end(old: str, new: str) -> None:
    assert change(old, setting("A", "new")) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A=1\nB=2\n", "B=2\n"),
        ("B=2\n\n  export A='1\n2' # why\n\nC=3", "B=2\n\n\nC=3"),
        ("A=1\nB=2\nA\n# A=3\nA=", "B=2\n# A=3\n"),
        ("A=1\r\nB=2\r\n", "B=2\r\n"),
        ("B=1\n", "B=1\n"),
    ],
)
def test_a_name_is_removed_with_all_its_assignments(old: str, new: str) -> None:
    assert change(old, removing("A")) == new


# what cannot be done is not done


@pytest.mark.parametrize(
    "value",
    ["${HOME}", "a${}b", "${A:-b}", "$${A}", "'${A}", "nul\0", "half\ud800", "a b\\", "#\\"],
)
def test_a_value_that_would_be_read_as_another_one_is_refused(value: str) -> None:
    with pytest.raises(UnfitValueError):
        change("A=1\n", setting("A", value))


@pytest.mark.parametrize(
    ("wanted", "line", "column"),
    [
        (Set(("A", "B"), "x"), 2, 1),
        (Set(("C", "B"), "x"), 1, 1),
        (setting("C-D", "x"), 1, 1),
        (setting("1A", "x"), 1, 1),
        (setting("", "x"), 1, 1),
        (setting("C=D\nE", "x"), 1, 1),
        (setting("A", True), 2, 1),
        (setting("A", 1), 2, 1),
        (setting("A", ["x"]), 2, 1),
        (removing("b.c"), 3, 1),
    ],
)
def test_anything_but_a_text_under_a_name_is_the_wrong_shape(
    wanted: Change, line: int, column: int
) -> None:
    with refused(WrongShapeError, line, column):
        change(f"A=0\nexport A={SECRET}\nb.c=1\n", wanted)


def test_names_are_located_by_the_line_and_column_of_their_last_assignment() -> None:
    assert FORM.locate("A=1\n\n  export A='\n'\n", ("A",)) == (3, 3)
    assert FORM.locate(HERMES, ("DINGTALK_CLIENT_ID",)) == (15, 1)
    assert FORM.locate(HERMES, ("NONE",)) == (1, 1)


# any text

LINES = [
    "# note",
    "",
    "  ",
    "# A=1",
    "A=1",
    "export A='x' # note",
    'B="x\ny" # note',
    "B=${A}#x",
    "  C = x y  # note",
    "D=",
    "E",
    "'F G'=1",
    'H="\\"\\\\n"',
    "I='\\''#note",
    "J.K=a=b",
]


def is_unfit(value: str) -> bool:
    """Whether python-dotenv fills it in, no environment holds it, or its quotes do not end."""
    is_filled_in = re.search(r"\$\{[^}:]*(:-[^}]*)?\}", value)
    is_unclosed = value.endswith("\\") and not re.fullmatch(r"[\w./+=:@%,\\-]+", value, re.ASCII)
    return bool(is_filled_in or is_unclosed or "\0" in value)


names = st.sampled_from(["A", "B", "E", "DINGTALK_CLIENT_SECRET"])
secrets = st.text(st.characters(exclude_categories=["Cs"])) | st.text("ab'\"\\#$={}:-` \r\n")
newlines = st.sampled_from(["\n", "\r\n"])


@given(st.lists(st.sampled_from(LINES), max_size=6), newlines, st.booleans(), names, secrets)
@settings(max_examples=500, deadline=None)
@example([], "\n", True, "A", "${")
@example([], "\n", True, "A", "${a:}")
@example([], "\n", True, "A", "'\\\"")
def test_any_credentials_go_into_any_text_and_out_again(
    lines: list[str], newline: str, is_ended: bool, name: str, secret: str
) -> None:
    text = newline.join([*lines, ""] if is_ended else lines)
    if is_unfit(secret):
        with pytest.raises(UnfitValueError):
            change(text, setting(name, secret))
        return

    new = change(text, setting(name, secret))

    assert loaded(new)[name] == secret
    rest, wanted = (change(each, removing(name)) for each in (new, text))
    assert rest.removesuffix("\n").removesuffix("\r") == wanted.removesuffix("\n").removesuffix(
        "\r"
    )


@given(st.lists(st.sampled_from(LINES), max_size=3), st.sampled_from(LINES[4:]), secrets)
@settings(max_examples=200, deadline=None)
def test_another_secret_takes_the_place_of_the_old_one_alone(
    lines: list[str], last: str, secret: str
) -> None:
    before, after = "\n".join([*lines, "\texport S = "]), "\n".join(["\t# note", last, ""])
    assume(not is_unfit(secret))

    new = change(f'{before}"{SECRET}"{after}', setting("S", secret))

    assert new.startswith(before)
    assert new.endswith(after)
    assert loaded(new)["S"] == secret


def test_a_shell_reads_the_same_values(tmp_path: Path) -> None:
    values = [
        "dingabc-1/x",
        "",
        "a b",
        "#a",
        "$HOME `id` $(id)",
        '"a"',
        "a\nb",
        "it's",
        "a\\b",
        "~",
        "!",
    ]
    names = [f"V{number}" for number in range(len(values))]
    (tmp_path / ".env").write_text(change("", *map(setting, names, values)))

    command = ["sh", "-c", ". ./.env; printf '%s\\0' " + " ".join(f'"${name}"' for name in names)]
    shown = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)

    assert shown.stdout.split("\0")[:-1] == values
