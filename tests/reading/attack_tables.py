"""Tables of sales with all the dirt that shops have, as strategies: CSV files, and values of sheets and frames."""

from __future__ import annotations

import contextlib
import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE as ILLEGAL

DATES: tuple[str, ...] = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %b %Y",
    "%Y/%m/%d %H:%M",
)
DATES = (*DATES, "%Y-%m-%d %H:%M:%S+05:30", "%I:%M %p, %d-%m-%Y")
NUMBERS = (
    "{:d}",
    "{:d},5",
    "{:d}.25",
    "1.{:03d}",
    "1,{:03d}",
    "1.{:03d},50",
    "{:d} €",
    "$ {:d}.00",
    "{:d} pcs",
    "1 {:03d}",
)
IDS = (
    "001",
    "1",
    "a",
    " a",
    "ü/x",
    "🍵",
    "=1+1",
    "@x",
    "../../etc/passwd",
    "C:\\x",
    "ﬁ",
    "e\u0301",
    "-3",
    "1.0E+12",
    "Total",
)
HOSTILE = ("", " ", "NaN", "inf", "-inf", "1e999", "9999-12-31", "0000-00-00", "0001-01-01", "=cmd|' /C calc'!A0")
HOSTILE = (
    *HOSTILE,
    "-1",
    "(5)",
    "5-",
    "-80995",
    "1e15",
    "1e16",
    "NULL",
    "#REF!",
    "\0",
    "\u202e",
    "x" * 600,
    "2024-02-30",
)
HOSTILE = (*HOSTILE, 'a"b', '"', "a\nb", "\t", "\r", "\ufeff", "٣", "½", "1,2,3", "12:61", "2024-13-13", "Total")
HEADERS = (
    ("date", "item", "quantity"),
    ("Datum", "Artikelnummer", "Menge"),
    ("Date de vente", "Référence", "Quantité"),
    ("InvoiceDate", "StockCode", "Quantity"),
    ("ds", "unique_id", "y"),
    ("timestamp", "SKU", "sales"),
    ("日付", "商品コード", "数量"),
    ("when", "what", "how many"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1251", "shift_jis")
ODDITIES: tuple[object, ...] = (None, float("nan"), float("inf"), -float("inf"), True, b"\xff", 2**70, 1e16, -3, 2.5)
ODDITIES = (*ODDITIES, datetime.max, datetime(1, 1, 1), date(1899, 12, 31), time(12, 5), timedelta(days=1), pd.NaT)
ODDITIES = (
    *ODDITIES,
    Decimal("1e400"),
    Decimal("NaN"),
    Decimal("1.5"),
    np.float32(0.1),
    [1],
    {"a": 1},
    "\ud800",
    "=1+1",
)


def packed(data: bytes, packing: str) -> bytes:
    if packing == "gz":
        return gzip.compress(data, 1)
    if packing == "zst":
        return pa.compress(data, codec="zstd", asbytes=True)
    if packing == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("sales.csv", data)
        return buffer.getvalue()
    return data


def quoted(cell: str, mark: str, always: bool) -> str:
    if always or any(c in cell for c in (mark, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@dataclass(frozen=True)
class Table:
    """Cells as texts, and the moment that a text of a date stands for."""

    header: list[str]
    rows: list[list[str]]
    above: list[list[str]]
    below: list[list[str]]
    moments: dict[str, datetime]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table of sales, some of its cells spoilt."""
    written, number = draw(st.sampled_from(DATES)), draw(st.sampled_from(NUMBERS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    days, ids = draw(st.integers(0, 40)), draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=4))
    first = draw(st.sampled_from(["2024-01-01", "2023-12-20", "1999-12-25", "2024-02-25"]))
    dates = (np.datetime64(first) + np.arange(days)).astype("datetime64[s]")
    texts = [date.item().strftime(written) for date in dates]
    header = list(draw(st.sampled_from(HEADERS)))
    shape = draw(st.sampled_from(["rows", "rows", "rows", "days", "products"]))
    units = [[number.format(int(n)) for n in row] for row in rng.poisson(3, (days, len(ids)))]
    if shape == "rows":
        rows = [[day, name, units[t][n]] for t, day in enumerate(texts) for n, name in enumerate(ids)]
        rows = [row for row in rows if rng.random() < 0.9]
    elif shape == "days":
        header = [header[1], *texts]
        rows = [[name, *(units[t][n] for t in range(days))] for n, name in enumerate(ids)]
    else:
        header = [header[0], *ids]
        rows = [[day, *units[t]] for t, day in enumerate(texts)]
    if draw(st.booleans()):
        header, rows = [*header, "Price"], [[*row, "2,50"] for row in rows]
    if draw(st.integers(0, 3)) == 0:
        rows = rows * 2
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        if rows:
            row = rows[draw(st.integers(0, len(rows) - 1))]
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(HOSTILE) | st.text(max_size=5))
    if draw(st.integers(0, 9)) == 0:
        header[draw(st.integers(0, len(header) - 1))] = draw(st.sampled_from(HOSTILE))
    above = draw(st.sampled_from([[], [], [], [["Report"]], [["Report"], []], [["Report", "2024"], [""]], [[]]]))
    below = draw(
        st.sampled_from([[], [], [], [["Total", "", "99"]], [["", "", ""]], [["x"]], [["a", "b", "c", "d", "e"]]])
    )
    moments = {text: date.item() for text, date in zip(texts, dates, strict=True)}
    return Table(header, rows, above, below, moments)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """The bytes of a CSV."""
    table, mark = draw(tables()), draw(st.sampled_from(",,;;\t|"))
    told = draw(st.sampled_from([[], [], [], [["sep=" + mark]]]))
    always = draw(st.booleans())
    cells = [*told, *table.above, table.header, *table.rows, *table.below]
    lines = [mark.join(quoted(cell, mark, always) for cell in row) for row in cells]
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["\n", "", "\n\n"]))
    data = text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace")
    data = packed(data, draw(st.sampled_from(["", "", "", "gz", "zip", "zst"])))
    return data[: draw(st.sampled_from([len(data)] * 9 + [len(data) // 2]))]


@st.composite
def typed(draw: st.DrawFn) -> tuple[list[str], list[list[object]]]:
    """A header and rows of values as a sheet, a Parquet file or a frame holds them: numbers, dates, texts, oddities."""
    table = draw(tables())
    kinds = [draw(st.sampled_from(["text", "value", "value"])) for _ in table.header]
    rows = [[*row, *[""] * len(kinds)][: len(kinds)] for row in [*table.rows, *table.below]]
    values = [
        [cell if kind == "text" else _value(cell, table.moments) for kind, cell in zip(kinds, row, strict=True)]
        for row in rows
    ]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        if values:
            row = values[draw(st.integers(0, len(values) - 1))]
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(ODDITIES))
    return table.header, values


def _value(cell: str, moments: dict[str, datetime]) -> object:
    if cell in moments:
        return moments[cell]
    if cell == "":
        return None
    try:
        return int(cell) if cell.isdecimal() else float(cell)
    except ValueError:
        return cell


def frame_of(header: list[str], rows: list[list[object]]) -> pd.DataFrame:
    """A pandas frame of columns of objects, and of the types that pandas finds in them."""
    frame = pd.DataFrame(rows, columns=range(len(header)), dtype=object)
    with contextlib.suppress(UnicodeEncodeError):  # half a character, which pandas' own texts do not hold
        frame = frame.infer_objects()
    return frame.set_axis(pd.Index(header), axis=1)


def arrow_of(header: list[str], rows: list[list[object]]) -> pa.Table:
    """An Arrow table; columns that are of no one type as text."""
    columns = [_arrow([row[at] for row in rows]) for at in range(len(header))]
    return pa.Table.from_arrays(columns, names=[name.encode("utf-8", "replace").decode() for name in header])


def write_sheet(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """An `.xlsx`; what no cell can hold as its text."""
    book = openpyxl.Workbook()
    for number, row in enumerate([header, *rows], 1):
        for column, value in enumerate(row, 1):
            try:
                book.active.cell(number, column, ILLEGAL.sub("", value) if isinstance(value, str) else value)
            except (ValueError, TypeError):
                book.active.cell(number, column, ascii(value))
    book.save(path)


def _arrow(values: list[object]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array([None if value is None else ascii(value) for value in values], pa.string())
