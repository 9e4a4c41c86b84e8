"""A model in service: everything that is asked of it, ready in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..ahead import are_cold_starts
from ..errors import ModelFolderError
from ..forecast import forecast_and_memory, read_ahead, read_memory
from ..forecaster import Forecaster
from ..models.catalog import CatalogModel
from ..panel import Days, Floats, Panel
from ..recipe import CatalogRecipe
from ..store import open_version
from .live import LiveCatalog, LiveClassic
from .told import Foreseen, Told

_TESTED = 32  # products of the self-test
_CLOSE = 1e-2  # of a forecast and units, that a model saved by a GPU may be off on a CPU


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A version of a model folder. Never changed: another version is another object.

    Attributes:
        version: its name.
        forecaster: that was loaded; its scores are those of `scored`.
        panel: `[N, T]` the sales up to the last known day.
        ahead: `[N, H]` units for each output, of the next days.
        live: forecasts of sales that it has not seen.
        rows: a product's name to its row.
        folder: the version's own.
        made: what screens show of it, by name, once it was made.
    """

    version: str
    folder: Path
    forecaster: Forecaster
    panel: Panel
    ahead: dict[str, Floats]
    live: LiveCatalog | LiveClassic
    rows: dict[str, int]
    made: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, version: str) -> ServedModel:
        """That version of a model folder, its manifest verified and a forecast made.

        Raises:
            ModelFolderError: there is no such version, it is damaged, or its self-test gave no forecast.
        """
        opened = open_version(folder, version)
        forecaster = Forecaster.of_version(opened, device="cpu")
        panel, model, horizon = forecaster.recent, forecaster.model, forecaster.recipe.horizon
        foreseen = Foreseen.of(panel)
        ahead = read_ahead(opened, len(panel.products), horizon)
        memory = read_memory(opened, model) if isinstance(model, CatalogModel) else None
        if ahead is None or (memory is None and isinstance(model, CatalogModel)):  # of before they were kept
            ahead, memory = forecast_and_memory(model, panel, horizon)
        live: LiveCatalog | LiveClassic
        if isinstance(model, CatalogModel):
            assert memory is not None
            live = LiveCatalog(model, panel, foreseen, memory)
        else:
            live = LiveClassic(model, panel, foreseen)
        rows = {name: row for row, name in enumerate(panel.products.tolist())}
        served = cls(version, opened, forecaster, panel, ahead, live, rows)
        served.test()
        return served

    @cached_property
    def scored(self) -> Forecaster:
        """The forecaster with its scores, read when they are first asked for: no forecast waits for them."""
        self.forecaster.read_scores(self.folder)
        return self.forecaster

    @cached_property
    def scores_by_product(self) -> pd.DataFrame | None:
        """`Backtest.per_product`, by name; None without a backtest."""
        result = self.scored.result
        return None if result is None else result.per_product().set_index("unique_id")

    def read_scores(self) -> None:
        """So that no request has to.

        Raises:
            ModelFolderError: they do not belong together.
        """
        _ = self.scores_by_product

    def score_of(self, name: str) -> dict[str, Any] | None:
        """A row of `Backtest.per_product`; None without a backtest."""
        scores = self.scores_by_product
        return None if scores is None or name not in scores.index else dict(scores.loc[name])

    @cached_property
    def _folded(self) -> NDArray[np.str_]:
        """Names as they can be typed: a field holds one line."""
        lower = np.char.lower(self.panel.products)
        return np.char.replace(np.char.replace(lower, "\n", " "), "\r", " ")

    def names_with(self, part: str) -> NDArray[np.bool_]:
        """`[N]`: whether the product's name holds it, case aside."""
        found: NDArray[np.bool_] = np.char.find(self._folded, part.lower().replace("\n", " ").replace("\r", " ")) >= 0
        return found

    def test(self) -> None:
        """Forecasts some products anew, spread over all of them, and holds them against what is stored.

        Raises:
            ModelFolderError: they differ, or are no finite units.
        """
        N = len(self.panel.products)
        rows = np.unique(np.linspace(0, N - 1, _TESTED, dtype=np.int64))
        for name, values in self.live.ahead(Told(rows), self.horizon).items():
            stored = self.ahead.get(name)
            if stored is None or not np.allclose(values, stored[rows], _CLOSE, _CLOSE):  # NaN is close to nothing
                raise ModelFolderError(f"The self-test of {self.version} failed: {name}.", "Train again.")

    @property
    def horizon(self) -> int:
        return self.forecaster.recipe.horizon

    @property
    def has_intervals(self) -> bool:
        return "median" in self.ahead

    @property
    def days_ahead(self) -> Days:
        return self.panel.last_day + np.arange(1, self.horizon + 1)

    @property
    def closed_ahead(self) -> NDArray[np.bool_]:
        """`[90]`: days on which nothing can be bought."""
        return self.foreseen.closed

    @property
    def foreseen(self) -> Foreseen:
        """What the days after the last are expected to be."""
        return self.live.foreseen

    @cached_property
    def cold_starts(self) -> NDArray[np.bool_]:
        """`[N]`: so little is known of a product that its forecast goes by its peers; none of a recipe without them."""
        if not isinstance(self.live, LiveCatalog):
            return np.zeros(len(self.panel.products), np.bool_)
        return are_cold_starts(self.panel.status, self.foreseen.status[:, self.horizon - 1])

    @property
    def can_plan(self) -> bool:
        """Knows prices or promotions of the days ahead."""
        return isinstance(self.forecaster.recipe, CatalogRecipe) and self.panel.covariates is not None
