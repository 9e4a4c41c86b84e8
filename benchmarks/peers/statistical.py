"""One small statistical model a product, by statsforecast."""

from __future__ import annotations

from typing import Any

import numpy as np
from statsforecast import models

from benchmarks import settings
from benchmarks.contract import Forecast
from benchmarks.peers.table import first_days
from shelfcast.panel import Panel


class Statistical:
    """AutoETS, simple exponential smoothing, Croston's method (SBA) or Teunter-Syntetos-Babai, a model a product.

    AutoETS is fitted once, and what it chose is run over each new day. The other three have no such step: they are
    fitted again at each origin, which is what they cost in use.
    """

    def __init__(self, name: str) -> None:
        kinds: dict[str, Any] = {
            "auto_ets": lambda: models.AutoETS(**settings.AUTO_ETS),
            "ses": models.SimpleExponentialSmoothingOptimized,
            "croston_sba": models.CrostonSBA,
            "tsb": lambda: models.TSB(**settings.TSB),
        }
        self._make = kinds[name]

    def fit(self, history: Panel) -> dict[str, float]:
        recent = history.tail(settings.STATISTICAL_HISTORY_DAYS)
        self._first = first_days(recent) + len(history.dates) - len(recent.dates)
        self._models = [
            self._make().fit(sales[first:].astype(np.float64))
            for sales, first in zip(history.sales, self._first, strict=True)
        ]
        return {}

    def ahead(self, history: Panel, days: int) -> Forecast:
        return Forecast(np.array([model.predict(days)["mean"] for model in self._models], dtype=np.float32))

    def next_day(self, known: Panel, days: int) -> Forecast:
        forecast = np.empty((len(known.products), days), dtype=np.float32)
        for n, model in enumerate(self._models):
            sales = known.sales[n, self._first[n] :].astype(np.float64)
            step = getattr(model, "forward", model.forecast)
            for day in range(days):
                forecast[n, day] = step(sales[: len(sales) - days + 1 + day], h=1)["mean"][0]
        return Forecast(forecast)
