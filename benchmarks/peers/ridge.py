"""A ridge regression over all products: the cheap bar that any network must clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks import settings
from benchmarks.contract import Forecast
from benchmarks.settings import WEEK
from shelfcast.panel import DAY, Days, Floats, Panel

_YEAR = 364
_CONTEXT = max(_YEAR, *settings.RIDGE_LAGS, *settings.RIDGE_MEANS, *(weeks * WEEK for weeks in settings.RIDGE_WEEKDAYS))
_BLOCK = 256  # products at a time
_HARMONICS = 3

Doubles = NDArray[np.float64]


class Ridge:
    """Least squares with a small penalty, one set of weights for all products.

    A product's sales are divided by its level (a mean of its recent past), so that fast and slow products look alike;
    inputs are its own lags, rolling means and means of the same weekday, and the calendar. Errors weigh by the level.
    The horizon task is done by recursion: a forecast day is taken as if it had been sold.
    """

    def fit(self, history: Panel) -> dict[str, float]:
        first = max(min(_CONTEXT, len(history.dates) // 2), len(history.dates) - settings.RIDGE_HISTORY_DAYS)
        calendar = _calendar(history.dates[first:])
        F = calendar.shape[1] + len(settings.RIDGE_LAGS) + len(settings.RIDGE_MEANS) + len(settings.RIDGE_WEEKDAYS)
        products, targets = np.zeros((F, F)), np.zeros(F)
        for start in range(0, len(history.products), _BLOCK):
            block = slice(start, start + _BLOCK)
            days = len(history.dates) - first
            level, own = _own_features(history.sales[block, :-1], days)
            counts = history.observed[block, first:]
            features, target = (
                _rows(own, calendar, counts),
                history.sales[block, first:][counts] / level[counts],
            )
            weighted = features * level[counts][:, None]
            products += weighted.T @ features
            targets += weighted.T @ target
        penalty = settings.RIDGE_PENALTY * np.diag(products).mean() * np.eye(F)
        self._weights = np.linalg.solve(products + penalty, targets)
        return {}

    def ahead(self, history: Panel, days: int) -> Forecast:
        sales, tomorrow = history.tail(_CONTEXT).sales, history.last_day + DAY
        for day in range(days):
            forecast = self._forecast(sales, tomorrow + np.arange(day, day + 1))
            sales = np.concatenate([sales, forecast], axis=1)
        return Forecast(sales[:, -days:])

    def next_day(self, known: Panel, days: int) -> Forecast:
        dates = known.last_day + DAY - np.arange(days)[::-1]
        return Forecast(self._forecast(known.tail(_CONTEXT + days - 1).sales, dates))

    def _forecast(self, sales: Floats, dates: Days) -> Floats:
        """`[N, D]` units for the last `D` days that the sales let us forecast; the last is tomorrow."""
        calendar, D = _calendar(dates), len(dates)
        forecast = np.empty((len(sales), D), dtype=np.float32)
        for start in range(0, len(sales), _BLOCK):
            level, own = _own_features(sales[start : start + _BLOCK], D)
            everything = np.ones(level.shape, dtype=np.bool_)
            scaled = (_rows(own, calendar, everything) @ self._weights).reshape(level.shape)
            forecast[start : start + _BLOCK] = np.maximum(scaled, 0) * level
        return forecast


def _own_features(sales: Floats, days: int) -> tuple[Doubles, Doubles]:
    """Levels `[n, days]` in units, and the scaled features `[n, days, F]` of a product's own past, for the last `days`
    days that the sales let us forecast; the last of them is tomorrow. Days before the first have no sales.
    """
    T = sales.shape[1]
    padded = np.pad(sales.astype(np.float64), ((0, 0), (_CONTEXT, 0)))
    running = np.pad(padded.cumsum(axis=1), ((0, 0), (1, 0)))
    end = np.arange(T - days + 1, T + 1) + _CONTEXT  # the day to forecast, as a column of `padded`

    def lag(back: int) -> Doubles:
        units: Doubles = padded[:, end - back]
        return units

    def mean(over: int) -> Doubles:
        known = np.minimum(over, np.maximum(end - _CONTEXT, 1))
        units: Doubles = np.maximum(running[:, end] - running[:, end - over], 0) / known
        return units

    recent, year = mean(settings.RIDGE_LEVEL_DAYS), mean(_YEAR)
    level = (recent * settings.RIDGE_LEVEL_DAYS + year * settings.RIDGE_LEVEL_SHRINKAGE) / (
        settings.RIDGE_LEVEL_DAYS + settings.RIDGE_LEVEL_SHRINKAGE
    )
    level = np.maximum(level, settings.RIDGE_LEAST_LEVEL)
    features = [lag(back) for back in settings.RIDGE_LAGS] + [mean(over) for over in settings.RIDGE_MEANS]
    for weeks in settings.RIDGE_WEEKDAYS:
        features.append(np.mean([lag(WEEK * week) for week in range(1, weeks + 1)], axis=0))
    return level, np.stack(features, axis=2) / level[:, :, None]


def _calendar(dates: Days) -> Doubles:
    """`[days, F]`: 1, six weekdays, eleven months, harmonics of the year and of the month."""
    days = dates.astype(np.int64)
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64)
    columns = [np.ones(len(days))]
    columns += [(days % WEEK == weekday).astype(np.float64) for weekday in range(1, WEEK)]
    columns += [(month == m).astype(np.float64) for m in range(1, 12)]
    for harmonic in range(1, _HARMONICS + 1):
        for phase in (day_of_year / 365.25, day_of_month / 30.44):
            angle = 2 * np.pi * harmonic * phase
            columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)


def _rows(own: Doubles, calendar: Doubles, kept: NDArray[np.bool_]) -> Doubles:
    """`[rows, F]` of the product-days that are `kept[n, days]`."""
    day = np.nonzero(kept)[1]
    return np.concatenate([calendar[day], own[kept]], axis=1)
