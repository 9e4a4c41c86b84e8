"""Rows of one product and day that a column tells apart which is no part of the product's key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .columns import Columns
from .day_facts import may_number_keys
from .sale_rows import SaleRows
from .source import Column, Source, shown
from .texts import distinct_texts
from .usual_names import ACTUAL, PLANNED, plain
from .values import Times

_MOST = 1000  # values of such a column: one with more is a note or a number
_VERSIONS = ("scenario", "szenario", "version", "measure", "metric", "kennzahl")  # of one number, not to be summed
_KINDS = (  # of rows, among them versions where both of the words below are there
    "kind type art datatype recordtype rowtype valuetype werttyp wertart datenart planactual actualplan planist istplan"
    " series variable indicator kpi class"
)
_ACTUAL = f"{ACTUAL} real reel"
_FEWEST_CELLS = 14  # all of which have equally many rows: ordinary receipts do not
_DAY = 86_400  # seconds
_LOOKED_AT = 8  # columns, in one pass over the table


def told_apart(
    table: Source,
    rows: SaleRows,
    columns: Columns,
    kept: NDArray[np.bool_],
    cells: NDArray[np.int64],
    each: int | None = None,
) -> tuple[str, ...]:
    """A sentence on the first column of texts or of whole numbers without which several of the kept rows are of one
    product and day, and with which none are: countries, channels, sizes.

    Args:
        cells: `[kept rows]` a number for each product and day.
        each: the values of such a column, where every cell must have a row of all of them.
    """
    names = _free(table, columns)[:_LOOKED_AT]
    for name, column in table.read(names).items() if names else ():
        if not (pa.types.is_dictionary(column.values.type) or _may_be_of_a_key(column)):
            continue
        codes, texts = distinct_texts(column if rows.kept is None else column.of_rows(rows.kept))
        most = _MOST if pa.types.is_dictionary(column.values.type) else min(_MOST, len(codes) // 2)
        if not 1 < len(texts) <= most or each not in (None, len(texts)):
            continue
        both = cells * len(texts) + codes[kept]
        if len(pd.unique(both)) == len(both):
            key = " ".join(f"--id-col {shown(part)}" for part in (*columns.product, name))
            return (
                f"Look: rows of one product and day are summed that differ in {shown(name)}; if they are to be forecast"
                f" apart: {key}.",
            )
    return ()


def told_apart_on_receipts(
    table: Source, rows: SaleRows, columns: Columns, kept: NDArray[np.bool_], codes: NDArray[np.int64], times: Times
) -> tuple[str, ...]:
    """As `told_apart`, of a table with times of day or receipts: only where each product has equally many rows, more
    than one, at each of its moments, and one of each value of the column.

    Args:
        codes: `[kept rows]` of the products.
    """
    first = codes == codes[0]
    each = _rows_of_each(_moments(codes[first], times.of_rows(first)))
    if each < 2 or len(codes) < each * _FEWEST_CELLS or len(codes) % each:
        return ()  # as receipts are: the rows of all products are not looked at
    moments = _moments(codes, times)
    return told_apart(table, rows, columns, kept, moments, each) if _rows_of_each(moments) == each else ()


def summed_versions(table: Source, rows: SaleRows, columns: Columns) -> tuple[str, ...]:
    """A sentence on a column of the versions of one number, as `Actual` and `Budget`, all of which are summed."""
    used = (*columns.used, columns.customer)
    names = [name for name in table.columns if name not in used and table.columns.count(name) == 1]
    names = [name for name in names if plain(name) in (*_VERSIONS, *_KINDS.split())]
    for name, column in table.read(names).items() if names else ():
        _, texts = distinct_texts(column if rows.kept is None else column.of_rows(rows.kept))
        words = {plain(text) for text in texts.to_pylist()}
        both = not (words.isdisjoint(_ACTUAL.split()) or words.isdisjoint(PLANNED.split()))
        if both or (len(texts) > 1 and plain(name) in _VERSIONS):
            some = " and ".join(shown(text) for text in texts.to_pylist()[:2])
            return (f"Look: the column {shown(name)} holds {some}; they are summed. Keep the rows of one of them.",)
    return ()


def _moments(codes: NDArray[np.int64], times: Times) -> NDArray[np.int64]:
    """`[rows]` a number for each product and day, or time of day where that is known."""
    cells: NDArray[np.int64] = codes * (np.ptp(times.days) + 1) + times.days - times.days.min()
    return cells if times.seconds is None else cells * _DAY + times.seconds


def _rows_of_each(cells: NDArray[np.int64]) -> int:
    """How many rows have each of the numbers; 0 where not all have equally many."""
    counts = np.bincount(pd.factorize(cells)[0])
    return int(counts[0]) if (counts == counts[0]).all() else 0


def _free(table: Source, columns: Columns) -> list[str]:
    used = (*columns.used, *columns.status, columns.customer)
    return [name for name in table.columns if name not in used and table.columns.count(name) == 1]


def _may_be_of_a_key(column: Column) -> bool:
    """Whether it holds whole numbers, and these may be of stores; a price, a stock or a quantity is none."""
    return pa.types.is_integer(column.values.type) and may_number_keys(column.name)
