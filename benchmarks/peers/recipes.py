"""Our own recipes, behind the methods of the peers."""

from __future__ import annotations

from benchmarks.contract import Forecast
from shelfcast.errors import RecipeError
from shelfcast.models import fit_model
from shelfcast.panel import Panel
from shelfcast.recipe import make_recipe
from shelfcast.training import choose_device
from shelfcast.windows import split_days


class OwnRecipe:
    """A recipe as `Forecaster.backtest` runs it: fitted, its epoch chosen on validation days, not refitted."""

    def __init__(self, name: str, seed: int) -> None:
        self._recipe = make_recipe(name, seed=seed)
        self._device = choose_device("auto")

    def fit(self, history: Panel) -> dict[str, float]:
        split = split_days(len(history.dates), self._recipe, test_days=0)
        self._model, _ = fit_model(history, self._recipe, split, self._device)
        return {}

    def ahead(self, history: Panel, days: int) -> Forecast:
        raise RecipeError(f"The recipe {self._recipe.name} forecasts the next day only.", "Choose --task next-day.")

    def next_day(self, known: Panel, days: int) -> Forecast:
        return Forecast(self._model.forecast(known, days))
