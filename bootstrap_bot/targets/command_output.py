"""The end of what a command prints, fit to be shown."""

import os
import re
import subprocess
import threading
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from secrets import token_bytes

from bootstrap_bot.credentials import MASK

# Characters that are shown.
LONGEST = 500
# Bytes that are kept: enough for those, with colours and what else is not shown.
KEPT = 16 * 1024
_CHUNK = 64 * 1024
# Fewer characters than this at the start of a secret tell nothing.
_TELLING = 4
# Characters of a secret in a row that are too many to show.
_PART = 8
# Reads the pipe from when nobody holds the other end of standard error any more.
KEEPER = ("/bin/sh", "-c", "read -r _ <&2; exec cat 2>/dev/null")

# Colours and the like (ECMA-48 control sequences), and a terminal's title
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_MASKS = re.compile(rf"(?:{MASK})+")
_BREAKS = re.compile(r"\r\n?")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class CommandOutput:
    """What goes into a pipe, read in threads that nothing waits for; only its end is kept.

    `writer` is the descriptor to write to. Whoever writes into a pipe without a reader is killed,
    so a process of its own keeps this one open, and reads on once we do not or are gone: for the
    command when we end first, and for a daemon it left.
    """

    def __init__(self, report: Callable[[], None]) -> None:
        """`report` is called, in another thread, when all up to `end` is read. Raises OSError."""
        self._report = report
        self._tail = b""
        self._is_cut = False
        self._mark = token_bytes(16)
        with ExitStack() as stack:
            self._reader, self.writer = _pipe(stack)
            held, _ours = _pipe(stack)
            self._keeper = subprocess.Popen(  # noqa: S603  (our own constant)
                KEEPER,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd="/",
                stdin=self._reader,
                stdout=subprocess.DEVNULL,
                stderr=held,
                start_new_session=True,
            )
            self._descriptors = stack.pop_all()
        threading.Thread(target=self._listen, name="command-output", daemon=True).start()

    def end(self) -> None:
        """Ends it after what was written so far, whoever else can write."""
        # so few bytes stay together
        os.write(self.writer, self._mark)

    def text(self, secrets: Sequence[str]) -> str:
        """Up to LONGEST characters without any of the secrets, nor a part that was cut off one."""
        # the longest first: one that is part of another must not leave the rest of it behind
        known = sorted(filter(None, secrets), key=len, reverse=True)
        text = _masked(self._tail.decode(errors="replace"), known)
        # again, for what stood together only without its controls
        text = _masked(_seen(text), known)
        if self._is_cut and known:
            # the rest of a secret may come first; a character takes up to four bytes
            text = text[4 * len(known[0]) :]
        return _MASKS.sub(MASK, text).strip()[-LONGEST:]

    def _listen(self) -> None:
        with self._descriptors:
            while not self._take(os.read(self._reader, _CHUNK)):
                pass
        self._report()
        self._keeper.wait()

    def _take(self, data: bytes) -> bool:
        """Whether that was all."""
        data, mark, _ = (self._tail + data).partition(self._mark)
        # in this order: `text` may be asked for meanwhile
        self._is_cut |= len(data) > KEPT
        self._tail = data[-KEPT:]
        return bool(mark)


def _pipe(stack: ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    stack.callback(os.close, writer)
    return reader, writer


def _masked(text: str, secrets: Sequence[str]) -> str:
    """The text with the secrets masked, long parts of them, and one that breaks off at its end."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    for secret in secrets:
        text = _without_parts(text, secret)
        lengths = range(len(secret) - 1, _TELLING - 1, -1)
        begun = next((n for n in lengths if text.endswith(secret[:n])), 0)
        if begun:
            text = text[:-begun] + MASK
    return text


def _without_parts(text: str, secret: str) -> str:
    """The text with every piece masked that is PART or more characters of the secret."""
    parts = {secret[at : at + _PART] for at in range(len(secret) - _PART + 1)}
    hits = [at for at in range(len(text) - _PART + 1) if text[at : at + _PART] in parts]
    for last, first in reversed(_spans(hits)):
        text = text[:first] + MASK + text[last + _PART :]
    return text


def _spans(hits: Sequence[int]) -> list[tuple[int, int]]:
    """Last and first of hits that overlap, in order."""
    spans: list[tuple[int, int]] = []
    for hit in hits:
        if spans and hit - spans[-1][0] <= _PART:
            spans[-1] = (hit, spans[-1][1])
        else:
            spans.append((hit, hit))
    return spans


def _seen(text: str) -> str:
    """The text as a chat can show it, its lines kept."""
    text = _BREAKS.sub("\n", _ESCAPES.sub("", text)).replace("\t", " ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _UNSEEN)
