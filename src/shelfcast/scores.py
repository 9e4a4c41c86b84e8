"""A backtest in a model folder: its numbers, three tables for people, its part of `scores.json`, and back again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from .evaluation.backtest import Backtest
from .evaluation.verdict import Strings
from .store import read_tensors, write_tensors
from .writing import write_table

AHEAD = "ahead_"  # before the names of the horizon task's tables
_ROWS = 1024  # products at a time
_ARRAYS = "backtest.safetensors"


def write_backtest(version: Path, result: Backtest, prefix: str = "") -> None:
    """Writes `backtest.safetensors`, which is read again, and for people `forecasts.parquet`, `baselines.parquet` and
    `per_product.csv`, with a prefix to their names.
    """
    arrays = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in result.to_arrays().items()}
    write_tensors(version / f"{prefix}{_ARRAYS}", arrays)
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


def read_backtest(
    version: Path, model: str, products: Strings, attributes: Mapping[str, Strings], prefix: str = ""
) -> Backtest | None:
    """The backtest that `write_backtest` wrote of these products; None where there is none.

    Raises:
        ModelFolderError: it is of other products, or of another shape.
    """
    path = version / f"{prefix}{_ARRAYS}"
    if not path.exists():
        return None
    arrays = {name: tensor.numpy() for name, tensor in read_tensors(path).items()}
    return Backtest.from_arrays(model, arrays, products, attributes)


def scores_of(result: Backtest) -> dict[str, Any]:
    """What `scores.json` says of a backtest."""
    return {
        "test_days": [str(result.dates[0]), str(result.dates[-1])],
        "summary": result.summary(),
        "scores": json.loads(result.scores().to_json(orient="records", double_precision=15)),
        "intervals": json.loads(result.intervals().to_json(orient="records", double_precision=15)),
    }
