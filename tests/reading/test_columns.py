"""Which column is taken as what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from shelfcast.errors import ColumnError
from shelfcast.reading import read_sales
from shelfcast.reading.columns import Columns, detect
from shelfcast.reading.frame import FrameSource


def found(
    names: str, id_cols: Sequence[str] = (), time_col: str | None = None, target_col: str | None = None
) -> Columns:
    return detect(FrameSource(pd.DataFrame(columns=names.split(","))), id_cols, time_col, target_col)


@pytest.mark.parametrize(
    ("names", "product", "day", "quantity"),
    [
        ("unique_id,ds,y", ["unique_id"], "ds", "y"),
        ("unique_id,ds,y,store", ["unique_id"], "ds", "y"),
        ("item_id,timestamp,target", ["item_id"], "timestamp", "target"),
        ("date,store,item,sales", ["store", "item"], "date", "sales"),
        (
            "id,date,store_nbr,item_nbr,unit_sales,onpromotion",
            ["store_nbr", "item_nbr"],
            "date",
            "unit_sales",
        ),
        (
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice",
            ["StockCode"],
            "InvoiceDate",
            "Quantity",
        ),
        (
            "transaction_id,transaction_date,transaction_time,transaction_qty,store_id,product_id,product_detail",
            ["product_detail"],
            "transaction_date",
            "transaction_qty",
        ),
        ("date,product,quantity", ["product"], "date", "quantity"),
        (
            " Order Date ,Order ID,Product ID,Product Name,Sales,Quantity",
            ["Product ID"],
            "Order Date",
            "Quantity",
        ),
        ("date,time,ticket_number,article,Quantity,unit_price", ["article"], "date", "Quantity"),
        ("time,store,item,units", ["store", "item"], "time", "units"),
        ("SKU,Day,Units-Sold", ["SKU"], "Day", "Units-Sold"),
    ],
)
def test_usual_names_are_known(names: str, product: list[str], day: str, quantity: str) -> None:
    columns = found(names)
    assert (list(columns.product), columns.day, columns.quantity) == (product, day, quantity)


def test_what_was_left_is_said() -> None:
    _, report = read_sales(
        pd.DataFrame(
            {
                "transaction_id": [1, 2],
                "product_detail": ["a", "b"],
                "product_id": [1, 2],
                "store_id": [1, 1],
                "date": ["2024-01-01", "2024-01-02"],
                "qty": [1, 2],
                "sales": [2.5, 5.0],
            }
        )
    )
    said = report.lines()
    assert "Product: 'product_detail' (a usual name; also there: 'product_id', 'store_id')." in said
    assert "Quantity: 'qty' (a usual name; also there: 'sales')." in said


def test_options_decide() -> None:
    columns = found("unique_id,ds,y,a,b,c,d", id_cols=["b", "a"], time_col="c", target_col="d")
    assert (columns.product, columns.day, columns.quantity) == (("b", "a"), "c", "d")
    assert columns.choices[0].others == ("unique_id",)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ("date,thing,quantity", {}, "no column known as the product.*'date', 'thing', 'quantity'.*--id-col"),
        ("when,item,quantity", {}, "no column known as the day.*'when'.*--time-col"),
        ("date,item,price", {}, "no column known as the quantity.*'price'.*--target-col"),
        ("date,sku,item_id,quantity", {}, "'sku', 'item_id' would each do as the product.*--id-col"),
        ("date,order_date,item,quantity", {}, "'date', 'order_date' would each do as the day.*--time-col"),
        ("date,item,quantity,units", {}, "'quantity', 'units' would each do as the quantity.*--target-col"),
        ("date,item,quantity,Date", {}, "'date', 'Date' would each do as the day"),
        (
            "date,item,quantity",
            {"id_cols": ["nope"]},
            "no column 'nope'; its columns are 'date', 'item', 'quantity'",
        ),
        ("date,item,quantity", {"id_cols": ["item", "item"]}, "'item' is given 2 times"),
        ("date,item,quantity", {"id_cols": ["date"], "time_col": "date"}, "'date' is given 2 times"),
        ("date,item,x,x", {"target_col": "x"}, "2 columns called 'x'"),
        ("date,item,x, x", {"target_col": "x"}, "2 columns called 'x'"),
        (",".join(f"d_{i}" for i in range(3000)), {}, "'d_19' and 2,980 more"),
    ],
)
def test_a_column_that_is_missing_or_ambiguous_is_an_error_that_lists_the_columns(
    names: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ColumnError, match=message):
        found(names, **options)


def test_a_single_id_column_may_be_given_as_text() -> None:
    frame = pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "thing": ["a", "b"], "quantity": [1, 2]})
    assert read_sales(frame, id_cols="thing")[0].products.tolist() == ["a", "b"]
