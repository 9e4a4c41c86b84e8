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


def test_online_retail_is_accounted_for_to_the_unit(shops_dir: Path) -> None:
    _, report = read_sales(shops_dir / "online_retail" / "invoices.parquet", exclude=["POST,DOT,M,D,S"])
    assert report.rows == 431_673
    assert report.units == report.balance
    assert report.negative_units == report.cancelled_units + report.later_units
    assert report.cancelled_units > 74_215  # one order of so many was cancelled within minutes
    assert report.units_below_zero == 0
    assert report.partial_last_day is None


def test_m5_is_wide_and_asks_when_its_days_begin(shops_dir: Path) -> None:
    path = shops_dir / "m5" / "sales.parquet"
    with pytest.raises(ColumnError, match=r"'d_1' to 'd_1913'.*--start-date"):
        read_sales(path)


@pytest.mark.slow
def test_m5_becomes_30490_products(shops_dir: Path) -> None:
    path = shops_dir / "m5" / "sales.parquet"
    panel, report = read_sales(path, id_cols=["item_id", "store_id"], start_date="2011-01-29")
    assert (report.products, report.days, report.units) == (30_490, 1_913, 65_695_409)
    assert (report.first_day, report.last_day) == ("2011-01-29", "2016-04-24")
    assert set(panel.attributes) == {"item_id", "store_id", "dept_id", "cat_id", "state_id"}
