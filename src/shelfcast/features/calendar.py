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
