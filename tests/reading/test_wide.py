"""Wide tables: a column a day, or a column a product."""

from __future__ import annotations

import re
from pathlib import Path

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


def daily(rows: int = 8, **columns: object) -> pd.DataFrame:
    """A row a day with these columns."""
    days = pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame({"date": days} | {name.replace("__", " "): values for name, values in columns.items()})


@pytest.mark.parametrize(
    ("columns", "products"),
    [
        ({"venda": 3, "estoque": 9, "preco": 1.5}, ["venda"]),
        ({"Orders": 3, "Stock": 9, "Price": 1.5}, ["Orders"]),
        ({"units_ordered": 3, "revenue": 9.5}, ["units_ordered"]),
        ({"KW": 1, "hour": 9, "temp": 21.5, "visitors": 7, "tea": 1, "cup": 2}, ["cup", "tea"]),
        ({"A": 2, "B": 3, "PROMO_A": 0, "PROMO_B": 1, "Avg__Temp__(C)": 1.5}, ["A", "B"]),
        ({"QTY_B1": 2, "QTY_B2": 3, "PROMO_B1": 0, "PROMO_B2": 1}, ["QTY_B1", "QTY_B2"]),
        ({"Sales__Tea": 2, "Sales__Cup": 3}, ["Sales Cup", "Sales Tea"]),
        ({"Tea__(qty)": 2, "Cup__(qty)": 3}, ["Cup (qty)", "Tea (qty)"]),
        (
            {"Count__Chocula": 2, "Day-old__bread": 3, "Stock__cubes": 1},
            ["Count Chocula", "Day-old bread", "Stock cubes"],
        ),
        ({"CA": 2, "TX": 3}, ["CA", "TX"]),
        ({"orders": 50, "tea": 2, "cup": 3}, ["cup", "tea"]),
        ({"target": 50, "actual": 3}, ["actual"]),
        ({"target": 50, "sales": 3}, ["sales"]),
        ({"guests": 50, "Tips": 2.5, "tea": 2, "cup": 3}, ["cup", "tea"]),
        ({"tea": 2, "tea_forecast": 2.4, "cup": 3, "cup_ma7": 1.5}, ["cup", "tea"]),
        ({"Tea__Units": 2, "Tea__Sales": 4.5, "Cup__Units": 3, "Cup__Sales": 9.5}, ["Cup Units", "Tea Units"]),
        ({"Tea__(Stk)": 2, "Tea__(€)": 4.5, "Cup__(Stk)": 3, "Cup__(€)": 9.5}, ["Cup (Stk)", "Tea (Stk)"]),
        ({"Sales__Tea": 2, "Forecast__Tea": 3, "Sales__Cup": 3}, ["Sales Cup", "Sales Tea"]),
        ({"Budget__Rent__car": 2, "Budget__Van": 3}, ["Budget Rent car", "Budget Van"]),
        ({"tea": 2, "tea_lag_7": 2.4, "cup": 3, "cup_avg7": 1.5, "cup_last_year": 4}, ["cup", "tea"]),
        ({"Tea__Units": 2, "Tea__Units__LY": 3, "Cup__Units": 3, "Cup__Units__LY": 9}, ["Cup Units", "Tea Units"]),
        ({"Tea__Actual": 2, "Tea__Forecast": 3, "Cup__Actual": 3, "Cup__Budget": 9}, ["Cup Actual", "Tea Actual"]),
        ({"Ist__Tea": 2, "Soll__Tea": 3, "Ist__Cup": 3, "Soll__Cup": 9}, ["Ist Cup", "Ist Tea"]),
        ({"Tea__Stk.": 2, "Tea__EUR": 4.5, "Cup__Stk.": 3, "Cup__EUR": 9.5}, ["Cup Stk.", "Tea Stk."]),
        ({"Tea__sold": 2, "Tea__returned": 1, "Cup__sold": 3, "Cup__wasted": 1}, ["Cup sold", "Tea sold"]),
        ({"Unit__sales__tea": 2, "Dollar__sales__tea": 4.5}, ["Unit sales tea"]),
        ({"Covers": 50, "Budget": 9, "VAT": 2.5, "Discounts": 1.5, "tea": 2, "cup": 3}, ["cup", "tea"]),
        ({"forecast": 50, "actual": 3}, ["actual"]),
        ({"covers": 50}, ["covers"]),
        ({"Tea__online": 2, "Tea__shop": 3, "Rain__coat": 2, "Wind__coat": 3}, []),
    ],
)
def test_what_describes_the_day_is_no_product(columns: dict[str, object], products: list[str]) -> None:
    panel, report = read_sales(daily(**columns))
    products = products or sorted(name.replace("__", " ") for name in columns)
    assert panel.products.tolist() == products
    left = report.shape.partition("left: ")[2]
    assert left == ", ".join(repr(n) for n in (name.replace("__", " ") for name in columns) if n not in products)


