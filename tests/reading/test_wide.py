"""Wide tables: a column a day, or a column a product."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shelfcast.errors import ColumnError, ShelfcastError, ValueInRowError
from shelfcast.reading import read_sales

LONG = pd.DataFrame(
    {
        "date": ["2024-01-01", "2024-01-02", "2024-01-03"] * 2,
        "item": ["milk"] * 3 + ["bread"] * 3,
        "quantity": [1, 2, 3, 4, 5, 6],
    }
)


@pytest.mark.parametrize(("index", "columns"), [("item", "date"), ("date", "item")])
def test_a_matrix_either_way_round_is_the_long_table(index: str, columns: str) -> None:
    wide = LONG.pivot(index=index, columns=columns, values="quantity").reset_index()
    panel, report = read_sales(wide)
    long, _ = read_sales(LONG)
    assert panel.products.tolist() == long.products.tolist()
    np.testing.assert_array_equal(panel.sales, long.sales)
    assert panel.dates.tolist() == long.dates.tolist()
    assert (report.rows, report.units) == (6, 21)
    assert any(line.startswith("Shape: wide") for line in report.lines())
    newer, _ = read_sales(wide, **report.column_options)
    np.testing.assert_array_equal(newer.sales, panel.sales)


def test_numbered_days_ask_for_their_start_and_facts_become_attributes() -> None:
    days = {f"d_{day}": [day, 10 * day] for day in range(1, 9)}
    frame = pd.DataFrame({"id": ["x", "y"], "item_id": ["a", "b"], "store_id": "s", "dept_id": "food"} | days)
    with pytest.raises(ColumnError, match=r"'d_1' to 'd_8'.*--start-date"):
        read_sales(frame)
    panel, report = read_sales(frame, id_cols=["item_id", "store_id"], start_date="2011-01-29", until="2011-02-01")
    assert panel.products.tolist() == ["a/s", "b/s"]
    assert panel.sales.tolist() == [[1, 2, 3, 4], [10, 20, 30, 40]]
    assert panel.attributes["dept_id"].tolist() == ["food", "food"]
    assert str(panel.dates[0]) == "2011-01-29"
    assert report.units == report.balance == 110


def test_an_empty_cell_is_no_row_and_a_bad_one_is_named() -> None:
    frame = pd.DataFrame({"item": ["a", "b"], "2024-01-01": ["1", ""], "2024-01-03": ["3", "4"]})
    panel, report = read_sales(frame)
    assert panel.sales.tolist() == [[1, 0, 3], [0, 0, 4]]
    assert (report.rows, report.filled) == (3, 3)
    with pytest.raises(ValueInRowError, match=r"row 1 .*'2024-01-03': 'x'"):
        read_sales(frame.assign(**{"2024-01-03": ["3", "x"]}))


def test_stores_are_part_of_the_key_of_a_matrix_of_days() -> None:
    frame = pd.DataFrame(
        {"day": ["2024-01-01", "2024-01-01", "2024-01-02"], "shop": ["x", "y", "x"], "tea": 1, "milk": 2}
    )
    panel, _ = read_sales(frame)
    assert panel.products.tolist() == ["x/milk", "x/tea", "y/milk", "y/tea"]
    assert panel.sales.tolist() == [[2, 2], [1, 1], [2, 0], [1, 0]]


def test_a_long_table_of_unknown_columns_is_no_matrix() -> None:
    frame = pd.DataFrame({"date": ["2024-01-01", "2024-01-01", "2024-01-02"], "zbozi": [7, 8, 7], "kusu": [1, 2, 3]})
    with pytest.raises(ColumnError):
        read_sales(frame)


def test_a_series_alone_is_one_product() -> None:
    panel, _ = read_sales(pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "sales": [3, 4]}))
    assert panel.products.tolist() == ["sales"]


def test_one_day_twice_is_an_error() -> None:
    with pytest.raises(ShelfcastError, match="two columns of the day"):
        read_sales(pd.DataFrame({"item": ["a"], "2024-01-01": [1], "2024/1/1": [2]}))
