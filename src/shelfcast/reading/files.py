"""The source behind what a user gives: a path, by what the file holds, or a frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from ..errors import SourceError
from .csv_file import GZIP, CsvSource
from .frame import FrameSource
from .source import Column, Source, readable


class ParquetSource(Source):
    """A Parquet file.

    Raises:
        SourceError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        with readable(self.name):
            self._file = pq.ParquetFile(path)
            self._names: list[str] = self._file.schema_arrow.names
        self.columns = tuple(name.strip() for name in self._names)

    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        names = {column: self._names[self.columns.index(column)] for column in columns}
        with readable(self.name):
            table = self._file.read(columns=list(names.values()))
            table.validate(full=True)  # a damaged file may hold texts that are none
        return {column: Column.of(self, column, table[name]) for column, name in names.items()}


def open_source(source: str | Path | pd.DataFrame) -> Source:
    """The source behind a path or a frame.

    Raises:
        SourceError: there is no such file, or it is neither CSV nor Parquet.
    """
    if isinstance(source, pd.DataFrame):
        return FrameSource(source)
    if not isinstance(source, str | Path):
        raise SourceError(
            f"Sales cannot be read from a {type(source).__name__}.",
            "Give the path of a CSV or Parquet file, or a pandas DataFrame.",
        )
    path = Path(source)
    with readable(str(path)):
        if path.is_dir():
            raise SourceError(f"{path} is a folder.", "Give the path of one CSV or Parquet file.")
        with path.open("rb") as file:
            start = file.read(4096)
    if start.startswith(b"PAR1"):
        return ParquetSource(path)
    if b"\0" in start and not start.startswith(GZIP):
        raise SourceError(
            f"{path} is neither a CSV nor a Parquet file.",
            "Save the sales as CSV (UTF-8) or Parquet and read that file.",
        )
    return CsvSource(path)
