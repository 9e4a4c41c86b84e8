"""The same sales in every kind of file and frame are the same panel, and the report says what they came in."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelfcast.errors import ColumnError, SourceError, ValueInRowError
from shelfcast.reading import open_source, read_sales

FRAME = pd.DataFrame(
    {
        "date": ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"],
        "item": ["001", "café, au lait", "1", "café, au lait"],
        "quantity": [1, 2, 3, 4],
        "note": ["", 'the "best"', "x;y", "two\nlines"],
    }
)
TEXT = FRAME.to_csv(index=False)


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, TEXT)
    return packed.getvalue()


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, "zstd", asbytes=True)
    return packed


FILES: dict[str, tuple[bytes, str]] = {
    "plain": (TEXT.encode(), "CSV, UTF-8, separated by a comma"),
    "semicolon": (FRAME.to_csv(index=False, sep=";").encode(), "separated by a semicolon"),
    "tab": (FRAME.to_csv(index=False, sep="\t").encode(), "separated by a tab"),
    "bar": (FRAME.to_csv(index=False, sep="|").encode(), "separated by a vertical bar"),
    "BOM": (codecs.BOM_UTF8 + TEXT.encode(), "UTF-8"),
    "CRLF": (TEXT.replace("\n", "\r\n").encode(), "UTF-8"),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-16"),
    "UTF-16 BE": (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "UTF-16"),
    "Latin-1": (TEXT.encode("cp1252"), "Latin-1"),
    "Latin-1 far down": (
        TEXT.encode("cp1252").replace(b"2024-01-02,1", b"2023-12-31,1,0,\n" * 2000 + b"2024-01-02,1"),
        "Latin-1",
    ),
    "gzip": (gzip.compress(TEXT.encode()), "UTF-8, gzip"),
    "gzip of UTF-16": (gzip.compress(TEXT.encode("utf-16")), "UTF-16, gzip"),
    "zstd": (zstd(TEXT.encode()), "UTF-8, zstd"),
    "zip": (zipped("sales.csv", "__MACOSX/._sales.csv"), "UTF-8, zip"),
    "zip of a folder": (zipped("export/sales.csv"), "UTF-8, zip"),
}


def check_same(source: object, said: str) -> None:
    panel, report = read_sales(source)  # type: ignore[arg-type]
    same, _ = read_sales(FRAME)
    assert panel.products.tolist() == same.products.tolist() == ["001", "1", "café, au lait"]
    kept = panel.tail(3)
    np.testing.assert_array_equal(kept.sales, same.sales)
    assert kept.dates.tolist() == same.dates.tolist()
    assert said in report.format
    assert not report.format or report.format in report.lines()[0]


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_text_is_the_same_panel_and_the_report_says_which(tmp_path: Path, kind: str) -> None:
    content, said = FILES[kind]
    path = tmp_path / "sales"
    path.write_bytes(content)
    check_same(path, said)
    assert [under.name for under in tmp_path.iterdir()] == ["sales"]


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([])
    sheet.append(["date", " item ", "quantity", None])
    for row in FRAME.itertuples():
        sheet.append([pd.Timestamp(row.date).to_pydatetime(), row.item, row.quantity])
        sheet.append([])
    book.create_sheet("more").append(["nothing"])
    book.save(path)


def test_a_sheet_is_the_same_panel_and_another_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    workbook(path)
    check_same(path, "Excel, sheet 'Sheet', not 'more'")
    check_same(open_source(path, table="Sheet"), "sheet 'Sheet'")
    with pytest.raises(ColumnError, match="'nothing'"):
        read_sales(open_source(path, table="more"))
    with pytest.raises(SourceError, match=r"no sheet 'none'.*'Sheet', 'more'"):
        open_source(path, table="none")
    with pytest.raises(SourceError, match="no tables to choose from"):
        open_source(FRAME, table="none")


def test_a_bad_cell_of_a_sheet_is_named_by_its_row(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    book = openpyxl.Workbook()
    for row in (["date", "item", "quantity"], ["2024-01-01", "a", 1], [], ["2024-01-02", "a", "many"]):
        book.active.append(row)
    book.save(path)
    with pytest.raises(ValueInRowError, match="row 4, column 'quantity': 'many'"):
        read_sales(path)


def test_a_workbook_that_cannot_be_read_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sales.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("xl/workbook.xml", "<rubbish")
    with pytest.raises(SourceError, match="no whole workbook"):
        read_sales(path)
    openpyxl.Workbook().save(path)
    with pytest.raises(SourceError, match="is empty"):
        read_sales(path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SourceError, match=r"pip install 'shelfcast\[excel\]'"):
        read_sales(path)


def test_a_folder_of_parquet_files_is_one_table_and_its_keys_stay_text(tmp_path: Path) -> None:
    for store, day in (("001", "2024-01-01"), ("a%2Fb", "2024-01-02")):
        folder = tmp_path / f"store={store}" / "year=2024"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"date": [day], "item": ["tea"], "sales": [3]}), folder / "part.parquet")
    (tmp_path / "_SUCCESS").mkdir()
    pq.write_table(pa.table({"x": [1]}), tmp_path / "_SUCCESS" / "x.parquet")
    panel, report = read_sales(tmp_path)
    assert panel.products.tolist() == ["001/tea", "a/b/tea"]
    assert panel.sales.tolist() == [[3, 0], [0, 3]]
    assert report.format == "Parquet, 2 files"
    bad = tmp_path / "store=b"
    bad.mkdir()
    pq.write_table(pa.table({"date": ["2024-01-01", "x"], "item": ["a", "a"], "sales": [1, 1]}), bad / "b.parquet")
    with pytest.raises(ValueInRowError, match=r"b\.parquet, row 1 \(counted from 0\), column 'date': 'x'"):
        read_sales(tmp_path)
    pq.write_table(pa.table({"date": ["2024-01-01"], "sales": [1]}), bad / "b.parquet")
    with pytest.raises(SourceError, match=r"b\.parquet has no column 'item'"):
        read_sales(tmp_path)


@pytest.mark.parametrize(
    "convert",
    [
        pa.Table.from_pandas,
        pl.from_pandas,
        lambda frame: pl.from_pandas(frame).lazy(),
        lambda frame: pl.from_pandas(frame).with_columns(pl.col("item").cast(pl.Categorical)),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    ],
    ids=["Arrow", "Polars", "Polars, lazy", "Polars, categories", "pandas on Arrow"],
)
def test_frames_of_other_libraries_are_the_same_panel(convert: Callable[[pd.DataFrame], object]) -> None:
    check_same(convert(FRAME), "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped("a.csv", "b.csv"), "holds 2 files"),
        (zipped(), "neither a CSV"),
        (zipped("../../sales.csv"), r"'\.\./\.\./sales\.csv', a path out of it"),
        (zipped("/etc/sales.csv"), "a path out of it"),
        (zipped("a.csv")[:-30], "cannot be read"),
        (zstd(TEXT.encode())[:-10], "cannot be read"),
        ("date,item\n".encode("utf-16") + b"\x00\xd8\x41\x00", "cannot be read"),
    ],
)
def test_what_cannot_be_unpacked_is_an_error(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        read_sales(path)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_reading_shows_how_far_it_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,item,quantity\n" + "2024-01-01,a,1\n2024-01-02,a,1\n" * 400_000)
    monkeypatch.setattr("shelfcast.reading.source._DELAY", 0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    panel, _ = read_sales(path)
    assert panel.sales.tolist() == [[400_000, 400_000]]
    shown = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert re.search(rf"reading {re.escape(str(path))}: +\d+%.*/12\.0M", shown)  # how often depends on the machine


def test_a_column_name_may_hold_any_letters_and_marks(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes('date;"item; größe";quantity, pieces\n2024-01-01;a;1\n2024-01-02;a;2\n'.encode("cp1252"))
    panel, _ = read_sales(path, id_cols=["item; größe"], target_col="quantity, pieces")
    assert panel.sales.tolist() == [[1, 2]]


@pytest.mark.parametrize("lazy", [False, True])
def test_a_column_that_arrow_cannot_hold_is_named(lazy: bool) -> None:
    frame = pl.from_pandas(FRAME).with_columns(pl.col("quantity").cast(pl.Int128))
    with pytest.raises(SourceError, match=r"the data frame .*'quantity' holds Int128 values.*at most 64 bits"):
        read_sales(frame.lazy() if lazy else frame)  # type: ignore[arg-type]


def test_a_lazy_frame_that_cannot_be_collected_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"the data frame cannot be read: .*nope"):
        read_sales(pl.from_pandas(FRAME).lazy().with_columns(pl.col("nope")))  # type: ignore[arg-type]


def test_a_frame_of_quantities_that_are_times_is_refused() -> None:
    with pytest.raises(ColumnError, match=r"column 'quantity' holds times that pass.*plain numbers"):
        read_sales(FRAME.assign(quantity=pd.to_timedelta(range(len(FRAME)), unit="D")))
