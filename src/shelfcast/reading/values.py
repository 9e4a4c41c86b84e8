"""Columns -> product keys, days and units as arrays; a value that is not what its column holds is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ColumnError, ValueInRowError
from .source import Column, shown

Codes = NDArray[np.int64]

FIRST_YEAR, LAST_YEAR = 1900, 2199
ID_LENGTH = 500  # characters; names are kept as text of one width
_SLICE = 1 << 20  # rows at a time, where the steps between take several times the memory of a column
MOST_UNITS = 1e15  # a row; the sums stay far within float32

_COMPACT_DATE = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_DATE = (
    r"^(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})"
    r"(?:[T ]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r" ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_TIME = r"^(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"


@dataclass(frozen=True)
class Products:
    """The product of each row.

    Attributes:
        codes: `[rows]`, which of `names`.
        names: `[N]` unique.
        parts: a key column to `[N]` strings; empty for a key of one column.
        trimmed: ids of all key columns that lost white space at their ends.
    """

    codes: Codes
    names: NDArray[np.str_]
    parts: dict[str, NDArray[np.str_]]
    trimmed: int = 0

    def of_rows(self, kept: NDArray[np.bool_]) -> Products:
        """Those of the rows that are `kept[rows]`, which others may have been the last to name."""
        used, codes = np.unique(self.codes[kept], return_inverse=True)
        parts = {name: values[used] for name, values in self.parts.items()}
        return replace(self, codes=codes, names=self.names[used], parts=parts)


@dataclass(frozen=True)
class Times:
    """The moment of each row.

    Attributes:
        days: `[rows]` since 1970-01-01.
        seconds: `[rows]` int32, of the day; None where the rows tell no time of day.
        told_by: the column that tells it.
    """

    days: NDArray[np.int64]
    seconds: NDArray[np.int32] | None = None
    told_by: str | None = None

    def of_rows(self, kept: NDArray[np.bool_]) -> Times:
        seconds = None if self.seconds is None else self.seconds[kept]
        return replace(self, days=self.days[kept], seconds=seconds)

    def closing(self) -> NDArray[np.int64] | None:
        """`[T]`, first day to last: second of its last row, -1 without a row; None if not known."""
        if self.seconds is None:
            return None
        days = self.days - self.days.min()
        latest = np.full(days.max() + 1, -1, dtype=np.int64)
        np.maximum.at(latest, days, self.seconds)
        return latest


def read_products(columns: Sequence[Column]) -> Products:
    """Keys of one or more columns, joined by `/`.

    Raises:
        ColumnError: a column holds no plain values.
        ValueInRowError: an id is empty, too long or broken over lines, or two keys would have one name.
    """
    read = [_read_ids(column) for column in columns]
    codes, names, _ = read[0]
    trimmed = sum(count for _, _, count in read)
    if len(columns) == 1:
        return Products(codes, names, {}, trimmed)
    members = [np.arange(len(names))]  # of each key, its value of each column so far
    for part_codes, part_names, _ in read[1:]:
        size = len(part_names)
        codes, pairs = pd.factorize(codes * size + part_codes)
        members = [*(member[pairs // size] for member in members), pairs % size]
    parts = [part_names[member] for (_, part_names, _), member in zip(read, members, strict=True)]
    joined = ["/".join(key) for key in zip(*parts, strict=True)]
    _check_injective(columns, codes, joined)
    by_name = {column.name: part for column, part in zip(columns, parts, strict=True)}
    return Products(codes, np.array(joined), by_name, trimmed)


def read_times(day: Column, time_of_day: Column | None) -> Times:
    """Days as they are written: a time zone is not converted, the local day counts.

    Raises:
        ColumnError: a column holds no plain values, or a time zone that is not known here.
        ValueInRowError: a value is not a date.
    """
    if pa.types.is_temporal(day.values.type):
        days, seconds, good = _stamps(day)
    else:
        days, seconds, good = _dates_in_text(day)
    day.refuse(
        ~good,
        f"is not a date of the years {FIRST_YEAR} to {LAST_YEAR}, as 2024-12-31 or 2024-12-31 18:05",
        "Correct or remove these rows.",
    )
    told_by = day.name
    if time_of_day is not None and not seconds.any():
        seconds, told_by = _times_of_day(time_of_day), time_of_day.name
    return Times(days, seconds.astype(np.int32), told_by) if seconds.any() else Times(days)


def read_units(column: Column) -> NDArray[np.float64]:
    """Units of each row, finite; negative ones are returns.

    Raises:
        ColumnError: the column holds no plain values.
        ValueInRowError: a value is not a number.
    """
    units, _ = read_numbers(column)
    column.refuse(
        ~(np.abs(units) <= MOST_UNITS),
        f"is not a quantity: a plain number such as 3 or 0.5, at most {MOST_UNITS:.0e}",
        "Correct or remove these rows.",
    )
    return units


def read_numbers(column: Column) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`[rows]` numbers, NaN where there is none, and which rows are empty.

    Raises:
        ColumnError: the column holds no plain values.
    """
    kind = column.values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _floats(column.values), column.values.is_null().to_numpy(zero_copy_only=False)
    codes, texts = _texts(column)
    texts = pc.utf8_trim_whitespace(texts)
    numbers = pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, None)
    return _floats(numbers)[codes], pc.equal(texts, "").to_numpy(zero_copy_only=False)[codes]


