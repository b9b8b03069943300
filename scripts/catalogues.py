"""The text catalogues in one command: python scripts/catalogues.py

Finds every code the program uses, adds those a catalogue lacks (empty, to be translated),
drops those nobody uses any more, and compiles. Ends with 1 and says what is missing.
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bootstrap_bot.chat.codes import looked_up_by_value

PACKAGE = Path(__file__).parent.parent / "bootstrap_bot"
LOCALE = PACKAGE / "chat" / "locale"
IDLE_HEADERS = re.compile(
    rb'^"(POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Generated-By):.*\n', re.MULTILINE
)
CODE = re.compile(r"[a-z]+\.[a-z_]+|help")
# Whatever follows one of these names a text; other dotted words are file names and the like.
ROOMS = {code.partition(".")[0] for code in looked_up_by_value()} | {
    *("answer", "captured", "check", "doctor", "requested", "gate", "help", "language", "notice"),
    *("platforms", "question", "removing", "reply", "stored", "time", "waiting"),
}


def main() -> int:
    """Brings every catalogue up to date; the exit status says whether one lacks a text."""
    wanted = extracted()
    missing = 0
    for source in sorted(LOCALE.rglob("*.po")):
        language = source.parent.parent.name
        with source.open("rb") as text:
            catalogue = read_po(text, locale=language)
        catalogue.update(wanted, no_fuzzy_matching=True)
        for name in lacking(catalogue):
            print(f"{language}: {name} has no text")
            missing += 1
        source.write_bytes(_written(catalogue))
        with source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)
    return int(missing > 0)


def extracted() -> Catalog:
    """Every code: literals in the sources, and those made from an enumeration's values."""
    found = Catalog()
    plurals = set()
    codes = set(looked_up_by_value())
    for path in PACKAGE.rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        plurals |= set(_plurals(tree))
        codes |= set(_literals(tree))
    for code in sorted(codes):
        found.add((code, code) if code in plurals else code)
    return found


def _written(catalogue: Catalog) -> bytes:
    """The catalogue as text, without the lines that change with the day or name nobody."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=100, sort_output=True, ignore_obsolete=True)
    return IDLE_HEADERS.sub(b"", buffer.getvalue())


def lacking(catalogue: Catalog) -> Iterator[str]:
    """The codes without a text."""
    for message in catalogue:
        texts = message.string if message.pluralizable else (message.string,)
        if message.id and not all(texts):
            yield message.id[0] if message.pluralizable else message.id


def _literals(tree: ast.AST) -> Iterator[str]:
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    pieces = {id(part) for node in formatted for part in node.values}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in pieces else None
        if isinstance(text, str) and CODE.fullmatch(text) and text.partition(".")[0] in ROOMS:
            yield text


def _plurals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "plural"
        if called and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


if __name__ == "__main__":
    sys.exit(main())
