"""Logging for the bot on its own, and the guard that keeps secrets out of it."""

import json
import logging
import sys
from datetime import UTC, datetime

from bootstrap_bot.secret_spellings import Spellings

# They write the bot's token in addresses, a proxy's password as what they were called with, and
# whole answers, in which either may stand.
LOGGERS_THAT_NAME_SECRETS = (
    *("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2"),
    *("httpcore.proxy", "httpcore.socks"),
    *("telegram.Bot", "telegram.ext.ExtBot", "telegram.ext.Updater", "telegram.ext.Application"),
    *("telegram.ext", "telegram.request.BaseRequest", "telegram.request.HTTPXRequest"),
)


class Redaction(logging.Filter):
    """Replaces known secrets in every record that passes, arguments and traceback included."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self._known = set(secrets)
        self._spellings = Spellings(self._known)

    def learn(self, *secrets: str) -> None:
        """From now on these, too."""
        if not self._known.issuperset(secrets):
            self._known.update(secrets)
            self._spellings = Spellings(self._known)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.hide(_message(record)), None
        if record.exc_info:
            record.exc_text = self.hide(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True

    def hide(self, text: str) -> str:
        """The text without any of the secrets, however they are spelled."""
        return self._spellings.hide(text)


def _message(record: logging.LogRecord) -> str:
    """The record's text; of one whose arguments do not fit, what there is without them."""
    try:
        return record.getMessage()
    except Exception:  # whatever a foreign object raises: a log line stops nobody
        return str(record.msg)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["traceback"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


_GUARD = Redaction()


def guard(*secrets: str) -> None:
    """Keeps secrets out of the libraries' own lines, whoever handles them.

    httpx is raised to WARNING besides: it writes an address with the token for every request.
    """
    _GUARD.learn(*secrets)
    httpx = logging.getLogger("httpx")
    if httpx.getEffectiveLevel() < logging.WARNING:
        httpx.setLevel(logging.WARNING)
    for name in LOGGERS_THAT_NAME_SECRETS:
        # Once, however many bots there are.
        logging.getLogger(name).addFilter(_GUARD)


def set_up(level: str, *, as_json: bool, secrets: tuple[str, ...]) -> None:
    """Writes the root logger's lines to standard error. `level` is a lower-case name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redaction(*secrets))
    form = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(form))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
