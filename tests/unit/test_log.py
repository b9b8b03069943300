"""Log lines: whole, valid, and without secrets."""

import html
import io
import json
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from bootstrap_bot.log import (
    LOGGERS_THAT_NAME_SECRETS,
    JsonFormatter,
    Redaction,
    guard,
    set_up,
)
from bootstrap_bot.secret_spellings import HIDDEN, Spellings, proxies_in

TOKEN = "123456:TOKEN-that-must-not-leak"
SECRET = "proxy-password"


@pytest.fixture
def untouched() -> Iterator[None]:
    """Puts back what a test changes in the root logger and the libraries' own."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, LOGGERS_THAT_NAME_SECRETS)]
    before = [(logger, logger.level, logger.filters[:], logger.handlers[:]) for logger in loggers]
    root.handlers = []
    yield
    for logger, level, filters, handlers in before:
        logger.setLevel(level)
        logger.filters, logger.handlers = filters, handlers


class Written:
    """A logger whose lines end in `text`."""

    def __init__(self, *secrets: str, as_json: bool = False) -> None:
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.addFilter(Redaction(*secrets))
        handler.setFormatter(JsonFormatter() if as_json else logging.Formatter("%(message)s"))
        self.log = logging.Logger("a.test")
        self.log.addHandler(handler)

    @property
    def text(self) -> str:
        return self._stream.getvalue()


# Secrets.


def test_a_secret_is_hidden_in_the_text_and_in_the_arguments() -> None:
    written = Written(TOKEN, SECRET)
    written.log.info(f"literal {TOKEN}")
    written.log.info("argument %s", TOKEN)
    written.log.info("inside %r", {"url": f"https://api.telegram.org/bot{TOKEN}/getMe"})
    written.log.info("named %(token)s", {"token": TOKEN})
    written.log.info("two %s %s %s", TOKEN, SECRET, TOKEN)
    assert written.text.splitlines() == [
        "literal [hidden]",
        "argument [hidden]",
        "inside {'url': 'https://api.telegram.org/bot[hidden]/getMe'}",
        "named [hidden]",
        "two [hidden] [hidden] [hidden]",
    ]


def test_a_secret_split_over_text_and_argument_is_hidden() -> None:
    written = Written(TOKEN)
    written.log.info(TOKEN[:10] + "%s", TOKEN[10:])
    assert written.text == "[hidden]\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_secret_is_hidden_in_a_traceback(as_json: bool) -> None:
    written = Written(TOKEN, as_json=as_json)
    try:
        try:
            raise ValueError(f"inner {TOKEN}")
        except ValueError as error:
            raise RuntimeError(f"outer {TOKEN}") from error
    except RuntimeError:
        written.log.exception("it broke")
    assert "it broke" in written.text
    assert "RuntimeError: outer [hidden]" in written.text
    assert "ValueError: inner [hidden]" in written.text
    assert TOKEN not in written.text


def test_a_secret_that_is_part_of_another_leaves_no_rest_of_it() -> None:
    for secrets in (("abc", "abcdef"), ("abcdef", "abc")):
        assert Redaction(*secrets).hide("abcdef abc") == "[hidden] [hidden]"


def test_an_empty_secret_hides_nothing() -> None:
    assert Redaction("", "").hide("text") == "text"
    assert HIDDEN == "[hidden]"


PROXY = "socks5://me:p%40ss:w%2Ford-Ä@10.0.0.1:1080"
PASSWORD = "p@ss:w/ord-Ä"
ODD = "123:A b/\\\"'<&>Ä钉😀%"
SPELLED: dict[str, tuple[str, str]] = {
    "plain": (ODD, ODD),
    "percent-encoded": (ODD, quote(ODD, safe="")),
    "percent-encoded but for slashes": (ODD, quote(ODD)),
    "percent-encoded in small letters": (TOKEN, TOKEN.replace(":", "%3a").replace("-", "%2d")),
    "percent-encoded every letter": (TOKEN, "".join(f"%{ord(c):02X}" for c in TOKEN)),
    "percent-encoded twice": (ODD, quote(quote(ODD, safe=""), safe="")),
    "of a form": (ODD, quote_plus(ODD)),
    "JSON": (ODD, json.dumps(ODD)[1:-1]),
    "JSON in its own letters": (ODD, json.dumps(ODD, ensure_ascii=False)[1:-1]),
    "JSON in JSON": (ODD, json.dumps(json.dumps(ODD))[3:-3]),
    "JSON with escaped slashes": (ODD, json.dumps(ODD)[1:-1].replace("/", "\\/")),
    "repr": (ODD, repr(ODD)[1:-1]),
    "ascii": (ODD, ascii(ODD)[1:-1]),
    "repr of bytes": (ODD, repr(ODD.encode())[2:-1]),
    "HTML": (ODD, html.escape(ODD)),
    "HTML numbers": (TOKEN, "".join(f"&#{ord(c)};" for c in TOKEN)),
    "a proxy's password": (PROXY, PASSWORD),
    "a proxy's password in its address": (PROXY, "p%40ss:w%2Ford-Ä"),
    "a proxy's password as bytes": (PROXY, repr(PASSWORD.encode())[2:-1]),
    "what is sent to a proxy": (PROXY, b64encode(f"me:{PASSWORD}".encode()).decode()),
    "a proxy's password in an encoded address": (PROXY, quote("p%40ss:w%2Ford-Ä", safe="")),
    "a proxy without a scheme": (PROXY.removeprefix("socks5://"), PASSWORD),
}


@pytest.mark.parametrize(("secret", "spelled"), SPELLED.values(), ids=SPELLED)
def test_a_secret_is_hidden_however_it_is_spelled(secret: str, spelled: str) -> None:
    assert Spellings([secret]).hide(f"a {spelled} b") == f"a {HIDDEN} b"


def test_the_environments_proxies_are_secrets_too() -> None:
    environ = {"ALL_PROXY": PROXY, "http_proxy": "http://x:1", "NO_PROXY": "a,b", "HOME": "u:p@h"}
    assert proxies_in(environ) == [PROXY]


def test_lines_without_secrets_stay_as_they_are() -> None:
    written = Written(TOKEN)
    written.log.info("100 %")
    written.log.info("%d of %s", 1, "two")
    written.log.info("plain %s")
    assert written.text.splitlines() == ["100 %", "1 of two", "plain %s"]


def test_a_line_whose_arguments_do_not_fit_stops_nobody() -> None:
    written = Written(TOKEN)
    written.log.info("a number: %d " + TOKEN, "none")
    written.log.info("too many", 1, 2)
    assert written.text.splitlines() == ["a number: %d [hidden]", "too many"]


def test_a_line_that_is_no_text_is_made_one() -> None:
    written = Written(TOKEN)
    written.log.info({"token": TOKEN})
    assert written.text == "{'token': '[hidden]'}\n"


def test_the_guard_lets_every_record_pass_and_another_handler_sees_no_secret() -> None:
    record = logging.makeLogRecord({"msg": "a %s", "args": (TOKEN,)})
    assert Redaction(TOKEN).filter(record) is True
    assert record.getMessage() == "a [hidden]"
    assert record.args is None


# JSON.


def test_a_json_line_is_one_object_with_four_keys() -> None:
    written = Written(TOKEN, as_json=True)
    written.log.warning('two\nlines "quoted" and 钉钉 %s', "\x00\u2028")
    (line,) = written.text.removesuffix("\n").split("\n")
    parsed = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", parsed.pop("time"))
    assert parsed == {
        "level": "warning",
        "logger": "a.test",
        "message": 'two\nlines "quoted" and 钉钉 \x00\u2028',
    }


def test_a_json_line_tells_the_moment_in_utc() -> None:
    record = logging.makeLogRecord({"msg": "m", "levelname": "INFO", "name": "n"})
    record.created = 1_790_000_000.25
    assert json.loads(JsonFormatter().format(record)) == {
        "time": "2026-09-21T14:13:20.250+00:00",
        "level": "info",
        "logger": "n",
        "message": "m",
    }


def test_a_json_line_carries_its_traceback() -> None:
    written = Written(as_json=True)
    try:
        raise KeyError("gone")
    except KeyError:
        written.log.exception("it broke")
    (line,) = written.text.removesuffix("\n").split("\n")
    parsed = json.loads(line)
    assert parsed["message"] == "it broke"
    assert parsed["traceback"].startswith("Traceback (most recent call last):\n")
    assert parsed["traceback"].endswith("KeyError: 'gone'")


# The libraries' own loggers.


@pytest.mark.usefixtures("untouched")
def test_the_token_stays_out_of_the_libraries_own_lines(caplog: pytest.LogCaptureFixture) -> None:
    guard(TOKEN)
    logging.getLogger().addHandler(caplog.handler)
    for name in LOGGERS_THAT_NAME_SECRETS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.debug("POST https://api.telegram.org/bot%s/getMe", TOKEN)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["POST https://api.telegram.org/bot[hidden]/getMe"] * len(
        LOGGERS_THAT_NAME_SECRETS
    )


@pytest.mark.parametrize(
    ("own", "root", "after"),
    [
        (logging.NOTSET, logging.DEBUG, logging.WARNING),
        (logging.NOTSET, logging.INFO, logging.WARNING),
        (logging.INFO, logging.ERROR, logging.WARNING),
        (logging.NOTSET, logging.WARNING, logging.NOTSET),
        (logging.NOTSET, logging.ERROR, logging.NOTSET),
        (logging.ERROR, logging.DEBUG, logging.ERROR),
    ],
)
@pytest.mark.usefixtures("untouched")
def test_httpx_speaks_from_warnings_on(own: int, root: int, after: int) -> None:
    logging.getLogger().setLevel(root)
    logging.getLogger("httpx").setLevel(own)
    guard(TOKEN)
    assert logging.getLogger("httpx").level == after


# The bot on its own.


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.usefixtures("untouched")
def test_lines_go_to_standard_error_without_secrets(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up("info", as_json=as_json, secrets=(TOKEN, SECRET))
    logging.getLogger("some.library").info("with %s and %s", TOKEN, SECRET)
    logging.getLogger("some.library").debug("not this one")
    sys.stderr.flush()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "with [hidden] and [hidden]" in err
    if as_json:
        assert json.loads(err)["logger"] == "some.library"
    else:
        assert re.fullmatch(r"\S+ \S+ INFO    some\.library: with .*\n", err)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
@pytest.mark.usefixtures("untouched")
def test_the_level_is_the_one_that_was_set(level: str) -> None:
    logging.getLogger().addHandler(logging.NullHandler())
    set_up(level, as_json=False, secrets=())
    root = logging.getLogger()
    assert logging.getLevelName(root.level) == level.upper()
    assert len(root.handlers) == 1
