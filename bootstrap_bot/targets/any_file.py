"""Any program's file: the owner says which keys get what."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from bootstrap_bot.credentials import Credentials
from bootstrap_bot.editing.dotenv import Dotenv
from bootstrap_bot.editing.format import (
    Change,
    Format,
    Keys,
    NotParsableError,
    Remove,
    Set,
    value_at,
)
from bootstrap_bot.editing.json5 import Json5
from bootstrap_bot.editing.toml import Toml
from bootstrap_bot.editing.toml_reader import read_toml
from bootstrap_bot.editing.yaml import Yaml
from bootstrap_bot.errors import Code
from bootstrap_bot.targets.layout import Data, NoSuchEntryError, text_at
from bootstrap_bot.targets.placement import Cell, Placement, PlatformKind, default_placement
from bootstrap_bot.targets.tables import FileTable, TargetContext, usable_path
from bootstrap_bot.targets.target import Note, Platform, Target

# Whose fields are in braces where nothing else is said.
PLATFORM = "dingtalk"
_IN_BRACES = re.compile(r"\{([A-Za-z0-9_]+)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INDEX = re.compile(r"0|[1-9][0-9]*")
_NAME = re.compile(r"""[ \t]*([\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')[ \t]*(?:\.|\Z)""")
FORMATS: Mapping[str, Callable[[], Format]] = {
    ".toml": Toml,
    ".json": Json5,
    ".json5": Json5,
    ".yaml": Yaml,
    ".yml": Yaml,
    ".env": Dotenv,
}

Template = str | bool | int
Templates = Mapping[Keys, Template]


class AnyLayout:
    """A `Layout` with room for one bot: templates at the keys the owner named.

    An index is one of a list that is there; where a table is instead, its digits are a key's.
    """

    single_slot = True
    restart = Note.RESTART

    def __init__(self, platform: PlatformKind, templates: Templates, name: str) -> None:
        places = {one.name: place_of(templates, one.name) for one in platform.fields}
        self._places = {field: path for field, path in places.items() if path}
        self._templates = templates
        self._name = name
        self.cell = Cell(platform, Placement(name=name, keys={key: key for key in self._places}))

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        def read(field: str) -> str:
            return text_at(data, _resolved(data, self._places[field]))

        bot = self.cell.bot(self._name, None, read)
        return [bot] if bot else []

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        return [
            Set(_resolved(data, path), self._filled(template, credentials))
            for path, template in self._templates.items()
        ]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        return self.add(data, bot.id, credentials)

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        """Takes out again what storing puts in, where it is still the same."""
        paths = ((_resolved(data, path), value) for path, value in self._templates.items())
        return [
            _emptied(path)
            for path, template in paths
            if value_at(data, path) == self._filled(template, bot.credentials)
        ]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return []

    def allow(self, data: Data, bot: Platform, person: str) -> list[Change]:
        return []

    def notes(self, data: Data) -> list[str]:
        return []

    def _filled(self, template: Template, credentials: Credentials) -> Template:
        names = {one.name for one in self.cell.platform.fields}

        def value(found: re.Match[str]) -> str:
            return credentials.text(found[1]) if found[1] in names else found[0]

        return _IN_BRACES.sub(value, template) if isinstance(template, str) else template


def in_braces(name: str) -> str:
    """How a template names a field."""
    return f"{{{name}}}"


def place_of(templates: Templates, field: str) -> Keys:
    """Where that value stands by itself, to be read back from there; () where it does not."""
    found = (path for path, template in templates.items() if template == in_braces(field))
    return next(found, ())


def _resolved(data: Data, path: Keys) -> Keys:
    """The path as this file has it. Raises `NoSuchEntryError`."""
    found: Keys = ()
    for key in path:
        holder = value_at(data, found)
        if isinstance(key, int) and isinstance(holder, dict):
            key = str(key)
        elif isinstance(key, int) and not (isinstance(holder, list) and key < len(holder)):
            raise NoSuchEntryError(found)
        found = (*found, key)
    return found


def _emptied(path: Keys) -> Change:
    """Nothing there any more; an element of a list stays, for the others keep their places."""
    return Set(path, "") if isinstance(path[-1], int) else Remove(path)


def _suffix(path: str) -> str:
    """The suffix that says the format; a `.env.local` is a `.env` too."""
    name = Path(path).name
    return ".env" if name == ".env" or name.startswith(".env.") else Path(path).suffix.lower()


def _path(value: str) -> str:
    if _suffix(value) not in FORMATS:
        raise ValueError(f"must be a file's path ending with one of {', '.join(FORMATS)}")
    return usable_path(value)


def _templates(value: Mapping[str, Template]) -> Mapping[str, Template]:
    paths = [keys_of(key) for key in value]
    if any(one != other and other[: len(one)] == one for one in paths for other in paths):
        raise ValueError("must have keys of which none leads through another one")
    if any(_disagree(one, other) for one in paths for other in paths):
        raise ValueError("must not have both a number and a name in the same place")
    return value


def _disagree(one: Keys, other: Keys) -> bool:
    """Whether what they share would be a list for one and a table for the other."""
    parting = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), None)
    return parting is not None and isinstance(parting[0], int) is not isinstance(parting[1], int)


