"""A backtest in a model folder: three tables, its part of `scores.json`, and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from .evaluation.backtest import STORED_COLUMNS, Backtest
from .writing import restore_cells, write_table

AHEAD = "ahead_"  # before the names of the horizon task's tables


def write_backtest(version: Path, result: Backtest, prefix: str = "") -> None:
    """Writes `forecasts.parquet`, `baselines.parquet` and `per_product.csv`, with a prefix to their names."""
    result.forecast_table().to_parquet(version / f"{prefix}forecasts.parquet", index=False)
    result.baseline_table().to_parquet(version / f"{prefix}baselines.parquet", index=False)
    write_table(result.per_product(), version / f"{prefix}per_product.csv")


def read_backtest(version: Path, model: str, prefix: str = "") -> Backtest:
    """The backtest that `write_backtest` wrote.

    Raises:
        ModelFolderError: the tables do not belong together.
    """
    return Backtest.from_tables(
        model,
        pd.read_parquet(version / f"{prefix}forecasts.parquet"),
        pd.read_parquet(version / f"{prefix}baselines.parquet"),
        restore_cells(
            pd.read_csv(
                version / f"{prefix}per_product.csv",
                dtype=str,
                keep_default_na=False,
                usecols=lambda name: name in STORED_COLUMNS,
            )
        ),
    )


def scores_of(result: Backtest) -> dict[str, Any]:
    """What `scores.json` says of a backtest."""
    return {
        "test_days": [str(result.dates[0]), str(result.dates[-1])],
        "summary": result.summary(),
        "scores": json.loads(result.scores().to_json(orient="records", double_precision=15)),
        "intervals": json.loads(result.intervals().to_json(orient="records", double_precision=15)),
    }
