"""Feasts that nobody named: days on which the shop, year after year, sells unlike the weeks around them.

A network has seen such a day three or four times, too seldom to find it by the calendar's waves; told that it is
one, as of an event, it learns what it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from dateutil.easter import easter
from numpy.typing import NDArray

from ..panel import Days, days_of_month, weekdays

_Places = NDArray[np.int64]

DATE, WEEKDAY, LAST_WEEKDAY, EASTER = range(4)  # ways in which a feast comes again
_PLACES = (12 * 31, 12 * 7 * 5, 12 * 7, 126)  # in the year, of each way
_EASTER_FROM = 60  # days before Easter: Carnival; to 65 after it: Corpus Christi
_AROUND = (-14, -7, 7, 14)  # days: the same weekday of the weeks around
_LEVEL_DAYS = 29
_SOLD = 5  # units, added: of a shop that sells a handful a day
_LEAST = 0.1  # of the logarithm: what does less is not worth a name
_WEAKEST, _SURE = 2, 6  # usual deviations: in the weakest year, and the mean of the years times their root
_MOST = 12
_COUNT = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Feasts:
    """Rules by which days come again every year.

    Attributes:
        rules: `[F, 2]`: the way, and the place in the year by it.
    """

    rules: NDArray[np.int64]

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros((0, 2), np.int64))

    @classmethod
    def found(
        cls, units: NDArray[np.float64], closed: NDArray[np.bool_], dates: Days, events: Mapping[str, NDArray[np.bool_]]
    ) -> Self:
        """Those of a shop, the surest first, at most 12.

        A day counts as unlike where it lies above or below the same weekday of the two weeks before and of the two
        weeks after it, but for one of these four, by a tenth or more and by two usual deviations, weekdays and days of
        the month allowed for. A rule holds if all of its days do, all in one direction, two years or more, and the mean
        of the years times the root of their number is six deviations. A step from one month to the next, which is
        unlike one side alone, is none.

        Args:
            units: `[T]` of the whole shop. closed: `[T]`. dates: `[T]` in a row.
            events: `[T]` flags of what is named already: on such days, the day before and after, nothing is looked for.
        """
        unlike = _unlike(units, closed, dates)
        free = ~np.isnan(unlike)
        for flags in events.values():
            free &= ~_and_neighbours(flags)
        ways = places(dates)
        rules: list[tuple[int, int]] = []
        while len(rules) < _MOST:
            surest = max(
                (_surest(unlike, free, place, way) for way, place in enumerate(ways)), key=lambda rule: rule[0]
            )
            if surest[0] < _SURE:
                break
            _, way, place = surest
            free &= ~_and_neighbours(ways[way] == place)
            rules.append((way, place))
        return cls(np.array(rules, np.int64).reshape(-1, 2))

    def flags(self, dates: Days) -> dict[str, NDArray[np.bool_]]:
        """`[days]` of each, by its name."""
        if not len(self.rules):
            return {}
        ways = places(dates)
        return {name: ways[way] == place for name, (way, place) in zip(self.names, self.rules, strict=True)}

    @property
    def names(self) -> list[str]:
        return [_name(int(way), int(place)) for way, place in self.rules]

    @property
    def are_sound(self) -> bool:
        """Each rule is one that could have been found, and none stands there twice."""
        if self.rules.dtype != np.int64 or self.rules.ndim != 2 or self.rules.shape[1] != 2:
            return False
        if len(self.rules) > _MOST:
            return False
        known = all(0 <= way < len(_PLACES) and 0 <= place < _PLACES[way] for way, place in self.rules.tolist())
        return known and len(np.unique(self.rules, axis=0)) == len(self.rules)


def places(dates: Days) -> _Places:
    """`[4, days]`: where in its year each day is, by the date, by the first and by the last so many weekdays of the
    month, and by Easter; -1 where it is no such day.
    """
    days = dates.astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]").astype(np.int64) + 1970
    after = (months + np.timedelta64(1, "M")).astype("datetime64[D]")
    month, of_month = months.astype(np.int64) % 12, days_of_month(dates)
    weekday = month * 7 + weekdays(dates)
    sundays = {year: np.datetime64(easter(int(year)), "D") for year in np.unique(years)}
    from_easter = (days - np.array([sundays[year] for year in years], "datetime64[D]")).astype(np.int64) + _EASTER_FROM
    return np.stack(
        [
            month * 31 + of_month,
            weekday * 5 + of_month // 7,
            np.where((after - days).astype(np.int64) <= 7, weekday, -1),
            np.where((from_easter >= 0) & (from_easter < _PLACES[EASTER]), from_easter, -1),
        ]
    )


def _unlike(units: NDArray[np.float64], closed: NDArray[np.bool_], dates: Days) -> NDArray[np.float64]:
    """`[T]` usual deviations by which a day lies above or below the weeks around it; NaN where too few are known."""
    sold = np.log(units + _SOLD)
    opened = np.where(closed, np.nan, sold)
    level = pd.Series(opened).rolling(_LEVEL_DAYS, center=True, min_periods=_LEVEL_DAYS // 4).median().to_numpy()
    usual = np.zeros_like(sold)
    by_weekday = weekdays(dates)
    for part in (by_weekday, days_of_month(dates), by_weekday):
        effect = pd.Series(opened - level - usual).groupby(part).transform("median").fillna(0).to_numpy()
        usual = usual + effect
    sold, opened = sold - usual, opened - usual
    around = np.sort(np.stack([_moved(opened, days) for days in _AROUND]), axis=0)  # NaN last
    known = (~np.isnan(around)).sum(axis=0)
    low, high = np.where(known == 4, around[1], around[0]), around[2]  # one of four may be a feast, too
    outside = np.where(sold < low, sold - low, np.where(sold > high, sold - high, 0.0))
    deviations = np.abs(opened - (around[1] + high) / 2)
    deviation = 1.4826 * np.nanmedian(deviations) if not np.isnan(deviations).all() else np.inf  # Gaussian: one sigma
    outside = np.where(np.abs(outside) < _LEAST, 0.0, outside / max(deviation, 1e-3))
    return np.where(known >= 3, outside, np.nan)


def _moved(values: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """The values so many days later, NaN where there are none."""
    later = np.full_like(values, np.nan)
    stays = max(len(values) - abs(days), 0)
    if days > 0:
        later[:stays] = values[days:]
    else:
        later[len(values) - stays :] = values[:stays]
    return later


def _and_neighbours(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """And the day before and after."""
    near = flags.copy()
    near[1:] |= flags[:-1]
    near[:-1] |= flags[1:]
    return near


def _surest(unlike: NDArray[np.float64], free: NDArray[np.bool_], place: _Places, way: int) -> tuple[float, int, int]:
    """How sure the surest rule of that way is, 0 where none holds, the way, and the place."""
    seen = (place >= 0) & ~np.isnan(unlike)
    count = np.bincount(place[seen], minlength=_PLACES[way])
    taken = np.bincount(place[seen & ~free], minlength=_PLACES[way]) > 0
    lowest, highest = np.full(_PLACES[way], np.inf), np.full(_PLACES[way], -np.inf)
    np.minimum.at(lowest, place[seen], unlike[seen])
    np.maximum.at(highest, place[seen], unlike[seen])
    weakest = np.maximum(lowest, -highest)  # above 0: all years in one direction
    mean = np.abs(np.bincount(place[seen], unlike[seen], minlength=_PLACES[way])) / np.maximum(count, 1)
    sure = np.where((count >= 2) & ~taken & (weakest >= _WEAKEST), mean * np.sqrt(count), 0)
    best = int(sure.argmax())
    return float(sure[best]), way, best


def _name(way: int, place: int) -> str:
    if way == DATE:
        month, day = divmod(place, 31)
        return f"every {day + 1} {_month(month)}"
    if way == EASTER:
        days = place - _EASTER_FROM
        return (
            "every Easter Sunday"
            if days == 0
            else f"every year {abs(days)} days {'after' if days > 0 else 'before'} Easter"
        )
    month, rest = divmod(place, 35 if way == WEEKDAY else 7)
    weekday, count = divmod(rest, 5) if way == WEEKDAY else (rest, 0)
    which = _COUNT[count] if way == WEEKDAY else "last"
    return f"every {which} {_weekday(weekday)} of {_month(month)}"


def _month(place: int) -> str:
    return pd.Timestamp(2000, place + 1, 1).month_name()


def _weekday(place: int) -> str:
    return pd.Timestamp(2001, 1, 1 + place).day_name()  # 2001 began on a Monday
