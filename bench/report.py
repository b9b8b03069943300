"""One measured number with its limit, handed from a part of the benchmark to the table."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Row:
    """`kept` is None where there is no limit."""

    what: str
    measured: str
    limit: str = ""
    kept: bool | None = None

    def send(self) -> None:
        """Prints it for the process that collects."""
        print(json.dumps(asdict(self)), flush=True)

    @classmethod
    def received(cls, line: str) -> Self:
        """What `send` printed."""
        return cls(**json.loads(line))

    @classmethod
    def within(cls, what: str, seconds: Sequence[float], limit: float, unit: str = "ms") -> Self:
        """A row of durations whose longest must not be above `limit` seconds."""
        measured = f"median {shown(statistics.median(seconds), unit)}, "
        measured += f"longest {shown(max(seconds), unit)} of {len(seconds)}"
        return cls(what, measured, f"at most {shown(limit, unit)}", max(seconds) <= limit)


def shown(seconds: float, unit: str = "ms") -> str:
    """`12 ms` or `1.23 s`."""
    return f"{seconds * 1000:.0f} ms" if unit == "ms" else f"{seconds:.2f} s"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
