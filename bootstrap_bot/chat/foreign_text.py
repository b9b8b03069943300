"""Text that came from outside, made fit to be shown."""

import re

# Controls, separators, surrogates and everything that turns the direction of writing.
UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]+"
)


def clean(text: str, longest: int) -> str:
    """One line of it without controls and turned direction, cut to so many characters."""
    fit = UNFIT.sub(" ", text).strip()
    return fit if len(fit) <= longest else fit[: longest - 1] + "…"
