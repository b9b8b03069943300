"""What goes wrong with a file's text, as its owner is told."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from bootstrap_bot.editing.format import (
    Format,
    Keys,
    NotParsableError,
    UnfitValueError,
    WrongShapeError,
)
from bootstrap_bot.errors import Code, TargetError
from bootstrap_bot.targets.layout import NoSuchEntryError, OtherShapeError

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TextFaults:
    """Turns what a text's rules raise into a target's error, with nothing of the text."""

    form: Format
    place: str

    def told(self, text: str, work: Callable[[], T]) -> T:
        """What the work on that text gives. Raises `TargetError` for whatever goes wrong in it."""
        path: Keys = ()
        line, column = 0, 0
        try:
            return work()
        except TargetError:
            raise
        except NotParsableError as error:
            code, line, column = Code.UNPARSABLE, error.line, error.column
        except WrongShapeError as error:
            code, line, column = Code.WRONG_SHAPE, error.line, error.column
        except NoSuchEntryError as error:
            code, path = Code.ENTRY_MISSING, error.path
        except OtherShapeError as error:
            code, path = Code.WRONG_SHAPE, error.path
        except UnfitValueError:
            code = Code.VALUE_UNFIT
        except Exception as error:  # parsers meet texts that nobody has thought of
            _log.error("%s cannot be dealt with: %s", self.place, type(error).__name__)
            code = Code.TARGET_FAILED
        if path:
            with suppress(Exception):
                line, column = self.form.locate(text, path)
        raise TargetError(code, self.place, line=line, column=column)
