"""The days of the sample shop: weeks, years and public holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from dateutil.easter import easter as easter_sunday

from ..panel import DAY, Days, weekdays
from .streams import Reals, Whole

# month and day (or days after Easter Sunday), strength of the rush before it, days in which that fades
FIXED_HOLIDAYS = {
    "New Year's Day": (1, 1, 0.4, 2.0),
    "May Day": (5, 1, 0.5, 2.0),
    "Christmas Day": (12, 25, 1.0, 8.0),
    "Boxing Day": (12, 26, 0.0, 1.0),
}
EASTER_HOLIDAYS = {"Good Friday": (-2, 0.8, 3.0), "Easter Monday": (1, 0.2, 1.0)}
SHORT_HOURS = -0.7  # log, on the holiday itself


@dataclass(frozen=True)
class Calendar:
    """What the days are, the same for all products.

    Attributes:
        weekday: `[T]`, Monday is 0.
        year_day: `[T]`, January 1st is 0.
        rush: `[T]`, log, before holidays.
        closing: `[T]`, log, on holidays.
        holidays: day to name, of the years of the shop and the one after.
    """

    weekday: Whole
    year_day: Whole
    rush: Reals
    closing: Reals
    holidays: Mapping[np.datetime64, str]

    @classmethod
    def of(cls, dates: Days) -> Calendar:
        years = dates.astype("datetime64[Y]")
        rush, closing = np.zeros(len(dates)), np.zeros(len(dates))
        holidays: dict[np.datetime64, str] = {}
        for year in np.arange(years[0], years[-1] + np.timedelta64(2, "Y")):
            easter = np.datetime64(easter_sunday(int(year.astype(np.int64)) + 1970))
            rushes = [
                (name, np.datetime64(f"{year}-{month:02}-{day:02}"), strength, fade)
                for name, (month, day, strength, fade) in FIXED_HOLIDAYS.items()
            ] + [
                (name, easter + after * DAY, strength, fade)
                for name, (after, strength, fade) in EASTER_HOLIDAYS.items()
            ]
            for name, holiday, strength, fade in rushes:
                holidays[holiday] = name
                ahead = (holiday - dates).astype(np.int64)
                rush += np.where(ahead > 0, strength * np.exp((1 - np.maximum(ahead, 1)) / fade), 0.0)
                closing[ahead == 0] = SHORT_HOURS
        return cls(
            weekday=weekdays(dates),
            year_day=(dates - years).astype(np.int64),
            rush=rush,
            closing=closing,
            holidays=dict(sorted(holidays.items())),
        )
