"""The distinct values of a column as text, and which of them each row holds."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ColumnError
from .source import Column

Codes = NDArray[np.int64]

NOTHING = ("", "null", "none", "na", "n/a", "nan", "nat", "-", "--")  # in lower case, of a cell that holds nothing
_FOREIGN_DIGIT = r"[\x{0660}-\x{0669}\x{06F0}-\x{06F9}\x{0966}-\x{096F}\x{FF10}-\x{FF19}]"


def distinct_texts(column: Column) -> tuple[Codes, pa.Array]:
    """`[rows]` codes and the distinct values as text; a missing value is an empty text.

    Raises:
        ColumnError: the column holds no plain values.
    """
    try:
        encoded = column.values.dictionary_encode()
        distinct = encoded.dictionary
        if pa.types.is_floating(distinct.type) and whole(floats(distinct)).all():
            distinct = distinct.cast(pa.int64())  # 20240101.0 is a column of whole numbers with a gap
        texts = distinct.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise ColumnError(
            f"{column.place} holds {column.values.type} values.",
            "Convert it to text, numbers or dates.",
        ) from error
    codes = encoded.indices
    if codes.null_count:
        codes = codes.fill_null(len(texts))
        texts = pa.concat_arrays([texts, pa.array([""], pa.large_string())])
    return codes.to_numpy(zero_copy_only=False).astype(np.int64), texts


def latin_digits(texts: pa.Array) -> pa.Array:
    """The texts with Arabic, Persian, Indian and full-width digits (and the marks between them) as 0 to 9."""
    foreign = pc.match_substring_regex(texts, _FOREIGN_DIGIT)
    if not pc.any(foreign).as_py():
        return texts
    return pa.array([_latin(text) for text in texts.to_pylist()], pa.large_string())


def _latin(text: str) -> str:
    letters = unicodedata.normalize("NFKC", text).replace("٫", ".").replace("٬", ",")
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in letters)


def floats(values: pa.Array) -> NDArray[np.float64]:
    """Numbers, or texts of numbers; what is missing is NaN."""
    numbers = pc.cast(values, pa.float64(), safe=False).fill_null(np.nan)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def whole(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which are whole numbers that a float holds exactly."""
    result: NDArray[np.bool_] = (np.abs(numbers) < 2**53) & (numbers == np.floor(numbers))
    return result
