"""The demo: the whole way on a shop whose true expected demand is known, with both recipes side by side."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .evaluation.backtest import Backtest
from .forecaster import Forecaster
from .panel import Floats
from .printing import print_evaluation, print_forecast
from .reading import read_sales
from .sample import SampleShop, sample_shop, write_sample


def run_demo(out: Path) -> None:
    """Simulates, trains, scores, forecasts; leaves `shop.parquet`, the model folders `model` (catalog) and `classic`,
    `report.html` and `tomorrow.csv` in `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    shop = sample_shop()
    write_sample(shop, out / "shop.parquet")
    panel, reading = read_sales(out / "shop.parquet")
    print("\n".join(reading.lines()))
    classic, catalog = Forecaster("classic"), Forecaster("catalog", effort="fast")
    for forecaster in (classic, catalog):
        print(f"\n{forecaster.recipe.name}")
        print_evaluation(forecaster.fit(panel, reading=reading))
    classic.save(out / "classic")
    version = catalog.save(out / "model", beside=classic)
    print()
    print_distance([result for result in (classic.result, catalog.result) if result is not None], shop)
    print()
    print_forecast(catalog.predict(horizon=1), out / "tomorrow.csv")
    shutil.copyfile(version / "report.html", out / "report.html")
    print(f"{out / 'report.html'}")


def print_distance(results: Sequence[Backtest], shop: SampleShop) -> None:
    """Each model's RMSE over the RMSE of the true expected demand: 1 is the best that any forecast can do."""
    y, observed = results[0].y, results[0].observed
    days = np.searchsorted(shop.panel.dates, results[0].dates)
    products = np.searchsorted(shop.panel.products, results[0].products)
    truth = shop.expected[np.ix_(products, days)]

    def error(forecast: Floats) -> float:
        return float(np.sqrt(np.mean(np.square(forecast - y, dtype=np.float64)[observed])))

    best = error(truth)
    forecasts = {result.model: result.forecasts[result.model] for result in results} | results[0].baselines
    ratios = ", ".join(f"{name} {error(forecast) / best:.2f}" for name, forecast in forecasts.items())
    print(f"RMSE over that of the true expected demand ({best:.2f}; nothing can do better than 1): {ratios}")
