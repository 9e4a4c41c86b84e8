"""Values that a library hands over one by one, as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def column_of(values: Sequence[Any]) -> pa.Array:
    """An array of the values' own type; of values of several types, as text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        try:
            return pa.array(values)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            pass  # such as whole numbers of more than 64 bits
    return pa.array([None if value is None else _text(value) for value in values], pa.large_string())


def _text(value: object) -> str:
    """The value as a CSV file would hold it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
