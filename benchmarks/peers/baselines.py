"""The forecasts that need no model, on both tasks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.contract import Forecast
from benchmarks.settings import WEEK
from shelfcast.evaluation.baselines import BASELINES
from shelfcast.panel import Panel, Status

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
        period = self._forecast(_with_days_ahead(history, self._period), self._period)
        repeats = -(-days // self._period)
        return Forecast(np.tile(period, (1, repeats))[:, :days])

    def next_day(self, known: Panel, days: int) -> Forecast:
        return Forecast(self._forecast(_with_days_ahead(known, 1), days))


def _with_days_ahead(panel: Panel, days: int) -> Panel:
    """The panel with days after its last, of which nothing is known: where the baselines forecast."""
    ahead = ((0, 0), (0, days))
    return replace(
        panel,
        sales=np.pad(panel.sales, ahead),
        status=np.pad(panel.status, ahead, constant_values=Status.UNKNOWN),
        dates=np.append(panel.dates, panel.last_day + 1 + np.arange(days)),
    )
