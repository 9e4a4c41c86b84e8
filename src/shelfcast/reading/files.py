"""The source behind what a user gives: a path, by what the file holds, the URL of a database, or a frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..database import is_url
from ..errors import SourceError
from .csv_file import CsvSource
from .database import DatabaseSource
from .excel import ExcelSource, is_workbook
from .frame import ArrowSource, FrameSource, arrow_table
from .limits import USUAL_LIMITS, Limits
from .parquet import ParquetSource
from .source import Source, readable
from .stream import TextFile

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_NO_TABLES = {"JSON": (b"{", b"[{", b"[["), "HTML or XML": (b"<",)}  # what they begin with


def open_source(
    source: object,
    *,
    table: str | None = None,
    query: str | None = None,
    limits: Limits = USUAL_LIMITS,
    encoding: str | None = None,
) -> Source:
    """The source behind a path, a URL or a frame; what is a source already is given back.

    Args:
        source: path of a CSV, Excel or Parquet file, or of a folder of Parquet files; URL of a SQLite or PostgreSQL
            database; a frame or a series of pandas, a frame of Polars, or an Arrow table.
        table: of a database, or the sheet of a workbook.
        query: a single SELECT, in place of a database's table.
        limits: the most that is read, if not the usual.
        encoding: of the text of a CSV, as Python calls it (`cp1250`); None finds it out.

    Raises:
        SourceError: there is no such file, table or encoding, or it is of a kind that is not read.
        DatabaseError: the database cannot be opened or read.
        LimitError: it is larger than a limit.
    """
    if isinstance(source, Source):
        return source
    if is_url(source):
        return DatabaseSource(str(source), table, query, limits)
    path = Path(source) if isinstance(source, str | Path) else None
    if path is not None and query is None and is_workbook(path):
        return ExcelSource(path, table, limits)
    if table is not None or query is not None:
        raise SourceError(
            f"{'The data frame' if path is None else path} has no tables to choose from.",
            "Name a table for a database or a workbook, a query for a database only.",
        )
    if path is not None:
        return _open_file(path, limits, encoding)
    if isinstance(source, pd.Series):  # a sum by day and product: its index holds the columns
        source = source.to_frame()
    if isinstance(source, pd.DataFrame):
        return FrameSource(source, limits)
    arrow = arrow_table(source)
    if arrow is None:
        raise SourceError(
            f"Sales cannot be read from a {type(source).__name__}.",
            "Give a path, the URL of a database, a pandas or Polars frame or an Arrow table.",
        )
    return ArrowSource(arrow, limits)


def _open_file(path: Path, limits: Limits, encoding: str | None) -> Source:
    with readable(str(path)):
        if path.is_dir():
            return ParquetSource(path, limits)
        with path.open("rb") as file:
            start = file.read(4)
    if start == b"PAR1":
        return ParquetSource(path, limits)
    if start == _OLD_EXCEL:
        raise SourceError(f"{path} is a workbook of the old .xls kind.", "Save it as .xlsx or CSV.")
    text = TextFile(path, limits, encoding)
    for kind, first in _NO_TABLES.items():
        if text.start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(first):
            raise SourceError(f"{path} is {kind}, and no table.", "Save the sales as CSV, .xlsx or Parquet.")
    if text.encoding == "utf-8" and b"\0" in text.start:
        raise SourceError(
            f"{path} is neither a CSV nor an Excel nor a Parquet file.",
            "Save the sales as CSV, .xlsx or Parquet and read that file.",
        )
    return CsvSource(text, limits)
