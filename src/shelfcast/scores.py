"""A backtest in a model folder: three tables, its part of `scores.json`, and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from .evaluation.backtest import STORED_COLUMNS, Backtest
from .writing import restore_cells, write_table

AHEAD = "ahead_"  # before the names of the horizon task's tables
_WORDS = ["demand_class", "best_baseline", "verdict", "reason", "remedy"]  # of a product; all else of it are numbers


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


def read_per_product(version: Path, attributes: int) -> pd.DataFrame:
    """`Backtest.per_product` as `write_backtest` wrote it, by name.

    Args:
        attributes: columns after the name that are the product's own.
    """
    table = pd.read_csv(version / "per_product.csv", dtype=str, keep_default_na=False)
    numbers = [name for name in table.columns[1 + attributes :] if name not in _WORDS]
    own = table.columns[: 1 + attributes]
    table[own] = restore_cells(table[own])
    table[numbers] = table[numbers].apply(pd.to_numeric)
    return table.set_index("unique_id")


def scores_of(result: Backtest) -> dict[str, Any]:
    """What `scores.json` says of a backtest."""
    return {
        "test_days": [str(result.dates[0]), str(result.dates[-1])],
        "summary": result.summary(),
        "scores": json.loads(result.scores().to_json(orient="records", double_precision=15)),
        "intervals": json.loads(result.intervals().to_json(orient="records", double_precision=15)),
    }
