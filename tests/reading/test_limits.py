"""What is too large is refused early, and the error says which limit, what was found and how to raise it."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelfcast.errors import LimitError, SalesError, ValueInRowError
from shelfcast.reading import Limits, open_source, read_sales

TEXT = "date,item,quantity,note\n" + "2024-01-01,tea,1,\n2024-01-02,tea,2,\n" * 50
FRAME = pd.read_csv(io.StringIO(TEXT))


def refused(source: object, limits: Limits) -> str:
    with pytest.raises(LimitError) as caught:
        read_sales(open_source(source, limits=limits))
    return f"{caught.value.problem} {caught.value.way_out}"


@pytest.fixture(params=["csv", "gz", "parquet", "folder", "xlsx", "frame", "arrow"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    path = tmp_path / "sales"
    match request.param:
        case "csv":
            path.write_text(TEXT)
        case "gz":
            path.write_bytes(gzip.compress(TEXT.encode()))
        case "parquet":
            FRAME.to_parquet(path)
        case "folder":
            path.mkdir()
            FRAME.to_parquet(path / "a.parquet")
        case "xlsx":
            with path.open("wb") as file:
                FRAME.to_excel(file, index=False)
        case "frame":
            return FRAME
        case _:
            return pa.Table.from_pandas(FRAME)
    return path


def test_every_source_keeps_to_rows_and_columns(source: object) -> None:
    said = refused(source, Limits(rows=50))
    assert "100 rows; the limit is 50." in said
    assert "--limit rows=100, in Python Limits(rows=100)" in said
    assert "4 columns; the limit is 3." in refused(source, Limits(columns=3))
    panel, _ = read_sales(open_source(source, limits=Limits(rows=100, columns=4)))
    assert panel.sales.tolist() == [[50, 100]]


def test_every_file_keeps_to_its_size(source: object) -> None:
    if isinstance(source, Path):
        assert "bytes; the limit is 20. If" in refused(source, Limits(file_size=20))


def test_long_fields_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("date,item,quantity\n2024-01-01," + "x" * 3000 + ",1\n")
    assert "column 'item', holds a field of 3,000 characters; the limit is 100." in refused(
        path, Limits(field_length=100)
    )
    path.write_text("date,item,quantity," + "x" * 3000 + "\n2024-01-01,a,1,1\n")
    assert "line of column names, holds a field of 3,000" in refused(path, Limits(field_length=100))
    path.write_bytes(b"x" * 9_000_000)
    assert "line 1, holds a field of" in refused(path, Limits())
    frame = pd.DataFrame({"date": ["2024-01-01"], "item": ["x" * 3000], "quantity": [1]})
    assert "a field of 3,000" in refused(frame, Limits(field_length=100))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = b"date,item,quantity\n" + b" " * 40_000_000
    (tmp_path / "a.gz").write_bytes(gzip.compress(bomb))
    (tmp_path / "a.zst").write_bytes(pa.compress(bomb, "zstd", asbytes=True))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.csv", bomb)
    pq.write_table(pa.table({"item": [" " * 40_000_000]}), tmp_path / "a.parquet", compression="gzip")
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx", "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/more.xml", bomb)
    for path in tmp_path.iterdir():
        said = refused(path, Limits())
        assert "bytes from each packed one; the limit is 200." in said
        assert "--limit compression_ratio=" in said


def test_a_hundred_thousand_columns_are_refused_at_once(tmp_path: Path) -> None:
    names = [f"d_{day}" for day in range(100_000)]
    path = tmp_path / "wide.csv"
    path.write_text(",".join(names) + "\n" + ",".join(["1"] * len(names)) + "\n")
    started = time.monotonic()
    assert "100,000 columns; the limit is 50,000." in refused(path, Limits())
    assert time.monotonic() - started < 10  # a part of a second on a quiet machine


@pytest.mark.slow
def test_a_hundred_thousand_columns_are_read_where_the_limit_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = ",".join(f"p{number}" for number in range(100_000))
    path.write_text("\n".join([f"date,{names}", *(f"2024-01-0{day}" + ",3" * 100_000 for day in (1, 2))]))
    started = time.process_time()
    panel, report = read_sales(open_source(path, limits=Limits(columns=110_000)))
    assert panel.sales.shape == (100_000, 2)
    assert report.units == 600_000
    assert time.process_time() - started < 120  # about 25 s on a quiet machine


def test_dates_far_apart_are_refused_unless_the_limit_is_raised() -> None:
    frame = pd.DataFrame({"date": ["1900-01-01", "2024-01-01", "2024-01-02"], "item": "a", "quantity": 1})
    with pytest.raises(ValueInRowError, match=r"row 0 .*'1900-01-01'.* 124 years; the limit is 100 years.*years=125"):
        read_sales(frame)
    panel, _ = read_sales(open_source(frame, limits=Limits(years=125)))
    assert str(panel.dates[0]) == "1900-01-01"


def test_limits_are_written_as_name_and_number() -> None:
    assert Limits.parse([]) == Limits()
    assert Limits.parse(["rows=2_000", "file-size=50 GB", "columns = 7k"]) == Limits(
        rows=2000, file_size=50 * 10**9, columns=7000
    )
    for wrong in ("rows", "rows=", "rows=-1", "rows=many", "colour=1", "rows=0"):
        with pytest.raises(LimitError):
            Limits.parse([wrong])
    with pytest.raises(SalesError, match="'many'"):
        Limits(rows="many")  # type: ignore[arg-type]
