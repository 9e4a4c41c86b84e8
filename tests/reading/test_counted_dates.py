"""Days that Excel counts, seconds and milliseconds of Unix: told by the whole column, said, and never mixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from shelfcast.errors import ColumnError, SalesError, ValueInRowError
from shelfcast.reading import ReadingReport, read_sales
from shelfcast.reading.options import ReadingArguments

UNIX = 1_704_067_200  # 2024-01-01 00:00 UTC


def days_of(values: Sequence[object], **options: object) -> tuple[list[str], ReadingReport]:
    frame = pd.DataFrame({"date": values, "item": "a", "quantity": range(1, len(values) + 1)})
    how: ReadingArguments = options  # type: ignore[assignment]
    panel, report = read_sales(frame, **how)
    assert read_sales(frame, **report.column_options)[0].sales.tolist() == panel.sales.tolist()
    return [str(day) for day, sold in zip(panel.dates, panel.sales[0], strict=True) if sold], report


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([45292, 45293], "days as Excel"),
        ([45292.25, 45293.999], "days as Excel"),
        (["45292", " 45293,5"], "days as Excel"),
        ([UNIX, UNIX + 86_400 + 9], "seconds of Unix"),
        ([UNIX + 0.5, UNIX + 2 * 86_400 - 1.25], "seconds of Unix"),
        ([UNIX * 1000, (UNIX + 86_400) * 1000 + 7], "milliseconds of Unix"),
        ([str(UNIX * 1000), str((UNIX + 100_000) * 1000)], "milliseconds of Unix"),
        ([20240101, 20240102], None),
        (["20240101", "20240102"], None),
    ],
)
def test_what_a_column_counts_is_told_and_said(values: list[object], said: str | None) -> None:
    days, report = days_of(values)
    assert days == ["2024-01-01", "2024-01-02"]
    found = [line for line in report.lines() if line.startswith("Dates: numbers, taken as ")]
    assert len(found) == (said is not None)
    assert all(str(said) in line for line in found)


def test_times_of_unix_are_of_a_zone_and_those_of_excel_are_local() -> None:
    late = [UNIX + 23 * 3600, UNIX + 3 * 86_400]
    assert days_of(late)[0] == ["2024-01-01", "2024-01-04"]
    assert days_of(late, timezone="Europe/Berlin")[0] == ["2024-01-02", "2024-01-04"]
    assert days_of([45292.99, 45293], timezone="Europe/Berlin")[0] == ["2024-01-01", "2024-01-02"]


def test_an_option_says_what_is_counted() -> None:
    assert days_of([20_000, 20_001], date_format="excel")[0] == ["1954-10-03", "1954-10-04"]
    assert days_of([86_400, 4 * 86_400], date_format="unix")[0] == ["1970-01-02", "1970-01-05"]
    assert days_of([45_292, 45_293], start_date="1900-01-01")[0] == ["2024-01-02", "2024-01-03"]
    with pytest.raises(ColumnError, match=r"numbers of days, such as '20000'.*--start-date.*--date-format excel"):
        days_of([20_000, 20_001])
    with pytest.raises(ColumnError, match=r"numbers such as '45292'.*--date-format excel or --date-format unix"):
        days_of([45_292, UNIX])
    with pytest.raises(SalesError, match="excel, unix or a pattern"):
        days_of([45_292, 45_293], date_format="lotus")


@pytest.mark.parametrize("bad", ["12", "2024-01-03", "99999", str(UNIX), "x", ""])
def test_a_value_among_counts_that_is_none_is_named(bad: str) -> None:
    with pytest.raises(ValueInRowError, match=r"row 2 .*is not a date .* counted as days as Excel"):
        days_of(["45292", "45293", bad, "45294"])


def test_a_count_among_dates_is_named() -> None:
    with pytest.raises(ValueInRowError, match=r"row 2 .*'45294' is not a date"):
        days_of(["2024-01-01", "2024-01-02", "45294"])


def test_serial_numbers_of_a_sheet_are_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["date", "item", "quantity"], [45292, "a", 1], [45293.75, "a", 2]):
        book.active.append(row)
    book.save(tmp_path / "sales.xlsx")
    panel, report = read_sales(tmp_path / "sales.xlsx")
    assert (panel.sales.tolist(), report.first_day) == ([[1, 2]], "2024-01-01")
