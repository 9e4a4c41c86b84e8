"""Sales as demand: what a day that was cut off would have sold, by the days before it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..panel import Floats, Panel, Status

LOOKS_BACK = 28  # days
_WEEKDAYS = (7, 14, 21, 28)
_ROWS = 4096  # products whose demand stands in memory at a time


def demand(panel: Panel) -> Floats:
    """`[N, T]` units: the sales, but on days sold out or closed at least what the product sold on such days before.

    That is the mean of the observed ones among the same weekday in the last four weeks; where none was observed,
    of the last 28 days; where none is, the sales stand. No value depends on a later day.
    """
    return _filled(panel.sales, panel.status, np.isin(panel.status, (Status.SOLD_OUT, Status.CLOSED)))


def open_demand(sales: Floats, status: NDArray[np.uint8], closed: NDArray[np.bool_]) -> Floats:
    """As `demand`, but on days on which nothing could be bought at all the sales stand.

    Args:
        sales, status: `[N, T]`. closed: `[T]` those days.
    """
    return _filled(sales, status, ((status == Status.SOLD_OUT) | (status == Status.CLOSED)) & ~closed)


def open_demand_by_block(panel: Panel) -> Iterator[Floats]:
    """`open_demand` of a panel, `[B, T]` of a block of products at a time, in their order."""
    closed = panel.closed
    for start in range(0, len(panel.products), _ROWS):
        rows = slice(start, start + _ROWS)
        yield open_demand(panel.sales[rows], panel.status[rows], closed)


def _filled(sales: Floats, status: NDArray[np.uint8], cut_off: NDArray[np.bool_]) -> Floats:
    """The sales where nothing was cut off, else a copy of them in which these days are filled."""
    rows, days = cut_off.nonzero()
    if not len(rows):
        return sales

    def before(lags: tuple[int, ...] | range) -> tuple[Floats, Floats]:
        total, count = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        for lag in lags:  # a sum a lag, and not a difference of running sums: nothing cancels
            observed = (days >= lag) & (status[rows, days - lag] == Status.ON_SALE)
            total += np.where(observed, sales[rows, days - lag], np.float32(0))
            count += observed
        return (total / np.maximum(count, 1)).astype(np.float32), count

    weekday, weekdays = before(_WEEKDAYS)
    recent, _ = before(range(1, LOOKS_BACK + 1))
    filled = sales.copy()
    filled[rows, days] = np.maximum(sales[rows, days], np.where(weekdays > 0, weekday, recent))
    return filled
