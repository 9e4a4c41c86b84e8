"""Rows of one product and day that a column tells apart which is no part of the product's key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from .columns import Columns
from .sale_rows import SaleRows
from .source import Source, shown
from .texts import distinct_texts

_MOST = 1000  # values of such a column: one with more is a note or a number
_LOOKED_AT = 8  # columns, in one pass over the table


def told_apart(
    table: Source, rows: SaleRows, columns: Columns, kept: NDArray[np.bool_], cells: NDArray[np.int64]
) -> tuple[str, ...]:
    """A sentence on the first column of texts without which several of the kept rows are of one product and day, and
    with which none are: countries, channels, sizes.

    Args:
        cells: `[kept rows]` a number for each product and day.
    """
    used = (*columns.used, *columns.status, columns.customer)
    names = [name for name in table.columns if name not in used and table.columns.count(name) == 1][:_LOOKED_AT]
    for name, column in table.read(names).items() if names else ():
        if not pa.types.is_dictionary(column.values.type):
            continue
        codes, texts = distinct_texts(column if rows.kept is None else column.of_rows(rows.kept))
        if not 1 < len(texts) <= _MOST:
            continue
        both = cells * len(texts) + codes[kept]
        if len(pd.unique(both)) == len(both):
            key = " ".join(f"--id-col {shown(part)}" for part in (*columns.product, name))
            return (
                f"Look: rows of one product and day are summed that differ in {shown(name)}; if they are to be forecast"
                f" apart: {key}.",
            )
    return ()
