"""The columns of a wide table that are called by days.

2024-01-01  1.3.24  Jan 01 2024      dates
X2024.01.01  Units 2024-01-01        dates behind one word (R writes the X), or behind the day of the week
45292 45293 45294 ...                days as Excel counts them
d_1 d_2 ...  1 2 3 ...               numbered days
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ColumnError
from .counted_dates import read_counts
from .dates import look_like_days, read_moments
from .options import ReadingOptions
from .source import Column, Source, shown
from .usual_names import DAY, MONTH, find, plain, sounds_like_quantity

_FEWEST_DAYS = 2
_FEWEST_NUMBERED = 7
_NUMBERED = re.compile(r"(d|day|tag|jour|dia|t)?[_ ]?(\d{1,5})", re.IGNORECASE | re.ASCII)
_BEHIND = re.compile(r"(?P<word>[^\d]*[^\d\s_.,:-])[\s_.,:-]*(?P<date>\d.*)")  # X2024.01.01  Mon, 01/01/2024
_WEEKDAYS = (  # how the days of the week begin, in the languages of columns.py
    "mo tu we th fr sa su di mi do so lu ma me je ve ju vi gi wo vr za zo se te qu po ut st ct pa ni cz to on ti"
)
_EXCEL = (32_874, 73_050)  # 1990 to 2099
_WEEK = 7  # days; a step that is longer is none between days


def day_columns(source: Source) -> list[str]:
    """The columns that are called by days; none where the table has a column of days."""
    if find(source, ("ds", DAY[1])) is not None:
        return []
    dates = _dates_in(source.columns)
    if len(dates) >= _FEWEST_DAYS:
        return list(dates)
    numbered = [name for name in source.columns if _NUMBERED.fullmatch(name) and not name.isdecimal()]
    if len(numbered) < _FEWEST_NUMBERED:
        numbered = [name for name in source.columns if _NUMBERED.fullmatch(name) and name.isdecimal()]
        if not (_counted(numbered) or (_from_one(numbered) and find(source, MONTH) is None)):
            return []
    return numbered if len(numbered) >= _FEWEST_NUMBERED else []


def read_day_names(source: Source, names: Sequence[str], how: ReadingOptions) -> tuple[NDArray[np.int64], str | None]:
    """`[D]` days of the columns since 1970-01-01, and what `Moments.order` says of them.

    Raises:
        ColumnError: a name is no date, days are numbered and there is no start, or two columns are one day.
    """
    dates = _dates_in(names)
    written = [dates.get(name, name) for name in names]
    header = Column(source, "(the names of the columns)", pa.array(written, pa.large_string()))
    order = None
    if all(map(_NUMBERED.fullmatch, names)) and not dates and not (how.start is None and _counted(names)):
        days = _numbered(source, names, how.start)
    else:
        counts = read_counts(header, "excel", None) if _counted(names) and not dates else None
        moments = counts or read_moments(header, how.date_format, None)
        if not moments.good.all():
            bad = names[int(np.argmin(moments.good))]
            raise ColumnError(f"{source.name}, column {shown(bad)}: its name is no date.", "Correct or remove it.")
        days, order = moments.days, moments.order
    if len(np.unique(days)) < len(days):
        twice = next(name for at, name in enumerate(names) if days[at] in days[:at])
        raise ColumnError(f"{source.name} has two columns of the day {shown(twice)}.", "Keep one column a day.")
    return days, order


def _numbered(source: Source, names: Sequence[str], start: np.datetime64 | None) -> NDArray[np.int64]:
    if start is None:
        raise ColumnError(
            f"{source.name} has columns of numbered days, {shown(names[0])} to {shown(names[-1])}, without dates.",
            f"Say which date {shown(re.sub('[0-9]+', '1', names[0]))} is: --start-date 2024-01-31.",
        )
    numbers = np.array([int(found[2]) for found in map(_NUMBERED.fullmatch, names) if found], np.int64)
    return start.astype(np.int64) + numbers - (0 if 0 in numbers else 1)


def _dates_in(names: Sequence[str]) -> dict[str, str]:
    """The names that hold a date, and that date; before it stands nothing, one word for all, or the day of the week."""
    behind = {name: match for name in names if (match := _BEHIND.fullmatch(name))}
    dated = look_like_days([match["date"] for match in behind.values()]).tolist()
    behind = {name: behind[name] for name, is_day in zip(behind, dated, strict=True) if is_day}
    plain_ones = zip(names, look_like_days(names).tolist(), strict=True)
    found = {name: name for name, is_day in plain_ones if is_day and name not in behind}
    if len(found) >= _FEWEST_DAYS:
        return found
    words = {match["word"].strip().casefold() for match in behind.values()}
    weekdays = 1 < len(words) <= _WEEK and all(plain(word)[:2] in _WEEKDAYS.split() for word in words)
    if not weekdays and len(words) > 1:  # Units 2024-01-01, Promo 2024-01-01
        words = {word for word in words if sounds_like_quantity(word)}
        if len(words) != 1:
            return {}
    return {name: match["date"] for name, match in behind.items() if match["word"].strip().casefold() in words}


def _counted(names: Sequence[str]) -> bool:
    """Whether the names are days as Excel counts them: in order, without long gaps."""
    numbers = np.array([int(name) for name in names if name.isdecimal()])
    if len(numbers) < max(len(names), _FEWEST_NUMBERED):
        return False
    steps = np.diff(numbers)
    return bool(_EXCEL[0] <= numbers[0] and numbers[-1] < _EXCEL[1] and (steps > 0).all() and steps.max() <= _WEEK)


def _from_one(names: Sequence[str]) -> bool:
    """Whether the names are the numbers from 0 or 1 on, each once, in order."""
    numbers = [int(name) for name in names]
    return len(numbers) > 0 and numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
