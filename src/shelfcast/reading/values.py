"""Columns -> product keys, days and units as arrays; a value that is not what its column holds is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ColumnError, ValueInRowError
from .counted_dates import COUNTED, COUNTS, read_counts
from .dates import FIRST_YEAR, HINT, LAST_YEAR, Moments, clock_seconds, read_moments
from .months import refuse_month_rows
from .numbers import numbers_of, told_decimal
from .source import Column, shown
from .texts import Codes, distinct_texts, floats, whole

ID_LENGTH = 500  # characters; names are kept as text of one width
_SLICE = 1 << 20  # rows at a time, where the steps between take several times the memory of a column
MOST_UNITS = 1e15  # a row; the sums stay far within float32
MOST_NUMBERED = 40_000  # days
_MOST = 0.5  # of the rows: if fewer hold a date, it is the way of writing that is not known
NUMBERED = re.compile(r"(?:d|day|tag|jour|dia|t)?[_ ]?(\d{1,5})", re.IGNORECASE)


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
        order: `day-first` or `month-first`, where that had to be told, or one of `COUNTED`.
        zoned: times are written with a time zone.
    """

    days: NDArray[np.int64]
    seconds: NDArray[np.int32] | None = None
    told_by: str | None = None
    order: str | None = None
    zoned: bool = False

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


def read_times(
    day: Column,
    time_of_day: Column | None,
    date_format: str | None = None,
    timezone: str | None = None,
    start: np.datetime64 | None = None,
) -> Times:
    """Local days: as they are written, or converted to `timezone` where the column tells a zone.

    Args:
        date_format, timezone: as `read_moments` takes them.
        start: the day of number 1, for a column of numbered days.

    Raises:
        ColumnError: a column holds no plain values or months, day and month cannot be told apart, days are numbered
            and there is no start, or a time zone is not known here.
        ValueInRowError: a value is not a date.
    """
    moments = None
    if start is None and date_format in (None, *COUNTS):
        moments = read_counts(day, date_format, timezone)
    if moments is None:
        moments = _numbered_days(day, start)
    if moments is None:
        moments = read_moments(day, date_format, timezone)
    if not moments.good.all():
        refuse_month_rows(day)
    written = HINT
    if moments.order in COUNTED:
        written = f"counted as {COUNTED[moments.order]}, as others are"
    elif "%" in (date_format or ""):
        written = f"written as {date_format}"
    years = f"of the years {FIRST_YEAR} to {LAST_YEAR}"
    way_out = "Correct or remove these rows."
    if moments.good.mean() < _MOST:
        way_out = "Say how they are written, as --date-format '%d/%m/%Y %H:%M', or name another column: --time-col."
    day.refuse(~moments.good, f"is not a date {years}, {written}", way_out)
    seconds, told_by = moments.seconds, day.name
    if time_of_day is not None and not seconds.any():
        seconds, told_by = _times_of_day(time_of_day), time_of_day.name
    times = Times(moments.days, order=moments.order, zoned=moments.zoned)
    return replace(times, seconds=seconds.astype(np.int32), told_by=told_by) if seconds.any() else times


def read_units(column: Column, decimal: str | None = None) -> NDArray[np.float64]:
    """Units of each row, finite; negative ones are returns.

    Args:
        decimal: the mark before the decimals of texts; None tells it by the column.

    Raises:
        ColumnError: the column holds no plain values, or its decimals cannot be told.
        ValueInRowError: a value is not a number.
    """
    units, empty = read_numbers(column, decimal)
    column.refuse(empty, "is not a quantity", "Write 0 where nothing was sold, or remove these rows.")
    refuse_units(column, units)
    return units


def refuse_units(column: Column, units: NDArray[np.float64]) -> None:
    """Raises ValueInRowError where a row's number is none, or none that sales can have."""
    column.refuse(
        ~(np.abs(units) <= MOST_UNITS),
        f"is not a quantity: a plain number such as 3 or 0.5, at most {MOST_UNITS:.0e}",
        "Correct or remove these rows.",
    )


def read_numbers(column: Column, decimal: str | None = None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`[rows]` numbers, NaN where there is none, and which rows are empty.

    Raises:
        ColumnError: the column holds no plain values, or its decimals cannot be told.
    """
    return numbers_of(column, told_decimal([column], decimal))


def _numbered_days(day: Column, start: np.datetime64 | None) -> Moments | None:
    """Days counted from a first one, as 1, 2, 3; None for a column of dates.

    Raises:
        ColumnError: the days are numbered and nobody says from when on.
    """
    if pa.types.is_temporal(day.values.type):
        return None
    codes, texts = distinct_texts(day)
    if not 0 < len(texts) <= MOST_NUMBERED:
        return None
    found = [NUMBERED.fullmatch(text.strip()) for text in texts.to_pylist()]
    if not all(found):
        return None
    numbers = [int(number[1]) for number in found if number]
    if start is None:
        raise ColumnError(
            f"{day.place} holds numbers of days, such as {shown(texts[0].as_py())}, and no dates.",
            "Say which date number 1 is: --start-date 2024-01-31; if Excel counted them, say --date-format excel.",
        )
    days = start.astype(np.int64) + np.array(numbers, np.int64)[codes] - 1
    return Moments(days, np.zeros(len(days), np.int64), np.ones(len(days), np.bool_))


def _read_ids(column: Column) -> tuple[Codes, NDArray[np.str_], int]:
    """`[rows]` codes, the distinct ids, sorted, and how many lost white space or were normalised."""
    if pa.types.is_floating(column.values.type):
        column.refuse(~whole(floats(column.values)), "is not an id", "Convert the ids to text or whole numbers.")
    codes, texts = distinct_texts(column)
    raw = texts.to_pylist()
    ids = [unicodedata.normalize("NFC", text).strip() for text in raw]
    # NumPy's text cannot end in NUL; a line break is nearly always a quotation mark left open
    bad = np.array([not 0 < len(i) <= ID_LENGTH or any(c in i for c in "\0\r\n") for i in ids], dtype=bool)
    column.refuse(
        bad[codes],
        f"is not an id: 1 to {ID_LENGTH} characters on one line",
        "Give these rows an id or remove them, or name another column with --id-col.",
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
            f"{source.name}, columns {named}: {keys[0]} ({columns[0].place_of(rows[0])}) and {keys[1]}"
            f" ({columns[0].place_of(rows[1])}) are two products, but joined by '/' both are {shown(name)}.",
            "Write one of them without '/'.",
        )


def _trimmed(column: Column, row: int) -> str:
    return unicodedata.normalize("NFC", str(column.values[row].as_py())).strip()


def _times_of_day(column: Column) -> NDArray[np.int64]:
    """`[rows]` seconds; all 0 where not every value is a time."""
    codes, texts = distinct_texts(column)
    seconds, good = clock_seconds(texts)
    return seconds[codes] if good[codes].all() else np.zeros(len(codes), dtype=np.int64)