@pytest.mark.parametrize(
    "columns",
    [
        {"Units__out": 3, "Units__returned": 1},
        {"cake_sales": 3, "fuel": 1},
        {"sale_price": 3},
        {"transactions": 3},
        {"ticket_nr": 3},
        {"price": 3, "stock": 1},
    ],
)
def test_columns_that_may_be_one_product_ask_for_the_quantity(columns: dict[str, object]) -> None:
    with pytest.raises(ColumnError, match="--target-col"):
        read_sales(daily(**columns))
    name = next(iter(columns)).replace("__", " ")
    panel, report = read_sales(daily(**columns), target_col=name)
    assert panel.products.tolist() == [name]
    again, _ = read_sales(daily(**columns), **report.column_options)
    np.testing.assert_array_equal(again.sales, panel.sales)


def test_rows_of_one_product_that_a_text_tells_apart_are_not_summed(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    rows = ["item,measure,2024-01-01,2024-01-02", "tea,Units,1,2", "tea,Revenue,2.5,5", "cup,Units,3,3"]
    path.write_text("\n".join(rows))
    with pytest.raises(ColumnError, match=r"line 3: 'tea' has rows of 'Units' and 'Revenue' in the column 'measure'"):
        read_sales(path)
    panel, _ = read_sales(path, id_cols=["item", "measure"])
    assert panel.products.tolist() == ["cup/Units", "tea/Revenue", "tea/Units"]
    panel, report = read_sales(path, id_cols=["item"])
    assert panel.sales.tolist() == [[3, 3], [3.5, 7]]
    assert "they are summed, as --id-col does not name it" in report.notes[0]
    path.write_text("\n".join([rows[0], "tea,green,1,2", "tea,,1,2", "cup,red,3,3"]))
    panel, report = read_sales(path)
    assert (panel.sales.tolist(), report.rows_summed) == ([[3, 3], [2, 4]], 2)


@pytest.mark.parametrize(
    "rows", ["item,2024-01-01,2024-01-02,,\ntea,1,2,,\n", "date,tea,,\n2024-01-01,1,,\n2024-01-02,2,,"]
)
def test_columns_without_a_name_are_left(rows: str, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(rows)
    panel, report = read_sales(path)
    assert (panel.products.tolist(), panel.sales.tolist()) == (["tea"], [[1, 2]])
    assert report.shape.endswith("; left: 2 columns without a name")


def test_columns_of_one_name_are_left_or_refused() -> None:
    frame = pd.DataFrame([["a", "x", "y", 1, 2]], columns=["item", "note", "note", "2024-01-01", "2024-01-02"])
    assert "left: 'note', 'note'" in read_sales(frame)[1].shape
    frame = pd.DataFrame([["a", "b", 1, 2]], columns=["item", "item", "2024-01-01", "2024-01-02"])
    with pytest.raises(ColumnError, match="'item', 'item' would each do as the product"):
        read_sales(frame)
    with pytest.raises(ColumnError, match="2 columns called 'item'"):
        read_sales(frame, id_cols=["item"])
    frame = daily(tea=1, cup=2, pot=3).rename(columns={"pot": "tea"})
    with pytest.raises(ColumnError, match="2 columns called 'tea'"):
        read_sales(frame.assign(can=1))


def test_the_only_column_of_dates_is_the_day(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    for name in ("", "Unnamed: 0", "dteday"):
        daily(tea=2, cup=3).rename(columns={"date": name}).to_csv(path, index=False)
        panel, report = read_sales(path)
        assert (panel.products.tolist(), len(panel.dates)) == (["cup", "tea"], 8)
        assert f"Day: {name!r} (the only column of dates)." in report.lines()
    daily(qty=2).rename(columns={"date": ""}).to_csv(path, index=False)
    assert read_sales(path)[0].products.tolist() == ["qty"]


def test_rows_of_hours_are_summed_and_said() -> None:
    hours = pd.date_range("2024-01-01", periods=48, freq="h").astype(str)
    frame = pd.DataFrame({"date": hours, "tea": 1, "cup": 2})
    panel, report = read_sales(frame)
    assert panel.sales.tolist() == [[48, 48], [24, 24]]
    assert "a row an hour, summed to days" in report.shape
    assert (report.rows, report.rows_summed) == (96, 92)
    split = frame.assign(date=hours.str[:10], hour=hours.str[11:13])
    np.testing.assert_array_equal(read_sales(split)[0].sales, panel.sales)
    with pytest.raises(ColumnError):
        read_sales(frame.assign(date=hours.str.replace(":00:00", ":07:00")))


def test_days_behind_a_word_and_counted_days_are_days() -> None:
    days = pd.date_range("2024-01-01", periods=20)
    for names in (
        days.strftime("X%Y.%m.%d"),
        days.strftime("%a %m/%d/%Y"),
        days.strftime("%a, %Y-%m-%d"),
        days.strftime("Units %Y-%m-%d"),
        days.strftime("units_%d.%m.%Y"),
        days.strftime("Sum of %Y-%m-%d"),
        range(45292, 45312),
    ):
        panel, report = read_sales(pd.DataFrame([["tea", *range(20)]], columns=["item", *map(str, names)]))
        assert (str(panel.dates[0]), str(panel.last_day), report.units) == ("2024-01-01", "2024-01-20", 190)
    both = [word + day for day in days.strftime(" %Y-%m-%d") for word in ("Qty", "Promo")]
    panel, report = read_sales(pd.DataFrame([["tea", *range(40)]], columns=["item", *both]))
    assert report.units == sum(range(0, 40, 2))
    assert "left: 'Promo 2024-01-01'" in report.shape


def test_days_that_are_numbers_alone_ask_for_their_start() -> None:
    frame = pd.DataFrame([["tea", *range(1, 11)]], columns=["item", *map(str, range(1, 11))])
    with pytest.raises(ColumnError, match=r"'1' to '10', without dates.*--start-date"):
        read_sales(frame)
    panel, _ = read_sales(frame, start_date="2024-01-05")
    assert (str(panel.dates[0]), panel.sales[0].tolist()) == ("2024-01-05", list(range(1, 11)))
    with pytest.raises(ColumnError, match="no column known as the day"):
        read_sales(frame.drop(columns="4"), start_date="2024-01-05")


def test_rows_of_receipts_are_no_hours() -> None:
    frame = pd.DataFrame(
        {"datum": ["2024-01-01"] * 2 + ["2024-01-02"] * 2, "hora": ["9", "10", "9", "10"], "a": 7, "b": 1}
    )
    assert read_sales(frame)[0].sales.tolist() == [[14, 14], [2, 2]]
    for hours in (["9:07", "9:50", "9:01", "9:02"], ["9", "9", "9", "10"], ["early", "late"] * 2):
        with pytest.raises(ColumnError, match="--target-col"):
            read_sales(frame.assign(hora=hours))


def test_names_of_columns_that_are_repeated_among_rows_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,tea,cup\n2024-01-01,1,2\ndate,tea,cup\n2024-01-02,3,4\n")
    panel, report = read_sales(path)
    assert (panel.sales.tolist(), report.header_rows) == ([[2, 4], [1, 3]], 1)


def test_what_was_paid_is_no_row_of_units() -> None:
    rows = {"Tea Units": [3, 4], "Tea Revenue": [7.5, 10.0], "Cup Units": [2, 1]}
    frame = pd.DataFrame({"Item": list(rows), "2024-01-14": [of[0] for of in rows.values()], "2024-01-15": 1.0})
    with pytest.raises(ColumnError, match="'Tea Revenue' is what was paid for units that have a row of their own"):
        read_sales(frame)
    assert read_sales(frame[frame["Item"] != "Tea Revenue"])[0].products.tolist() == ["Cup Units", "Tea Units"]


@pytest.mark.parametrize(
    "kinds",
    [("tea", "tea actual"), ("Tea forecast", "Tea plan"), ("Plan Tea", "Forecast Tea"), ("Tea Ist", "Tea Actual")],
)
def test_of_two_columns_or_rows_of_each_product_it_must_be_clear_which_are_units(kinds: tuple[str, str]) -> None:
    names = [*kinds, *(re.sub("(?i)tea", "cup", name) for name in kinds)]
    said = f"'{kinds[0]}' and '{kinds[1]}' may be of one product"
    frame = daily(**{name.replace(" ", "__"): at + 2 for at, name in enumerate(names)})
    with pytest.raises(ColumnError, match=said):
        read_sales(frame)
    rows = frame.set_index("date").T.rename_axis("item").reset_index()
    with pytest.raises(ColumnError, match="of one product"):
        read_sales(rows)
    assert len(read_sales(rows[::2])[0].products) == len(read_sales(frame[["date", *names[::2]]])[0].products) == 2


@pytest.mark.parametrize("kinds", [("Sold", "Stock"), ("Units", "Price"), ("Actual", "Budget"), ("pcs", "EUR")])
def test_what_tells_of_each_product_is_no_row_of_units(kinds: tuple[str, str]) -> None:
    names = [f"{product} {kind}" for product in ("Tea", "Cup") for kind in kinds]
    frame = pd.DataFrame({"Item": names, "2024-01-14": [3, 4, 5, 6], "2024-01-15": [3, 4, 5, 6]})
    with pytest.raises(ColumnError, match=f"'Cup {kinds[1]}' .* a row of their own, and 1 more rows like it"):
        read_sales(frame)
    assert read_sales(frame[::2])[0].products.tolist() == [f"Cup {kinds[0]}", f"Tea {kinds[0]}"]


@pytest.mark.parametrize("name", ["Barcode", "Variant", "Nr", "Size"])
def test_rows_that_only_whole_numbers_tell_apart_are_not_summed(name: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"Item": ["tea", "tea"], name: [400, 401], "2024-01-14": [1, 2], "2024-01-15": [3, 4]})
    with pytest.raises(ColumnError, match=f"'tea' has rows of '400' and '401' in the column '{name}'"):
        read_sales(frame)
    path = tmp_path / "sales.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(ColumnError, match=f"line 3: 'tea' has rows of '400' and '401' in the column '{name}'"):
        read_sales(path)
    for facts in (frame.rename(columns={name: "Stock"}), frame.assign(**{name: [0.5, 1.5]})):
        assert read_sales(facts)[0].sales.tolist() == [[3, 7]]
