"""The cells of a table beside the sales: numbers and flags, words, and what stands for nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..reading.source import Column
from ..reading.texts import NOTHING
from ..reading.values import read_units

TRUE = "true t yes y x ja oui si sí tak sim wahr vrai".split()  # noqa: SIM905
FALSE = "false f no n nein non nie não falsch faux".split()  # noqa: SIM905


def read_numbers(column: Column, *, shares: bool = False) -> NDArray[np.float64]:
    """Numbers or flags; NaN where a cell is empty.

    Args:
        shares: `20 %` is 0.2.

    Raises:
        ValueInRowError: a value is neither.
    """
    values = column.values
    if pa.types.is_boolean(values.type):
        return _nan_where_null(values, pc.cast(values, pa.int8()))
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        texts, words = trimmed(values), lower_texts(values)
        empty = pc.is_in(words, pa.array(NOTHING, pa.large_string()))
        true, false = (pc.is_in(words, pa.array(of, pa.large_string())) for of in (TRUE, FALSE))
        percent = pc.and_(pc.ends_with(words, "%"), pa.scalar(shares))
        if shares:
            texts = pc.replace_substring_regex(texts, r"\s*%$", "")
        texts = pc.if_else(true, "1", pc.if_else(pc.or_(false, empty), "0", texts))
        units = read_units(replace(column, values=texts))
        percents = np.asarray(percent.to_numpy(zero_copy_only=False), np.bool_)
        if percents.any():
            column.refuse(~percents & (units != 0), "has no % behind it, as others have", "Write all numbers alike.")
        return np.where(empty.to_numpy(zero_copy_only=False), np.nan, np.where(percents, units / 100, units))
    return _nan_where_null(values, values)


def lower_texts(values: pa.Array) -> pa.Array:
    """Without case and space at their ends; what is missing is an empty text."""
    return pc.utf8_lower(trimmed(values))


def trimmed(values: pa.Array) -> pa.Array:
    """Texts without space at their ends; what is missing is an empty text."""
    return pc.utf8_trim_whitespace(values.cast(pa.large_string()).fill_null(""))


def _nan_where_null(values: pa.Array, numbers: pa.Array) -> NDArray[np.float64]:
    read = pc.cast(numbers, pa.float64(), safe=False).fill_null(np.nan)
    return np.asarray(read.to_numpy(zero_copy_only=False), dtype=np.float64)
