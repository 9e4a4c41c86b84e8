"""Whatever cannot be understood is an error of ours that says where it lies and what to do."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelfcast.errors import ColumnError, HistoryError, ShelfcastError, SourceError, ValueInRowError
from shelfcast.reading import days as days_module
from shelfcast.reading import read_sales

GOOD = "2024-01-01,tea,1\n2024-01-02,tea,2\n"


def error_of(source: Any, **options: Any) -> ShelfcastError:
    with pytest.raises(ShelfcastError) as caught:
        read_sales(source, **options)
    assert caught.value.way_out
    return caught.value


def csv_error(path: Path, rows: str, header: str = "date,item,quantity") -> ShelfcastError:
    path.write_text(f"{header}\n{rows}", newline="")
    return error_of(path)


@pytest.mark.parametrize(
    ("row", "column", "shown"),
    [
        ("yesterday,tea,1", "date", "'yesterday' is not a date"),
        (",tea,1", "date", "an empty cell is not a date"),
        ("2024-02-30,tea,1", "date", "'2024-02-30' is not a date"),
        ("2024-13-01,tea,1", "date", "'2024-13-01' is not a date"),
        ("2024-01-00,tea,1", "date", "'2024-01-00' is not a date"),
        ("31/12/2024,tea,1", "date", "'31/12/2024' is not a date"),
        ("2024-01-01 25:00,tea,1", "date", "'2024-01-01 25:00' is not a date"),
        ("9999-12-31,tea,1", "date", "'9999-12-31' is not a date of the years 1900 to 2199"),
        ("2150-01-01,tea,1", "date", "'2150-01-01' lies so far .* the limit is 100 years"),
        ("1900-01-01,tea,1", "date", "'1900-01-01' lies so far .* the limit is 100 years"),
        ("2024-01-01,,1", "item", "an empty cell is not an id"),
        ("2024-01-01,   ,1", "item", "'   ' is not an id"),
        (f"2024-01-01,{'x' * 501},1", "item", r"'x{40}'\.\.\. is not an id"),
        ("2024-01-01,tea,", "quantity", "an empty cell is not a quantity"),
        ("2024-01-01,tea,nan", "quantity", "'nan' is not a quantity"),
        ("2024-01-01,tea,inf", "quantity", "'inf' is not a quantity"),
        ("2024-01-01,tea,1e400", "quantity", "'1e400' is not a quantity"),
        ("2024-01-01,tea,1e16", "quantity", "'1e16' is not a quantity"),
        ("2024-01-01,tea,two", "quantity", "'two' is not a quantity"),
        ('2024-01-01,tea,"1,5,5"', "quantity", "'1,5,5' is not a quantity"),
        ("2024-01-01,tea,\x1b[31m", "quantity", r"'\\x1b\[31m' is not a quantity"),
    ],
)
def test_a_bad_value_names_file_line_and_column(tmp_path: Path, row: str, column: str, shown: str) -> None:
    path = tmp_path / "sales.csv"
    error = csv_error(path, GOOD + row + "\n" + GOOD)
    assert isinstance(error, ValueInRowError)
    assert f"{path}, line 4, column '{column}': " in error.problem
    with pytest.raises(AssertionError, match=shown):
        raise AssertionError(error.problem)


def test_bad_values_after_the_first_are_counted(tmp_path: Path) -> None:
    error = csv_error(tmp_path / "a.csv", GOOD + "x,tea,1\n" * 3)
    assert error.problem.endswith("(2 more rows like it.)")


def test_lines_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    rows = '2024-01-01,"tea",1,"two\nlines"\n\n\n2024-01-02,tea,?,x\n'
    path.write_text("date,item,quantity,note\n" + rows)
    assert "line 6, column 'quantity': '?'" in error_of(path).problem
    path.write_bytes(b"date,item,quantity,note\n2024-01-01,tea,1,caf\xe9\n2024-01-02,tea,?,x\n")
    assert "line 3, column 'quantity': '?'" in error_of(path).problem


def test_lines_of_a_zipped_file_are_counted_unzipped(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,item,quantity\n2024-01-01,tea,1\n\n2024-01-02,tea,?\n")
    zipped = tmp_path / "sales.csv.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    assert f"{zipped}, line 4, column 'quantity': '?'" in error_of(zipped).problem


@pytest.mark.parametrize(
    ("column", "values", "shown"),
    [
        ("item", ["a", None, "b"], "an empty cell is not an id"),
        ("item", [1.0, 1.5, 2.0], "'1.5' is not an id"),
        ("item", ["a", math.nan, 1], "an empty cell is not an id"),
        ("item", [1.0, math.inf, 2.0], "'inf' is not an id"),
        ("item", ["a", "b\0", "c"], r"'b\x00' is not an id"),
        ("item", [1, b"b", "c"], "neither text nor a number"),
        ("item", [1, ["b"], "c"], "neither text nor a number"),
        ("item", ["a", "\ud800", "c"], "neither text nor a number"),
        ("quantity", [1.0, math.nan, 2.0], "an empty cell is not a quantity"),
        ("quantity", [1.0, -math.inf, 2.0], "'-inf' is not a quantity"),
        ("quantity", [1, 2**70, 2], "is not a quantity"),
        ("quantity", [1, "two", 2], "'two' is not a quantity"),
        ("date", ["2024-01-01", None, "2024-01-02"], "an empty cell is not a date"),
        (
            "date",
            [pd.Timestamp("2024-01-01"), pd.NaT, pd.Timestamp("2024-01-02")],
            "an empty cell is not a date",
        ),
        ("date", [pd.Timestamp("2024-01-01").date(), 5, 6], "'5' is not a date"),
        ("date", [pd.Timestamp("2024-01-01"), "soon", pd.Timestamp("2024-01-02")], "'soon' is not a date"),
    ],
)
def test_a_bad_value_in_a_frame_names_its_row(column: str, values: list[object], shown: str) -> None:
    frame = pd.DataFrame({"date": ["2024-01-01"] * 2 + ["2024-01-02"], "item": "a", "quantity": 1})
    error = error_of(frame.assign(**{column: pd.Series(values, dtype=object if isinstance(values[0], str) else None)}))
    assert isinstance(error, ValueInRowError)
    assert f"the data frame, row 1 (counted from 0), column '{column}': " in error.problem
    assert shown in error.problem


def test_a_bad_value_in_parquet_names_its_row(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    pd.DataFrame({"date": ["2024-01-01", "?"], "item": "a", "quantity": 1}).to_parquet(path)
    assert f"{path}, row 1 (counted from 0), column 'date': '?'" in error_of(path).problem


def test_damaged_text_in_parquet_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    text = pa.Array.from_buffers(pa.string(), 2, [*pa.array(["a", "b"]).buffers()[:2], pa.py_buffer(b"\xff\xff")])
    pq.write_table(pa.table({"date": ["2024-01-01", "2024-01-02"], "item": text, "quantity": [1, 2]}), path)
    error = error_of(path)
    assert isinstance(error, SourceError)
    assert "UTF8" in error.problem


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("s"), pa.timestamp("s", "UTC")])
def test_a_stamp_beyond_all_calendars_is_an_error(tmp_path: Path, kind: pa.DataType) -> None:
    days = pa.array([20_000, 2_000_000_000], pa.int32()).cast(pa.date32()).cast(kind)
    pq.write_table(pa.table({"date": days, "item": ["a", "b"], "quantity": [1, 2]}), tmp_path / "a.parquet")
    assert "row 1 (counted from 0), column 'date': " in error_of(tmp_path / "a.parquet").problem


@pytest.mark.parametrize("column", ["date", "item", "quantity"])
def test_a_column_without_any_value_is_an_error(tmp_path: Path, column: str) -> None:
    frame = pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "item": "a", "quantity": 1}).assign(**{column: None})
    frame.to_parquet(tmp_path / "a.parquet")
    for source in (frame, tmp_path / "a.parquet"):
        assert f"row 0 (counted from 0), column '{column}': an empty cell" in error_of(source).problem


@pytest.mark.parametrize(
    ("column", "values", "shown"),
    [
        ("item", pa.array([["a"], ["b"]]), "holds list"),
        ("date", pa.array([1, 2], pa.time32("s")), "holds time32"),
        ("date", pa.array([1, 2], pa.timestamp("us", tz="No/Where")), "time zone 'No/Where' is not known"),
        ("quantity", pa.array([b"\xff", b"1"]), "holds binary"),
        ("quantity", pa.array([1, 2], pa.duration("ns")), "holds times that pass"),
    ],
)
def test_a_column_without_plain_values_is_an_error(tmp_path: Path, column: str, values: pa.Array, shown: str) -> None:
    table = {
        "date": pa.array(["2024-01-01", "2024-01-02"]),
        "item": pa.array(["a", "b"]),
        "quantity": pa.array([1, 2]),
    }
    pq.write_table(pa.table(table | {column: values}), tmp_path / "a.parquet")
    error = error_of(tmp_path / "a.parquet")
    assert isinstance(error, ColumnError)
    assert f"column '{column}'" in error.problem or "time zone" in error.problem
    assert shown in error.problem


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"date,item,quantity\n2024-01-01,tea\n", "line 2: 2 fields under 3 column names"),
        (
            b"date,item,quantity\n\n2024-01-01,tea,1\n2024-01-02,tea,1,9\n",
            "line 4: 4 fields under 3 column names",
        ),
        ("date,item,quantity\n2024-01-01,thé,1\n".encode() + b"2024-01-02,caf\xe9,1\n", "line 3: the text is neither"),
        (b"date,item,quantity\n2024-01-01,tea,1\n2024-01-02,caf\x81,1\n", "line 3: the text is neither"),
        (bytes(range(256)) * 9, "neither a CSV nor an Excel nor a Parquet"),
        (b"\xd0\xcf\x11\xe0 and then an old workbook", "the old .xls kind"),
        (b"PAR1 and then nothing of the kind", "cannot be read"),
        (gzip.compress(b"date,item,quantity\n" + GOOD.encode(), mtime=0)[:-9], "cannot be read"),
        (gzip.compress(b"", mtime=0) + b"rubbish", "cannot be read"),
        (b'date,item,quantity,note\n2024-01-01,tea,1,x\n2024-01-01,tea,1,"x\n2024-01-02,tea,1,x\n', "line 3"),
        (b'date,item,quantity,note\n2024-01-01,tea,1,x\n2024-01-01,tea,1,"x\n2024-01-02,tea,1,x', "line 3"),
        (b'date,item,quantity,note\n2024-01-01,tea,1,"x\n2024-01-02,tea,1,"x\n2024-01-02,tea,1,x', "line 2"),
    ],
)
def test_a_file_that_is_no_table_is_an_error(tmp_path: Path, content: bytes, shown: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    error = error_of(path)
    assert isinstance(error, SourceError)
    assert str(path) in error.problem
    assert shown in error.problem


def test_a_path_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    assert "does not exist" in error_of(tmp_path / "nope.csv").problem
    assert "is a folder without" in error_of(tmp_path).problem
    assert "cannot be read" in error_of("nul\0l.csv").problem
    assert "cannot be read from a list" in error_of([1, 2]).problem


def test_a_history_that_is_too_short_is_an_error(tmp_path: Path) -> None:
    error = csv_error(tmp_path / "a.csv", "")
    assert isinstance(error, HistoryError)
    assert "has no rows" in error.problem
    error = csv_error(tmp_path / "a.csv", "2024-01-01,tea,1\n" * 3)
    assert isinstance(error, HistoryError)
    assert "all rows are of one day, 2024-01-01" in error.problem
    assert isinstance(error_of(pd.DataFrame()), ColumnError)


def test_a_far_date_can_be_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,item,quantity\n" + GOOD + "2150-01-01,tea,1\n")
    panel, report = read_sales(path, until="2024-12-31")
    assert len(panel.dates) == 2
    assert report.rows_after_until == 1


def test_the_date_that_is_far_off_is_named_among_those_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,item,quantity\n" + GOOD + "1910-01-01,tea,1\n2199-01-01,tea,1\n")
    assert "line 4, column 'date': '1910-01-01'" in error_of(path, until="2024-12-31").problem


def test_receipt_numbers_as_products_are_an_error_before_memory_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = pd.DataFrame({"date": ["2024-01-01", "2024-01-09"] * 50, "item": range(100), "quantity": 1})
    assert read_sales(frame)[0].sales.shape == (100, 9)
    monkeypatch.setattr(days_module, "MOST_CELLS", 899)
    error = error_of(frame)
    assert isinstance(error, HistoryError)
    assert "100 products on 9 days are 900 product-days" in error.problem


def test_two_keys_that_join_to_one_name_are_an_error() -> None:
    frame = pd.DataFrame(
        {"date": ["2024-01-01", "2024-01-02"], "store": ["a/b", "a"], "item": ["c", "b/c"], "sales": 1}
    )
    error = error_of(frame)
    assert isinstance(error, ValueInRowError)
    for named in ("'a/b' and 'c' (row 0", "'a' and 'b/c' (row 1", "both are 'a/b/c'"):
        assert named in error.problem
    panel, _ = read_sales(frame.assign(item=["c", "d/c"]))  # a slash alone does no harm
    assert panel.products.tolist() == ["a/b/c", "a/d/c"]