def _read_ids(column: Column) -> tuple[Codes, NDArray[np.str_], int]:
    """`[rows]` codes, the distinct ids, sorted, and how many were trimmed."""
    if pa.types.is_floating(column.values.type):
        column.refuse(~_whole(_floats(column.values)), "is not an id", "Convert the ids to text or whole numbers.")
    codes, texts = _texts(column)
    raw = texts.to_pylist()
    ids = [text.strip() for text in raw]
    # NumPy's text cannot end in NUL; a line break is nearly always a quotation mark left open
    bad = np.array([not 0 < len(i) <= ID_LENGTH or any(c in i for c in "\0\r\n") for i in ids], dtype=bool)
    column.refuse(
        bad[codes],
        f"is not an id: 1 to {ID_LENGTH} characters on one line",
        "Give these rows an id or remove them.",
    )
    names, merged = np.unique(np.array(ids, dtype=np.str_), return_inverse=True)
    return merged[codes], names, sum(text != i for text, i in zip(raw, ids, strict=True))


def _check_injective(columns: Sequence[Column], codes: Codes, joined: list[str]) -> None:
    first: dict[str, int] = {}
    for key, name in enumerate(joined):
        other = first.setdefault(name, key)
        if other == key:
            continue
        rows = [int(np.argmax(codes == k)) for k in (other, key)]
        keys = [" and ".join(shown(_trimmed(c, row)) for c in columns) for row in rows]
        source, named = columns[0].source, ", ".join(shown(c.name) for c in columns)
        raise ValueInRowError(
            f"{source.name}, columns {named}: {keys[0]} ({source.place(rows[0])}) and {keys[1]}"
            f" ({source.place(rows[1])}) are two products, but joined by '/' both are {shown(name)}.",
            "Write one of them without '/'.",
        )


def _trimmed(column: Column, row: int) -> str:
    return str(column.values[row].as_py()).strip()


def _texts(column: Column) -> tuple[Codes, pa.Array]:
    """`[rows]` codes and the distinct values as text; a missing value is an empty text."""
    try:
        encoded = column.values.dictionary_encode()
        distinct = encoded.dictionary
        if pa.types.is_floating(distinct.type) and _whole(_floats(distinct)).all():
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


def _floats(values: pa.Array) -> NDArray[np.float64]:
    """Numbers, or texts of numbers; what is missing is NaN."""
    numbers = pc.cast(values, pa.float64(), safe=False).fill_null(np.nan)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def _whole(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = (np.abs(numbers) < 2**53) & (numbers == np.floor(numbers))
    return whole


def _stamps(column: Column) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    values = column.values
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        try:
            values = pc.local_timestamp(values)
        except pa.ArrowInvalid as error:
            raise ColumnError(
                f"{column.place}: the time zone {shown(values.type.tz)} is not known here.",
                "Convert it to local time without a zone.",
            ) from error
    if not (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)):
        raise ColumnError(
            f"{column.place} holds {values.type} values, no dates.",
            "Name a column of dates with --time-col.",
        )
    days, seconds = np.empty((2, len(values)), dtype=np.int64)
    good = np.empty(len(values), dtype=np.bool_)
    for start in range(0, len(values), _SLICE):
        rows = slice(start, start + _SLICE)
        stamps = values[rows].to_numpy(zero_copy_only=False)
        dates = stamps.astype("datetime64[D]")
        years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
        good[rows] = ~np.isnat(stamps) & (years >= FIRST_YEAR) & (years <= LAST_YEAR)
        days[rows] = dates.astype(np.int64)
        seconds[rows] = np.where(good[rows], (stamps - dates).astype("timedelta64[s]").astype(np.int64), 0)
    return days, seconds, good


def _dates_in_text(column: Column) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    codes, texts = _texts(column)
    texts = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), _COMPACT_DATE, r"\1-\2-\3")
    found = pc.extract_regex(texts, _DATE)
    year, month, day = (_number(found, part) for part in ("year", "month", "day"))
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + (day - 1)
    seconds, good = _seconds(found)
    good &= (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12)
    good &= dates.astype("datetime64[M]") == months  # no 30 February
    return dates.astype(np.int64)[codes], seconds[codes], good[codes]


def _times_of_day(column: Column) -> NDArray[np.int64]:
    """`[rows]` seconds; all 0 where not every value is a time."""
    codes, texts = _texts(column)
    seconds, good = _seconds(pc.extract_regex(pc.utf8_trim_whitespace(texts), _TIME))
    return seconds[codes] if good[codes].all() else np.zeros(len(codes), dtype=np.int64)


def _seconds(found: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    hour, minute, second = (_number(found, part) for part in ("hour", "minute", "second"))
    good = found.is_valid().to_numpy(zero_copy_only=False) & (hour < 24) & (minute < 60) & (second <= 60)
    return hour * 3600 + minute * 60 + second, good


def _number(found: pa.Array, part: str) -> NDArray[np.int64]:
    """A group of a pattern as whole numbers; 0 where the pattern or the group is not there."""
    digits = pc.struct_field(found, part).fill_null("")
    whole = pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64())
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int64)
