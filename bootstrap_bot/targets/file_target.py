"""Credentials in one file: a layout says where, a format how, a writer puts it there."""

import logging
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.format import Change, Format, Rule, UnfitValueError, read, revised
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.file_lock import ProgramLock
from bootstrap_bot.targets.file_writer import FileWriter, Written
from bootstrap_bot.targets.layout import Data, Layout
from bootstrap_bot.targets.rights import kept
from bootstrap_bot.targets.serial_thread import SerialThread
from bootstrap_bot.targets.staging import RightsPolicy
from bootstrap_bot.targets.target import Note, Platform, Stored
from bootstrap_bot.targets.text_faults import TextFaults

_log = logging.getLogger(__name__)
T = TypeVar("T")

LOCK_SECONDS = 10.0
_PERSON = re.compile(r"[A-Za-z0-9_.@:=+-]+")

Guard = Callable[[], Awaitable[Code | None]]


class FileTarget:
    """A `Target`: the bots in one file, those of each platform with a layout of its own.

    Everything else in it is kept to the byte; a file that does not parse is never written.
    `kind` is the target's, as in the config. `place` is how its owner knows the file. `policy`
    gives its rights from those it had.
    `made`: a missing file is made, where otherwise its program has to make it first. `guard`
    is asked before anything is written, and says what speaks against it. `part` tells targets
    in one file from each other. `program_lock` is how the file's program locks it, if it does.
    `lock_seconds` is how long another holder of the file is waited for.
    """

    def __init__(
        self,
        kind: str,
        layouts: Sequence[Layout],
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
        self._layouts = {layout.cell.platform.name: layout for layout in layouts}
        self._form = form
        self._faults = TextFaults(form, place)
        self._path = Path(os.path.normpath(path.absolute()))
        self._part = part
        self._made = made
        self._thread = SerialThread()
        self._guard = guard
        self._writer = FileWriter(
            self._path, place, policy=policy, program_lock=program_lock, lock_seconds=lock_seconds
        )
        self.kind = kind
        self.place = place
        self.after = after

    @property
    def single_slot(self) -> bool:
        return any(layout.single_slot for layout in self._layouts.values())

    @property
    def key(self) -> str:
        """The kind and the absolute path, with the part of the file that is meant."""
        return f"{self.kind}:{self._path}{self._part}"

    def speaks(self, provider: str) -> bool:
        return provider in self._layouts

    def allows(self, provider: str) -> bool:
        layout = self._layouts.get(provider)
        return layout is not None and bool(layout.cell.placement.allow_list)

    def restart(self, provider: str) -> str:
        return self._layouts[provider].restart

    async def store(
        self,
        wanted_id: str,
        credentials: Credentials,
        replaces: str = "",
        *,
        exposed: bool = False,
    ) -> Stored:
        layout = self._layouts[credentials.provider]

        def rule(data: Data) -> Sequence[Change]:
            return self._put(layout, data, wanted_id, credentials, replaces)

        await self._ask_guard()
        return await self._thread.do(self._store, layout, rule, credentials.account, exposed)

    async def platforms(self) -> list[Platform]:
        return await self._thread.do(self._look, self._bots)

    async def set_enabled(self, provider: str, account: str, enabled: bool) -> Platform | None:
        layout = self._layouts[provider]

        def switch(data: Data, bot: Platform) -> Sequence[Change]:
            return layout.switch(data, bot, enabled)

        await self._ask_guard()
        known = await self._thread.do(self._change_known, layout, account, switch)
        switchable = known is not None and known.enabled is not None
        return replace(known, enabled=enabled) if known and switchable else known

    async def remove(
        self, provider: str, account: str, *, unwanted: bool = False
    ) -> Platform | None:
        layout = self._layouts[provider]
        await self._ask_guard()
        return await self._thread.do(
            self._change_known, layout, account, layout.remove, not unwanted
        )

    async def allow(self, provider: str, account: str, person: str) -> Platform | None:
        layout = self._layouts[provider]

        def allow(data: Data, bot: Platform) -> Sequence[Change]:
            if not self.allows(provider):
                return ()
            # anything else could be read as several people, or as everybody
            if not _PERSON.fullmatch(person):
                raise UnfitValueError
            return layout.allow(data, bot, person)

        await self._ask_guard()
        known = await self._thread.do(self._change_known, layout, account, allow)
        if known and await self._thread.do(self._look, lambda data: allow(data, known)):
            raise TargetError(Code.NOT_READ_BACK, self.place)
        return known

    async def tidy(self) -> None:
        await self._thread.do(self._writer.tidy)

    async def probe(self) -> Sequence[Path]:
        await self._ask_guard()
        return await self._thread.do(self._probe)

    async def _ask_guard(self) -> None:
        if self._guard is not None and (code := await self._guard()):
            raise TargetError(code, self.place)

    def _bots(self, data: Data) -> list[Platform]:
        return [bot for layout in self._layouts.values() for bot in layout.bots(data)]

    def _put(
        self, layout: Layout, data: Data, wanted_id: str, credentials: Credentials, replaces: str
    ) -> Sequence[Change]:
        if blocker := layout.blocker(data):
            raise TargetError(blocker, self.place)
        if not layout.cell.takes(credentials):
            raise TargetError(Code.NOT_TAKEN, self.place)
        bots = layout.bots(data)
        for bot in (_find(bots, credentials.account), _find(bots, replaces)):
            if bot is not None:
                return layout.update(data, bot, credentials)
        if bots and layout.single_slot:
            raise TargetError(Code.OCCUPIED, self.place, occupant=bots[0].account)
        return layout.add(data, wanted_id, credentials)

    def _store(self, layout: Layout, rule: Rule, account: str, exposed: bool) -> Stored:
        written = self._write(layout, rule, account, exposed=exposed)
        if written.exposed:
            _log.warning("%s can be read by others", self.place)
        bots, notes = self._look(lambda data: (layout.bots(data), layout.notes(data)))
        stored = _find(bots, account)
        if stored is None:
            raise TargetError(Code.NOT_READ_BACK, self.place)
        more = (
            (Note.NARROWED, written.narrowed),
            (Note.EXPOSED, written.exposed),
            (Note.SWITCHED_OFF, stored.enabled is False),
        )
        restart = (layout.restart,) if layout.restart else ()
        return Stored(stored, (*restart, *notes, *(note for note, applies in more if applies)))

    def _change_known(
        self,
        layout: Layout,
        account: str,
        change: Callable[[Data, Platform], Sequence[Change]],
        backed_up: bool = True,
    ) -> Platform | None:
        known: Platform | None = None

        def rule(data: Data) -> Sequence[Change]:
            nonlocal known
            known = _find(layout.bots(data), account)
            return change(data, known) if known else ()

        # nothing comes in that is not there already, for the same readers
        self._write(layout, rule, backed_up=backed_up, exposed=True)
        return known

    def _probe(self) -> Sequence[Path]:
        """Does all that storing does, platform by platform, but for the replacing of the file."""
        for layout in self._layouts.values():
            self._rehearse(layout)
        self._writer.probe()
        return self._writer.old_copies()

    def _rehearse(self, layout: Layout) -> None:
        trial = layout.cell.sample()

        def rehearsal(data: Data) -> Sequence[Change]:
            occupants = layout.bots(data) if layout.single_slot else []
            replaces = next((bot.account for bot in occupants), "")
            return self._put(layout, data, trial.provider, trial, replaces)

        self._edited(self._writer.read(), layout, rehearsal, trial.account)

    def _write(
        self,
        layout: Layout,
        rule: Rule,
        account: str | None = None,
        *,
        backed_up: bool = True,
        exposed: bool = False,
    ) -> Written:
        """Makes the changes; with an account only if the new text has that bot."""

        def edit(text: str) -> str:
            return self._edited(text, layout, rule, account)

        written = self._writer.change(edit, backed_up=backed_up, exposed=exposed)
        if written.narrowed:
            _log.warning("%s could be read or written by others; now it cannot", self.place)
        return written

    def _edited(self, text: str, layout: Layout, rule: Rule, account: str | None) -> str:
        """The new text; with an account only one that has that bot."""

        def changed() -> str:
            new, data = revised(self._form, text, rule)
            if account is not None and _find(layout.bots(data), account) is None:
                raise TargetError(Code.NOT_READ_BACK, self.place)
            return new

        self._check_existence()
        return self._faults.told(text, changed)

    def _look(self, look: Callable[[Data], T]) -> T:
        text = self._writer.read()
        return self._faults.told(text, lambda: look(read(self._form, text)))

    def _check_existence(self) -> None:
        # whatever else stands in the way is said by whoever reads it
        if not self._made and not os.path.exists(self._path):
            self._writer.read()
            raise TargetError(Code.FILE_MISSING, self.place)


def _find(bots: Sequence[Platform], account: str) -> Platform | None:
    return next((bot for bot in bots if account and bot.account == account), None)
