"""A backtest in a model folder: three tables, its part of `scores.json`, and back again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .evaluation.backtest import STORED_COLUMNS, Backtest
from .writing import restore_cells, write_table

AHEAD = "ahead_"  # before the names of the horizon task's tables
_ROWS = 1024  # products at a time
_WORDS = ["demand_class", "best_baseline", "verdict", "reason", "remedy"]  # of a product; all else of it are numbers


def write_backtest(version: Path, result: Backtest, prefix: str = "") -> None:
    """Writes `forecasts.parquet`, `baselines.parquet` and `per_product.csv`, with a prefix to their names."""
    _write_parquet(version / f"{prefix}forecasts.parquet", result.forecast_table, len(result.products))
    _write_parquet(version / f"{prefix}baselines.parquet", result.baseline_table, len(result.products))
    write_table(result.per_product(), version / f"{prefix}per_product.csv")


def _write_parquet(path: Path, table: Callable[[slice], pd.DataFrame], products: int) -> None:
    """Some products at a time: the names of all on all days would take several times the memory of the numbers."""
    first = pa.Table.from_pandas(table(slice(0, _ROWS)), preserve_index=False)
    with pq.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for start in range(_ROWS, products, _ROWS):
            file.write_table(pa.Table.from_pandas(table(slice(start, start + _ROWS)), first.schema, False))


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
