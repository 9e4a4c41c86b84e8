"""Sales as demand: what a day that was cut off would have sold, by the days before it."""

from __future__ import annotations

import numpy as np

from ..panel import Floats, Panel, Status

LOOKS_BACK = 28  # days
_WEEKDAYS = (7, 14, 21, 28)


def demand(panel: Panel) -> Floats:
    """`[N, T]` units: the sales, but on days sold out or closed at least what the product sold on such days before.

    That is the mean of the observed ones among the same weekday in the last four weeks; where none was observed,
    of the last 28 days; where none is, the sales stand. No value depends on a later day.
    """
    cut_off = np.isin(panel.status, (Status.SOLD_OUT, Status.CLOSED))
    if not cut_off.any():
        return panel.sales
    N, T = panel.sales.shape
    observed = np.pad(panel.observed, ((0, 0), (LOOKS_BACK, 0)))
    units = np.pad(panel.sales, ((0, 0), (LOOKS_BACK, 0))) * observed

    def before(lags: tuple[int, ...] | range) -> tuple[Floats, Floats]:
        total, count = np.zeros((N, T), np.float32), np.zeros((N, T), np.float32)
        for lag in lags:  # a sum a lag, and not a difference of running sums: nothing cancels
            total += units[:, LOOKS_BACK - lag : LOOKS_BACK - lag + T]
            count += observed[:, LOOKS_BACK - lag : LOOKS_BACK - lag + T]
        return (total / np.maximum(count, 1)).astype(np.float32), count

    weekday, weekdays = before(_WEEKDAYS)
    recent, _ = before(range(1, LOOKS_BACK + 1))
    usual = np.where(weekdays > 0, weekday, recent)
    return np.where(cut_off, np.maximum(panel.sales, usual), panel.sales)
