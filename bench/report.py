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
        """A row of durations, nine of ten of which must not be above `limit` seconds.

        The slowest is shown, but not judged: on a shared machine it is somebody else's.
        """
        nine_of_ten = percentile(seconds, 0.9)
        kept = nine_of_ten <= limit
        return cls(what, spread(seconds, 0.9, unit), f"at most {shown(limit, unit)}", kept)


def spread(seconds: Sequence[float], share: float, unit: str = "ms") -> str:
    """Median, what that share of them does not exceed, and the longest."""
    values = statistics.median(seconds), percentile(seconds, share), max(seconds)
    median, most, longest = (shown(value, unit) for value in values)
    return f"median {median}, {share:.0%} within {most}, longest {longest} of {len(seconds)}"


def shown(seconds: float, unit: str = "ms") -> str:
    """`12 ms` or `1.23 s`."""
    return f"{seconds * 1000:.0f} ms" if unit == "ms" else f"{seconds:.2f} s"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