def keys_of(key: str) -> Keys:
    """The path that a key written as in TOML means: dots part names, quotes protect dots.

    A number without quotes is an index. Raises ValueError, which says what would be right.
    """
    found: list[str] = []
    try:
        inner: Any = read_toml(f"{key} = 0")
        while isinstance(inner, dict) and len(inner) == 1:
            name, inner = next(iter(inner.items()))
            found.append(name)
    except NotParsableError:
        inner = None
    written = _NAME.findall(key)
    if inner != 0 or len(written) != len(found):
        raise ValueError(
            'must have keys such as "channels.dingtalk.id" or "bots.0.id", dots in names quoted'
        )
    # the whole file is a table
    indices = (place > 0 and _INDEX.fullmatch(text) for place, text in enumerate(written))
    return tuple(int(name) if index else name for name, index in zip(found, indices, strict=True))


class AnyFileTable(FileTable):
    """`kind = "file"`; `set` maps keys of the file to what stands there."""

    kind: Literal["file"]
    path: Annotated[
        str,
        AfterValidator(_path),
        Field(description="a file's path ending with .toml, .json, .json5, .yaml, .yml or .env"),
    ]
    templates: Annotated[
        Mapping[str, Template],
        AfterValidator(_templates),
        Field(
            alias="set",
            description='a table such as { "dingtalk.id" = "{client_id}", '
            '"dingtalk.secret" = "{client_secret}" }',
        ),
    ]

    @model_validator(mode="after")
    def _has_variables(self) -> "AnyFileTable":
        """A .env knows names and texts only."""
        fits = all(
            _VARIABLE.fullmatch(key) and isinstance(value, str)
            for key, value in self.templates.items()
        )
        if _suffix(self.path) == ".env" and not fits:
            raise ValueError("must have names of variables as keys, and texts, for a .env file")
        return self

    @classmethod
    def placement(cls, platform: PlatformKind) -> Placement | None:
        return default_placement(platform)

    def named(self, platforms: Collection[PlatformKind]) -> list[PlatformKind]:
        return [one for one in platforms if one.name in (self.platforms or (PLATFORM,))]

    def faults(self, platforms: Collection[PlatformKind]) -> Iterator[tuple[str, str]]:
        yield from super().faults(platforms)
        for platform in self.named(platforms):
            fields = [one.name for one in platform.fields]
            alone = [one.name for one in platform.fields if one.secret]
            alone.insert(0, platform.account)
            if not all(place_of(self._templates, name) for name in alone):
                right = " and one with ".join(f'"{in_braces(name)}"' for name in alone)
                yield "set", f"must have one key with {right} as its value"
            if self.platforms and not self._braced() <= set(fields):
                right = ", ".join(map(in_braces, fields))
                yield "set", f"must have nothing else in braces than {right}"

    def build(self, context: TargetContext) -> Target:
        form = FORMATS[_suffix(self.path)]()
        name = Path(self.path).name
        platforms = self.named(context.platforms)
        layouts = [AnyLayout(platform, self._templates, name) for platform in platforms]
        return self.on_file(layouts, form, context, made=True)

    @property
    def _templates(self) -> Templates:
        return {keys_of(key): value for key, value in self.templates.items()}

    def _braced(self) -> set[str]:
        """Every name in braces."""
        texts = (value for value in self.templates.values() if isinstance(value, str))
        return {name for text in texts for name in _IN_BRACES.findall(text)}
