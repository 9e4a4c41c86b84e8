"""A sheet of an Excel workbook as a source."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import SourceError
from .header import LOOKED_AT, find_header, passed_over, refuse_title
from .limits import UNCOUNTED, USUAL_LIMITS, Limits
from .rows import column_of
from .source import READ_FAILURES, Source, readable, shown

_BATCH = 1 << 15  # rows
_DAMAGE = (*READ_FAILURES, SyntaxError, LookupError, TypeError, AttributeError)  # what openpyxl meets in rubbish


class ExcelSource(Source):
    """An `.xlsx`; its first row that holds something, rows of title left out, is the one of column names. Empty rows
    are passed over.

    Cells are read as the workbook holds them: dates as dates, text as text, formulas as what they last came to.

    Raises:
        SourceError: it cannot be read, has no such sheet, or openpyxl is not installed.
        LimitError: it is larger than a limit.
    """

    def __init__(self, path: Path, sheet: str | None, limits: Limits = USUAL_LIMITS) -> None:
        self.name, self.limits, self._path = str(path), limits, path
        with readable(self.name):
            self._check_size()
        with self._workbook() as workbook:
            sheets = workbook.sheetnames
            if sheet is not None and sheet not in sheets:
                raise SourceError(
                    f"{path} has no sheet {shown(sheet)}; its sheets are {', '.join(map(shown, sheets[:20]))}.",
                    "Name one of them with --table.",
                )
            self._sheet = sheets[0] if sheet is None else sheet
        others = ", ".join(shown(name) for name in sheets if name != self._sheet)
        self.format = f"Excel, sheet {shown(self._sheet)}" + (f", not {others}" if others else "")
        self._places: list[int] = []
        first = list(islice(self._filled_rows(), LOOKED_AT))
        if not first:
            raise SourceError(f"{path}, sheet {shown(self._sheet)}, is empty.", "Name another one with --table.")
        header = find_header([["" if cell is None else str(cell) for cell in cells] for _, cells in first])
        if header is None:
            refuse_title(self.name, f"row {first[0][0]}")
        self._titles, names = header, first[header][1]
        self.format += passed_over(header)
        while names[-1] is None:
            names = names[:-1]
        limits.check(self.name, "columns", len(names))
        self.columns = tuple("" if name is None else str(name).strip() for name in names)
        limits.check(f"{self.name}, the row of column names,", "field_length", max(map(len, self.columns)))

    def place(self, row: int) -> str:
        return f"row {self._places[row]}"

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        at = self._at(columns)
        rows = islice(self._filled_rows(), self._titles + 1, None)
        self._places = []
        taken: list[list[Any]] = []
        for number, cells in rows:
            taken.append([cells[column] if column < len(cells) else None for column in at])
            self._places.append(number)
            if len(taken) == _BATCH:
                yield self._columns(columns, taken)
                taken = []
        if taken:
            yield self._columns(columns, taken)

    def _columns(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[pa.Array]:
        return [column_of([row[at] for row in rows]) for at in range(len(columns))]

    def _filled_rows(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Number, as the workbook shows it, and cells of each row that holds something."""
        with self._workbook() as workbook:
            sheet = workbook[self._sheet]
            sheet.reset_dimensions()  # what a sheet says about its size is not always true
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                if any(cell is not None and cell != "" for cell in cells):
                    yield number, cells

    def _check_size(self) -> None:
        self.limits.check(self.name, "file_size", self._path.stat().st_size)
        with zipfile.ZipFile(self._path) as packed:
            for member in packed.infolist():
                self.limits.check(self.name, "file_size", member.file_size)
                if member.file_size > UNCOUNTED:
                    ratio = member.file_size / max(member.compress_size, 1)
                    self.limits.check(self.name, "compression_ratio", ratio)

    @contextmanager
    def _workbook(self) -> Iterator[Any]:
        try:
            import openpyxl
        except ImportError as error:
            raise SourceError(
                f"{self.name} cannot be read: openpyxl is not installed.", "Run: pip install 'shelfcast[excel]'"
            ) from error
        with warnings.catch_warnings(), self._path.open("rb") as file:  # by its name, openpyxl would want an ending
            warnings.simplefilter("ignore", UserWarning)  # about styles and extensions, which hold no sales
            try:
                workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
                try:
                    yield workbook
                finally:
                    workbook.close()
            except _DAMAGE as error:
                raise SourceError(f"{self.name} cannot be read: it is no whole workbook.", "Save it anew.") from error


def is_workbook(path: Path) -> bool:
    """Whether the file is a `.xlsx`, by what it holds."""
    try:
        with zipfile.ZipFile(path) as packed:
            return "xl/workbook.xml" in packed.namelist()
    except (OSError, zipfile.BadZipFile, ValueError):
        return False
