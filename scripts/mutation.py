"""Mutation testing in one command: python scripts/mutation.py [GROUP ...]

Changes the code in small ways, in a copy, and counts how many changes the tests notice. Each group
is tried with the tests that are about it, so that a change which goes unnoticed costs seconds, not
the whole suite. Prints a table and the names of the survivors; `mutmut show NAME` in the copy
prints one.
"""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "polling": (
        ("registration/polling.py", "registration/authorization.py", "registration/record.py"),
        ("polling", "record", "presenter", "poll_table"),
    ),
    "storing": (
        ("registration/deliverer.py", "registration/delivery.py", "registration/inventory.py"),
        ("storing", "delivery", "platforms"),
    ),
    "presenting": (("registration/presenter.py",), ("presenter",)),
    "attempts": (
        (
            *("registration/service.py", "registration/worker.py", "registration/transitions.py"),
            *(
                "registration/verification.py",
                "registration/inheritance.py",
                "registration/attempt.py",
            ),
        ),
        ("service", "worker", "aftercare", "turns"),
    ),
    "journal": (
        (
            *("journals/sqlite.py", "journals/state_file.py", "journals/rows.py"),
            *("journals/schema.py", "journals/migrations/m1_texts.py"),
        ),
        ("journal_rules", "journal", "journal_migration"),
    ),
    "gate": (
        ("chat/access.py", "chat/claim.py"),
        ("gate_rules", "claim_rules", "gate", "claim"),
    ),
    "provider": (("providers/dingtalk/provider.py",), ("dingtalk_provider",)),
    "config": (
        (
            *("targets/config_file.py", "targets/file_target.py", "targets/file_writer.py"),
            *("targets/layout.py", "editing/format.py", "editing/toml.py", "editing/toml_text.py"),
        ),
        (
            *("config_file", "file_target", "file_writer", "file_writer_rules"),
            *("toml_format", "toml_text", "format", "layout"),
        ),
    ),
}
SETTINGS = """
[tool.mutmut]
source_paths = {sources}
also_copy = ["bootstrap_bot", "config.example.toml", "README.md", "SECURITY.md", "scripts"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:unraisableexception"]
timeout_multiplier = 5.0
"""
# That plugin is off because a mutant that breaks a server's start leaves its socket open: the test
# has failed by then, and the complaint would end the whole run.


def main() -> int:
    """Tries the named groups, all of them without a name; gives the exit status."""
    total: Counter[str] = Counter()
    for name in sys.argv[1:] or GROUPS:
        results = tried(*GROUPS[name])
        counts = Counter(results.values())
        total += counts
        print(f"{name:10} {score(counts)}")
        for mutant, verdict in sorted(results.items()):
            if verdict not in ("killed", "timeout"):
                print(f"    {verdict}: {mutant}")
        sys.stdout.flush()
    print(f"{'all':10} {score(total)}")
    return 0


def tried(sources: tuple[str, ...], tests: tuple[str, ...]) -> dict[str, str]:
    """Every mutant of these sources with what became of it."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder, "copy")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "mutants"))
        settings = SETTINGS.format(
            sources=[f"bootstrap_bot/{source}" for source in sources],
            tests=[path for test in tests for path in found(test)],
        )
        with (copy / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(settings)
        mutmut = [sys.executable, "-m", "mutmut"]
        run = subprocess.run([*mutmut, "run"], cwd=copy, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(run.stdout[-3000:] + run.stderr[-3000:])
        command = [*mutmut, "results", "--all", "true"]
        listed = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=True)
    pairs = (line.strip().rpartition(": ") for line in listed.stdout.splitlines())
    return {mutant: verdict for mutant, _, verdict in pairs if mutant}


def found(test: str) -> list[str]:
    """The file of that test, wherever below `tests` it is."""
    return [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob(f"test_{test}.py")]


def score(counts: Counter[str]) -> str:
    """`97 % (230 of 238)`: noticed, of those that were tried."""
    noticed = counts["killed"] + counts["timeout"]
    everything = sum(counts.values())
    return f"{100 * noticed / max(everything, 1):3.0f} % ({noticed} of {everything})"


if __name__ == "__main__":
    sys.exit(main())
