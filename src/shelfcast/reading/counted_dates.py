"""Dates as counts: days as Excel counts them, seconds or milliseconds of Unix; which one the whole column tells.

    45292  45292.75                Excel: days since 1899-12-30
    1704067200  1704067200.5       Unix: seconds since 1970-01-01, UTC
    1704067200000                  Unix: milliseconds

They do not overlap for the years 1990 to 2099, nor with 20240101. Smaller numbers may be days that are numbered.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ColumnError
from .dates import Moments, read_moments
from .source import Column, shown
from .texts import distinct_texts, floats

COUNTED = {  # how a column may count, as words
    "excel": "days as Excel counts them",
    "unix": "seconds of Unix (UTC)",
    "unix, milliseconds": "milliseconds of Unix (UTC)",
}
COUNTS = ("excel", "unix")  # what a user may say

_NUMBER = r"^[0-9]{1,15}(?:[.,][0-9]+)?$"
_FIRST, _LAST = 7_305, 47_481  # days since 1970-01-01: those of 1990 to 2099
_EXCEL = 25_569  # the number of 1970-01-01
_DAY = 86_400  # seconds
_NEVER = 1_000_000  # days
_RANGES = {
    "excel": (_FIRST + _EXCEL, _LAST + 1 + _EXCEL),
    "unix": (_FIRST * _DAY, (_LAST + 1) * _DAY),
    "unix, milliseconds": (_FIRST * _DAY * 1000, (_LAST + 1) * _DAY * 1000),
}


def read_counts(column: Column, given: str | None, timezone: str | None) -> Moments | None:
    """The moments of a column of such numbers; None where most of its values are others.

    Args:
        given: one of `COUNTS`, if the user said so: then dates of all years may be meant.
        timezone: that of the shop, to which the times of Unix are converted.

    Raises:
        ColumnError: the numbers may count several things.
    """
    if pa.types.is_temporal(column.values.type):
        return None
    codes, texts = distinct_texts(column)
    texts = pc.utf8_trim_whitespace(texts)
    filled = pc.sum(pc.not_equal(texts, "")).as_py() or 0
    numbers = pc.if_else(pc.match_substring_regex(texts, _NUMBER), pc.replace_substring(texts, ",", "."), None)
    values = floats(numbers)
    within = {way: (values >= first) & (values < last) for way, (first, last) in _RANGES.items()}
    votes = {way: int(flags.sum()) for way, flags in within.items() if given in (None, way.split(",")[0])}
    way = max(votes, key=lambda way: votes[way])
    if given is None and votes[way] * 2 <= filled:
        if sum(votes.values()) * 2 > filled:
            raise ColumnError(
                f"{column.place} holds numbers such as {shown(texts[0].as_py())}, of which some may be days of Excel,"
                " some seconds or milliseconds of Unix.",
                "Say which: --date-format excel or --date-format unix.",
            )
        return None
    good = within[way] if given is None else ~np.isnan(values)
    scale, zone = {"excel": (_DAY, None), "unix": (1, "UTC")}.get(way, (0.001, "UTC"))
    seconds = np.clip(np.where(good, values * scale, 0), 0, _DAY * _NEVER) - (_EXCEL * _DAY if way == "excel" else 0)
    stamps = pa.array(np.round(seconds).astype(np.int64), mask=~good).cast(pa.timestamp("s", zone))
    moments = read_moments(Column(column.source, column.name, stamps), None, timezone)
    days, clock, known = moments.days[codes], moments.seconds[codes], moments.good[codes]
    return Moments(days, clock, known, way, moments.zoned)
