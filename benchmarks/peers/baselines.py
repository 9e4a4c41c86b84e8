"""The forecasts that need no model, on both tasks."""

from __future__ import annotations

import numpy as np

from benchmarks.contract import Forecast
from benchmarks.settings import WEEK
from shelfcast.evaluation.baselines import BASELINES, with_days_ahead
from shelfcast.panel import Panel

_WEEKLY = {"seasonal_naive", "same_weekday_4"}


class Baseline:
    """One of `shelfcast.evaluation.baselines.BASELINES`; on the horizon task its first day (or week) repeated."""

    def __init__(self, name: str) -> None:
        self._forecast = BASELINES[name]
        self._period = WEEK if name in _WEEKLY else 1

    def fit(self, history: Panel) -> dict[str, float]:
        return {}

    def ahead(self, history: Panel, days: int) -> Forecast:
        # A weekly baseline looks a week back or more: for a week ahead it needs no day that is not known.
        period = self._forecast(with_days_ahead(history, self._period), self._period)
        repeats = -(-days // self._period)
        return Forecast(np.tile(period, (1, repeats))[:, :days])

    def next_day(self, known: Panel, days: int) -> Forecast:
        return Forecast(self._forecast(with_days_ahead(known, 1), days))
