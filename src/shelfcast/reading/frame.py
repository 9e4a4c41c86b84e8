"""A data frame of the caller as a source."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, cast

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import SourceError
from .limits import USUAL_LIMITS, Limits
from .source import READ_FAILURES, Column, Source, cause, in_one_piece, readable, shown
from .usual_names import DAY, plain

# Objects that Arrow reads as they are; among mixed ones it would take the number 5 for 1970-01-06.
_PURE = ("string", "integer", "floating", "decimal", "date", "time", "empty")
_PLAIN_COLUMNS = "Give columns of texts, dates, floats or whole numbers of at most 64 bits."


class FrameSource(Source):
    """A pandas frame of the caller; it is read, never changed.

    An index that has a name, or holds dates or texts, is read as columns before the others.
    """

    name = "the data frame"

    def __init__(self, frame: pd.DataFrame, limits: Limits = USUAL_LIMITS) -> None:
        limits.check(self.name, "columns", len(frame.columns))
        names = _names(frame.columns)
        index = _of_index(frame.index, names)
        self.columns = (*index, *names)
        self.limits, self._total = limits, len(frame)
        self._series = [*index.values(), *(frame.iloc[:, at] for at in range(len(names)))]

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        yield [self._column(name, self._series[at]) for name, at in zip(columns, self._at(columns), strict=True)]

    def _column(self, name: str, series: pd.Series[Any]) -> pa.Array:
        if isinstance(series.dtype, pd.PeriodDtype):
            series = series.astype("string")  # months and weeks stay such
        if series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) not in _PURE:
            return self._mixed_column(name, series)
        try:
            return in_one_piece(pa.array(series, from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return self._mixed_column(name, series)

    def _mixed_column(self, name: str, series: pd.Series[Any]) -> pa.Array:
        """A column of mixed types: each value as its text, as a CSV file would hold it.

        Raises:
            ValueInRowError: a value is no scalar, or no text can hold it.
        """
        missing = [pd.api.types.is_scalar(value) and bool(pd.isna(value)) for value in series]
        texts = [None if gone else _text(value) for gone, value in zip(missing, series, strict=True)]
        odd = np.array([text is None for text in texts], dtype=np.bool_) & ~np.array(missing, dtype=np.bool_)
        if odd.any():
            texts = [ascii(value) for value in series]
        values = pa.array(texts, pa.large_string())
        Column(self, name, values).refuse(
            odd, "is neither text nor a number nor a date", "Convert the column to one of them."
        )
        return values


class ArrowSource(Source):
    """A frame of Polars or of another library that Narwhals knows, or an Arrow table."""

    name = "the data frame"

    def __init__(self, table: pa.Table, limits: Limits = USUAL_LIMITS) -> None:
        self.limits, self._table, self._total = limits, table, table.num_rows
        limits.check(self.name, "columns", table.num_columns)
        self.columns = tuple(name.strip() for name in table.column_names)

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        taken = self._table.select(self._at(columns))
        with readable(self.name):
            for batch in taken.to_batches():
                yield batch.columns


def arrow_table(frame: object) -> pa.Table | None:
    """An Arrow table, or that of a frame that Narwhals knows; None for anything else."""
    if isinstance(frame, pa.Table):
        return frame  # Narwhals would not take two columns of one name
    try:
        known = nw.from_native(cast(Any, frame))
    except TypeError:
        return None
    if not isinstance(known, nw.LazyFrame | nw.DataFrame):
        return None
    try:
        for name in known.collect_schema().names():
            if "\0" in name:  # Polars itself breaks off at such a name, with an error that is no exception
                raise SourceError(f"The data frame has a column {shown(name)}, whose name holds a NUL.", "Rename it.")
        return _as_arrow(known)
    except READ_FAILURES as error:
        raise SourceError(f"{ArrowSource.name} {_why_not(known, error)}.", _PLAIN_COLUMNS) from error


def _as_arrow(frame: nw.LazyFrame[Any] | nw.DataFrame[Any]) -> pa.Table:
    return (frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame).to_arrow()


def _why_not(frame: nw.LazyFrame[Any] | nw.DataFrame[Any], error: BaseException) -> str:
    """The column that is none of Arrow's, as whole numbers of 128 bits; else what the library said."""
    with contextlib.suppress(*READ_FAILURES):
        for name, kind in frame.collect_schema().items():
            try:
                _as_arrow(frame.select(name))
            except READ_FAILURES:
                return f"cannot be read: its column {shown(name)} holds {kind} values"
    return f"cannot be read: {cause(error)}"


def _names(columns: pd.Index[Any]) -> list[str]:
    """The names of columns; of several levels, as a pivot has them, those that tell columns apart."""
    if columns.nlevels == 1:
        return [str(name).strip() for name in columns]
    parts = [["" if pd.isna(part) else str(part).strip() for part in name] for name in columns]
    full = [name for name in parts if all(name)]
    levels = [level for level in range(columns.nlevels) if len({name[level] for name in full}) > 1]
    return [" ".join(name[at] for at in levels) if levels and all(name) else " ".join(name).strip() for name in parts]


def _of_index(index: pd.Index[Any], names: Sequence[str]) -> dict[str, pd.Series[Any]]:
    """The levels of an index that tell something and are no columns: those with a name, dates and texts.

    Dates without a name are called `date`, where no column is known as the day; texts have none.
    """
    taken = {plain(name) for name in names}
    found = {}
    for level, name in enumerate(index.names):
        values = index.get_level_values(level)
        named = "" if name is None else str(name).strip()
        if not named and isinstance(values, pd.DatetimeIndex | pd.PeriodIndex):
            named = "" if any(plain in taken for plain in " ".join(DAY[:2]).split()) else "date"
        elif not named and (pd.api.types.is_numeric_dtype(values.dtype) or index.nlevels > 1):
            continue
        if named not in found and (not named or plain(named) not in taken):
            found[named] = pd.Series(values)
    return found


def _text(value: object) -> str | None:
    if isinstance(value, bytes) or not pd.api.types.is_scalar(value):
        return None
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, from a text that was decoded wrongly
        return None
    return text
