"""From a table of forecasts to a row of scores, by the metrics of `shelfcast.evaluation`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.contract import HORIZON, TASKS, Forecast
from benchmarks.job import read_costs
from benchmarks.models import MODELS
from benchmarks.wrmsse import Wrmsse
from shelfcast.errors import ShelfcastError
from shelfcast.evaluation.metrics import Doubles, rmsse_scale, score
from shelfcast.panel import Floats, Panel


@dataclass(frozen=True)
class Scorer:
    """Scores the forecasts for the last `D` days of a shop.

    Attributes:
        shop: its name.
        panel: the test days and all days before them.
        test_days: `D`.
        wrmsse: M5's own measure, where the shop is all of M5.
        truth: `[N, D]` the true expected demand, where the shop is simulated: no forecast can do better.
    """

    shop: str
    panel: Panel
    test_days: int
    wrmsse: Wrmsse | None = None
    truth: Floats | None = None

    @cached_property
    def _test(self) -> Panel:
        return self.panel.tail(self.test_days)

    @cached_property
    def _scale(self) -> Doubles:
        return rmsse_scale(self.panel.sales[:, : -self.test_days])

    def rows(self, table: Path, task: str) -> list[dict[str, object]]:
        """A row of `scores.csv` for each task that a table of forecasts (`<model>-<seed>.parquet`) holds.

        Raises:
            ShelfcastError: the table is not of this shop and these days.
        """
        model, _, seed = table.stem.rpartition("-")
        costs, stored = read_costs(table.with_suffix(".json")), pd.read_parquet(table)
        test, scale = self._test, self._scale
        best = np.nan if self.truth is None else score(test.sales, self.truth, test.observed, scale).rmse
        rows: list[dict[str, object]] = []
        for part in TASKS[task]:
            forecast = forecast_of(stored, part, test)
            by_mean = score(test.sales, forecast.mean, test.observed, scale)
            point = "mean" if forecast.median is None else "median"
            by_point = by_mean if forecast.median is None else score(test.sales, forecast.median, test.observed, scale)
            rows.append(
                {
                    "shop": self.shop,
                    "task": part,
                    "model": model,
                    "seed": int(seed),
                    "recursive": part == HORIZON and model in MODELS and MODELS[model].recursive,
                    "first_day": str(test.dates[0]),
                    "last_day": str(test.dates[-1]),
                    **asdict(by_mean),
                    "mae": by_point.mae,
                    "mae_median": by_point.mae_median,
                    "mae_of": point,
                    "wrmsse": np.nan if self.wrmsse is None else self.wrmsse.score(test.sales, forecast.mean),
                    "rmse_over_truth": by_mean.rmse / best,
                    "cpu_fit_s": costs.cpu_fit_s,
                    "cpu_forecast_s": costs.cpu_forecast_s[part],
                    "peak_memory_mib": costs.peak_memory_mib,
                    "threads": costs.threads,
                    "fit_parts": "; ".join(f"{name} {seconds:.1f}" for name, seconds in costs.fit_parts.items()),
                    "versions": costs.versions,
                }
            )
        return rows


def rows_of(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """The rows of a task; the cutoff tells the tasks apart."""
    one_day, first_origin = table["ds"] - table["cutoff"] == pd.Timedelta(days=1), table["cutoff"].min()
    return table.loc[table["cutoff"] == first_origin if task == HORIZON else one_day]


def forecast_of(table: pd.DataFrame, task: str, test: Panel) -> Forecast:
    """The forecast `[N, D]` of a task out of a table.

    Raises:
        ShelfcastError: the table is not of these products and days.
    """
    rows = rows_of(table, task).sort_values(["unique_id", "ds"])
    N, D = test.sales.shape
    keys = (np.repeat(test.products, D), np.tile(test.dates, N))
    if len(rows) != N * D or not (
        (rows["unique_id"].to_numpy(dtype=np.str_) == keys[0]).all()
        and (rows["ds"].to_numpy(dtype="datetime64[D]") == keys[1]).all()
    ):
        raise ShelfcastError("A table of forecasts is not of this shop's products and test days.", "Remove it.")
    mean, median = (rows[name].to_numpy(dtype=np.float32).reshape(N, D) for name in ("mean", "median"))
    return Forecast(mean, None if np.isnan(median).any() else median)
