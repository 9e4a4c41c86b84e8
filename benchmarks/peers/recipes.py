"""Our own recipes, behind the methods of the peers."""

from __future__ import annotations

from typing import Any

import torch._dynamo  # noqa: F401  PyTorch loads it with the first optimiser: an import, and imports do not count

from benchmarks.contract import Forecast
from shelfcast.models import fit_model
from shelfcast.models.catalog import CatalogModel
from shelfcast.panel import Panel
from shelfcast.recipe import make_recipe
from shelfcast.training import choose_device
from shelfcast.windows import split_days


class OwnRecipe:
    """A recipe fitted once on the days before the test days.

    `classic` leaves its validation days out, as it does in `Forecaster.backtest`: they choose its epoch. Nothing is
    chosen on those of `catalog`, so it is fitted on them too.
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
        forecasts = self._model.ahead(history, days)
        return Forecast(forecasts["mean"], forecasts.get("median"))

    def next_day(self, known: Panel, days: int) -> Forecast:
        if isinstance(self._model, CatalogModel):
            forecasts = self._model.next_days(known, days)
            return Forecast(forecasts["mean"], forecasts["median"])
        return Forecast(self._model.forecast(known, days))
