"""Hermes: variables in its `.env` for each platform, and what else it reads besides."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from bootstrap_bot.editing.dotenv import Dotenv
from bootstrap_bot.editing.format import Change, Format, Keys, Set, value_at
from bootstrap_bot.editing.json5 import Json
from bootstrap_bot.editing.yaml import Yaml
from bootstrap_bot.targets.beside import data_of
from bootstrap_bot.targets.combined import Combined
from bootstrap_bot.targets.file_target import FileTarget
from bootstrap_bot.targets.layout import Data, OtherShapeError, text_at
from bootstrap_bot.targets.placement import Cell, Placement
from bootstrap_bot.targets.slot import Slot
from bootstrap_bot.targets.tables import FileTable, PathText, TargetContext, resolved
from bootstrap_bot.targets.target import Note, Platform, Target

# Hermes answers nobody it has not been told of: by a platform's own variables or by these.
ALLOWED_USERS, ALLOW_ALL = "_ALLOWED_USERS", "_ALLOW_ALL_USERS"
GATEWAY = "GATEWAY"
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
# Whoever administers a machine pins variables here, for all who use it.
MANAGED = "/etc/hermes/.env"


@dataclass(frozen=True, slots=True)
class Section:
    """A table of another file in Hermes' folder, with a table for each platform."""

    name: str
    form: Callable[[], Format]
    path: Keys

    def path_of(self, cell: Cell) -> Keys:
        """Where a bot may be: some releases believe this, and others `.env`."""
        return (*self.path, cell.name, "extra")

    def layout(self, cell: Cell, name: str) -> "OtherSlot":
        """A bot there, under that name; it only ever goes."""
        return OtherSlot(
            cell=Cell(cell.platform, _in_section(cell.placement)),
            name=name,
            section=self.path_of(cell),
        )


class OtherSlot(Slot):
    """A `Slot` that Hermes passes over when something else than tables leads to it."""

    def bots(self, data: Data) -> list[Platform]:
        try:
            return super().bots(data)
        except OtherShapeError as error:
            if len(error.path) <= len(self.section):
                return []
            raise


SECTIONS = (
    Section("config.yaml", Yaml, ("platforms",)),
    Section("config.yaml", Yaml, ("gateway", "platforms")),
    Section("gateway.json", lambda: Json(takes_nan=True), ("platforms",)),
)
# Here Hermes looks for a switch only.
SWITCH = Section("config.yaml", Yaml, ())


@dataclass(frozen=True, kw_only=True)
class HermesLayout(Slot):
    """A `Slot` of variables, of which none is left empty. `folder` has Hermes' other files."""

    folder: Path

    def remove(self, data: Data, bot: Platform) -> list[Change]:
        placement = self.cell.placement
        return self._removed(
            data, [*placement.keys.values(), *self._set_along(data), *placement.companions]
        )

    def allow(self, data: Data, bot: Platform, person: str) -> list[Change]:
        path = self.path(data, self.cell.placement.allow_list)
        text = text_at(data, path)
        if person in [name.strip() for name in text.split(",")]:
            return []
        others, comma = text.rstrip(" ,"), ", " if ", " in text else ","
        return [Set(path, f"{others}{comma}{person}" if others else person)]

    def notes(self, data: Data) -> list[str]:
        account = text_at(data, self.path(data, self.cell.account_key))
        noted = {
            Note.HERMES_OFF: self._is_off(),
            Note.HERMES_EXTRA: self._has_anothers_names(account),
            Note.HERMES_USERS.about(self.cell.placement.allow_list): self._is_alone(data),
        }
        return [note for note, applies in noted.items() if applies]

    def _gone(self, data: Data, keys: Iterable[str]) -> list[Change]:
        return self._removed(data, keys)

    def _is_alone(self, data: Data) -> bool:
        """Whether Hermes has been told of nobody."""
        own = self.cell.placement.allow_list.removesuffix(ALLOWED_USERS)
        named = any(text_at(data, (name + ALLOWED_USERS,)).strip() for name in (own, GATEWAY))
        switches = (text_at(data, (name + ALLOW_ALL,)) for name in (own, GATEWAY))
        return not (named or any(switch.strip().lower() in YES for switch in switches))

    def _is_off(self) -> bool:
        switches = (
            value_at(data, (*section.path, self.cell.name, "enabled"))
            for section, data in self._sections()
        )
        return any(str(value).lower() in NO for value in switches)

    def _has_anothers_names(self, account: str) -> bool:
        """Whether another file has a bot's code or card, which go with whatever pair there is."""
        companions = _in_section(self.cell.placement).companions
        return any(
            value_at(data, (*section.path_of(self.cell), key)) not in (None, "", account)
            for section, data in self._sections()
            for key in companions
        )

    def _sections(self) -> Iterator[tuple[Section, Data]]:
        for section in (*SECTIONS, SWITCH):
            yield section, data_of(self.folder / section.name, section.form())


def _in_section(placement: Placement) -> Placement:
    """The same in a file with sections, where a variable's name is without its first part."""

    def key(variable: str) -> str:
        return variable.partition("_")[2].lower()

    return replace(
        placement,
        keys={field: key(variable) for field, variable in placement.keys.items()},
        constants={key(variable): value for variable, value in placement.constants.items()},
        aliases=tuple(map(key, placement.aliases)),
        belongings=tuple(map(key, placement.belongings)),
    )


class HermesTable(FileTable):
    """`kind = "hermes"`."""

    PLACEMENTS: ClassVar[Mapping[str, Placement]] = {
        "dingtalk": Placement(
            name="dingtalk",
            keys={"client_id": "DINGTALK_CLIENT_ID", "client_secret": "DINGTALK_CLIENT_SECRET"},
            aliases=("DINGTALK_ROBOT_CODE", "DINGTALK_AGENT_ID", "DINGTALK_APP_ID"),
            belongings=("DINGTALK_CARD_TEMPLATE_ID",),
            allow_list="DINGTALK_ALLOWED_USERS",
        )
    }

    kind: Literal["hermes"]
    path: PathText = "~/.hermes/.env"

    def build(self, context: TargetContext) -> Target:
        cells = self.cells(context.platforms)
        layouts = [
            HermesLayout(
                cell=cell,
                name=self.kind,
                restart=Note.RESTART_BY.about("hermes gateway restart"),
                folder=resolved(self.path, context).parent,
            )
            for cell in cells
        ]
        # A fresh Hermes has no such file yet; its folder has to be there.
        main = self.on_file(layouts, Dotenv(), context, made=True)
        others = self._others(cells, layouts, context)

        def there() -> Sequence[Target]:
            return [target for file, target in others if file.exists()]

        return Combined(main, there)

    def _others(
        self, cells: Sequence[Cell], layouts: Sequence[HermesLayout], context: TargetContext
    ) -> Sequence[tuple[Path, FileTarget]]:
        """Where else a bot may be, with its file."""
        folder = os.path.dirname(self.path)
        managed = self.on_file(layouts, Dotenv(), context, path=MANAGED)
        found = [(resolved(MANAGED, context), managed)]
        for section in SECTIONS:
            path = os.path.join(folder, section.name)
            there = [section.layout(cell, self.kind) for cell in cells]
            other = self.on_file(there, section.form(), context, path=path)
            found.append((resolved(path, context), other))
        return found
