"""A table beside the sales without its blank rows and the total below its last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .exclude import is_total
from .sale_rows import blank_rows, sale_rows, text_of, without_date
from .source import Column, Source, shown


class FilledRows(Source):
    """The rows of a source that are kept; a row is found where it stands there.

    Attributes:
        left: a sentence about the rows that are not, with a space before it.
    """

    def __init__(self, source: Source, kept: NDArray[np.bool_], left: str) -> None:
        self.name, self.columns, self.limits, self.left = source.name, source.columns, source.limits, left
        self.format, self.semicolons = source.format, source.semicolons
        self._source, self._kept = source, kept

    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        return {name: column.of_rows(self._kept) for name, column in self._source.read(columns).items()}

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        return self._source._batches(columns)


def filled_dated(source: Source, day: str) -> Source:
    """The rows of a table with a column of the day that `sale_rows` keeps."""
    if not without_date(source.read([day])[day]).any():
        return source
    done = sale_rows(source, source.read(list(dict.fromkeys(source.columns))), day)
    if done.kept is None:
        return source
    return FilledRows(source, done.kept, _left_out(done.blank, done.headers, done.total))


def filled_named(source: Source, known: Collection[str] | None = None) -> Source:
    """The rows of a table with a row a product; a total is the last one, where it begins with a word for it.

    Args:
        known: products that the sales have: one of them is no total. None: no row is taken for one.
    """
    read = source.read(list(dict.fromkeys(source.columns)))
    blank = blank_rows(read.values())
    kept, total = ~blank, None
    last = np.flatnonzero(kept)[-1:].tolist()
    for row in last if known is not None else []:
        word = next((text for text in (text_of(column, row) for column in read.values()) if text), "")
        if is_total(word) and word not in (known or ()):
            kept[row], total = False, f"{next(iter(read.values())).place_of(row)} is a total ({shown(word)})"
    return source if kept.all() else FilledRows(source, kept, _left_out(int(blank.sum()), 0, total))


def _left_out(blank: int, headers: int, total: str | None) -> str:
    repeated = f"{headers:,} rows that repeat the names of the columns" if headers else None
    said = ", ".join(filter(None, (f"{blank:,} blank rows" if blank else None, repeated, total)))
    return f" Left out: {said}." if said else ""
