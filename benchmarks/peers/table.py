"""Panels as the long tables of the ecosystem."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.settings import LEAST_DAYS
from shelfcast.panel import Panel

Scalar = TypeVar("Scalar", bound=np.generic)


def first_days(history: Panel) -> NDArray[np.int64]:
    """`[N]` the day from which a product's past counts: its launch, but never fewer than `LEAST_DAYS` days."""
    launched = np.where(history.on_sale.any(axis=1), history.on_sale.argmax(axis=1), len(history.dates))
    return np.maximum(np.minimum(launched, len(history.dates) - LEAST_DAYS), 0)


def long_table(panel: Panel, first: NDArray[np.int64]) -> pd.DataFrame:
    """`unique_id` (the product's number), `ds`, `y`, by product then day, from each product's first day on."""
    N, T = panel.sales.shape
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(N, dtype=np.int32), T - first),
            "ds": of_rows(np.broadcast_to(panel.dates.astype("datetime64[ns]"), (N, T)), first),
            "y": of_rows(panel.sales, first),
        }
    )


def of_rows(values: NDArray[Scalar], first: NDArray[np.int64]) -> NDArray[Scalar]:
    """`[rows]` of `values[N, T]`, in the order of `long_table`."""
    return values[np.arange(values.shape[1]) >= first[:, None]]
