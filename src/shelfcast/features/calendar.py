"""Calendar features: the same for all products, known for any day ahead."""

from __future__ import annotations

import numpy as np

from ..panel import Days, Floats

CALENDAR_NAMES = ["month", "day_of_week", "is_weekend"]


def calendar_features(dates: Days) -> Floats:
    """`[len(dates), 3]`: month 1 to 12, day of week 0 (Monday) to 6, and 1 on Saturday and Sunday, else 0."""
    days = dates.astype("datetime64[D]")
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    weekday = (days.astype(np.int64) + 3) % 7  # day 0 of NumPy, 1970-01-01, was a Thursday
    return np.stack([month, weekday, weekday >= 5], axis=1).astype(np.float32)


SEASON_NAMES = [
    *(f"weekday_{day}" for day in range(7)),
    *(f"{wave}_{k}_a_year" for k in (1, 2, 3) for wave in ("sin", "cos")),
    *(f"{wave}_{k}_a_month" for k in (1, 2) for wave in ("sin", "cos")),
]


def season_features(dates: Days) -> Floats:
    """`[len(dates), 17]`: the weekday as 7 flags from Monday on, and where in the year and the month a day is.

    Waves of 3 frequencies a year and 2 a month: neighbouring days are alike across the turn of both.
    """
    days = dates.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    weekday = (days.astype(np.int64) + 3) % 7
    of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) / 365.25
    first = months.astype("datetime64[D]")
    of_month = (days - first) / ((months + 1).astype("datetime64[D]") - first)
    angles = [2 * np.pi * k * of_year for k in (1, 2, 3)] + [2 * np.pi * k * of_month for k in (1, 2)]
    waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.column_stack([np.eye(7)[weekday], *waves]).astype(np.float32)
