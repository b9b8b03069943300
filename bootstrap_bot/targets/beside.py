"""Looks into a program's other files, which are never written."""

from pathlib import Path

from bootstrap_bot.editing.format import Format, NotParsableError, WrongShapeError, read
from bootstrap_bot.errors import TargetError
from bootstrap_bot.targets.file_writer import FileWriter
from bootstrap_bot.targets.layout import Data


def data_of(path: Path, form: Format) -> Data:
    """The data of a file; empty when there is none, or none that can be read."""
    try:
        return read(form, FileWriter(path).read())
    except (TargetError, NotParsableError, WrongShapeError):
        return {}
