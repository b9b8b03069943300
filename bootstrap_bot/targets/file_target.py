"""Credentials in one file: a layout says where, a format how, a writer puts it there."""

import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import (
    Change,
    Format,
    Keys,
    NotParsableError,
    Rule,
    UnfitValueError,
    WrongShapeError,
    read,
    revised,
)
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.file_lock import ProgramLock
from bootstrap_bot.targets.file_writer import FileWriter, Written
from bootstrap_bot.targets.layout import (
    DINGTALK,
    Data,
    Layout,
    NoSuchEntryError,
    OtherShapeError,
    pair,
)
from bootstrap_bot.targets.rights import kept
from bootstrap_bot.targets.serial_thread import SerialThread
from bootstrap_bot.targets.staging import RightsPolicy
from bootstrap_bot.targets.target import Note, Platform, Stored

_log = logging.getLogger(__name__)
T = TypeVar("T")

LOCK_SECONDS = 10.0
# What a probe would store.
SAMPLE = pair("dingsample", "sample")

Guard = Callable[[], Awaitable[Code | None]]


class FileTarget:
    """A `Target`: the DingTalk bots in one file.

    Everything else in it is kept to the byte; a file that does not parse is never written.
    `place` is how its owner knows the file. `policy` gives its rights from those it had.
    `made`: a missing file is made, where otherwise its program has to make it first. `guard`
    is asked before anything is written, and says what speaks against it. `part` tells targets
    in one file from each other. `program_lock` is how the file's program locks it, if it does.
    `lock_seconds` is how long another holder of the file is waited for.
    """

    def __init__(
        self,
        layout: Layout,
        form: Format,
        path: Path,
        place: str,
        *,
        policy: RightsPolicy = kept,
        made: bool = False,
        program_lock: ProgramLock | None = None,
        lock_seconds: float = LOCK_SECONDS,
        after: Command | None = None,
        guard: Guard | None = None,
        part: str = "",
    ) -> None:
        self._layout = layout
        self._form = form
        self._path = Path(os.path.normpath(path.absolute()))
        self._part = part
        self._made = made
        self._thread = SerialThread()
        self._guard = guard
        self._writer = FileWriter(
            self._path, place, policy=policy, program_lock=program_lock, lock_seconds=lock_seconds
        )
        self.place = place
        self.after = after

    @property
    def kind(self) -> str:
        return self._layout.kind

    @property
    def single_slot(self) -> bool:
        return self._layout.single_slot

    @property
    def key(self) -> str:
        """The kind and the absolute path, with the part of the file that is meant."""
        return f"{self.kind}:{self._path}{self._part}"

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        def rule(data: Data) -> Sequence[Change]:
            return self._put(data, wanted_id, credentials, replaces)

        await self._ask_guard()
        return await self._thread.do(self._store, rule, credentials.account, exposed)

    async def platforms(self) -> list[Platform]:
        return await self._thread.do(self._look, self._layout.bots)

    async def set_enabled(self, account: str, enabled: bool) -> Platform | None:
        def switch(data: Data, bot: Platform) -> Sequence[Change]:
            return self._layout.switch(data, bot, enabled)

        await self._ask_guard()
        known = await self._thread.do(self._change_known, account, switch)
        switchable = known is not None and known.enabled is not None
        return replace(known, enabled=enabled) if known and switchable else known

    async def remove(self, account: str, *, unwanted: bool = False) -> Platform | None:
        await self._ask_guard()
        return await self._thread.do(self._change_known, account, self._layout.remove, not unwanted)

    async def tidy(self) -> None:
        await self._thread.do(self._writer.tidy)

    async def probe(self) -> Sequence[Path]:
        await self._ask_guard()
        return await self._thread.do(self._probe)

    async def _ask_guard(self) -> None:
        if self._guard is not None and (code := await self._guard()):
            raise TargetError(code, self.place)

    def _put(
        self, data: Data, wanted_id: str, credentials: Credentials, replaces: str
    ) -> Sequence[Change]:
        if blocker := self._layout.blocker(data):
            raise TargetError(blocker, self.place)
        bots = self._layout.bots(data)
        for bot in (_find(bots, credentials.account), _find(bots, replaces)):
            if bot is not None:
                return self._layout.update(data, bot, credentials)
        if bots and self.single_slot:
            raise TargetError(Code.OCCUPIED, self.place, occupant=bots[0].account)
        return self._layout.add(data, wanted_id, credentials)

    def _store(self, rule: Rule, account: str, exposed: bool) -> Stored:
        written = self._write(rule, account, exposed=exposed)
        if written.exposed:
            _log.warning("%s can be read by others", self.place)
        bots, notes = self._look(lambda data: (self._layout.bots(data), self._layout.notes(data)))
        stored = _find(bots, account)
        if stored is None:
            raise TargetError(Code.NOT_READ_BACK, self.place)
        more = (
            (Note.NARROWED, written.narrowed),
            (Note.EXPOSED, written.exposed),
            (Note.SWITCHED_OFF, stored.enabled is False),
        )
        return Stored(stored, (*notes, *(note for note, applies in more if applies)))

    def _change_known(
        self,
        account: str,
        change: Callable[[Data, Platform], Sequence[Change]],
        backed_up: bool = True,
    ) -> Platform | None:
        known: Platform | None = None

        def rule(data: Data) -> Sequence[Change]:
            nonlocal known
            known = _find(self._layout.bots(data), account)
            return change(data, known) if known else ()

        # nothing comes in that is not there already, for the same readers
        self._write(rule, backed_up=backed_up, exposed=True)
        return known

    def _probe(self) -> Sequence[Path]:
        """Does all that storing a pair does, but for the replacing of the file."""

        def rehearsal(data: Data) -> Sequence[Change]:
            occupants = self._layout.bots(data) if self.single_slot else []
            replaces = next((bot.account for bot in occupants), "")
            return self._put(data, DINGTALK, SAMPLE, replaces)

        self._edited(self._writer.read(), rehearsal, SAMPLE.account)
        self._writer.probe()
        return self._writer.old_copies()

    def _write(
        self,
        rule: Rule,
        account: str | None = None,
        *,
        backed_up: bool = True,
        exposed: bool = False,
    ) -> Written:
        """Makes the changes; with an account only if the new text has that bot."""

        def edit(text: str) -> str:
            return self._edited(text, rule, account)

        written = self._writer.change(edit, backed_up=backed_up, exposed=exposed)
        if written.narrowed:
            _log.warning("%s could be read or written by others; now it cannot", self.place)
        return written

    def _edited(self, text: str, rule: Rule, account: str | None) -> str:
        """The new text; with an account only one that has that bot."""

        def changed() -> str:
            new, data = revised(self._form, text, rule)
            if account is not None and _find(self._layout.bots(data), account) is None:
                raise TargetError(Code.NOT_READ_BACK, self.place)
            return new

        self._check_existence()
        return self._coded(text, changed)

    def _look(self, look: Callable[[Data], T]) -> T:
        text = self._writer.read()
        return self._coded(text, lambda: look(read(self._form, text)))

    def _check_existence(self) -> None:
        # whatever else stands in the way is said by whoever reads it
        if not self._made and not os.path.exists(self._path):
            self._writer.read()
            raise TargetError(Code.FILE_MISSING, self.place)

    def _coded(self, text: str, work: Callable[[], T]) -> T:
        """Turns what the text's rules raise into a target's error, with nothing of the text."""
        path: Keys = ()
        line, column = 0, 0
        try:
            return work()
        except TargetError:
            raise
        except NotParsableError as error:
            code, line, column = Code.UNPARSABLE, error.line, error.column
        except WrongShapeError as error:
            code, line, column = Code.WRONG_SHAPE, error.line, error.column
        except NoSuchEntryError as error:
            code, path = Code.ENTRY_MISSING, error.path
        except OtherShapeError as error:
            code, path = Code.WRONG_SHAPE, error.path
        except UnfitValueError:
            code = Code.VALUE_UNFIT
        except Exception as error:  # parsers meet texts that nobody has thought of
            _log.error("%s cannot be dealt with: %s", self.place, type(error).__name__)
            code = Code.TARGET_FAILED
        if path:
            with suppress(Exception):
                line, column = self._form.locate(text, path)
        raise TargetError(code, self.place, line=line, column=column)


def _find(bots: Sequence[Platform], account: str) -> Platform | None:
    return next((bot for bot in bots if account and bot.account == account), None)
