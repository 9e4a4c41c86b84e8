"""Blank rows and a total below the last sale hold no sales; a row that may hold one is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from shelfcast.errors import HistoryError, ValueInRowError
from shelfcast.reading import ReadingReport, read_sales
from shelfcast.reading.source import Source

TABLE = "date;item;quantity;note\n2024-01-01;tea;1;x\n2024-01-02;tea;2;\n"


def read(folder: Path, content: str) -> tuple[list[list[float]], ReadingReport]:
    path = folder / "sales.csv"
    path.write_bytes(content.encode())
    panel, report = read_sales(path)
    assert report.units == report.balance
    return panel.sales.tolist(), report


@pytest.mark.parametrize("total", [";Total;3;", "Summe;;3;", ";;3;Итого", " ;Grand total:;3;x", "TOTAL;;;"])
def test_a_total_below_the_last_sale_is_left_out_and_said(total: str, tmp_path: Path) -> None:
    sales, report = read(tmp_path, TABLE + total + "\n;;;\n")
    assert (sales, report.rows, report.units_read, report.blank_rows) == ([[1, 2]], 2, 3, 1)
    assert any("Left out: line 4 is a total without a date ('" in line for line in report.lines())
    assert "Left out: 1 blank rows." in report.lines()


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (";Total;3;\n2024-01-02;tea;2;\n", "line 4, column 'date': an empty cell"),  # not the last
        (";Total;3;\n;Total;3;\n", "line 4, column 'date': an empty cell"),  # two of them
        (";milk;3;\n", "line 4, column 'date': an empty cell"),  # no word for a total
        ("2024-01-02;;3;Total\n", "line 4, column 'item': an empty cell"),  # a date
        ("\n;;;\n;;3;\n2024-01-02;tea;2;\n", "line 6, column 'date': an empty cell"),
        (";;;\n2024-01-02;tea;y;\n", "line 5, column 'quantity': 'y'"),
    ],
)
def test_any_other_row_without_a_date_is_named(rows: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ValueInRowError, match=named):
        read(tmp_path, TABLE + rows)


def test_a_total_is_a_product_where_it_has_dates(tmp_path: Path) -> None:
    sales, report = read(tmp_path, TABLE + "2024-01-02;Total;3;\n")
    assert (sales, report.total_row) == ([[0, 3], [1, 2]], None)


def test_a_table_of_blank_rows_has_no_rows(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="has no rows"):
        read(tmp_path, "date;item;quantity\n" + ";;\n" * 3)


def test_returns_and_keys_are_matched_behind_blank_rows(tmp_path: Path) -> None:
    rows = "date;customer;item;quantity\n;;;\n2024-01-01;1;tea;5\n;9;;\n2024-01-01;1;tea;-5\n2024-01-02;2;tea;1\n"
    sales, report = read(tmp_path, rows)
    assert (sales, report.cancelled_units, report.blank_rows) == ([[0, 1]], 5, 2)
    with pytest.raises(ValueInRowError, match=r"line 3\) and 'a' and 'b/c' \(line 4\)"):
        read(tmp_path, "date;store;item;quantity\n;;;\n2024-01-01;a/b;c;1\n2024-01-02;a;b/c;1\n")


@pytest.mark.parametrize(
    ("content", "blank"),
    [
        ("item;2024-01-01;2024-01-02\ntea;1;2\n;;\nmilk;3;4\n;;\n", 2),
        ("date;milk;tea\n2024-01-01;3;1\n2024-01-02;4;2\nTotal;7;3\n;;\n", 1),
    ],
)
def test_a_matrix_may_have_them_too(content: str, blank: int, tmp_path: Path) -> None:
    sales, report = read(tmp_path, content)
    assert (sales, report.blank_rows) == ([[3, 4], [1, 2]], blank)
    assert (report.total_row is None) == content.startswith("item")


def test_a_column_of_totals_is_no_product_of_a_matrix(tmp_path: Path) -> None:
    rows = "Row Labels;2024-01-01;2024-01-02;Grand Total\nmilk;3;4;7\ntea;1;2;3\nGrand Total;4;6;10\n"
    sales, report = read(tmp_path, rows)
    assert (sales, report.doubts) == ([[3, 4], [1, 2]], ())


def test_a_sheet_a_frame_and_a_parquet_file_may_have_them_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = [["date", "item", "qty"], [date(2024, 1, 1), 1, 1], [], [date(2024, 1, 2), 1, 2], [None, "Total", 3], [" "]]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "sales.xlsx")
    days = pd.to_datetime(["2024-01-01", None, "2024-01-02", None])
    frame = pd.DataFrame({"date": days, "item": ["1", None, "1", "Total"], "qty": [1, np.nan, 2, 3]})
    frame.to_parquet(tmp_path / "sales.parquet")
    sources: list[Path | pd.DataFrame | Source] = [tmp_path / "sales.xlsx", tmp_path / "sales.parquet", frame]
    for source in sources:
        panel, report = read_sales(source)
        assert (panel.products.tolist(), panel.sales.tolist()) == (["1"], [[1, 2]])
        assert (report.blank_rows, report.total_row is None) == (1, False)


def test_an_id_that_is_empty_beside_another_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueInRowError, match="line 3, column 'store': an empty cell is not an id"):
        read(tmp_path, "date;store;item;sales\n2024-01-01;a;tea;1\n2024-01-02;;tea;1\n")
    with pytest.raises(ValueInRowError, match="line 2, column 'item': an empty cell is not an id"):
        read(tmp_path, "date;store;item;sales\n2024-01-01;a;;1\n2024-01-02;a;tea;1\n")
