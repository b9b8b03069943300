"""Any program's file: the owner says which keys get what."""

import re
from collections.abc import Callable, Mapping
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
from bootstrap_bot.targets.layout import Data, NoSuchEntryError, bot_with, pair, text_at
from bootstrap_bot.targets.tables import FileTable, TargetContext, usable_path
from bootstrap_bot.targets.target import Note, Platform, Target

CLIENT_ID, CLIENT_SECRET = "{client_id}", "{client_secret}"
_PLACEHOLDER = re.compile(r"\{client_id\}|\{client_secret\}")
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


class AnyLayout:
    """A `Layout` with room for one bot: templates at the keys the owner named.

    An index is one of a list that is there; where a table is instead, its digits are a key's.
    """

    kind = "file"
    single_slot = True

    def __init__(self, templates: Mapping[Keys, Template], name: str) -> None:
        self._templates = templates
        self._name = name
        self._client_id = _place_of(templates, CLIENT_ID)
        self._client_secret = _place_of(templates, CLIENT_SECRET)

    def blocker(self, data: Data) -> Code | None:
        return None

    def bots(self, data: Data) -> list[Platform]:
        client_id = text_at(data, _resolved(data, self._client_id))
        secret = text_at(data, _resolved(data, self._client_secret))
        if not client_id:
            return []
        return [bot_with(self._name, None, pair(client_id, secret))]

    def add(self, data: Data, wanted_id: str, credentials: Credentials) -> list[Change]:
        values = {
            CLIENT_ID: credentials.account,
            CLIENT_SECRET: credentials.text("client_secret"),
        }
        return [
            Set(_resolved(data, path), _filled(value, values))
            for path, value in self._templates.items()
        ]

    def update(self, data: Data, bot: Platform, credentials: Credentials) -> list[Change]:
        return self.add(data, bot.id, credentials)

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        """Takes out again what storing puts in, where it is still the same."""
        values = {CLIENT_ID: bot.account, CLIENT_SECRET: bot.credentials.text("client_secret")}
        paths = ((_resolved(data, path), value) for path, value in self._templates.items())
        return [
            _emptied(path)
            for path, template in paths
            if value_at(data, path) == _filled(template, values)
        ]

    def switch(self, data: Data, bot: Platform, enabled: bool) -> list[Change]:
        return []

    def notes(self, data: Data) -> list[Note]:
        return [Note.RESTART]


def _place_of(templates: Mapping[Keys, Template], placeholder: str) -> Keys:
    """Where the value stands by itself, to be read back from there."""
    return next(path for path, template in templates.items() if template == placeholder)


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


def _filled(template: Template, values: Mapping[str, str]) -> Template:
    if not isinstance(template, str):
        return template
    return _PLACEHOLDER.sub(lambda found: values[found[0]], template)


def _suffix(path: str) -> str:
    """The suffix that says the format; a `.env.local` is a `.env` too."""
    name = Path(path).name
    return ".env" if name == ".env" or name.startswith(".env.") else Path(path).suffix.lower()


def _path(value: str) -> str:
    if _suffix(value) not in FORMATS:
        raise ValueError(f"must be a file's path ending with one of {', '.join(FORMATS)}")
    return usable_path(value)


def _templates(value: Mapping[str, Template]) -> Mapping[str, Template]:
    texts = list(value.values())
    if CLIENT_ID not in texts or CLIENT_SECRET not in texts:
        raise ValueError(
            f'must have one key with "{CLIENT_ID}" and one with "{CLIENT_SECRET}" as its value'
        )
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
            description=f'a table such as {{ "dingtalk.id" = "{CLIENT_ID}", '
            f'"dingtalk.secret" = "{CLIENT_SECRET}" }}',
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

    def build(self, context: TargetContext) -> Target:
        form = FORMATS[_suffix(self.path)]()
        templates = {keys_of(key): value for key, value in self.templates.items()}
        layout = AnyLayout(templates, Path(self.path).name)
        return self.on_file(layout, form, context, made=True)
