"""No stand-in's modules import each other in a circle, not even for the type checker."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

SANDBOX = Path(__file__).parents[2] / "bootstrap_bot" / "sandbox"


def imported_by(file: Path) -> set[str]:
    """The modules that it imports anything from, and those that are imported by name."""
    nodes = [*ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_sandbox_has_no_import_cycle() -> None:
    root = SANDBOX.parents[1]
    files = [file for file in SANDBOX.rglob("*.py") if file.name != "__init__.py"]
    names = {".".join(file.relative_to(root).with_suffix("").parts): file for file in files}
    graph = {name: imported_by(file) & names.keys() for name, file in names.items()}
    assert any(graph.values())
    TopologicalSorter(graph).prepare()  # raises CycleError
