"""The index of a frame: dates, names and texts in it are read as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from shelfcast.errors import ShelfcastError
from shelfcast.reading import read_sales

LONG = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"] * 2),
        "item": ["milk"] * 3 + ["bread"] * 3,
        "quantity": [1, 2, 3, 4, 5, 6],
    }
)
BY_DAY = LONG.pivot(index="date", columns="item", values="quantity")
BY_ITEM = BY_DAY.T


@pytest.mark.parametrize(
    "frame",
    [
        BY_DAY,
        BY_DAY.rename_axis(index=None),
        BY_DAY.set_axis(BY_DAY.index.to_period("D")),
        BY_ITEM,
        BY_ITEM.rename_axis(index=None),
        LONG.set_index(["item", "date"]),
        LONG.set_index("date"),
        LONG.set_index("date").rename_axis(index=None),
        LONG.set_index("date", drop=False),
        LONG.set_index(LONG["date"].to_numpy()),
        LONG.set_index(np.array([7, 3, 3, 9, 1, 0])),
        LONG.set_index(np.array(list("abcdef"))),
        LONG.groupby(["item", "date"])["quantity"].sum(),
        LONG.assign(date=LONG["date"].dt.to_period("D")),
        LONG.pivot(index="date", columns="item", values=["quantity"]),
        LONG.pivot(index="item", columns="date", values=["quantity"]).reset_index(),
    ],
)
def test_a_frame_is_the_long_table_whatever_its_index_holds(frame: Any) -> None:
    before = frame.copy()
    panel, _ = read_sales(frame)
    long, _ = read_sales(LONG)
    assert panel.products.tolist() == long.products.tolist()
    np.testing.assert_array_equal(panel.sales, long.sales)
    assert panel.dates.tolist() == long.dates.tolist()
    assert frame.equals(before)


@pytest.mark.parametrize("kind", ["M", "W"])
def test_periods_that_are_no_days_are_refused(kind: str) -> None:
    for frame in (
        LONG.assign(date=LONG["date"].dt.to_period(kind)),
        LONG.drop(columns="date").set_axis(pd.PeriodIndex(LONG["date"], freq=kind)),
    ):
        with pytest.raises(ShelfcastError, match="2024-01"):
            read_sales(frame)
