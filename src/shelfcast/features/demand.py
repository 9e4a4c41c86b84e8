"""Sales as demand: what a day that was cut off would have sold, by the days before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..panel import Floats, Panel, Status

Rows = NDArray[np.int64]
LOOKS_BACK = 28  # days
_WEEKDAYS = (7, 14, 21, 28)
_ROWS = 4096  # products whose demand stands in memory at a time


def demand(panel: Panel) -> Floats:
    """`[N, T]` units: the sales, but on days sold out or closed at least what the product sold on such days before.

    That is the mean of the observed ones among the same weekday in the last four weeks; where none was observed,
    of the last 28 days; where none is, the sales stand. No value depends on a later day.
    """
    cut_off = np.isin(panel.status, (Status.SOLD_OUT, Status.CLOSED))
    return _filled(panel.sales, panel.status, cut_off, (Status.SOLD_OUT, Status.CLOSED))


def open_demand(sales: Floats, status: NDArray[np.uint8], closed: NDArray[np.bool_]) -> Floats:
    """As `demand`, but on days on which nothing could be bought at all the sales stand, and so they do on a weekday on
    which a shop is closed alone week by week.

    Args:
        sales, status: `[N, T]`. closed: `[T]` days on which nothing could be bought at all.
    """
    cut_off = ((status == Status.SOLD_OUT) | (status == Status.CLOSED)) & ~closed
    return _filled(sales, status, cut_off, (Status.SOLD_OUT,))


def open_demand_by_block(panel: Panel) -> Iterator[Floats]:
    """`open_demand` of a panel, `[B, T]` of a block of products at a time, in their order."""
    closed = panel.closed
    for start in range(0, len(panel.products), _ROWS):
        rows = slice(start, start + _ROWS)
        yield open_demand(panel.sales[rows], panel.status[rows], closed)


def _filled(
    sales: Floats, status: NDArray[np.uint8], cut_off: NDArray[np.bool_], by_any_weekday: Sequence[Status]
) -> Floats:
    """The sales where nothing was cut off, else a copy of them in which these days are filled.

    Args:
        by_any_weekday: days of these kinds, by the last 28 days where no such weekday was observed.
    """
    rows, days = cut_off.nonzero()
    if not len(rows):
        return sales
    usual, weekdays = _mean_before(sales, status, rows, days, _WEEKDAYS)
    lacking = np.flatnonzero((weekdays == 0) & np.isin(status[rows, days], by_any_weekday))
    usual[lacking], _ = _mean_before(sales, status, rows[lacking], days[lacking], range(1, LOOKS_BACK + 1))
    filled = sales.copy()
    filled[rows, days] = np.maximum(sales[rows, days], usual)
    return filled


def _mean_before(
    sales: Floats, status: NDArray[np.uint8], rows: Rows, days: Rows, lags: Sequence[int]
) -> tuple[Floats, Floats]:
    """`[M]` mean of the observed ones among the days so long before some, and `[M]` how many these are."""
    total, count = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    for lag in lags:  # a sum a lag, and not a difference of running sums: nothing cancels
        at = np.maximum(days - lag, 0)
        observed = (days >= lag) & (status[rows, at] == Status.ON_SALE)
        total += np.where(observed, sales[rows, at], np.float32(0))
        count += observed
    return (total / np.maximum(count, 1)).astype(np.float32), count
