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


def units_of(text: str) -> list[float]:
    header, *rows = text.split("|")
    frame = pd.DataFrame([row.split(",") for row in rows], columns=header.split(","))
    panel, _ = read_sales(frame)
    assert len(panel.products) == 1
    return [round(float(units), 2) for units in panel.sales[0]]


@pytest.mark.parametrize(
    ("header", "other"),
    [
        ("date,item,y,qty", "2024"),  # a year
        ("date,item,target,sales", "10"),  # a plan
        ("date,item,stock quantity,sales", "90"),
        ("date,item,sale_id,sales", "9001"),
        ("date,item,stock_hour6_22_cnt,sale_amount", "9"),
        ("date,item,Customer Count,Sales", "50"),
        ("date,item,Returned Quantity,Sales", "1"),
    ],
)
@pytest.mark.parametrize("sold", [["3", "4", "5"], ["3.50", "4.25", "5.75"]])
def test_numbers_of_something_else_are_no_sales(header: str, other: str, sold: list[str]) -> None:
    rows = [f"2024-01-{14 + at},tea,{other},{units}" for at, units in enumerate(sold)]
    assert units_of("|".join([header, *rows])) == [float(units) for units in sold]


def test_whole_units_beside_money_are_the_sales() -> None:
    assert units_of("date,item,sales,Total Units|2024-01-14,tea,7.50,3|2024-01-15,tea,10.25,4") == [3, 4]


def test_what_was_sold_is_not_told_from_another_quantity_by_guessing() -> None:
    with pytest.raises(ColumnError, match="'quantity', 'sold' would each do as the quantity"):
        found("date,sku,quantity,sold")


def test_a_description_that_is_called_ds_is_no_day() -> None:
    assert found("Date,DS,sku,qty").day == "Date"
    assert found("DS,sku,qty").day == "DS"


def test_the_lines_of_a_document_are_no_products() -> None:
    text = "Date,Sales Document,Item,Material,Quantity|2024-01-14,1,10,a,3|2024-01-14,1,20,b,1|2024-01-15,2,10,b,4"
    with pytest.raises(ColumnError, match="'Item': it counts the lines of each document"):
        units_of(text)
    header, *rows = text.split("|")
    frame = pd.DataFrame([row.split(",") for row in rows], columns=header.split(","))
    panel, _ = read_sales(frame, id_cols=["Material"])
    assert panel.sales.tolist() == [[3, 0], [1, 4]]


def test_a_reference_that_is_new_on_every_row_is_an_order() -> None:
    rows = [f"2024-01-{day},SO{day},tea,{day}" for day in range(10, 20)]
    assert units_of("|".join(["date,Reference,Product Name,quantity", *rows])) == list(range(10, 20))
    rows = [f"2024-01-{day},R{day % 2},tea {day % 2},3" for day in range(10, 20)]
    frame = pd.DataFrame([row.split(",") for row in rows], columns=["date", "Reference", "Product Name", "quantity"])
    assert read_sales(frame)[0].products.tolist() == ["R0", "R1"]


def test_a_day_of_the_month_called_date_is_no_date() -> None:
    with pytest.raises(ColumnError, match="spreads the date over the columns 'Year', 'Month', 'Date'"):
        units_of("Year,Month,Date,item,qty|2024,1,14,tea,3|2024,1,15,tea,4")
