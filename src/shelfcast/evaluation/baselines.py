"""The forecasts that anybody can make without a model: what a model has to beat.

`baseline_forecasts` is for the next-day task on the last `test_days` days of a panel: the forecast for day d uses
the days before d and no other. `baselines_ahead` says the same of many days ahead of one origin.

    naive             y[d-1]; if that day was not observed y[d-2], y[d-3], y[d-4]
    seasonal_naive    y[d-7]; if that day was not observed y[d-14], y[d-21], y[d-28]
    mean_7            mean of y[d-7] .. y[d-1]
    mean_28           mean of y[d-28] .. y[d-1]
    same_weekday_4    mean of y[d-7], y[d-14], y[d-21], y[d-28]

Days on which demand was not observed (not on sale, closed, sold out, unknown) are left out. A mean is that of
the others; where none is left it is 0. The two naive ones copy the last observed of the four days, or of the
four same weekdays, before; where none was observed, the first of them as it was sold. A day before the panel's
first counts as a day that was not observed, on which nothing was sold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import HistoryError
from ..panel import Floats, Panel, Status

Scalar = TypeVar("Scalar", bound=np.generic)


def naive(panel: Panel, test_days: int) -> Floats:
    """`[N, D]`: as much as the day before."""
    return _last_observed(panel, test_days, (1, 2, 3, 4))


def seasonal_naive(panel: Panel, test_days: int) -> Floats:
    """`[N, D]`: as much as a week before."""
    return _last_observed(panel, test_days, (7, 14, 21, 28))


def mean_7(panel: Panel, test_days: int) -> Floats:
    """`[N, D]`: the mean of the last 7 days."""
    return _mean(panel, test_days, range(1, 8))


def mean_28(panel: Panel, test_days: int) -> Floats:
    """`[N, D]`: the mean of the last 28 days."""
    return _mean(panel, test_days, range(1, 29))


def same_weekday_4(panel: Panel, test_days: int) -> Floats:
    """`[N, D]`: the mean of the same weekday in the last 4 weeks."""
    return _mean(panel, test_days, (7, 14, 21, 28))


BASELINES: dict[str, Callable[[Panel, int], Floats]] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "mean_7": mean_7,
    "mean_28": mean_28,
    "same_weekday_4": same_weekday_4,
}
_WEEKLY = ("seasonal_naive", "same_weekday_4")


def baseline_forecasts(panel: Panel, test_days: int) -> dict[str, Floats]:
    """A name to `[N, D]` units, one for each of `BASELINES`.

    Raises:
        HistoryError: no test day, or no day before them.
    """
    return {name: baseline(panel, test_days) for name, baseline in BASELINES.items()}


def baselines_ahead(panel: Panel, days: int) -> dict[str, Floats]:
    """A name to `[N, days]` units of the days after the panel's last, all from that origin.

    What looks back by weeks says its first week again and again, the others their first day.
    """
    forecasts = {}
    for name, baseline in BASELINES.items():
        period = 7 if name in _WEEKLY else 1
        first = baseline(with_days_ahead(panel, period), period)
        forecasts[name] = np.tile(first, (1, -(-days // period)))[:, :days]
    return forecasts


def with_days_ahead(panel: Panel, days: int) -> Panel:
    """The panel with days after its last, of which nothing is known: where the baselines forecast."""
    ahead = ((0, 0), (0, days))
    return replace(
        panel,
        sales=np.pad(panel.sales, ahead),
        status=np.pad(panel.status, ahead, constant_values=Status.UNKNOWN),
        dates=np.append(panel.dates, panel.last_day + np.arange(1, days + 1)),
        covariates=None,
    )


def _last_observed(panel: Panel, test_days: int, lags: Sequence[int]) -> Floats:
    """`[N, D]`: the first observed one among the days that lie `lags` days back, or else the first."""
    recent = _recent(panel, test_days, max(lags))
    units = _before(recent.sales, test_days, lags[0])
    for lag in reversed(lags):
        units = np.where(_before(recent.observed, test_days, lag), _before(recent.sales, test_days, lag), units)
    return units


def _mean(panel: Panel, test_days: int, lags: Sequence[int]) -> Floats:
    """`[N, D]` mean over the observed ones among the days that lie `lags` days back."""
    recent = _recent(panel, test_days, max(lags))
    observed = recent.observed
    units = np.where(observed, recent.sales, 0).astype(np.float64)
    total = np.zeros((len(units), test_days))
    days = np.zeros((len(units), test_days), dtype=np.int64)
    # A sum a lag, and not a difference of running sums: nothing cancels, so no mean falls below 0.
    for lag in lags:
        total += _before(units, test_days, lag)
        days += _before(observed, test_days, lag)
    return (total / np.maximum(days, 1)).astype(np.float32)


def _recent(panel: Panel, test_days: int, days_back: int) -> Panel:
    """The test days and as many days before them as are looked back at."""
    days = len(panel.dates)
    if not 1 <= test_days < days:
        raise HistoryError(
            f"{test_days} test days cannot be taken from {days} days of sales.",
            f"Choose from 1 to {days - 1} test days.",
        )
    return panel.tail(test_days + days_back)


def _before(values: NDArray[Scalar], test_days: int, lag: int) -> NDArray[Scalar]:
    """`[N, D]`: what stood `lag` days before each of the last `D`, 0 where that is before the first day."""
    start = values.shape[1] - test_days - lag
    missing = min(max(-start, 0), test_days)
    known = values[:, max(start, 0) : max(start + test_days, 0)]
    return np.pad(known, ((0, 0), (missing, 0)))
