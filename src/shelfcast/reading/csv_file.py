"""A CSV file as a source; where Arrow cannot read it, the slow way says which line is at fault."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

import pyarrow as pa
import pyarrow.csv as pacsv

from ..errors import SourceError
from .header import LOOKED_AT, find_header, passed_over, refuse_title
from .limits import USUAL_LIMITS, Limits
from .source import READ_FAILURES, Column, Source, cause, readable, shown
from .stream import TextFile

_MARKS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_BLOCK = 1 << 23  # bytes that are parsed at a time; no line is longer
_GIVEN = re.compile(r'(?:"?sep=(.)"?)\r?\n?', re.IGNORECASE)  # what Excel takes as the separator


class CsvSource(Source):
    """Text with a line of column names; its rows are named by the line an editor shows.

    Packed or not; UTF-8, UTF-16, Latin-1 or what was said; fields are separated by a comma, a semicolon, a tab or a
    bar, or by what a first line `sep=` says. Lines of title above the column names are passed over. Every value is read
    as text, so that `001` stays `001`.

    Raises:
        SourceError: the file cannot be read, or a line does not have the fields of the first.
        LimitError: the file is larger than a limit.
    """

    _unit = "B"

    def __init__(self, text: TextFile, limits: Limits = USUAL_LIMITS) -> None:
        self.name, self.limits = str(text.path), limits
        self._text, self._total, self._read = text, text.size, 0
        with readable(self.name):
            try:
                lines = self._first_lines()
            except UnicodeDecodeError as error:
                if not self._is_latin(error):
                    raise
                lines = self._first_lines()
        if not any(map(str.strip, lines[1:] if lines and _GIVEN.fullmatch(lines[0]) else lines)):
            raise SourceError(f"{self.name} is empty.", "Give a file with a line of column names above its rows.")
        separator, self._above, self._titles = self._layout(lines)
        self._parse = pacsv.ParseOptions(delimiter=separator, newlines_in_values=True)
        try:
            _, self._names = next(self._records())
        except READ_FAILURES as error:
            self._explain(error)
        except csv.Error as error:
            raise SourceError(f"{self.name}, the line of column names: {cause(error)}.", "Correct it.") from error
        limits.check(self.name, "columns", len(self._names))
        limits.check(f"{self.name}, the line of column names,", "field_length", max(map(len, self._names)))
        self.columns = tuple(name.strip() for name in self._names)

    @property
    def format(self) -> str:  # type: ignore[override]
        separator = _MARKS.get(self._parse.delimiter, shown(self._parse.delimiter))
        return f"CSV, {self._text.described}, separated by {separator}" + passed_over(self._titles)

    @property
    def semicolons(self) -> bool:  # type: ignore[override]
        return bool(self._parse.delimiter == ";")

    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        try:
            return super().read(columns)
        except READ_FAILURES as error:
            if not self._is_latin(error):
                self._explain(error)
        try:
            return super().read(columns)
        except READ_FAILURES as error:
            self._explain(error)

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        names = [self._names[at] for at in self._at(columns)]
        convert = pacsv.ConvertOptions(
            include_columns=names,
            column_types=dict.fromkeys(names, pa.large_string()),
            strings_can_be_null=False,
        )
        block = pacsv.ReadOptions(block_size=_BLOCK, skip_rows=self._above)
        rows = 0
        with self._text.open() as stream:
            with pacsv.open_csv(stream, block, self._parse, convert) as reader:
                for batch in reader:
                    rows, self._read = rows + batch.num_rows, stream.position
                    yield batch.columns
            lines = stream.breaks + (stream.last != b"\n")
        if lines > self._above + 1 + rows:
            self._check_quotes()

    def _position(self, rows: int) -> int:
        return self._read

    def place(self, row: int) -> str:
        try:
            for number, (line, _) in enumerate(self._records()):
                if number == row + 1:  # record 0 is the line of column names
                    return f"line {line}"
        except csv.Error:  # a field too long for the csv module; the row can still be counted
            pass
        return super().place(row)

    def _first_lines(self) -> list[str]:
        """The first lines, up to the twentieth that holds something."""
        with self._text.open() as stream:
            text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig", newline="")
            lines: list[str] = []
            while sum(map(bool, map(str.strip, lines))) < LOOKED_AT and (line := text.readline(_BLOCK)):
                lines.append(line)
        if lines and len(lines[0]) == _BLOCK:
            self.limits.check(f"{self.name}, line 1,", "field_length", _BLOCK)
        return lines

    def _layout(self, lines: Sequence[str]) -> tuple[str, int, int]:
        """The separator, how many lines stand above the one of column names, and how many of them are titles.

        Raises:
            SourceError: the column names cannot be found below lines of title.
        """
        given = _GIVEN.fullmatch(lines[0])
        start = int(given is not None)
        best: tuple[bool, int] = (False, 0)
        for mark in [given[1]] if given else _MARKS:
            at, rows = _first_records(lines, start, mark)
            header = find_header(rows)
            widths = [len(row) for row in rows[header or 0 :]]
            fits = (len(set(widths)) == 1 < widths[0], max(widths) if header is None else widths[0])
            if fits > best:
                best, found = fits, (mark, at, header)
        mark, at, header = found
        if header is None:
            refuse_title(self.name, f"line {at[0] + 1}")
        return mark, at[header], at[header] - at[0]

    def _records(self, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Line number of its start (from 1) and fields of each record: the slow way, to say where."""
        with self._text.open() as stream:
            text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig", errors="replace", newline="")
            reader = csv.reader(text, delimiter=self._parse.delimiter, strict=strict)
            for _ in range(self._above):
                next(text)
            line = self._above + 1
            for record in reader:
                if record:  # Arrow skips blank lines too
                    yield line, record
                line = self._above + reader.line_num + 1

    def _check_quotes(self) -> None:
        """A quotation mark that is never closed swallows the rows after it in silence, so it is looked for.

        Only a file with more lines than records can have one, so that the slow way is seldom taken.
        """
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

    def _is_latin(self, error: BaseException) -> bool:
        """Whether the text is not UTF-8 but Latin-1; from here on it is read as that."""
        if (
            self._text.told
            or self._text.encoding != "utf-8"
            or not (isinstance(error, UnicodeDecodeError) or "UTF8" in str(error))
        ):
            return False
        self._text.read_as_latin()
        return True

    def _explain(self, error: BaseException) -> NoReturn:
        """Turns what could not be read into an error that names the line, if it is one line's fault."""
        if isinstance(error, pa.ArrowInvalid):
            with readable(self.name):
                self._find_ragged(error)
        raise SourceError(
            f"{self.name} cannot be read as CSV: {cause(error)}.",
            "Check that it is a whole table of text with a line of column names.",
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


def _first_records(lines: Sequence[str], start: int, mark: str) -> tuple[list[int], list[list[str]]]:
    """How many lines stand above each record that holds something, and its fields."""
    at, records = [], []
    reader = csv.reader(lines[start:], delimiter=mark)
    line = start
    with contextlib.suppress(csv.Error):  # a field too long for the csv module: what was read before it has to do
        for record in reader:
            if any(map(str.strip, record)) or len(record) > 1:
                at.append(line)
                records.append(record)
            line = start + reader.line_num
    if len(records) > 1 and len(lines) >= LOOKED_AT:
        del at[-1], records[-1]  # which may go on below
    return at or [start], records or [[""]]
