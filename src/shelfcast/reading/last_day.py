"""Is the last day whole? A file taken at noon ends in half a day, which would be learnt as a bad one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..panel import DAY, Panel

WEEKS = 8  # of the same weekday, what the last day is compared with
FEWEST = 4  # days to compare with; closing times may be compared with those of any day of four weeks
EARLY = 2 * 3600  # seconds that a last receipt comes before those of nearly all other days
LOW = 0.6  # of the median, below which a day may be cut short; half days of dense shops lie below it
DEVIATIONS = 3.0  # under the median; with LOW, about 1 in 100 whole days of real shops is doubted, or fewer


def partial_last_day(panel: Panel, closing: NDArray[np.int64] | None) -> str | None:
    """A sentence if the last day looks cut short, else None.

    Where times of day are known they alone decide: the last receipt comes `EARLY` before those of nine in ten
    of the days it is compared with. Else the units or the number of products sold decide: below `LOW` of the
    median and `DEVIATIONS` under it, by the robust deviation 1.4826 MAD (Rousseeuw and Croux 1993), at least
    the square root of the median, as of Poisson counts.

    Args:
        panel: whose last day it is.
        closing: `[T]` second of the day of the last receipt, -1 on a day without; None if not known.
    """
    last, weekday = panel.last_day, _weekday(panel.last_day)
    way_out = f"to leave the day out: --until {last - DAY}."
    if closing is not None:
        ends = closing.astype(np.float64)
        usual = _weeks_before(ends)
        if len(usual) < FEWEST:
            usual = ends[-29:-1][ends[-29:-1] >= 0]
        if len(usual) < FEWEST or ends[-1] >= np.quantile(usual, 0.1) - EARLY:
            return None
        return (
            f"{last} looks cut short: its last receipt is at {_clock(ends[-1])},"
            f" that of a usual {weekday} at {_clock(float(np.median(usual)))}; {way_out}"
        )
    units = panel.sales.sum(axis=0, dtype=np.float64)
    products = (panel.sales > 0).sum(axis=0, dtype=np.float64)
    for counts, what in ((units, "units"), (products, "products sold")):
        usual = _weeks_before(counts)
        if len(usual) < FEWEST:
            return None
        middle = float(np.median(usual))
        deviation = max(1.4826 * float(np.median(np.abs(usual - middle))), middle**0.5)
        if counts[-1] < min(LOW * middle, middle - DEVIATIONS * deviation):
            return (
                f"{last} looks cut short: {counts[-1]:,.10g} {what}, where a {weekday}"
                f" usually sees {middle:,.10g}; {way_out}"
            )
    return None


def _weeks_before(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of the same weekday in the weeks before the last day, those that are known."""
    before = counts[:-1][-7::-7][:WEEKS]
    return before[before >= 0]


def _weekday(date: np.datetime64) -> str:
    return str(date.astype("datetime64[s]").item().strftime("%A"))


def _clock(second: float) -> str:
    return f"{int(second) // 3600:02d}:{int(second) % 3600 // 60:02d}"
