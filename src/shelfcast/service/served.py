"""A model in service: everything that is asked of it, ready in memory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ..errors import ModelFolderError
from ..forecast import forecast_ahead
from ..forecaster import Forecaster
from ..models.catalog import CatalogModel
from ..panel import Days, Floats, Panel
from ..recipe import CatalogRecipe
from ..store import open_version, read_tensors, write_tensors
from .live import LiveCatalog, LiveClassic
from .told import Foreseen, Told

_FOLDER = "service"  # in the model folder: what is derived of a version, to start in seconds
_AHEAD = "ahead."
_FORMAT = 2  # of what is derived; another one is made anew


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A version of a model folder. Never changed: another version is another object.

    Attributes:
        version: its name.
        forecaster: that was loaded.
        panel: `[N, T]` the sales up to the last known day.
        ahead: `[N, H]` units for each output, of the next days.
        live: forecasts of sales that it has not seen.
        rows: a product's name to its row.
        made: what screens show of it, by name, once it was made.
    """

    version: str
    forecaster: Forecaster
    panel: Panel
    ahead: dict[str, Floats]
    live: LiveCatalog | LiveClassic
    rows: dict[str, int]
    made: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> ServedModel:
        """The version in force, its manifest verified and a forecast made.

        Raises:
            ModelFolderError: no model there, or damaged, or its self-test gave no forecast.
        """
        version = open_version(folder).name
        forecaster = Forecaster.load(folder, device="cpu")
        panel, model = forecaster.recent, forecaster.model
        stored = folder / _FOLDER / f"{version}.safetensors"
        horizon = forecaster.recipe.horizon
        prepared = read_tensors(stored) if stored.exists() else None
        if prepared is None or prepared.get("format") != _FORMAT:
            foreseen = Foreseen.of(panel)
            ahead = forecast_ahead(model, panel, horizon)
            prepared = {_AHEAD + name: torch.from_numpy(values) for name, values in ahead.items()}
            prepared |= {"status_ahead": torch.from_numpy(foreseen.status), "format": torch.tensor(_FORMAT)}
            prepared |= LiveCatalog.prepare(model, panel) if isinstance(model, CatalogModel) else {}
            _keep(stored, prepared)
        foreseen = Foreseen(prepared["status_ahead"].numpy())
        live: LiveCatalog | LiveClassic
        if isinstance(model, CatalogModel):
            live = LiveCatalog(model, panel, prepared, foreseen)
        else:
            live = LiveClassic(model, panel, foreseen)
        ahead_units = {n.removeprefix(_AHEAD): t.numpy() for n, t in prepared.items() if n.startswith(_AHEAD)}
        rows = {name: row for row, name in enumerate(panel.products.tolist())}
        served = cls(version, forecaster, panel, ahead_units, live, rows)
        served.test()
        return served

    @cached_property
    def scores_by_product(self) -> pd.DataFrame | None:
        """`Backtest.per_product`, by name; None without a backtest."""
        result = self.forecaster.result
        return None if result is None else result.per_product().set_index("unique_id")

    def score_of(self, name: str) -> dict[str, Any] | None:
        """A row of `Backtest.per_product`; None without a backtest."""
        scores = self.scores_by_product
        return None if scores is None or name not in scores.index else dict(scores.loc[name])

    @cached_property
    def _folded(self) -> NDArray[np.str_]:
        return np.char.lower(self.panel.products)

    def names_with(self, part: str) -> NDArray[np.bool_]:
        """`[N]`: whether the product's name holds it, case aside."""
        found: NDArray[np.bool_] = np.char.find(self._folded, part.lower()) >= 0
        return found

    def test(self) -> None:
        """Forecasts the first product anew and holds it against what is stored.

        Raises:
            ModelFolderError: they differ, or are no finite units.
        """
        said = self.live.ahead(Told(np.array([0])), self.horizon)
        for name, values in said.items():
            stored = self.ahead.get(name)
            whole = stored is not None and stored.shape == (len(self.panel.products), self.horizon)
            if not whole or not np.isfinite(values).all() or not np.allclose(values[0], stored[0], 1e-3, 1e-3):  # type: ignore[index]
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
        return self.live.foreseen.closed

    @property
    def can_plan(self) -> bool:
        """Knows prices or promotions of the days ahead."""
        return isinstance(self.forecaster.recipe, CatalogRecipe) and self.panel.covariates is not None


def _keep(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """For the next start; where the folder cannot be written, that one computes it again."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        write_tensors(unfinished, {name: tensor.contiguous() for name, tensor in tensors.items()})
        unfinished.replace(path)
        for old in path.parent.glob("*.safetensors"):
            if old != path and not (path.parents[1] / "versions" / old.stem).exists():
                old.unlink(missing_ok=True)
    except OSError:
        unfinished.unlink(missing_ok=True)
