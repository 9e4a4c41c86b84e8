"""Rows of one product and day that a column tells apart which is no part of the product's key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .columns import Columns
from .day_facts import facts_of_days
from .sale_rows import SaleRows
from .source import Column, Source, shown
from .texts import distinct_texts
from .usual_names import plain, sounds_like_quantity

_MOST = 1000  # values of such a column: one with more is a note or a number
_VERSIONS = ("scenario", "szenario", "version", "measure", "metric", "kennzahl")  # of one number, not to be summed
_LOOKED_AT = 8  # columns, in one pass over the table


def told_apart(
    table: Source, rows: SaleRows, columns: Columns, kept: NDArray[np.bool_], cells: NDArray[np.int64]
) -> tuple[str, ...]:
    """A sentence on the first column of texts or of whole numbers without which several of the kept rows are of one
    product and day, and with which none are: countries, channels, sizes.

    Args:
        cells: `[kept rows]` a number for each product and day.
    """
    names = _free(table, columns)[:_LOOKED_AT]
    for name, column in table.read(names).items() if names else ():
        if not _may_be_of_a_key(column):
            continue
        codes, texts = distinct_texts(column if rows.kept is None else column.of_rows(rows.kept))
        most = _MOST if pa.types.is_dictionary(column.values.type) else min(_MOST, len(codes) // 2)
        if not 1 < len(texts) <= most:
            continue
        both = cells * len(texts) + codes[kept]
        if len(pd.unique(both)) == len(both):
            key = " ".join(f"--id-col {shown(part)}" for part in (*columns.product, name))
            return (
                f"Look: rows of one product and day are summed that differ in {shown(name)}; if they are to be forecast"
                f" apart: {key}.",
            )
    return ()


def summed_versions(table: Source, rows: SaleRows, columns: Columns) -> tuple[str, ...]:
    """A sentence on a column of the versions of one number, as `Actual` and `Budget`, all of which are summed."""
    names = [name for name in _free(table, columns) if plain(name) in _VERSIONS]
    for name, column in table.read(names).items() if names else ():
        _, texts = distinct_texts(column if rows.kept is None else column.of_rows(rows.kept))
        if len(texts) > 1:
            some = " and ".join(shown(text) for text in texts.to_pylist()[:2])
            return (f"Look: the column {shown(name)} holds {some}; they are summed. Keep the rows of one of them.",)
    return ()


def _free(table: Source, columns: Columns) -> list[str]:
    used = (*columns.used, *columns.status, columns.customer)
    return [name for name in table.columns if name not in used and table.columns.count(name) == 1]


def _may_be_of_a_key(column: Column) -> bool:
    """Texts, or the numbers of stores; a price, a stock or a quantity is none."""
    kind = column.values.type
    if pa.types.is_dictionary(kind):
        return True
    return pa.types.is_integer(kind) and not facts_of_days([column.name]) and not sounds_like_quantity(column.name)
