"""Days and times of day as people write them: the order of day and month is told over the whole column.

2024-12-31  2024/12/31 18:05  20241231  2024-12-31T18:05:00+01:00      year first
31.12.2024  31/12/24 18:05                                             day first
12/31/2024  12/31/24 6:05 PM                                           month first
31 Dec 2024  Dec 31, 2024  1. März 2024                                month by name
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ColumnError
from .source import Column, shown
from .texts import distinct_texts, latin_digits

FIRST_YEAR, LAST_YEAR = 1900, 2199
ORDERS = ("day-first", "month-first")

_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?:[ \x{a0}\x{202f}]?(?P<half>[AaPp])\.?[ \x{a0}]?[Mm]\.?)?"
)
_MOMENT = rf"(?:(?:[T ]|, ?) *{_CLOCK} ?(?P<zone>Z|UTC|GMT|[+-][0-9]{{2}}:?(?:[0-9]{{2}})?)?)?$"
_DECORATED = (
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})(T.*)?$", r"\1-\2-\3\4"),
    (r"^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日", r"\1-\2-\3"),
    (r"^([0-9]{1,4})\. ?([0-9]{1,2})\. ?([0-9]{4}|[0-9]{2})\.?( |$)", r"\1.\2.\3\4"),
    (r"^\pL{2,10}\.?,? +([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})", r"\1"),
    (r" Uhr$", ""),
)
_YEAR_FIRST = r"^(?P<first>[0-9]{4})[-/.](?P<second_part>[0-9]{1,2})[-/.](?P<last>[0-9]{1,2})" + _MOMENT
_YEAR_LAST = r"^(?P<first>[0-9]{1,2})[-/. ](?P<second_part>[0-9]{1,2})[-/. ](?P<last>[0-9]{4}|[0-9]{2})" + _MOMENT
_TIME = rf"^{_CLOCK}$"
_MONTHS = (
    "jan ene gen tammi",
    "feb fev helmi",
    "mar mrz maer mrt maalis",
    "apr avr abr huhti",
    "may mai mag maj mei touko",
    "jun juin giu kesa",
    "jul juil lug heina",
    "aug aou ago elo",
    "sep set syys",
    "oct okt ott out loka",
    "nov marras",
    "dec dez dic des joulu",
)
_NAMED = re.compile(
    r"(?:[^\W\d]+\.?,? +)??(?:(?P<day>\d{1,2})\.?(?:st|nd|rd|th)?[- /]*(?:de )?)?"
    r"(?P<name>[^\W\d]{3,12})\.?[- /]*(?:de )?"
    r"(?:(?P<late_day>\d{1,2})(?:st|nd|rd|th)?,?[- /]+)?(?P<year>\d{4}|\d{2})(?P<rest>(?:[T ,].*)?)"
)
HINT = "as 2024-12-31, 31.12.2024, 12/31/2024 or 2024-12-31 18:05"


@dataclass(frozen=True)
class Moments:
    """The moment of each row.

    Attributes:
        days: `[rows]` since 1970-01-01. seconds: `[rows]` of the day. good: `[rows]`, the row holds a moment.
        order: `day-first` or `month-first` where the year is written last, else None.
        zoned: the column tells a time zone.
    """

    days: NDArray[np.int64]
    seconds: NDArray[np.int64]
    good: NDArray[np.bool_]
    order: str | None = None
    zoned: bool = False


def read_moments(column: Column, date_format: str | None, timezone: str | None) -> Moments:
    """The moments of a column of dates, time stamps or texts, in local time.

    Args:
        date_format: `day-first`, `month-first`, or a pattern such as `%d/%m/%Y %H:%M`; None tells it by the column.
        timezone: that of the shop; where the column tells a zone, its times are converted to it.

    Raises:
        ColumnError: the values are no dates, or day and month cannot be told apart.
        ValueInRowError: a date is written otherwise than the rest.
    """
    kind = column.values.type
    if pa.types.is_temporal(kind):
        return _stamps(column, timezone)
    codes, texts = distinct_texts(column)
    texts = pc.utf8_trim_whitespace(latin_digits(texts))
    made = _by_pattern(texts, date_format) if date_format and "%" in date_format else None
    if made is None:
        made = _in_text(column, codes, texts, date_format, timezone)
    return Moments(made.days[codes], made.seconds[codes], made.good[codes], made.order, made.zoned)


def clock_seconds(texts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Seconds of the day of texts such as `18:05` or `6:05 PM`, and which are such."""
    return _seconds(pc.extract_regex(pc.utf8_trim_whitespace(texts), _TIME))


