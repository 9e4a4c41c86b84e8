"""Our own recipes, behind the methods of the peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch._dynamo  # noqa: F401  PyTorch loads it with the first optimiser: an import, and imports do not count

from benchmarks.contract import Forecast
from shelfcast.ahead import status_ahead
from shelfcast.features.demand import LOOKS_BACK
from shelfcast.models import fit_model
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.classic import ClassicModel
from shelfcast.panel import DAY, Floats, Panel, Status
from shelfcast.recipe import make_recipe
from shelfcast.training import choose_device
from shelfcast.windows import split_days


class OwnRecipe:
    """A recipe fitted once on the days before the test days.

    `classic` leaves its validation days out, as it does in `Forecaster.backtest`: they choose its epoch. Nothing is
    chosen on those of `catalog`, so it is fitted on them too. `classic` forecasts one day; it gets to the others by
    recursion, each forecast taken for what was sold.
    """

    def __init__(self, name: str, seed: int, **settings: Any) -> None:
        self._recipe = make_recipe(name, seed=seed, **settings)
        self._device = choose_device("auto")

    def fit(self, history: Panel) -> dict[str, float]:
        split = split_days(len(history.dates), self._recipe, test_days=0)
        if not self._recipe.learns_by_epochs:
            split = split.without_validation()
        self._model, _ = fit_model(history, self._recipe, split, self._device)
        return {}

    def ahead(self, history: Panel, days: int) -> Forecast:
        if isinstance(self._model, ClassicModel):
            return Forecast(_by_recursion(self._model, history, days))
        forecasts = self._model.ahead(history, days)
        return Forecast(forecasts["mean"], forecasts.get("median"))

    def next_day(self, known: Panel, days: int) -> Forecast:
        if isinstance(self._model, CatalogModel):
            forecasts = self._model.next_days(known, days)
            return Forecast(forecasts["mean"], forecasts["median"])
        return Forecast(self._model.forecast(known, days))


def _by_recursion(model: ClassicModel, history: Panel, days: int) -> Floats:
    """`[N, days]` units: the day after the history, then the next one as if that had been sold, and so on."""
    status = status_ahead(history, days)
    known = history.tail(model.recipe.context_days + LOOKS_BACK)
    for day in range(days):
        units = model.forecast(known, 1) * (status[:, [day]] != Status.CLOSED)
        known = Panel(
            np.hstack([known.sales, units]).astype(np.float32),
            np.hstack([known.status, status[:, [day]]]),
            np.append(known.dates, known.last_day + DAY),
            known.products,
            known.attributes,
        )
    return np.ascontiguousarray(known.sales[:, -days:])
