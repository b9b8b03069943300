"""The text catalogues in one command: python scripts/catalogues.py

Finds every code the program uses, adds those a catalogue lacks (empty, to be translated),
drops those nobody uses any more, and compiles. Ends with 1 and says what is missing.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bootstrap_bot.chat.codes import looked_up_by_value

PACKAGE = Path(__file__).parent.parent / "bootstrap_bot"
LOCALE = PACKAGE / "chat" / "locale"
KEYWORDS = {"texts": None, "plain": None, "plural": (1, 1), "_say": (3,)}


def extracted() -> Catalog:
    """Every code: literals in the sources, and those made from an enumeration's values."""
    found = Catalog()
    for _, _, code, _, _ in extract_from_dir(PACKAGE, [("**.py", "python")], keywords=KEYWORDS):
        found.add(code)
    for code in looked_up_by_value():
        found.add(code)
    return found


def main() -> int:
    """Brings every catalogue up to date; the exit status says whether one lacks a text."""
    wanted = extracted()
    missing = 0
    for source in sorted(LOCALE.rglob("*.po")):
        language = source.parent.parent.name
        with source.open("rb") as text:
            catalogue = read_po(text, locale=language)
        catalogue.update(wanted, no_fuzzy_matching=True)
        with source.open("wb") as text:
            write_po(text, catalogue, width=100, sort_output=True, ignore_obsolete=True)
        with source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)
        for message in catalogue:
            if message.id and not any(message.string if message.pluralizable else [message.string]):
                print(f"{language}: {message.id} has no text")
                missing += 1
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())
