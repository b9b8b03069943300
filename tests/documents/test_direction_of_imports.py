"""Who may know whom: imports go one way, and in no circle."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import bootstrap_bot

PACKAGE = Path(bootstrap_bot.__file__).parent
# Lowest first. Who is in a layer may import from that one and from those before it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("activity", "clock", "credentials", "errors", "http", "log", "secret_spellings"),
    ("signals", "urls"),
    ("editing", "settings.table"),
    ("providers", "targets"),
    ("registration", "registry", "journals.kind"),
    ("journals", "settings"),
    ("doctor",),
    ("chat",),
    ("hosts",),
    ("app",),
    ("bot", "check"),
    ("standalone",),
    ("cli", "sandbox"),
    ("__main__", "__init__"),
)
# Side by side, or nearly so, and yet nothing to each other.
STRANGERS = {
    "providers": ("targets", "editing"),
    "targets": ("providers",),
    "registration": ("registry",),
    "journals": ("settings",),
    "chat": ("http", "editing", "settings", "journals"),
}
# What a platform declares of how programs keep its bots.
DECLARED = ("targets.placement",)
# Of the outside: who may use a chat's library, the network, a database.
OUTSIDE = {
    "telegram": ("hosts", "bot", "check", "standalone", "sandbox"),
    "aiohttp": ("http", "providers", "targets", "sandbox"),
    "sqlite3": ("journals", "doctor"),
}


def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name within it."""
    return {
        _name(file): ast.parse(file.read_text(encoding="utf-8")) for file in PACKAGE.rglob("*.py")
    }


def _name(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts if len(parts) == 1 else [one for one in parts if one != "__init__"])


MODULES = modules()


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """What is imported there, from our own package without its name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = node.module or ""
            names = [f"{whole}.{alias.name}" for alias in node.names]
            ours = [name.removeprefix("bootstrap_bot.") for name in (*names, whole)]
            yield next((name for name in ours if name in MODULES), whole)


def layer(module: str) -> int:
    """Where a module stands; the longest name that fits counts."""
    found = [
        (len(name), number)
        for number, names in enumerate(LAYERS)
        for name in names
        if module == name or module.startswith(f"{name}.")
    ]
    assert found, f"{module} is in no layer"
    return max(found)[1]


def room(module: str) -> str:
    """The folder or file of the package that a module belongs to."""
    return module.partition(".")[0]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_down(module: str) -> None:
    for other in imported(ast.walk(MODULES[module])):
        if other in MODULES:
            assert layer(other) <= layer(module), other


@pytest.mark.parametrize("known", STRANGERS)
def test_strangers_stay_strangers(known: str) -> None:
    for module in MODULES:
        if room(module) == known:
            others = {one for one in imported(ast.walk(MODULES[module])) if one in MODULES}
            rooms = {room(one) for one in others if one not in DECLARED}
            assert not rooms & set(STRANGERS[known]), module


@pytest.mark.parametrize("library", OUTSIDE)
def test_a_library_is_known_where_it_belongs_only(library: str) -> None:
    for module in MODULES:
        libraries = {room(one) for one in imported(ast.walk(MODULES[module]))}
        assert library not in libraries or room(module) in OUTSIDE[library], module


def test_nobody_imports_in_a_circle() -> None:
    graph = {
        module: {one for one in imported(_at_once(tree)) if one in MODULES}
        for module, tree in MODULES.items()
    }
    TopologicalSorter(graph).prepare()


def _at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """What is done when a module is imported, which functions and `TYPE_CHECKING` put off."""
    for node in ast.iter_child_nodes(tree):
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not (typing or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield node
            yield from _at_once(node)
