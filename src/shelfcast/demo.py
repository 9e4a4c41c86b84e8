"""The demo: the whole way on a shop whose true expected demand is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from .evaluation.backtest import Backtest
from .forecaster import Forecaster
from .printing import print_evaluation, print_forecast
from .reading import read_sales
from .sample import SampleShop, sample_shop, write_sample


def run_demo(out: Path) -> None:
    """Simulates, trains, scores, forecasts; leaves `shop.parquet`, `model`, `report.html`, `tomorrow.csv` in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    shop = sample_shop()
    write_sample(shop, out / "shop.parquet")
    panel, reading = read_sales(out / "shop.parquet")
    print("\n".join(reading.lines()))
    forecaster = Forecaster().fit(panel, reading=reading)
    version = forecaster.save(out / "model")
    print()
    print_evaluation(forecaster)
    if forecaster.result is not None:
        print_distance(forecaster.result, shop)
    print()
    print_forecast(forecaster.predict(), out / "tomorrow.csv")
    shutil.copyfile(version / "report.html", out / "report.html")
    print(f"{out / 'report.html'}")


def print_distance(result: Backtest, shop: SampleShop) -> None:
    """Each model's RMSE over the RMSE of the true expected demand: 1 is the best that any forecast can do."""
    days = np.searchsorted(shop.panel.dates, result.dates)
    products = np.searchsorted(shop.panel.products, result.products)
    truth = shop.expected[np.ix_(products, days)]

    def rmse(forecast: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        return float(np.sqrt(np.mean(np.square(forecast - result.y, dtype=np.float64)[result.observed])))

    best = rmse(truth)
    ratios = ", ".join(f"{name} {rmse(f) / best:.2f}" for name, f in result.forecasts.items())
    print(f"RMSE over that of the true expected demand ({best:.2f}; nothing can do better than 1): {ratios}")
