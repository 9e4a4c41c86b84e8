"""A pandas frame as a source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from .source import Column, Source

# Objects that Arrow reads as they are; among mixed ones it would take the number 5 for 1970-01-06.
_PURE = ("string", "integer", "floating", "decimal", "date", "time", "empty")


class FrameSource(Source):
    """A frame of the caller; it is read, never changed."""

    name = "the data frame"

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self.columns = tuple(str(name).strip() for name in frame.columns)

    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        return {c: self._column(c, self._frame.iloc[:, self.columns.index(c)]) for c in columns}

    def _column(self, name: str, series: pd.Series[Any]) -> Column:
        if series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) not in _PURE:
            return self._mixed_column(name, series)
        try:
            return Column.of(self, name, pa.array(series, from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return self._mixed_column(name, series)

    def _mixed_column(self, name: str, series: pd.Series[Any]) -> Column:
        """A column of mixed types: each value as its text, as a CSV file would hold it.

        Raises:
            ValueInRowError: a value is no scalar, or no text can hold it.
        """
        missing = [pd.api.types.is_scalar(value) and bool(pd.isna(value)) for value in series]
        texts = [None if gone else _text(value) for gone, value in zip(missing, series, strict=True)]
        odd = np.array([text is None for text in texts], dtype=np.bool_) & ~np.array(missing, dtype=np.bool_)
        if odd.any():
            texts = [ascii(value) for value in series]
        column = Column(self, name, pa.array(texts, pa.large_string()))
        column.refuse(odd, "is neither text nor a number nor a date", "Convert the column to one of them.")
        return column


def _text(value: object) -> str | None:
    if isinstance(value, bytes) or not pd.api.types.is_scalar(value):
        return None
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, from a text that was decoded wrongly
        return None
    return text
