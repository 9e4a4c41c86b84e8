"""The rows that hold sales: all but blank ones, and a total below the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .exclude import is_total
from .numbers import is_number
from .source import Column, Source, shown

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SaleRows:
    """The rows of columns that hold sales.

    Attributes:
        columns: by their names, without the rows that are left out.
        kept: `[rows read]`, which rows these are; None where they are all.
        blank: rows left out in which none of the columns holds anything.
        headers: rows left out that hold the columns' own names, as where files were put one behind the other.
        total: a sentence about the total that is left out; None where there is none.
    """

    columns: dict[str, Column]
    kept: Flags | None = None
    blank: int = 0
    headers: int = 0
    total: str | None = None


def sale_rows(table: Source, read: dict[str, Column], day: str) -> SaleRows:
    """Leaves out rows in which no column that was read holds anything, and the last of the others if it is a total.

    A total has no date, and one of its cells is a word for it (`Total`, `Summe`, `Итого` ...). Any other row without
    a date stays, for an error to name it.

    Args:
        read: columns of the table, that of the `day` among them.
    """
    undated = without_date(read[day])
    if not undated.any():
        return SaleRows(read)
    blank = undated & blank_rows(read.values())
    headers = undated & ~blank
    for name, column in read.items() if headers.any() else ():
        headers &= _flags(column, partial(_called, name))
    filled = np.flatnonzero(~blank & ~headers)
    kept, total = ~blank & ~headers, None
    if len(filled) > 1 and undated[filled[-1]]:
        total = _total(table, read, int(filled[-1]))
        kept[filled[-1]] = total is None
    if kept.all():
        return SaleRows(read)
    left = {name: column.of_rows(kept) for name, column in read.items()}
    return SaleRows(left, kept, int(blank.sum()), int(headers.sum()), total)


def blank_rows(columns: Iterable[Column]) -> Flags:
    """`[rows]`: none of the columns holds anything."""
    blank = None
    for column in columns:
        empty = _flags(column, lambda texts: pc.equal(pc.utf8_trim_whitespace(texts), ""))
        blank = empty if blank is None else blank & empty
        if not blank.any():
            break
    return np.zeros(0, np.bool_) if blank is None else blank


def without_date(day: Column) -> Flags:
    """`[rows]`: the cell is empty, or holds a word for a total or the column's own name."""

    def without(texts: pa.Array) -> pa.Array:
        words = pc.utf8_trim_whitespace(texts)
        odd = pc.invert(pc.match_substring_regex(words, "[0-9]"))
        undated = np.asarray(odd.to_numpy(zero_copy_only=False), np.bool_)
        undated[undated] = [word in ("", day.name) or is_total(word) for word in words.filter(odd).to_pylist()]
        return pa.array(undated)

    return _flags(day, without)


def _total(table: Source, read: dict[str, Column], row: int) -> str | None:
    """What is said about the row if it is a total."""
    used = [text_of(column, row) for column in read.values()]
    others = [name for name in table.columns if name not in read and table.columns.count(name) == 1]
    beside = [text_of(column, row) for column in table.read(others).values()] if others else []
    word = next((cell for cell in [*used, *beside] if is_total(cell)), None)
    if word is None:
        return None
    place = next(iter(read.values())).place_of(row)
    held = ", ".join(shown(cell) for cell in used if cell and cell != word)
    return f"{place} is a total without a date ({shown(word)}{f': {held}' if held else ''})"


def text_of(column: Column, row: int) -> str:
    """The cell of a text or a number, trimmed; of all else nothing."""
    kind = column.values.type
    value = column.values[row].as_py() if pa.types.is_dictionary(kind) or is_number(kind) else None
    return "" if value is None else str(value).strip()


def _called(name: str, texts: pa.Array) -> pa.Array:
    return pc.equal(pc.utf8_trim_whitespace(texts), name)


def _flags(column: Column, test: Callable[[pa.Array], pa.Array]) -> Flags:
    """`[rows]` what `test` says of texts; of all else, whether it is missing."""
    values = column.values
    if not pa.types.is_dictionary(values.type):
        return np.asarray(values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False), np.bool_)
    flags = test(values.dictionary).to_numpy(zero_copy_only=False)
    if not flags.any() and not values.null_count:
        return np.zeros(len(values), np.bool_)
    codes = values.indices.fill_null(len(flags)).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(flags, True)[codes], np.bool_)
