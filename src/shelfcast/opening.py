"""On which days a store is closed: in the past by what it sold, ahead by which closures recur.

A day depends on that day and the days before it alone, so that no later sale changes what an earlier day was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

_STILL = 0.01  # of a usual day's units, up to which a day counts as without sales: a refund, a late booking
_LEAST_EVIDENCE = 4.6  # usual units of the run of still days: exp(-4.6) is 1 % by Poisson's law
_OFTEN = 0.1  # still spells a selling day, from which a store often sells nothing without being closed
_FIRST_DAYS = 7  # selling days that this share is averaged with
_MEMORY = 26  # weeks
_USUAL = 28  # selling days, whose mean is a usual day
_WEEKS = 4  # of the same weekday that must all have been closed
_FEWEST_WEEKS = 3  # of them that must be known
_HOLIDAY = 14  # days: a longer closure is a rebuilding and not a holiday that comes back


def closed_days(units: NDArray[np.floating]) -> Flags:
    """`[S, T]`: the store sold nothing (up to 1 % of a usual day), and that is no chance of a slow store.

    A store that often sells nothing is not closed on such days: its still spells must be rarer than one in ten
    selling days, weekdays on which it never sells left out, and what it sells in as many open days as the run of
    still days has, or as this weekday was still in weeks in a row, must be more than 4.6 units.

    Args:
        units: `[S, T]` of each store.
    """
    S, T = units.shape
    closed = np.zeros((S, T), np.bool_)
    usual, selling_days, run, quiet = np.zeros(S), np.zeros(S), np.zeros(S), np.zeros(S)
    weekday_run, spells, sold = (np.zeros((S, 7)) for _ in range(3))
    for day in range(T):
        weekday = day % 7
        today = np.asarray(units[:, day], np.float64)
        still = today <= _STILL * usual
        run = np.where(still, run + 1, 0)
        regular = weekday_run >= 2  # [S, 7]: nothing in the last two weeks
        weekday_run[:, weekday] = np.where(still, weekday_run[:, weekday] + 1, 0)
        rare = (spells * ~regular).sum(axis=1) <= _OFTEN * ((sold * ~regular).sum(axis=1) + _FIRST_DAYS)
        share = sold.sum(axis=1) / np.maximum(sold.sum(axis=1) + quiet, 1)  # of the open days, with a sale
        evidence = usual * share * np.maximum(run, weekday_run[:, weekday])
        closed[:, day] = still & rare & (evidence > _LEAST_EVIDENCE)
        spells[:, weekday] = spells[:, weekday] * (1 - 1 / _MEMORY) + (run == 1) * (usual > 0)
        sold[:, weekday] = sold[:, weekday] * (1 - 1 / _MEMORY) + ~still
        quiet = quiet * (1 - 1 / (7 * _MEMORY)) + (still & ~closed[:, day] & (usual > 0))
        selling_days = np.minimum(selling_days + ~still, _USUAL)
        usual = usual + ~still * (today - usual) / np.maximum(selling_days, 1)
    return closed


def foreseen_closures(
    closed: Flags,
    known: Flags,
    dates: NDArray[np.datetime64],
    ahead: int,
    back: int = 0,
    events: Mapping[str, Flags] | None = None,
) -> Flags:
    """`[S, back + ahead]`: the closures that recur, on the last `back` of `T` days as foreseen the day before each,
    and on the `ahead` days after as foreseen on the last.

    A weekday on which the store was closed in the last four weeks; a date on which it was closed in the years
    before, as Christmas; a day of an event on which it was closed whenever that event was. The last two count
    only days that were no such weekday, and closures of at most two weeks.

    Args:
        closed: `[S, T]`. known: `[S, T]`, the store was there, closed or not.
        dates: `[T]`.
        events: a name to flags of the `T` days and of those ahead.
    """
    S, T = closed.shape
    weekly = np.zeros((S, T + ahead), np.bool_)
    for day in range(T + ahead):
        weekly[:, day] = _weekly(closed, known, day, min(day, T))
    informative = known & ~weekly[:, :T] & ~_in_long_closure(closed)
    foreseen = weekly[:, T - back :].copy()
    first: date = dates[0].astype(object)
    for day in range(T - back, T + ahead):
        same_days = [_years_before(first, day, years) for years in range(1, 1 + day // 365)]
        evidence = [[d for d in same_days if d is not None and d < T]]
        for flags in (events or {}).values():
            if len(flags) > day and flags[day]:
                evidence.append(np.flatnonzero(flags[: min(day, T)]).tolist())
        for alike in evidence:
            foreseen[:, day - T + back] |= _always(closed, informative, alike)
    return foreseen


def _years_before(first: date, day: int, years: int) -> int | None:
    """The number of the same date so many years before day number `day`; None before the first, or on 29 February."""
    of = first + timedelta(days=day)
    if (of.month, of.day) == (2, 29):
        return None
    place = (of.replace(year=of.year - years) - first).days
    return place if place >= 0 else None


def _weekly(closed: Flags, known: Flags, day: int, origin: int) -> Flags:
    """`[S]`: closed on this weekday in the last weeks before `origin`."""
    last = day - 7 * max(1, -(-(day - origin + 1) // 7))
    back = [d for d in range(last, last - 7 * _WEEKS, -7) if d >= 0]
    there = known[:, back].sum(axis=1)
    regular: Flags = (there >= _FEWEST_WEEKS) & ((closed[:, back] & known[:, back]).sum(axis=1) == there)
    return regular


def _always(closed: Flags, informative: Flags, days: list[int]) -> Flags:
    """`[S]`: closed on all of these days that tell something, and there is one."""
    tell = informative[:, days]
    opened: Flags = np.any(tell & ~closed[:, days], axis=1)
    return np.logical_and(np.any(tell, axis=1), ~opened)


def _in_long_closure(closed: Flags) -> Flags:
    """`[S, T]`: within a run of closed days longer than a holiday."""
    long = np.zeros_like(closed)
    for store, flags in enumerate(closed):
        edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            long[store, start:end] = end - start > _HOLIDAY
    return long
