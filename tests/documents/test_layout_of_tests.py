"""What test modules share stands in `tests/support`, and none looks at how tasks are made."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

# Names of tasks, and where in a coroutine a task is.
OF_TASKS = {"get_name", "get_coro", "cr_frame", "cr_await", "cr_code"}
ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "tests").rglob("*.py"))


def imported(node: ast.AST) -> Iterator[str]:
    """Every dotted name that this part of a program may import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        dots = "." * node.level
        yield from (f"{dots}{node.module or ''}.{alias.name}" for alias in node.names)


def from_test_modules(program: str) -> set[str]:
    """What a program imports from test modules, or a test module itself."""
    names = {name for node in ast.walk(ast.parse(program)) for name in imported(node)}
    return {name for name in names if any(part.startswith("test_") for part in name.split("."))}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_imports_from_a_test_module(module: Path) -> None:
    assert from_test_modules(module.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "program",
    [
        "from tests.unit.test_a import b",
        "from tests.unit import test_a",
        "import tests.unit.test_a as a",
        "from .test_a import b",
        "from . import test_a",
        "def late():\n    from tests.unit.test_a import b",
    ],
)
def test_every_spelling_of_such_an_import_is_found(program: str) -> None:
    assert len(from_test_modules(program)) == 1


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_looks_at_names_of_tasks_or_frames_of_coroutines(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert OF_TASKS.isdisjoint(
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    )
