"""The real shops through the door: their totals are those their makers state."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast.errors import ColumnError
from shelfcast.reading import read_sales

pytestmark = pytest.mark.shops


def test_coffee_receipts_become_80_products_on_181_days(shops_dir: Path) -> None:
    began = time.process_time()
    panel, report = read_sales(shops_dir / "coffee" / "receipts.csv")
    assert time.process_time() - began < 3  # measured: 0.5 s
    assert (report.rows, report.products, report.days) == (149_116, 80, 181)
    assert report.units == report.units_read == panel.sales.sum() == 214_470
    assert (report.first_day, report.last_day) == ("2023-01-01", "2023-06-30")
    assert report.partial_last_day is None
    frame = pd.read_csv(shops_dir / "coffee" / "receipts.csv")
    twin = frame.pivot_table(
        index="product_detail",
        columns="transaction_date",
        values="transaction_qty",
        aggfunc="sum",
        fill_value=0,
    )
    np.testing.assert_array_equal(panel.sales, twin.to_numpy())
    noon = frame[(frame.transaction_date < "2023-06-30") | (frame.transaction_time < "12:00:00")]
    assert "its last receipt is at 11:5" in str(read_sales(noon)[1].partial_last_day)


def test_store_item_is_a_product_in_a_store(shops_dir: Path) -> None:
    began = time.process_time()
    panel, report = read_sales(shops_dir / "store_item" / "sales.parquet")
    assert time.process_time() - began < 6  # measured: 0.7 s
    assert (report.rows, report.products, report.filled) == (867_500, 500, 0)
    assert list(panel.attributes) == ["store", "item"]
    assert report.units == report.units_read
    assert report.partial_last_day is None


def test_online_retail_nets_returns_and_counts_the_rest(shops_dir: Path) -> None:
    _, report = read_sales(shops_dir / "online_retail" / "invoices.parquet")
    assert report.rows == 431_673
    assert report.units == report.units_read + report.units_below_zero
    assert report.negative_rows > 0
    assert report.days_below_zero > 0
    assert report.partial_last_day is None


def test_a_wide_table_asks_for_rows(shops_dir: Path) -> None:
    with pytest.raises(ColumnError, match="a column for each day must be turned into rows"):
        read_sales(shops_dir / "m5" / "sales.parquet")
