"""How near a model is to the noise of counts: its errors over those that the true expected demand would have.

    python -m benchmarks.floor out/store_item-* --model catalog

Were the sales of a product and day Poisson counts, a forecast that knew their mean `m` exactly would still have the
squared error `m` and, by the median, their mean absolute deviation. Sales scatter wider than that as a rule, so no
forecast should be expected to get below. `m` is taken from the model's own means: the floor is as good as their level,
which is what `bias` in `scores.csv` tells of.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.contract import HORIZON, NEXT_DAY
from benchmarks.scoring import rows_of
from shelfcast.errors import ShelfcastError

Doubles = NDArray[np.float64]


def absolute_deviation(mean: Doubles) -> Doubles:
    """`[M]` Poisson means to the mean absolute deviation from the median of such counts, elementwise."""
    from scipy.stats import poisson

    median = poisson.median(mean)
    # E|Y - k| = m - k + 2 (k F(k) - m F(k - 1)), as y P(y) = m P(y - 1)
    deviation: Doubles = mean - median + 2 * (median * poisson.cdf(median, mean) - mean * poisson.cdf(median - 1, mean))
    return deviation


def room(out: Path, model: str) -> pd.DataFrame:
    """`task, mae, mae_floor, rmse, rmse_floor` of the first seed, units a product and day.

    Raises:
        ShelfcastError: the folder has no forecasts of that model.
    """
    file = out / "forecasts" / f"{model}-0.parquet"
    if not file.is_file():
        raise ShelfcastError(f"{file} is not there.", f"Run {model} into {out} first.")
    table = pd.read_parquet(file).dropna(subset=["y"])
    rows = []
    for task in (NEXT_DAY, HORIZON):
        of = rows_of(table, task)
        if of["ds"].nunique() < 2:
            continue
        y, mean = of["y"].to_numpy(np.float64), of["mean"].to_numpy(np.float64)
        said = of["median"].to_numpy(np.float64)
        rows.append(
            {
                "task": task,
                "mae": np.abs(y - np.where(np.isnan(said), mean, said)).mean(),
                "mae_floor": absolute_deviation(np.maximum(mean, 1e-9)).mean(),
                "rmse": np.sqrt(np.square(y - mean).mean()),
                "rmse_floor": np.sqrt(mean.mean()),
            }
        )
    return pd.DataFrame(rows)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__.split("\n")[0])
    parser.add_argument("outs", nargs="+", type=Path, metavar="OUT", help="folders of benchmarks.run")
    parser.add_argument("--model", default="catalog", metavar="MODEL")
    arguments = parser.parse_args(argv)
    try:
        tables = [room(out, arguments.model).assign(block=out.name) for out in arguments.outs]
    except ShelfcastError as error:
        print(f"floor: {error}", file=sys.stderr)
        return 2
    table = pd.concat(tables).groupby("task").mean(numeric_only=True)
    table["mae_over_floor"] = table["mae"] / table["mae_floor"]
    table["rmse_over_floor"] = table["rmse"] / table["rmse_floor"]
    print(table.to_string(float_format=lambda number: f"{number:.4g}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
