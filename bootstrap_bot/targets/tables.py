"""What the owner says of a target: the parts that many kinds share."""

import os
import re
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, get_args

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from bootstrap_bot.editing.format import Format
from bootstrap_bot.http import Http
from bootstrap_bot.settings.table import Switch, Table
from bootstrap_bot.targets.command import Command
from bootstrap_bot.targets.file_lock import ProgramLock
from bootstrap_bot.targets.file_target import FileTarget, Guard
from bootstrap_bot.targets.layout import Layout
from bootstrap_bot.targets.placement import Cell, Placement, PlatformKind
from bootstrap_bot.targets.rights import kept
from bootstrap_bot.targets.staging import RightsPolicy
from bootstrap_bot.targets.target import Target
from bootstrap_bot.urls import clean_base_url

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _words(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not value[0] or any("\0" in word for word in value):
        raise ValueError('must be a program and its arguments, such as ["systemctl", "restart"]')
    return value


def _variables(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(_VARIABLE.fullmatch, value)):
        raise ValueError('must be names of variables, such as ["MY_VAR"]')
    return value


def _some(value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if value == ():
        raise ValueError('must be a list of platforms such as ["dingtalk"], not empty')
    return value


def _place(value: str) -> str:
    if not value:
        raise ValueError("must be a file's path, not empty")
    return usable_path(value)


def usable_path(value: str) -> str:
    """The path as it is. Raises ValueError when no file can be meant by it."""
    try:
        home = Path(value).expanduser()
    except RuntimeError:
        home = Path("\0")
    if "\0" in str(home):
        raise ValueError("must be a file's path, in quotes; ~ is this user's home")
    return value


def _astrbot_url(value: str) -> str:
    return clean_base_url(value, private_http=True).url


DEFAULT_URL = "http://localhost:6185"
AstrBotUrl = Annotated[
    str,
    AfterValidator(_astrbot_url),
    Field(description=f"AstrBot's address such as {DEFAULT_URL}"),
]
OptionalPath = Annotated[
    str, AfterValidator(usable_path), Field(description="a file's path, in quotes")
]
PathText = Annotated[
    str, AfterValidator(_place), Field(description="a file's path, in quotes, not empty")
]


class After(Table):
    """[targets.after]: a command that makes the other bot notice."""

    command: Annotated[
        tuple[str, ...],
        AfterValidator(_words),
        Field(
            strict=False,
            description='a program and its arguments, such as ["systemctl", "restart", "hermes"]',
        ),
    ]
    env: Annotated[
        tuple[str, ...],
        AfterValidator(_variables),
        Field(strict=False, description='names of variables, such as ["MY_VAR"]'),
    ] = ()
    show_output: Switch = False


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What targets are built from: this bot's config, its HTTP session, and its patience.

    `lock_seconds` is how long another holder of a file is waited for. `platforms` are all that
    there are.
    """

    config: Path
    http: Http
    lock_seconds: float
    platforms: Collection[PlatformKind]


class TargetTable(Table):
    """One [[targets]]. `VARIABLES` stand in for keys that are not given, by key.

    It is for all `platforms` unless some are named.
    `PLACEMENTS` say where its program keeps the bots of platforms, by their names. Other
    platforms bring theirs by themselves, under `PROGRAM` or else the kind.
    """

    # the home that a default path begins with may not be known
    model_config = ConfigDict(validate_default=True)

    VARIABLES: ClassVar[Mapping[str, str]] = {}
    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {}
    PROGRAM: ClassVar[str] = ""

    kind: Annotated[str, Field(description="one of the kinds in the README, in quotes")]
    platforms: Annotated[
        Annotated[tuple[str, ...], Field(strict=False)] | None,
        AfterValidator(_some),
        Field(description='a list of platforms such as ["dingtalk"]'),
    ] = None
    after: Annotated[
        After | None, Field(description="a table that begins with the line [targets.after]")
    ] = None

    @classmethod
    def placement(cls, platform: PlatformKind) -> Placement | None:
        """Where its program keeps that platform's bots; None where nobody has said it."""
        brought = platform.placements.get(cls.PROGRAM or kind_of(cls))
        return cls.PLACEMENTS.get(platform.name, brought)

    def cells(self, platforms: Collection[PlatformKind]) -> list[Cell]:
        """Those of the platforms that it speaks, with its program's words."""
        found = ((platform, self.placement(platform)) for platform in self.named(platforms))
        return [Cell(platform, placement) for platform, placement in found if placement]

    def named(self, platforms: Collection[PlatformKind]) -> list[PlatformKind]:
        """Those of the platforms that it is for."""
        wanted = self.platforms
        return [one for one in platforms if wanted is None or one.name in wanted]

    def faults(self, platforms: Collection[PlatformKind]) -> Iterator[tuple[str, str]]:
        """Keys that do not fit these platforms, all that there are, and what would be right."""
        names = [one.name for one in platforms]
        if not set(self.platforms or ()) <= set(names):
            yield "platforms", f"must be a list of some of these: {', '.join(names)}"
        mute = [one.name for one in self.named(platforms) if self.placement(one) is None]
        if self.platforms and mute:
            left_out = ", ".join(mute)
            yield "platforms", f"must go without what this kind has no place for: {left_out}"

    @abstractmethod
    def build(self, context: TargetContext) -> Target:
        """The target itself."""
        raise NotImplementedError

    @abstractmethod
    def identity(self, config: Path) -> tuple[str, ...]:
        """What tells its place from every other one; `config` is this bot's own."""
        raise NotImplementedError

    @property
    def part(self) -> str:
        """What tells it from others in the same place, which are for other platforms."""
        return "#" + ",".join(self.platforms) if self.platforms else ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Base addresses it makes requests to."""
        return ()

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """What has to stay out of every log."""
        return ()

    @property
    def command(self) -> Command | None:
        """What runs afterwards."""
        if self.after is None:
            return None
        return Command(self.after.command, self.after.env, self.after.show_output)


class FileTable(TargetTable):
    """A target that is a file. A relative path begins beside this bot's config."""

    path: PathText

    def identity(self, config: Path) -> tuple[str, ...]:
        return (self.kind, os.path.realpath(config.parent / Path(self.path).expanduser()))

    def on_file(
        self,
        layouts: Sequence[Layout],
        form: Format,
        context: TargetContext,
        *,
        path: str = "",
        place: str = "",
        policy: RightsPolicy = kept,
        made: bool = False,
        guard: Guard | None = None,
        program_lock: ProgramLock | None = None,
        part: str = "",
    ) -> FileTarget:
        """A target with these layouts in the file, or in another `path` that was found for it."""
        named = path or self.path
        return FileTarget(
            self.kind,
            layouts,
            form,
            resolved(named, context),
            place or named,
            policy=policy,
            made=made,
            program_lock=program_lock,
            lock_seconds=context.lock_seconds,
            after=self.command,
            guard=guard,
            part=part + self.part,
        )


def kind_of(table: type[TargetTable]) -> str:
    """The name of a table's kind, as it is written in a config."""
    return str(get_args(table.model_fields["kind"].annotation)[0])


def resolved(path: str, context: TargetContext) -> Path:
    """The absolute path that an owner means."""
    return context.config.parent / Path(path).expanduser()
