"""The cells of many columns of numbers at once, some columns at a time, as memory takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .numbers import is_number, numbers_of_many
from .source import Column
from .values import MOST_UNITS, refuse_units

_CELLS = 1 << 22  # at a time


def hold_numbers(read: Mapping[str, Column], names: Sequence[str]) -> list[str]:
    """Those of the columns in which most of what is there is a number, with a point or a comma."""
    kinds = [(name, read[name].values.type) for name in names]
    plain = [name for name, kind in kinds if is_number(kind) or pa.types.is_dictionary(kind)]
    found = []
    for some in _some(plain, len(read[plain[0]].values)) if plain else ():
        columns = [read[name] for name in some]
        values, empty = numbers_of_many(columns, ".")
        good = (~np.isnan(values) | ~np.isnan(numbers_of_many(columns, ",")[0])) & ~empty
        most = good.sum(axis=1) * 2 > (~empty).sum(axis=1)
        found += [name for name, numbers in zip(some, most.tolist(), strict=True) if numbers]
    return found


def read_cells(read: dict[str, Column], names: Sequence[str], decimal: str) -> NDArray[np.float32]:
    """`[columns, rows]` units, NaN where a cell is empty; takes the columns out of `read`.

    Raises:
        ValueInRowError: a cell holds something else.
    """
    rows = len(read[names[0]].values)
    cells = np.empty((len(names), rows), np.float32)
    done = 0
    for some in _some(names, rows):
        cells[done : done + len(some)] = _values([read.pop(name) for name in some], decimal)
        done += len(some)
    return cells


def _some(names: Sequence[str], rows: int) -> Iterator[Sequence[str]]:
    many = max(1, _CELLS // max(rows, 1))
    return (names[start : start + many] for start in range(0, len(names), many))


def _values(columns: Sequence[Column], decimal: str) -> NDArray[np.float64]:
    """`[columns, rows]` units, NaN where the cell is empty."""
    values, empty = numbers_of_many(columns, decimal)
    frames = np.array([is_number(column.values.type) for column in columns])
    empty[frames] = np.isnan(values[frames])  # how frames write an empty cell
    values[empty] = 0
    for at in np.flatnonzero(~(np.abs(values) <= MOST_UNITS).all(axis=1)).tolist():
        refuse_units(columns[at], values[at])
    values[empty] = np.nan
    return values


def summed(cells: NDArray[np.float32], codes: NDArray[np.int64], N: int) -> NDArray[np.float32]:
    """`[columns, N]`: sums of the `cells[columns, rows]` whose `codes[rows]` are one, NaN where none has a value."""
    sums = np.full((len(cells), N), np.nan, np.float32)
    if len(np.unique(codes)) == len(codes):
        sums[:, codes] = cells
        return sums
    for column, values in zip(sums, cells, strict=True):
        there = ~np.isnan(values)
        some = np.bincount(codes[there], minlength=N) > 0
        column[some] = np.bincount(codes[there], values[there], minlength=N)[some]
    return sums
