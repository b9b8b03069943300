"""The text catalogues in one command: python scripts/catalogues.py

Finds every code the program uses, adds those a catalogue lacks (empty, to be translated),
drops those nobody uses any more, and compiles. Ends with 1 and says what is missing.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bootstrap_bot import registry
from bootstrap_bot.chat.codes import WORDS, looked_up_by_value, words_of

PACKAGE = Path(__file__).parent.parent / "bootstrap_bot"
LOCALE = PACKAGE / "chat" / "locale"
IDLE_HEADERS = re.compile(
    rb'^"(POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Generated-By):.*\n', re.MULTILINE
)
CODE = re.compile(r"[a-z]+\.[a-z_]+|help")
# Whatever follows one of these names a text; other dotted words are file names and the like.
ROOMS = {code.partition(".")[0] for code in looked_up_by_value()} | {
    *("answer", "captured", "check", "doctor", "requested", "gate", "help", "language", "notice"),
    *("platform", "platforms", "question", "removing", "reply", "stored", "time", "waiting"),
}


def main() -> int:
    """Brings every catalogue up to date; the exit status says whether one lacks a text."""
    missing = brought_up_to_date(LOCALE, extracted())
    for kind in registry.providers().values():
        # what another distribution brings is its own to keep
        if kind.words.is_relative_to(PACKAGE):
            missing += brought_up_to_date(kind.words, catalogue_of(words_of(kind)))
    return int(missing > 0)


def brought_up_to_date(folder: Path, wanted: Catalog) -> int:
    """Gives every language of a folder those codes and compiles; how many texts are lacking."""
    missing = 0
    for source in sorted(folder.rglob("*.po")):
        language = source.parent.parent.name
        with source.open("rb") as text:
            catalogue = read_po(text, locale=language)
        catalogue.update(wanted, no_fuzzy_matching=True)
        for name in lacking(catalogue):
            print(f"{source.relative_to(PACKAGE)}: {name} has no text")
            missing += 1
        source.write_bytes(_written(catalogue))
        with source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)
    return missing


def extracted() -> Catalog:
    """Every general code: literals in the sources, and those made from a value."""
    plurals = set()
    codes = set(looked_up_by_value())
    for path in PACKAGE.rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        plurals |= set(_plurals(tree))
        codes |= set(_literals(tree))
    return catalogue_of(codes - {*WORDS}, plurals)


def catalogue_of(codes: Iterable[str], plurals: Collection[str] = ()) -> Catalog:
    """A catalogue of these codes without texts."""
    found = Catalog()
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
