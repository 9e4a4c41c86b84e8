"""Calendar features: the same for all products, known for any day ahead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..panel import DAY, Days, Floats, days_of_month, weekdays

CALENDAR_NAMES = ["month", "day_of_week", "is_weekend"]


def calendar_features(dates: Days) -> Floats:
    """`[len(dates), 3]`: month 1 to 12, day of week 0 (Monday) to 6, and 1 on Saturday and Sunday, else 0."""
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    weekday = weekdays(dates)
    return np.stack([month, weekday, weekday >= 5], axis=1).astype(np.float32)


SEASON_NAMES = [
    *(f"weekday_{day}" for day in range(7)),
    *(f"{wave}_{k}_a_year" for k in (1, 2, 3) for wave in ("sin", "cos")),
    *(f"{wave}_{k}_a_month" for k in (1, 2) for wave in ("sin", "cos")),
]


_YEARLY = slice(7, 13)  # of these
_LATELY = 28  # fitted days, that stand for a season that was not fitted on
_YEAR = np.timedelta64(365, "D")


def season_features(dates: Days, fitted: Days) -> Floats:
    """`[len(dates), 17]`: the weekday as 7 flags from Monday on, and where in the year and the month a day is.

    Waves of 3 frequencies a year and 2 a month: neighbouring days are alike across the turn of both. A season that a
    network has not been fitted on is unlike any other to it, and what it would say of it is chance: a day of it is told
    as the mean of the last 28 fitted ones.

    Args:
        fitted: `[2]` the first and the last day of the fit.
    """
    seasons = _seasons(dates)
    first, last = fitted
    unseen = (dates > last) & (dates - _YEAR < first)
    if unseen.any():
        lately = _seasons(last - np.arange(min(_LATELY, (last - first).astype(np.int64) + 1)))
        seasons[unseen, _YEARLY] = lately[:, _YEARLY].mean(axis=0)
    return seasons


def _seasons(dates: Days) -> Floats:
    days = dates.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) / 365.25
    first = months.astype("datetime64[D]")
    of_month = (days - first) / ((months + np.timedelta64(1, "M")).astype("datetime64[D]") - first)
    angles = [2 * np.pi * k * of_year for k in (1, 2, 3)] + [2 * np.pi * k * of_month for k in (1, 2)]
    waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.column_stack([np.eye(7)[weekdays(dates)], *waves]).astype(np.float32)


MONTH_DAY_NAMES = [*(f"day_{day}" for day in range(1, 32)), "last_of_month"]


def month_day_features(dates: Days) -> Floats:
    """`[len(dates), 32]`: the day of the month as 31 flags, and its last day: wages and rents have theirs."""
    days = dates.astype("datetime64[D]")
    is_last = (days + DAY).astype("datetime64[M]") != days.astype("datetime64[M]")
    return np.column_stack([np.eye(31)[days_of_month(dates)], is_last]).astype(np.float32)


EVENT_SHIFTS = (1, 0, -1)  # the day before an event, its day, the day after
EVENTS_AHEAD = 3  # days after a date, of whose events it is told
ANY_NAMES = ["event", "event_tomorrow", "event_in_2_or_3_days", "event_yesterday"]
_RARE = 0.3  # an event comes once a year: its few days must not be learnt as fast as a weekday is


def event_features(events: Mapping[str, NDArray[np.bool_]], days: int) -> Floats:
    """`[days, 3 E + 4]`: each event on the day before, its day and the day after, then any event.

    No columns where there are no events.

    Args:
        events: a name to `[days]` flags.
    """
    if not events:
        return np.zeros((days, 0), np.float32)

    def shifted(flags: NDArray[np.bool_], ahead: int) -> NDArray[np.bool_]:
        """The flags of so many days later."""
        return np.pad(flags, (max(0, -ahead), max(0, ahead)))[max(0, ahead) :][:days]

    columns = [shifted(events[name], ahead) for name in sorted(events) for ahead in EVENT_SHIFTS]
    either = np.any(list(events.values()), axis=0)
    columns += [either, shifted(either, 1), shifted(either, 2) | shifted(either, 3), shifted(either, -1)]
    return np.column_stack(columns).astype(np.float32) * np.float32(_RARE)
