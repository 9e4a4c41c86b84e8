"""The forecast: what a model says of the days ahead, held against what is known of them, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from .ahead import cold_starts, last_status, status_ahead
from .errors import ModelFolderError, SalesError
from .evaluation.backtest import OUTPUT_COLUMNS
from .models import Model
from .models.catalog import CatalogModel
from .models.cold_start import with_cold_starts
from .networks.catalog import Memory
from .panel import DAY, Floats, Panel, Status
from .store import read_tensors, write_tensors
from .tables import Tables

_AHEAD, _MEMORY = "ahead.safetensors", "memory.safetensors"


def forecast_ahead(model: Model, panel: Panel, horizon: int) -> dict[str, Floats]:
    """`[N, horizon]` units for each output of the model, cold starts of `catalog` by their peers; 0 on days closed, or
    on which a price list lacks a product.
    """
    return _as_sold(model, panel, model.ahead(panel, horizon))


def forecast_and_memory(model: Model, panel: Panel, horizon: int) -> tuple[dict[str, Floats], Memory | None]:
    """As `forecast_ahead`, and what the network of `catalog` remembers of the days before the panel's last, which live
    forecasts go on from.
    """
    if not isinstance(model, CatalogModel):
        return forecast_ahead(model, panel, horizon), None
    said, memory = model.ahead_and_memory(panel, horizon)
    return _as_sold(model, panel, said), memory


def _as_sold(model: Model, panel: Panel, said: dict[str, Floats]) -> dict[str, Floats]:
    if isinstance(model, CatalogModel):
        said = with_cold_starts(panel, said)
    sells = ~np.isin(status_ahead(panel, said["mean"].shape[1]), (Status.CLOSED, Status.NOT_ON_SALE))
    return {name: units * sells for name, units in said.items()}


def write_ahead(version: Path, forecasts: Mapping[str, Floats], memory: Memory | None) -> None:
    """Writes what `forecast_and_memory` gave into a version's folder."""
    write_tensors(version / _AHEAD, {name: torch.from_numpy(units) for name, units in forecasts.items()})
    if memory is not None:
        write_tensors(version / _MEMORY, memory._asdict())


def read_ahead(version: Path, products: int, horizon: int) -> dict[str, Floats] | None:
    """The forecasts `[N, horizon]` that `write_ahead` wrote; None in a version written before there were any.

    Raises:
        ModelFolderError: they are of other products or days, or no finite units.
    """
    path = version / _AHEAD
    if not path.exists():
        return None
    stored = read_tensors(path)
    whole = {(tensor.shape, tensor.dtype) for tensor in stored.values()} == {((products, horizon), torch.float32)}
    if not whole or "mean" not in stored or not all(tensor.isfinite().all() for tensor in stored.values()):
        raise ModelFolderError(f"{path} holds no forecasts of these products and days.", "Train again.")
    return {name: tensor.numpy() for name, tensor in stored.items()}


def read_memory(version: Path, model: CatalogModel) -> Memory | None:
    """The memory that `write_ahead` wrote; None in a version written before there was any.

    Raises:
        ModelFolderError: it is not the model's, or holds no finite numbers.
    """
    path = version / _MEMORY
    if not path.exists():
        return None
    stored = read_tensors(path)
    blank = model.network.no_memory(0)._asdict()
    shapes = {name: (len(model.products), *part.shape[1:]) for name, part in blank.items()}
    whole = {name: tuple(part.shape) for name, part in stored.items() if part.dtype == torch.float32} == shapes
    if not whole or not all(part.isfinite().all() for part in stored.values()):
        raise ModelFolderError(f"{path} holds no memory of this network and these products.", "Train again.")
    return Memory(**stored)


def forecast_table(panel: Panel, forecasts: Mapping[str, Floats]) -> pd.DataFrame:
    """The forecasts `[N, H]` of the days after the panel's last, as `Forecaster.predict` returns them."""
    N, H = forecasts["mean"].shape
    cutoff = panel.last_day.astype("datetime64[s]")
    words = np.array([kind.words for kind in Status])
    return pd.DataFrame(
        {
            "unique_id": np.repeat(panel.products, H),
            **{name: np.repeat(values, H) for name, values in panel.attributes.items()},
            "ds": np.tile(cutoff + np.arange(1, H + 1).astype("timedelta64[D]"), N),
            "cutoff": cutoff,
            **{name: forecasts[name].ravel() for name in ("mean", *OUTPUT_COLUMNS) if name in forecasts},
            "on_sale": np.repeat(np.isin(last_status(panel), (Status.ON_SALE, Status.SOLD_OUT)), H),
            "status": words[status_ahead(panel, H)].ravel(),
            "cold_start": np.repeat(cold_starts(panel, H), H),
        }
    )


def require_plans(panel: Panel, horizon: int, rules: Tables) -> tuple[str, ...]:
    """What is filled on the days ahead that the price list and the plan of promotions do not reach, as sentences.

    Raises:
        SalesError: a day ahead is not told of and no rule was chosen; names the product and the day.
    """
    known, T, said = panel.covariates, len(panel.dates), []
    for name, days in {} if known is None else known.known_days.items():
        if days >= T + horizon:
            continue
        assert known is not None
        day, ends = panel.dates[0] + max(days, T) * DAY, panel.dates[0] + max(days - 1, 0) * DAY
        until = panel.last_day + horizon * DAY
        if name == "prices":
            assert known.prices is not None
            listed = np.flatnonzero(~np.isnan(known.prices[:, min(max(days, 1), known.days) - 1]))
            if rules.fill_prices is None and len(listed):
                raise SalesError(
                    f"The price of {str(panel.products[listed[0]])!r} on {day} is not known: the prices end on {ends}.",
                    "Give those of the days ahead with --prices, or carry the last ones on with --fill-prices last.",
                )
            said.append(f"The prices end on {ends}; each product's last one is carried on to {until}.")
        else:
            if rules.fill_promotions is None:
                product = str(panel.products[0])
                raise SalesError(
                    f"Promotion {name!r} of {product!r} on {day} is not known: the plan ends on {ends}.",
                    "Give the days ahead with --promotions, or take none for planned with --fill-promotions none.",
                )
            said.append(f"The plan of {name!r} ends on {ends}; none is taken for planned up to {until}.")
    return tuple(said)
