"""Cold starts on M5: the items that started last, their history hidden, beside the mean of their department.

    python -m benchmarks.cold_start --out bench/cold_start.csv

A catalog model is trained once on the other items, up to the day before the first of the hidden ones is listed. Then,
for each hidden item, it forecasts 28 days: from the day before it is listed, knowing its department, category and
price and not one sale; and from its third day. Nothing is trained again. The mean of the department at the same age is
taken over the items of its department that started before.

An item that comes back: items that had been on sale for two years, the last year of their sales hidden as not on sale,
and then three days of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from benchmarks.shops import DATA, load_shop
from shelfcast.forecast import forecast_ahead
from shelfcast.models import fit_model
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.cold_start import first_days
from shelfcast.panel import Floats, Panel, Status
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

DAYS = 28
YEAR = 364
Said = dict[str, Floats]


def train(panel: Panel, steps: int | None, seed: int) -> CatalogModel:
    recipe = CatalogRecipe(steps=steps, seed=seed)
    split = split_days(len(panel.dates), recipe, 0).without_validation()  # as a forecaster does
    model, _ = fit_model(panel, recipe, split, torch.device("cpu"))
    assert isinstance(model, CatalogModel)
    return model


def listed_days(panel: Panel) -> NDArray[np.int64]:
    """`[N]` the first day with a price."""
    assert panel.covariates is not None
    assert panel.covariates.prices is not None
    first: NDArray[np.int64] = (~np.isnan(panel.covariates.prices)).argmax(axis=1)
    return first


def starts(panel: Panel, model: CatalogModel, hidden: NDArray[np.int64], known: int) -> Iterator[tuple[str, Said]]:
    """The task's name and what is said, `[M, 28]` for each contestant and `y`, of the items listed on one day."""
    listed = listed_days(panel)
    others = np.delete(np.arange(len(panel.products)), hidden)
    for first in np.unique(listed[hidden]):
        items = hidden[listed[hidden] == first]
        origin = int(first) - 1 + known
        if origin + DAYS >= len(panel.dates):
            continue
        rows = np.sort(np.concatenate([others, items]))
        now = panel.select(panel.products[rows]).until(panel.dates[origin])
        places = np.searchsorted(rows, items)
        y = panel.sales[items, origin + 1 : origin + 1 + DAYS]
        yield "no history" if known == 0 else f"{known} days", forecasts(model, now, places, known) | {"y": y}


def comes_back(panel: Panel, model: CatalogModel, hidden: NDArray[np.int64], count: int) -> Iterator[tuple[str, Said]]:
    origin = len(panel.dates) - DAYS - 1
    old = np.setdiff1d(np.flatnonzero(listed_days(panel) < origin - 3 * YEAR), hidden)
    items = np.random.default_rng(0).choice(old, min(count, len(old)), replace=False)
    away = slice(origin - 2 - YEAR, origin - 2)
    sales, status = panel.sales.copy(), panel.status.copy()
    sales[items, away], status[items, away] = 0, Status.NOT_ON_SALE
    rows = np.delete(np.arange(len(panel.products)), hidden)
    now = replace(panel, sales=sales, status=status).select(panel.products[rows]).until(panel.dates[origin])
    y = panel.sales[items, origin + 1 :]
    yield "back after a year, 3 days", forecasts(model, now, np.searchsorted(rows, items), 3) | {"y": y}


def forecasts(model: CatalogModel, now: Panel, places: NDArray[np.int64], known: int) -> Said:
    extended = model.extended(now)
    return {
        "catalog": forecast_ahead(extended, now, DAYS)["mean"][places],
        "the network alone": extended.ahead(now, DAYS)["mean"][places],
        "department at the same age": department_means(now, places, known),
    }


def department_means(now: Panel, places: NDArray[np.int64], known: int) -> Floats:
    """`[M, 28]`: the mean of the department's other items at the same age, of those that started within the days."""
    T, first = len(now.dates), first_days(now)
    ages = known + np.arange(DAYS)
    means = np.zeros((len(places), DAYS), np.float32)
    for place, row in enumerate(places.tolist()):
        alike = (now.attributes["dept_id"] == now.attributes["dept_id"][row]) & (first > DAYS) & (first < T)
        alike[places] = False
        of = np.flatnonzero(alike)
        at = first[of][:, None] + ages
        seen = (at < T) & now.observed[of[:, None], np.minimum(at, T - 1)]
        units = np.where(seen, now.sales[of[:, None], np.minimum(at, T - 1)], 0)
        means[place] = units.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return means


def scores(said: list[Said]) -> pd.DataFrame:
    """A row a contestant: errors in units a day, means over items."""
    y = np.concatenate([one["y"] for one in said])
    rows = []
    for name in said[0]:
        if name != "y":
            error = np.concatenate([one[name] for one in said]) - y
            rows.append(
                {
                    "model": name,
                    "items": len(y),
                    "MAE": float(np.abs(error).mean()),
                    "RMSE": float(np.sqrt((error**2).mean(axis=1)).mean()),
                    "MAE of the 28-day sum, a day": float(np.abs(error.sum(axis=1)).mean() / DAYS),
                    "bias": float(error.mean() / y.mean()),
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__.split("\n")[0])
    parser.add_argument("--shop", default="m5_CA_1")
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True, help="the table, as .csv")
    arguments = parser.parse_args()
    panel = load_shop(arguments.shop, arguments.data)
    listed = listed_days(panel)
    hidden = np.sort(np.argsort(-listed, kind="stable")[: arguments.items])
    others = np.delete(np.arange(len(panel.products)), hidden)
    before = panel.select(panel.products[others]).until(panel.dates[listed[hidden].min() - 1])
    model = train(before, arguments.steps, arguments.seed)
    found: dict[str, list[Said]] = {}
    for known in (0, 3):
        for task, said in starts(panel, model, hidden, known):
            found.setdefault(task, []).append(said)
    for task, said in comes_back(panel, model, hidden, arguments.items):
        found.setdefault(task, []).append(said)
    table = pd.concat([scores(said).assign(task=task) for task, said in found.items()])
    table = table[["task", *(name for name in table.columns if name != "task")]]
    print(f"{len(before.products)} items up to {before.last_day}, {len(hidden)} hidden")
    print(table.to_string(index=False, float_format=lambda number: f"{number:.3f}"))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out, index=False)


if __name__ == "__main__":
    main()