def look_like_days(names: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the names of columns are dates."""
    texts = pc.utf8_trim_whitespace(pa.array(names, pa.large_string()))
    texts = _numbered_months(_bare(texts))
    found = pc.or_(pc.match_substring_regex(texts, _YEAR_FIRST), pc.match_substring_regex(texts, _YEAR_LAST))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def _bare(texts: pa.Array) -> pa.Array:
    """Without a weekday before, `Uhr` behind, and with marks between year, month and day."""
    for pattern, written in _DECORATED:
        texts = pc.replace_substring_regex(texts, pattern, written)
    return texts


def _in_text(
    column: Column, codes: NDArray[np.int64], texts: pa.Array, date_format: str | None, timezone: str | None
) -> Moments:
    texts = _numbered_months(_bare(texts))
    early, late = pc.extract_regex(texts, _YEAR_FIRST), pc.extract_regex(texts, _YEAR_LAST)
    is_early, is_late = (found.is_valid().to_numpy(zero_copy_only=False) for found in (early, late))
    if is_early.any() and is_late.any():
        fewer, more = (is_late, "year") if is_late.sum() <= is_early.sum() else (is_early, "day or month")
        column.refuse(fewer[codes], f"is not a date written like the others, {more} first", "Write all dates alike.")
    found, order = early, None
    if is_late.any():
        order = _order(column, codes, texts, late, date_format)
        found = late
    parts = [_number(found, part) for part in ("first", "second_part", "last")]
    if order is not None:
        day, month, year = parts if order == "day-first" else (parts[1], parts[0], parts[2])
        year = _century(found, year)
    else:
        year, month, day = parts
    days, good = _days(year, month, day)
    seconds, timed = _seconds(found)
    days, seconds, zoned = _to_zone(column, found, days, seconds, good & timed, timezone)
    return Moments(days, seconds, good & timed, order, zoned)


def _order(column: Column, codes: NDArray[np.int64], texts: pa.Array, found: pa.Array, date_format: str | None) -> str:
    """`day-first` or `month-first`, by the dates that only one of them allows."""
    is_late = found.is_valid().to_numpy(zero_copy_only=False)
    first, second, year = (_number(found, part) for part in ("first", "second_part", "last"))
    if date_format in ORDERS:
        return str(date_format)
    year = _century(found, year)
    _, day_first = _days(year, second, first)
    _, month_first = _days(year, first, second)
    only_day, only_month = is_late & day_first & ~month_first, is_late & month_first & ~day_first
    if only_day.any() and only_month.any():
        few = only_month if only_month[codes].sum() <= only_day[codes].sum() else only_day
        kept = "day" if few is only_month else "month"
        column.refuse(few[codes], f"is not a date with the {kept} first, as others are", "Write all dates alike.")
    if only_day.any() or only_month.any():
        short = pc.utf8_length(pc.struct_field(found, "last").fill_null("")).to_numpy(zero_copy_only=False) == 2
        if short.any():
            _check_short_years(column, first, second, year, is_late & short, bool(only_day.any()))
        return "day-first" if only_day.any() else "month-first"
    if (first == second)[is_late].all():
        return "day-first"
    example = texts[int(np.flatnonzero(is_late & (first != second))[0])].as_py()
    raise ColumnError(
        f"{column.place}: day and month cannot be told apart, as in {shown(example)}: no date has a day above 12.",
        "Say which comes first: --date-format day-first or --date-format month-first, or a pattern as %d/%m/%Y.",
    )


def _check_short_years(
    column: Column,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    year: NDArray[np.int64],
    short: NDArray[np.bool_],
    day_first: bool,
) -> None:
    """24/12/31 is 24 December 2031 or 31 December 2024: the year that spreads less is right, unless it is first."""
    last = year % 100
    turned, good = _days(2000 + first, second, last)
    if not good[short].all():
        return
    days, fits = _days(year, *((second, first) if day_first else (first, second)))
    if np.ptp(turned[short]) < np.ptp(days[short & fits]):
        raise ColumnError(
            f"{column.place}: years of two digits, which may stand first or last.",
            "Say how the dates are written: --date-format %y/%m/%d or --date-format %d/%m/%y.",
        )


def _century(found: pa.Array, year: NDArray[np.int64]) -> NDArray[np.int64]:
    """24 is 2024 and 70 is 1970."""
    short = pc.utf8_length(pc.struct_field(found, "last").fill_null("")).to_numpy(zero_copy_only=False) == 2
    return np.where(short, year + np.where(year < 70, 2000, 1900), year)


def _numbered_months(texts: pa.Array) -> pa.Array:
    """Months that are written by name as year-month-day."""
    named = pc.match_substring_regex(texts, r"[^\W\d_]{3,}.*[0-9]|[0-9].*[^\x00-\x7f]|[0-9].*[a-zA-Z]{3,}")
    if not pc.any(named).as_py():
        return texts
    return pa.array([_numbered_month(text) for text in texts.to_pylist()], pa.large_string())


def _numbered_month(text: str) -> str:
    found = _NAMED.fullmatch(text)
    if found is None or not (found["day"] or found["late_day"]):
        return text
    month = month_number(found["name"])
    if month is None:
        return text
    year = found["year"] if len(found["year"]) == 4 else f"20{found['year']}"
    return f"{year}-{month}-{found['day'] or found['late_day']}{found['rest']}"


def month_number(name: str) -> int | None:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalnum() and c.isascii())
    months = [number for number, names in enumerate(_MONTHS, 1) if any(plain.startswith(n) for n in names.split())]
    return months[-1] if months else None


def _by_pattern(texts: pa.Array, pattern: str) -> Moments:
    stamps = pd.to_datetime(
        pd.Series(texts.to_pylist(), dtype=object), format=pattern, errors="coerce", utc="%z" in pattern
    )
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_localize(None)
    values = stamps.to_numpy().astype("datetime64[s]")
    dates = values.astype("datetime64[D]")
    good = ~np.isnat(values)
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    seconds = np.where(good, (values - dates).astype(np.int64), 0)
    return Moments(dates.astype(np.int64), seconds, good & (years >= FIRST_YEAR) & (years <= LAST_YEAR))


def _stamps(column: Column, timezone: str | None) -> Moments:
    values = column.values
    zoned = pa.types.is_timestamp(values.type) and values.type.tz is not None
    if zoned:
        try:
            zone = values.type if timezone is None else pa.timestamp(values.type.unit, timezone)
            values = pc.local_timestamp(values.cast(zone))
        except pa.ArrowInvalid as error:
            raise ColumnError(
                f"{column.place}: the time zone {shown(timezone or values.type.tz)} is not known here.",
                "Convert it to local time without a zone.",
            ) from error
    if not (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)):
        raise ColumnError(
            f"{column.place} holds {values.type} values, no dates.",
            "Name a column of dates with --time-col.",
        )
    stamps = values.to_numpy(zero_copy_only=False)
    dates = stamps.astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    good = ~np.isnat(stamps) & (years >= FIRST_YEAR) & (years <= LAST_YEAR)
    seconds = (stamps - dates).astype("timedelta64[s]").astype(np.int64)
    return Moments(dates.astype(np.int64), np.where(good, seconds, 0), good, None, zoned)


def _to_zone(
    column: Column,
    found: pa.Array,
    days: NDArray[np.int64],
    seconds: NDArray[np.int64],
    good: NDArray[np.bool_],
    timezone: str | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], bool]:
    """Local days and seconds of times that are written with a zone; others are local as they are."""
    zones = pc.struct_field(found, "zone").fill_null("")
    zoned = pc.not_equal(zones, "").to_numpy(zero_copy_only=False) & good
    if timezone is None or not zoned.any():
        return days, seconds, bool(zoned.any())
    offsets = {zone: _offset(zone) for zone in pc.unique(zones).to_pylist()}
    shift = np.array([offsets[zone] for zone in zones.to_pylist()], dtype=np.int64)
    moments = (days * 86_400 + seconds - shift)[zoned]
    stamps = pa.array(moments.astype("datetime64[s]")).cast(pa.timestamp("s", "UTC"))
    try:
        local = pc.local_timestamp(stamps.cast(pa.timestamp("s", timezone)))
    except pa.ArrowInvalid as error:
        raise ColumnError(
            f"{column.place}: the time zone {shown(timezone)} is not known here.", "Write it as Europe/Berlin."
        ) from error
    whole = local.to_numpy(zero_copy_only=False).astype("datetime64[s]").astype(np.int64)
    days, seconds = days.copy(), seconds.copy()
    days[zoned], seconds[zoned] = np.divmod(whole, 86_400)
    return days, seconds, True


def _offset(zone: str) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def _days(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970-01-01, and which are of the calendar."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + (day - 1)
    good = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= dates.astype("datetime64[M]") == months  # no 30 February
    return dates.astype(np.int64), good


def _seconds(found: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    hour, minute, second = (_number(found, part) for part in ("hour", "minute", "second"))
    half = pc.utf8_lower(pc.struct_field(found, "half").fill_null("")).to_numpy(zero_copy_only=False)
    halved = half != ""
    good = found.is_valid().to_numpy(zero_copy_only=False) & (hour < 24) & (minute < 60) & (second <= 60)
    good &= ~halved | ((hour >= 1) & (hour <= 12))
    hour = np.where(halved, hour % 12 + np.where(half == "p", 12, 0), hour)
    return hour * 3600 + minute * 60 + second, good


def _number(found: pa.Array, part: str) -> NDArray[np.int64]:
    """A group of a pattern as whole numbers; 0 where the pattern or the group is not there."""
    digits = pc.struct_field(found, part).fill_null("")
    numbers = pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)
