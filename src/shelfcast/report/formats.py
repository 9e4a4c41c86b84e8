"""Numbers and days as a reader expects them: `4.01`, `1,234`, `−5.0 %`, `30 June 2023`."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isfinite, log10

import numpy as np
import pandas as pd

NOTHING = "–"  # where there is no number to show


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """How many decimals a column needs to show so many digits of its largest value: 0 to 3."""
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    return 3 if largest == 0 else min(max(digits - 1 - floor(log10(largest)), 0), 3)


def number(value: float, places: int) -> str:
    return _minus(f"{value:,.{places}f}") if isfinite(value) else NOTHING


def percent(share: float, places: int = 1) -> str:
    """With a space that no line breaks at."""
    return _minus(f"{100 * share:,.{places}f}") + "\u00a0%" if isfinite(share) else NOTHING


def column(values: Iterable[float], digits: int = 3) -> list[str]:
    """The numbers of one column, all with the same decimals."""
    numbers = list(values)
    places = decimals(numbers, digits)
    return [number(value, places) for value in numbers]


def units(values: Iterable[float]) -> list[str]:
    """A column of units for people who order them: whole ones without decimals, others with two at the most, and
    `<0.01` for next to nothing.
    """
    numbers = list(values)
    is_whole = all(value == round(value) for value in numbers if isfinite(value))
    places = 0 if is_whole else min(decimals(numbers), 2)
    least = 10.0**-places
    return [f"<{least:.{places}f}" if 0 < value < least / 2 else number(value, places) for value in numbers]


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def day(date: np.datetime64) -> str:
    """`30 June 2023`."""
    moment = pd.Timestamp(date)
    return f"{moment.day} {moment.month_name()} {moment.year}"


def short_day(date: np.datetime64) -> str:
    """`30 Jun`."""
    moment = pd.Timestamp(date)
    return f"{moment.day} {moment.month_name()[:3]}"


def weekday(date: np.datetime64) -> str:
    return pd.Timestamp(date).day_name()


def _minus(text: str) -> str:
    """A true minus sign, and none before a number that rounds to 0."""
    if text.startswith("-"):
        return text[1:] if not text.strip("-0.,") else f"−{text[1:]}"
    return text
