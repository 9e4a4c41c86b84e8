"""What can be said of the days after a panel's last without a model: who is on sale, when the store is closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .opening import foreseen_closures
from .panel import Panel, Status
from .status import store_sums

COLD_DAYS = 28  # observed days since it came on sale or came back, below which a forecast is a cold start
_ROWS = 1024  # products at a time
_ABSENCE = 28  # days not on sale after which a product begins anew


def closures(panel: Panel, ahead: int, back: int = 0) -> NDArray[np.bool_]:
    """`[N, back + ahead]`: the product's store is closed, as its closures recur.

    Args:
        ahead: days after the last. back: last days, each as foreseen the day before.
    """
    stores = panel.stores
    opened = store_sums(panel.on_sale, stores) > 0
    closed = (store_sums(panel.status == Status.CLOSED, stores) > 0) & ~opened
    events = {} if panel.covariates is None else panel.covariates.events
    return foreseen_closures(closed, closed | opened, panel.dates, ahead, back, events)[stores]


def status_ahead(panel: Panel, days: int) -> NDArray[np.uint8]:
    """`[N, days]` of `Status`: as on the last day that its store was open; a price list says who comes and goes.

    A product sold out then is taken to be there again: the forecast is of demand. Of one that was never on sale,
    and that no price list knows, nobody has said when it will be.
    """
    last = last_status(panel)
    last[~panel.on_sale.any(axis=1)] = Status.UNKNOWN
    status = np.repeat(np.where(last == Status.SOLD_OUT, Status.ON_SALE, last)[:, None], days, axis=1).astype(np.uint8)
    known = panel.covariates
    if known is not None and known.prices is not None and known.lists:
        T = len(panel.dates)
        prices = known.between(T, T + days).prices
        assert prices is not None
        of_list = ~np.isnan(known.prices).all(axis=1)
        status[of_list] = np.where(np.isnan(prices[of_list]), Status.NOT_ON_SALE, Status.ON_SALE)
    status[closures(panel, days) & (status == Status.ON_SALE)] = Status.CLOSED
    return status


def last_status(panel: Panel) -> NDArray[np.uint8]:
    """`[N]`: of the last day that was not closed; not on sale where there is none."""
    opened = panel.status != Status.CLOSED
    last = panel.status.shape[1] - 1 - opened[:, ::-1].argmax(axis=1)
    status = panel.status[np.arange(len(last)), last]
    return np.where(opened.any(axis=1), status, Status.NOT_ON_SALE).astype(np.uint8)


def days_since_start(status: NDArray[np.uint8]) -> NDArray[np.int64]:
    """`[N]`: observed days since a product came on sale, or came back after 28 days or more; 0 if it is away.

    Args:
        status: `[N, T]` of `Status`.
    """
    N, T = status.shape
    day, since = np.arange(T), np.zeros(N, np.int64)
    for start in range(0, N, _ROWS):
        rows = slice(start, start + _ROWS)
        away = np.isin(status[rows], (Status.NOT_ON_SALE, Status.UNKNOWN))
        there = np.maximum.accumulate(np.where(away, -1, day), axis=1)  # the last day it was there, so far
        absent = away & ((day - there >= _ABSENCE) | (there < 0))
        back = np.where(absent.any(axis=1), T - absent[:, ::-1].argmax(axis=1), 0)
        since[rows] = ((status[rows] == Status.ON_SALE) & (day >= back[:, None])).sum(axis=1)
    return since


def cold_starts(panel: Panel, days: int) -> NDArray[np.bool_]:
    """`[N]`: as `are_cold_starts`, for the `days` after the panel's last."""
    return are_cold_starts(panel.status, status_ahead(panel, days)[:, -1])


def are_cold_starts(status: NDArray[np.uint8], last_ahead: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """`[N]`: fewer than 28 days are known since the product came on sale, or came back, or it will come.

    One that has been silent for long, and that no price list expects back, is no cold start.

    Args:
        status: `[N, T]` of `Status`. last_ahead: `[N]` what it is expected to be on the last day ahead.
    """
    known = np.isin(status, (Status.ON_SALE, Status.SOLD_OUT)).any(axis=1)
    cold: NDArray[np.bool_] = (days_since_start(status) < COLD_DAYS) & ~(known & (last_ahead == Status.UNKNOWN))
    return cold
