"""docs/targets.md, made from the registry: `python -m tests.documents.placements`."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bootstrap_bot import registry
from bootstrap_bot.providers.provider import ProviderKind
from bootstrap_bot.targets.any_file import AnyFileTable
from bootstrap_bot.targets.placement import Placement
from bootstrap_bot.targets.tables import TargetTable

DOCUMENT = Path(__file__).parents[2] / "docs" / "targets.md"
COMMAND = "python -m tests.documents.placements"
HEAD = f"""\
# Where each platform's credentials go

Made by `{COMMAND}` from what targets and platforms declare. A cell is
a `Placement`: it stands with the target, or else in the platform's own folder, and our own config
has a place for every platform.

"""
YES, NO = "✓", "–"


def document() -> str:
    """The whole of it."""
    platforms = registry.providers()
    tables = registry.targets()
    parts = [HEAD, *_matrix(tables.items(), platforms), *_gaps(tables.items(), platforms.values())]
    for name, platform in platforms.items():
        parts += [f"\n## `{name}`\n\n", *_table(["target", "name there", *COLUMNS])]
        for kind, table in tables.items():
            placement = table.placement(platform)
            if placement and table is not AnyFileTable:
                parts.append(_row([f"`{kind}`", _code(placement.name), *_cell(placement)]))
    return "".join(parts)


COLUMNS = (
    *("field: key", "other words", "this value only", "set along", "goes with the bot"),
    "who is answered",
)


def _cell(placement: Placement) -> Iterator[str]:
    yield _pairs(placement.keys)
    yield ", ".join(f"{field} {_pairs(words)}" for field, words in placement.forms.items()) or NO
    yield _pairs(placement.only) or NO
    yield ", ".join(f"`{key} = {value!r}`" for key, value in placement.constants.items()) or NO
    yield ", ".join(map(_code, placement.companions)) or NO
    yield _code(placement.allow_list) if placement.allow_list else NO


Tables = Collection[tuple[str, type[TargetTable]]]


def _matrix(tables: Tables, platforms: Collection[str]) -> Iterator[str]:
    kinds = registry.providers()
    yield from _table(["target", *map(_code, platforms)])
    for kind, table in tables:
        cells = [YES if table.placement(kinds[name]) else NO for name in platforms]
        if table is AnyFileTable:
            cells = ["by `set`"] * len(cells)
        yield _row([_code(kind), *cells])


def _gaps(tables: Tables, platforms: Collection[ProviderKind]) -> Iterator[str]:
    empty = [
        f"`{kind}` for `{platform.name}`"
        for platform in platforms
        for kind, table in tables
        if table.placement(platform) is None
    ]
    yield f"\nEmpty cells: {', '.join(empty) or 'none'}.\n"


def _table(columns: Collection[str]) -> Iterator[str]:
    yield _row(columns)
    yield _row(["---"] * len(columns))


def _row(cells: Collection[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _pairs(words: Mapping[str, str]) -> str:
    return ", ".join(f"{one}: {_code(other)}" for one, other in words.items())


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
