"""Totals of wide tables are left out and said, where they are the sums that they are called; subtotals are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast.reading import ReadingReport, read_sales

DAYS = [f"2024-01-0{day}" for day in range(1, 7)]


def read(frame: pd.DataFrame, folder: Path) -> tuple[dict[str, list[float]], ReadingReport]:
    """The table as a file of text, where facts and totals are text like all else."""
    path = folder / "sales.csv"
    frame.to_csv(path, index=False)
    panel, report = read_sales(path)
    assert report.units == report.balance == panel.sales.sum()
    return dict(zip(panel.products.tolist(), panel.sales.tolist(), strict=True)), report


def days_as_columns(rows: list[list[object]], *keys: str) -> pd.DataFrame:
    """Behind the keys of each row a first number of units, one more each day."""
    wide = [[*row[:-1], *(np.array(row[-1]) + np.arange(6))] for row in rows]
    return pd.DataFrame(wide, columns=[*keys, *DAYS])


def total(frame: pd.DataFrame, rows: list[int], *keys: str) -> pd.DataFrame:
    """The table with a row of the sums of those rows below it."""
    return pd.concat(
        [frame, pd.DataFrame([[*keys, *frame.loc[rows, DAYS].sum()]], columns=frame.columns)], ignore_index=True
    )


def test_a_row_and_a_column_of_totals_are_left_out_and_said(tmp_path: Path) -> None:
    frame = total(days_as_columns([["tea", 2], ["cup", 3]], "Row Labels"), [0, 1], "Grand Total")
    frame["Grand Total"] = frame[DAYS].sum(axis=1)
    sales, report = read(frame, tmp_path)
    assert sales == {"tea": [2, 3, 4, 5, 6, 7], "cup": [3, 4, 5, 6, 7, 8]}
    assert report.total_row == (
        "the column 'Grand Total' is a total ('Grand Total': 120 units); line 4 is a total ('Grand Total': 60 units)"
    )
    assert report.doubts == report.notes == ()


@pytest.mark.parametrize("keys", [("Total", ""), ("", "Total"), ("Summe", "Summe"), ("TOTAL:", "food")])
def test_any_cell_of_text_may_call_a_row_a_total(keys: tuple[str, str], tmp_path: Path) -> None:
    frame = days_as_columns([["tea", "food", 2], ["cup", "food", 3]], "item", "category")
    sales, report = read(total(frame, [0, 1], *keys), tmp_path)
    assert list(sales) == ["cup", "tea"]
    assert str(report.total_row).startswith("line 4 is a total")


def test_totals_of_stores_are_those_of_their_rows_alone(tmp_path: Path) -> None:
    frame = days_as_columns([["A", "tea", 2], ["A", "cup", 3], ["B", "tea", 4]], "store", "item")
    summed = total(total(total(frame, [0, 1], "A", "Total"), [2], "B Total", ""), [0, 1, 2], "Total", "Total")
    sales, report = read(summed, tmp_path)
    assert list(sales) == ["A/cup", "A/tea", "B/tea"]
    assert str(report.total_row).startswith("3 totals, line 5 to line 7 ('Total', 'B Total': ")


def test_what_is_called_a_total_and_is_no_sum_is_kept_and_named(tmp_path: Path) -> None:
    frame = days_as_columns([["tea", 2], ["cup", 3], ["Total", 4], ["Total cereal", 9]], "item")
    sales, report = read(frame, tmp_path)
    assert list(sales) == ["Total", "Total cereal", "cup", "tea"]
    assert report.notes == (
        "Look: line 4 is called 'Total' and is not the sum of the others. It is kept;"
        " to leave it out: --exclude Total.",
    )
    both, _ = read(total(frame.drop(2), [0, 1, 3], "Total"), tmp_path)
    assert list(both) == ["Total cereal", "cup", "tea"]
    frame["Total"] = 7
    assert "Look: the column 'Total' is not the sum of the days. It is left out." in read(frame, tmp_path)[1].notes


def test_a_column_of_totals_beside_products_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"date": DAYS, "tea": [1.1] * 6, "cup": [2.25] * 6, "Total sum": 3.35, "Total": 3.35})
    sales, report = read(frame.drop(columns="Total sum"), tmp_path)
    assert list(sales) == ["cup", "tea"]
    assert report.total_row == "the column 'Total' is a total ('Total': 20.1 units)"
    assert report.notes == ()
    sales, report = read(frame.assign(Total=4).drop(columns="Total sum"), tmp_path)
    assert list(sales) == ["Total", "cup", "tea"]
    assert "the column 'Total' is called 'Total' and is not the sum of the others" in report.notes[0]


def test_totals_of_stores_are_left_out_of_a_table_of_days(tmp_path: Path) -> None:
    stores = pd.DataFrame({"date": np.repeat(DAYS, 3), "store": ["A", "B", "Total"] * 6, "tea": [1, 2, 3] * 6})
    frame = stores.assign(cup=[2, 2, 4] * 6)
    frame["Grand Total"] = frame["tea"] + frame["cup"]
    sales, report = read(frame, tmp_path)
    assert list(sales) == ["A/cup", "A/tea", "B/cup", "B/tea"]
    assert report.total_row == (
        "the column 'Grand Total' is a total ('Grand Total': 84 units); 6 totals, line 4 to line 19 ('Total': 42 units)"
    )


def test_rows_that_are_sums_of_their_neighbours_are_named(tmp_path: Path) -> None:
    part, berlin = days_as_columns([["tea", 2], ["cup", 3]], "item"), pd.DataFrame([["Berlin", *range(5, 17, 2)]])
    berlin.columns = part.columns
    for frame, said in (
        (pd.concat([berlin, part, part.replace(2, 7)]), "line 2 ('Berlin') is the sum of the 2 rows below it"),
        (pd.concat([part, berlin]), "line 4 ('Berlin') is the sum of the 2 rows above it"),
    ):
        _, report = read(frame, tmp_path)
        assert report.notes == (f"Look: {said}. Subtotals count units twice; to leave them out: --exclude Berlin.",)


LONG_DAYS = [f"2024-01-{day}" for day in range(10, 30)]


def doubts(rows: list[str], folder: Path, header: str = "date,item,qty") -> tuple[str, ...]:
    path = folder / "sales.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return read_sales(path)[1].doubts


@pytest.mark.parametrize("name", ["Daily total", "All items", "Tagessumme", "total_sales", "Sum of all", "Everything"])
def test_a_product_of_a_long_table_that_is_the_sum_of_the_others_is_pointed_at(name: str, tmp_path: Path) -> None:
    def rows(more: int, days: int, name: str = name) -> list[str]:
        units = {"tea": 10, "cup": 1, name: 11 + more}
        return [
            f"{day},{item},{sold + at * (item != 'cup')}"
            for at, day in enumerate(LONG_DAYS[:days])
            for item, sold in units.items()
        ]

    assert doubts(rows(0, 2), tmp_path) == (name,)
    assert doubts(rows(1, 20), tmp_path) == (), "Total yoghurt is a product"
    assert doubts(rows(0, 20, "Mixed"), tmp_path) == ("Mixed",)
    assert doubts(rows(0, 13, "Mixed"), tmp_path) == (), "it may be chance"


@pytest.mark.parametrize("store", ["All stores", "Alle Filialen", "Chain"])
def test_a_store_that_is_the_sum_of_the_others_is_pointed_at(store: str, tmp_path: Path) -> None:
    rows = [
        f"{day},{name},{item},{units}"
        for at, day in enumerate(LONG_DAYS)
        for item in ("tea", "cup")
        for name, units in (("A", at + 1), ("B", 2), (store, at + 3))
    ]
    assert doubts(rows, tmp_path, "date,store,item,qty") == (store,)
