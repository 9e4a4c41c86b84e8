"""Runs of days without a sale that are too long for chance: suspected stock-outs, at a known rate of false alarms.

For each run of zeros between two sales, how likely is one as long or longer to start that day? A day without a sale
is as likely as it was on the same weekday in the eight weeks before the run, and again in the eight weeks after it;
the likelier of both counts, so that a product that slows down or goes is not suspected. Counts of zeros know nothing
of Poisson's law: what sells in lumps has more of them. They are few, so that the likelihood is that of a day drawn
from all that they allow (beta-binomial), and on days on which the whole shop sold fewer products it is higher.

Every day with a sale is a chance for a run to start. Of all of them, as many are suspected as keep the expected share
of false ones below one in ten (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..panel import Panel, Status

FALSE_SHARE = 0.1  # of the runs that are suspected, expected to be chance
_WEEKS = 8  # on each side of a run
_FEWEST = 28  # days known before a run, fewer tell no rate
_PRIOR = 2.0  # days that a weekday is thought to be like the others
_LIKELY = 1e-3  # by all weekdays alike, up to which a run is looked at closely
_BLOCK = 1 << 22  # product-days at once

Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Stockouts:
    """Suspected stock-outs, the least likely first.

    Attributes:
        runs: `[n, 3]` product, first day, day after the last.
        missed: `[n]` units that the product sold on as many days in the eight weeks before.
    """

    runs: Whole
    missed: Reals


def find_stockouts(panel: Panel) -> Stockouts:
    """The runs of zeros that chance does not explain; those that no sale ends may be a product's end."""
    N, T = panel.sales.shape
    quiet = _share_of_usual(panel)
    runs, chances = [np.zeros((0, 3), np.int64)], 0
    block = max(1, _BLOCK // T)
    for start in range(0, N, block):
        rows = slice(start, start + block)
        seen, sold = panel.observed[rows], panel.sales[rows] > 0
        chances += int((seen & sold).sum())
        runs.append(_long_runs(sold, seen, panel.status[rows] == Status.CLOSED) + np.array([start, 0, 0]))
    found = np.concatenate(runs)
    likelihood = np.maximum(_likelihood(panel, found, quiet, after=False), _likelihood(panel, found, quiet, after=True))
    order = np.argsort(likelihood, kind="stable")
    fits = np.flatnonzero(likelihood[order] <= FALSE_SHARE * np.arange(1, len(order) + 1) / max(chances, 1))
    suspected = found[order[: fits[-1] + 1 if len(fits) else 0]]
    return Stockouts(suspected, _missed(panel, suspected))


def _long_runs(sold: Flags, seen: Flags, closed: Flags) -> Whole:
    """`[n, 3]` runs without a sale from a sale to the next, closed days among them, that chance seldom makes."""
    edges = np.diff(np.pad(~sold & (seen | closed), ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    between = (first > 0) & (end < sold.shape[1])
    row, first, end = row[between], first[between], end[between]
    between = sold[row, first - 1] & sold[row, end]
    row, first, end = row[between], first[between], end[between]
    days, sales = (np.pad(np.cumsum(flags, axis=1), ((0, 0), (1, 0))) for flags in (seen, sold))
    before = np.maximum(first - 7 * _WEEKS, 0)
    known = days[row, first] - days[row, before]
    empty = known - (sales[row, first] - sales[row, before])
    length = days[row, end] - days[row, first]
    chance = ((empty + 0.5) / (known + 1)) ** length
    long = (known >= _FEWEST) & (chance < _LIKELY)
    runs: Whole = np.stack([row, first, end], axis=1)[long]
    return runs


def _likelihood(panel: Panel, runs: Whole, quiet: Reals, after: bool) -> Reals:
    """`[n]` of a run as long or longer, by the weeks before it or by those after it; 0 where those tell nothing."""
    row, first, end = runs.T
    T = panel.sales.shape[1]
    span = np.arange(7 * _WEEKS)
    days = (end[:, None] + span) if after else (first[:, None] - span - 1)  # [n, 56]
    inside = (days >= 0) & (days < T)
    at = row[:, None], np.clip(days, 0, T - 1)
    seen = inside & (panel.status[at] == Status.ON_SALE)
    empty = seen & (panel.sales[at] == 0)
    known, zeros = np.zeros((len(runs), 7)), np.zeros((len(runs), 7))
    for weekday in range(7):
        same = days % 7 == weekday
        known[:, weekday], zeros[:, weekday] = (seen & same).sum(axis=1), (empty & same).sum(axis=1)
    usual = (zeros.sum(axis=1) + 0.5) / (known.sum(axis=1) + 1)
    known, zeros = known + _PRIOR, zeros + _PRIOR * usual[:, None]
    likelihood = np.ones(len(runs))
    each = np.arange(len(runs))
    for day in range(int((end - first).max(initial=0))):
        now = first + day
        inside = now < end
        inside[inside] = panel.status[row[inside], now[inside]] == Status.ON_SALE
        weekday = now % 7
        chance = zeros[each, weekday] / known[each, weekday]
        chance = 1 - (1 - chance) * quiet[np.minimum(now, T - 1)]
        likelihood *= np.where(inside, chance, 1)
        zeros[each[inside], weekday[inside]] += 1
        known[each[inside], weekday[inside]] += 1
    return np.where(known.sum(axis=1) - 7 * _PRIOR >= _FEWEST / 2, likelihood, 0.0 if after else 1.0)


def _share_of_usual(panel: Panel) -> Reals:
    """`[T]` up to 1: the part of all other products that sold on the day, over that on the same weekday in the weeks
    around it; other than one that did not sell.
    """
    seen = panel.observed
    count, selling = seen.sum(axis=0), ((panel.sales > 0) & seen).sum(axis=0)
    share = selling / np.maximum(count, 1)
    around = np.full((len(share), 2 * _WEEKS), np.nan)
    for column, weeks in enumerate([*range(-_WEEKS, 0), *range(1, _WEEKS + 1)]):
        there = np.arange(len(share)) + 7 * weeks
        inside = (there >= 0) & (there < len(share))
        inside[inside] = count[there[inside]] > 0
        around[inside, column] = share[there[inside]]
    some = ~np.isnan(around).all(axis=1) & (count > 1)
    usual = np.ones(len(share))
    usual[some] = np.maximum(np.nanmedian(around[some], axis=1), 1e-12)
    others = np.where(some, selling / np.maximum(count - 1, 1), 1.0)
    return np.minimum(others / usual, 1)


def _missed(panel: Panel, runs: Whole) -> Reals:
    """`[n]` units that are sold on as many open days as the run has, by the weeks before it."""
    row, first, _ = runs.T
    span = np.arange(1, 7 * _WEEKS + 1)
    days = first[:, None] - span
    seen = (days >= 0) & (panel.status[row[:, None], np.maximum(days, 0)] == Status.ON_SALE)
    units = np.where(seen, panel.sales[row[:, None], np.maximum(days, 0)], 0).sum(axis=1)
    open_days = np.array([(panel.status[n, a:b] == Status.ON_SALE).sum() for n, a, b in runs])
    missed: Reals = units / np.maximum(seen.sum(axis=1), 1) * open_days
    return missed
