"""Panels as the long tables of the ecosystem."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.settings import LEAST_DAYS
from shelfcast.panel import Panel


def first_days(history: Panel) -> NDArray[np.int64]:
    """`[N]` the day from which a product's past counts: its launch, but never fewer than `LEAST_DAYS` days."""
    launched = np.where(history.on_sale.any(axis=1), history.on_sale.argmax(axis=1), len(history.dates))
    return np.maximum(np.minimum(launched, len(history.dates) - LEAST_DAYS), 0)


def long_table(panel: Panel, first: NDArray[np.int64]) -> pd.DataFrame:
    """`unique_id` (the product's number), `ds`, `y`, by product then day, from each product's first day on."""
    row, day = np.nonzero(np.arange(len(panel.dates)) >= first[:, None])
    return pd.DataFrame(
        {
            "unique_id": row.astype(np.int32),
            "ds": panel.dates.astype("datetime64[ns]")[day],
            "y": panel.sales[row, day],
        }
    )
