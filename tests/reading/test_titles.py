"""Lines of title above the column names, and Excel's `sep=`: passed over where that is certain, and said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from shelfcast.errors import SourceError, ValueInRowError
from shelfcast.reading import ReadingReport, read_sales

TABLE = "date;item;quantity\n2024-01-01;tea;1\n2024-01-02;tea;2\n"


def read(folder: Path, content: str) -> tuple[list[str], list[list[float]], ReadingReport]:
    path = folder / "sales.csv"
    path.write_bytes(content.encode())
    panel, report = read_sales(path)
    return panel.products.tolist(), panel.sales.tolist(), report


@pytest.mark.parametrize(
    ("content", "titles"),
    [
        ("sep=;\r\n" + TABLE, 0),
        ('"sep=;"\n' + TABLE, 0),
        ("sep=|\n" + TABLE.replace(";", "|"), 0),
        ("\ufeffsep=#\r\n" + TABLE.replace(";", "#"), 0),
        ("Sales report 2024\n" + TABLE, 1),
        ("Sales report, 2024\n\n" + TABLE, 2),
        ("Sales report 2024;;\r;;\r" + TABLE.replace("\n", "\r"), 2),
        ('"Sales\nreport";2024\nby: me\n' + TABLE, 3),
        ("sep=,\r\nSales report 2024,,\r\n" + TABLE.replace(";", ","), 1),
        ("\n\n" + TABLE, 0),
    ],
)
def test_titles_are_passed_over_and_counted(content: str, titles: int, tmp_path: Path) -> None:
    products, sales, report = read(tmp_path, content)
    assert (products, sales, report.rows) == (["tea"], [[1, 2]], 2)
    said = f"without {titles} {'line' if titles == 1 else 'lines'} of title above the column names"
    assert (said in report.lines()[0]) == (titles > 0)


def test_a_matrix_below_a_title_is_read_by_its_days(tmp_path: Path) -> None:
    assert read(tmp_path, "Report\nitem,2024-01-01,2024-01-02\ntea,2,3\n")[:2] == (["tea"], [[2, 3]])


@pytest.mark.parametrize(
    "content",
    [
        "Report\n2024-01-01,tea,1\n2024-01-02,tea,2\n",  # there are no names
        "Report\ndate,1001,1002\n2024-01-01,2,3\n2024-01-02,2,3\n",  # numbers may be names or sales
        "Report,,\ndate,,quantity\n2024-01-01,tea,1\n2024-01-02,tea,2\n",
    ],
)
def test_names_that_are_not_certain_are_an_error(content: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"sales\.csv, line 1 holds one cell .* Remove the lines above"):
        read(tmp_path, content)


@pytest.mark.parametrize("content", ["sep=;\n", "sep=;", "sep=,\r\n\r\n  \r\n"])
def test_a_file_of_a_separator_alone_is_empty(content: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is empty"):
        read(tmp_path, content)


@pytest.mark.parametrize("header", ["date;item;quantity;", ";date;item;quantity"])
def test_a_column_without_a_name_makes_no_title(header: str, tmp_path: Path) -> None:
    row = "2024-01-0{0};tea;{0};" if header.endswith(";") else "{0};2024-01-0{0};tea;{0}"
    products, sales, report = read(tmp_path, "\n".join([header, row.format(1), row.format(2)]))
    assert (products, sales) == (["tea"], [[1, 2]])
    assert "title" not in report.format


def test_lines_below_titles_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    with pytest.raises(ValueInRowError, match="line 6, column 'quantity': 'x'"):
        read(tmp_path, "sep=;\nReport\n\n" + TABLE.replace(";2\n", ";x\n"))
    rows = "2024-01-03;tea;2\n" * 20
    with pytest.raises(SourceError, match="line 26: 4 fields under 3 column names"):
        read(tmp_path, "Report\n\n" + TABLE + rows + "2024-01-03;tea;2;5\n")
    with pytest.raises(SourceError, match="line 1 holds one cell"):
        read(tmp_path, "Report\n\n" + TABLE.replace(";1\n", ";1;5\n"))


def test_a_sheet_may_have_titles_too(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    book = openpyxl.Workbook()
    for row in (["Sales report"], [], ["by", "me"], ["date", "item", "quantity"]):
        book.active.append(row)
    for day in (1, 2):
        book.active.append([date(2024, 1, day), 7, day])
    book.save(path)
    panel, report = read_sales(path)
    assert (panel.products.tolist(), panel.sales.tolist()) == (["7"], [[1, 2]])
    assert report.format == "Excel, sheet 'Sheet', without 2 lines of title above the column names"
    book.active.delete_rows(4)
    book.save(path)
    with pytest.raises(SourceError, match="row 1 holds one cell"):
        read_sales(path)


def test_a_table_may_begin_in_the_second_column(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    book = openpyxl.Workbook()
    for row in ([None, "Sales report"], [], [None, "date", "item", "quantity"]):
        book.active.append(row)
    for day in (1, 2):
        book.active.append([None, date(2024, 1, day), "tea", day])
    book.save(path)
    panel, report = read_sales(path)
    assert (panel.products.tolist(), panel.sales.tolist()) == (["tea"], [[1, 2]])
    assert report.format.endswith("without 1 line of title above the column names")
