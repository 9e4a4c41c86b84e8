"""What every contestant is: something that is fitted once and then forecasts, and what it is asked.

The last `D` days of a shop are the test days. `both` tasks are served by one fit:

    days        ...  T-2   T-1 |  T   T+1  T+2  ...  T+D-1         T = the first test day
    next-day    known up to T-1 -> T
                known up to T ------> T+1
                known up to T+1 ---------> T+2  ...                a day at a time, actuals known to the day before
    horizon     known up to T-1 -> T, T+1, T+2, ..., T+D-1         all from one origin
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from shelfcast.panel import Floats, Panel

NEXT_DAY, HORIZON = "next-day", "horizon"
TASKS: Mapping[str, tuple[str, ...]] = {
    NEXT_DAY: (NEXT_DAY,),
    HORIZON: (HORIZON,),
    "both": (NEXT_DAY, HORIZON),
}


class HeldOut(NamedTuple):
    """A shop's days, as each task may know them.

    Attributes:
        history: the days before the test days. known: those up to the last but one. test: the test days.
    """

    history: Panel
    known: Panel
    test: Panel

    @classmethod
    def of(cls, panel: Panel, days: int) -> Self:
        """The last `days` days are the test days."""
        return cls(panel.until(panel.dates[-1 - days]), panel.until(panel.dates[-2]), panel.tail(days))


@dataclass(frozen=True)
class Forecast:
    """What was said of `D` days of `N` products.

    Attributes:
        mean: `[N, D]` units; of a model with one output, that output.
        median: `[N, D]` units, of a model that has a median of its own.
    """

    mean: Floats
    median: Floats | None = None


class Model(Protocol):
    """A contestant. Asked in this order, each at most once: `fit`, `ahead`, `next_day`."""

    def fit(self, history: Panel) -> Mapping[str, float]:
        """Learns from the days before the test days.

        Returns:
            CPU seconds of the parts of the fit, where it has parts that a reader may want to tell apart.
        """

    def ahead(self, history: Panel, days: int) -> Forecast:
        """The horizon task: the `days` days after the history."""

    def next_day(self, known: Panel, days: int) -> Forecast:
        """The next-day task: the last `days - 1` days of `known` and the day after it, each from the days before."""
