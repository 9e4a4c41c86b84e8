"""A CSV file as a source; where Arrow cannot read it, the slow way says which line is at fault."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from ..errors import SourceError
from .source import READ_FAILURES, Column, Source, cause, readable

GZIP = b"\x1f\x8b"
_DELIMITERS = ",;\t|"


class CsvSource(Source):
    """UTF-8 text, `.gz` or not, with a line of column names; its rows are named by the line an editor shows.

    Every value is read as text, so that `001` stays `001`.

    Raises:
        SourceError: the file cannot be read, or a line does not have the fields of the first.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        with readable(self.name), self._open() as file:
            header = next((line for line in file if line.strip()), b"")
        if not header:
            raise SourceError(f"{path} is empty.", "Give a file with a line of column names above its rows.")
        unquoted = re.sub(rb'"[^"]*"', b"", header)
        delimiter = max(_DELIMITERS, key=lambda mark: unquoted.count(mark.encode()))
        self._parse = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        try:
            with self._open() as file, pacsv.open_csv(file, parse_options=self._parse) as reader:
                self._names: list[str] = reader.schema.names
        except READ_FAILURES as error:
            self._explain(error)
        self.columns = tuple(name.strip() for name in self._names)

    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        names = {column: self._names[self.columns.index(column)] for column in columns}
        convert = pacsv.ConvertOptions(
            include_columns=list(names.values()),
            column_types=dict.fromkeys(names.values(), pa.large_string()),
            strings_can_be_null=False,
        )
        try:
            with self._open() as file:
                table = pacsv.read_csv(file, parse_options=self._parse, convert_options=convert)
        except READ_FAILURES as error:
            self._explain(error)
        self._check_quotes(table.num_rows)
        return {column: Column.of(self, column, table[name]) for column, name in names.items()}

    def place(self, row: int) -> str:
        try:
            for number, (line, _) in enumerate(self._records()):
                if number == row + 1:  # record 0 is the line of column names
                    return f"line {line}"
        except csv.Error:  # a field too long for the csv module; the row can still be counted
            pass
        return super().place(row)

    def _open(self) -> BinaryIO:
        with self._path.open("rb") as file:
            zipped = file.read(2) == GZIP
        return cast(BinaryIO, gzip.open(self._path)) if zipped else self._path.open("rb")

    def _records(self, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Line number of its start (from 1) and fields of each record: the slow way, to say where."""
        with self._open() as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
            reader = csv.reader(text, delimiter=self._parse.delimiter, strict=strict)
            line = 1
            for record in reader:
                if record:  # Arrow skips blank lines too
                    yield line, record
                line = reader.line_num + 1

    def _check_quotes(self, rows: int) -> None:
        """A quotation mark that is never closed swallows the rows after it in silence, so it is looked for.

        Only a file with more lines than records can have one, so that the slow way is seldom taken.
        """
        breaks, end = 0, b""
        with readable(self.name), self._open() as file:
            while chunk := file.read(1 << 20):
                breaks, end = breaks + chunk.count(b"\n"), chunk[-1:]
        if breaks + (end != b"\n") <= rows + 1:
            return
        last = 0
        try:
            for line, record in self._records(strict=True):
                last = line + sum(field.count("\n") for field in record)
        except csv.Error as error:
            raise SourceError(
                f"{self.name}, line {last + 1} or later: a quotation mark is not closed where its field ends,"
                f" or the field has more than {csv.field_size_limit():,} characters.",
                'Close it, and write a mark within a field as "".',
            ) from error

    def _explain(self, error: BaseException) -> NoReturn:
        """Turns what could not be read into an error that names the line, if it is one line's fault."""
        with readable(self.name):
            if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
                self._find_encoding(error)
            elif isinstance(error, pa.ArrowInvalid):
                self._find_ragged(error)
        raise SourceError(
            f"{self.name} cannot be read as CSV: {cause(error)}.",
            "Check that it is a whole table of text with a line of column names.",
        ) from error

    def _find_encoding(self, error: BaseException) -> None:
        with self._open() as file:
            for line, text in enumerate(file, start=1):
                try:
                    text.decode()
                except UnicodeDecodeError:
                    raise SourceError(
                        f"{self.name}, line {line}: the text is not UTF-8.", "Save the file as UTF-8."
                    ) from error

    def _find_ragged(self, error: BaseException) -> None:
        records = self._records()
        try:
            _, header = next(records)
            for line, record in records:
                if len(record) != len(header):
                    raise SourceError(
                        f"{self.name}, line {line}: {len(record)} fields under {len(header)} column names.",
                        "Correct the line, or put quotation marks around a field that holds the separator.",
                    ) from error
        except (csv.Error, StopIteration):
            return  # Arrow's own words have to do
