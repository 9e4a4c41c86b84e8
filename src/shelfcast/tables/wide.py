"""Tables with a column a day or a product, read as a row of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..reading.dates import look_like_days
from ..reading.source import Source, shown
from ..reading.usual_names import PRODUCT, find

_FEWEST = 2  # columns


class CellRows(Source):
    """A row for each cell of some columns of a source: their names become a column of their own.

    Attributes:
        cells: the columns.
    """

    def __init__(self, source: Source, cells: Sequence[str], called: str, value: str) -> None:
        self.name, self.limits, self.left, self.format = source.name, source.limits, source.left, source.format
        self.semicolons = source.semicolons
        self.cells, self._called, self._value, self._source = tuple(cells), called, value, source
        self.columns = (*(name for name in source.columns if name not in cells), called, value)

    def place(self, row: int) -> str:
        line, cell = divmod(row, len(self.cells))
        return f"{self._source.place(line)}, {shown(self.cells[cell])}"

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        beside = [name for name in columns if name not in (self._called, self._value)]
        read = self._source.read([*beside, *self.cells])
        lines, many = len(read[self.cells[0]].values), len(self.cells)
        row = pa.array(np.repeat(np.arange(lines), many))
        made = {name: read[name].values.take(row) for name in beside}
        made[self._called] = pa.array(list(self.cells) * lines, pa.large_string()).dictionary_encode()
        texts = pa.concat_arrays([read[name].values.cast(pa.large_string()) for name in self.cells])
        by_line = texts.take(pa.array(np.arange(len(texts)).reshape(many, lines).T.ravel()))
        made[self._value] = by_line.dictionary_encode()
        yield [made[name] for name in columns]


def as_rows(
    source: Source, products: NDArray[np.str_], keys: Sequence[str], value: str, days: Sequence[str]
) -> tuple[Source, str]:
    """A table with a column a day, or a column a product of the sales and a row a day, as rows; a sentence about it.

    Args:
        value: the name of the cells.
        days: usual names of the day.
    """
    if len(set(source.columns)) < len(source.columns):
        return source, ""
    day = find(source, days)
    dated = [name for name, is_day in zip(source.columns, look_like_days(source.columns), strict=True) if is_day]
    if len(dated) >= _FEWEST and day is None:
        return CellRows(source, dated, "date", value), f" It has a column a day, of which {len(dated):,}."
    sold = [name for name in source.columns if name in set(products.tolist())]
    if len(sold) >= _FEWEST and day is not None and find(source, PRODUCT) is None:
        key = keys[0] if len(keys) == 1 else "unique_id"
        return CellRows(source, sold, key, value), f" It has a column a product, of which {len(sold):,}."
    return source, ""
