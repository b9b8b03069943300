"""Text that came from outside, made fit to be shown."""

import re
import unicodedata

# Nobody sees these, or everything after them: controls, formats (what turns the direction of
# writing is one), surrogates, private and unassigned characters, separators of lines.
UNFIT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# The same by their looks, though their categories are those of letters, marks and symbols.
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]")
# No script needs more marks on one letter; a flood of them covers the lines around it.
MOST_MARKS = 3


def fit(text: str) -> str:
    """The text without what is unseen, turns or covers other text; lines stay lines."""
    shown: list[str] = []
    marks = 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category.startswith("M") else 0
        if letter != "\n" and (category in UNFIT or BLANK.match(letter)):
            shown.append(" ")
        elif marks <= MOST_MARKS:
            shown.append(letter)
    return "".join(shown)


def clean(text: str, longest: int) -> str:
    """One line of it, fit to be shown and cut to so many characters."""
    line = " ".join(fit(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
