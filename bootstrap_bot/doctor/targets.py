"""Where credentials go: whether they could be stored there now."""

import asyncio
import shlex
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from pathlib import Path

from bootstrap_bot.doctor.endless import endless
from bootstrap_bot.doctor.finding import Finding, Subject
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.command import findable
from bootstrap_bot.targets.rights import command_to_close
from bootstrap_bot.targets.target import Platform, Target

GOOD = {"astrbot": "doctor.target_api"}
# The other errors' own texts say what to do.
REMEDIES = {Code.LOCKED: "doctor.target_locked", Code.TARGET_FAILED: "doctor.target_failed"}


class TargetsCheck:
    """Each target, probed without a change; `platforms` are the names of all that there are."""

    def __init__(self, targets: Sequence[Target], platforms: Collection[str]) -> None:
        self._targets = targets
        self._platforms = platforms

    async def __call__(self) -> Sequence[Finding]:
        """How each target does, and the old copies of its file that may hold a secret."""
        found = await asyncio.gather(*map(self._look, self._targets))
        return [*chain(*found)]

    async def _look(self, target: Target) -> Sequence[Finding]:
        return [*await _look(target), *_unspoken(target, self._platforms)]


async def _look(target: Target) -> Sequence[Finding]:
    try:
        old_copies = await target.probe()
        bots = await target.platforms()
    except TargetError as error:
        return [_trouble(error), *_endless(target)]
    copies = (_old_copy(target, copy) for copy in old_copies)
    return [_state(target, bots), *_endless(target), *copies]


def _state(target: Target, bots: Sequence[Platform]) -> Finding:
    code = GOOD.get(target.kind, "doctor.target_good")
    if target.after is not None and not findable(target.after):
        program = Path(target.after.argv[0]).name
        place = target.place
        return Finding.bad(Subject.TARGET, "doctor.target_command", place=place, program=program)
    several = [kind for kind, count in Counter(bot.type for bot in bots).items() if count > 1]
    if target.single_slot and several:
        about = {"place": target.place, "platform": several[0]}
        return Finding.look(Subject.TARGET, "doctor.target_several", **about)
    return Finding.good(Subject.TARGET, code, place=target.place, count=len(bots))


def _endless(target: Target) -> Sequence[Finding]:
    code = endless(target.after) if target.after is not None else None
    return [] if code is None else [Finding.look(Subject.TARGET, code, place=target.place)]


def _unspoken(target: Target, platforms: Collection[str]) -> Sequence[Finding]:
    names = tuple(name for name in platforms if not target.speaks(name))
    where = {"place": target.place, "platforms": names}
    return [Finding.good(Subject.TARGET, "doctor.target_unspoken", **where)] if names else []


def _old_copy(target: Target, copy: Path) -> Finding:
    where = {"place": target.place, "name": copy.name, "remove": shlex.join(["rm", str(copy)])}
    return Finding.look(Subject.TARGET, "doctor.target_old_copy", **where)


def _trouble(error: TargetError) -> Finding:
    if error.code is Code.READABLE_BY_ALL:
        command = command_to_close(error.place)
        return Finding.bad(
            Subject.TARGET, "doctor.target_readable", place=error.place, command=command
        )
    if error.code is Code.RIGHTS_FIXED:
        return Finding.bad(
            Subject.TARGET, "doctor.target_fixed", place=error.place, mount=error.about
        )
    where = {"place": error.place, "line": error.line, "column": error.column}
    code = "doctor.target_line" if error.line else REMEDIES.get(error.code, "doctor.target_bad")
    return Finding.bad(Subject.TARGET, code, why=error.code, **where)
