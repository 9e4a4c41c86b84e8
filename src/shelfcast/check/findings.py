"""What stands out in a panel: gaps, closures, suspected stock-outs, spikes, late listings, level shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..panel import Panel, Status, weekdays
from ..reading.spikes import find_spikes
from .stockouts import find_stockouts

_MOST = 8  # examples
_LATE = 28  # days after the shop's first, from which a first sale is a late listing
_WEEKS = 8  # on each side of a level shift
_RATIO = 2.0  # of the levels
_T = 6.0  # standard errors between the levels


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: what.
        count: how often it was found; 0 is good.
        found: in a sentence.
        done: what the program does about it.
        examples: the largest, as words.
    """

    name: str
    count: int
    found: str
    done: str
    examples: tuple[str, ...] = ()


def gaps(panel: Panel) -> Finding:
    """Days without a sale of a product on sale, as runs that are longer than three times its usual."""
    sold = panel.sales > 0
    runs = _still_runs(sold | ~panel.on_sale)
    lengths = runs[:, 2] - runs[:, 1]
    long = lengths >= 28
    order = np.argsort(-lengths[long], kind="stable")[:_MOST]
    return Finding(
        "Gaps",
        int(long.sum()),
        f"{int(long.sum()):,} times a product on sale sold nothing for 28 days or more",
        "zeros of demand while the product counts as on sale; after a longer silence it is unknown and masked",
        _spans(panel, runs[long][order]),
    )


def closures(panel: Panel) -> Finding:
    closed = panel.closed
    weekday = weekdays(panel.dates)
    names = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
    regular = [
        f"{name}: {int(closed[weekday == at].sum())} of {int((weekday == at).sum())}"
        for at, name in enumerate(names)
        if closed[weekday == at].any()
    ]
    return Finding(
        "Closed days",
        int(closed.sum()),
        f"{int(closed.sum()):,} days on which the whole shop sold nothing"
        f" ({int((panel.status == Status.CLOSED).sum()):,} product-days closed, single stores among them)",
        "masked out of the loss and the scores; those that recur are forecast as closed",
        tuple(regular),
    )


def stockouts(panel: Panel) -> Finding:
    found = find_stockouts(panel)
    runs = found.runs
    return Finding(
        "Suspected stock-outs",
        len(runs),
        f"{len(runs):,} still runs of {len(np.unique(runs[:, 0])):,} products that chance does not explain; their usual"
        f" sales make {found.missed.sum():,.0f} units of them",
        "kept as zeros: only a stock table or a sold-out flag (--stock) tells, and masks them",
        _spans(panel, runs[np.argsort(-found.missed, kind="stable")[:_MOST]]),
    )


def spikes(panel: Panel) -> Finding:
    found = find_spikes(panel.sales)
    largest = found.largest(_MOST)
    return Finding(
        "Outliers",
        len(found.product),
        f"{len(found.product):,} product-days far above what was usual",
        "kept; --winsorize cuts them",
        tuple(
            f"{_name(panel, found.product[at])}, {panel.dates[found.day[at]]}: {found.units[at]:,.0f},"
            f" usual up to {found.usual[at]:,.0f}"
            for at in largest
        ),
    )


def late_listings(panel: Panel) -> Finding:
    sold = panel.sales > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), -1)
    late = np.flatnonzero(first >= _LATE)
    order = late[np.argsort(-first[late], kind="stable")]
    return Finding(
        "Late listings",
        len(late),
        f"{len(late):,} of {len(first):,} products were first sold 28 days or more after the first day",
        "not on sale before their first sale: those days are no zeros and no targets",
        tuple(f"{_name(panel, at)}: {panel.dates[first[at]]}" for at in order[:_MOST]),
    )


def gone(panel: Panel) -> Finding:
    unknown = np.flatnonzero(panel.status[:, -1] == Status.UNKNOWN)
    return Finding(
        "Silent products",
        len(unknown),
        f"{len(unknown):,} products have been silent for so long that they may be gone",
        "unknown since: masked; they come back with their next sale",
        tuple(_name(panel, at) for at in unknown[:_MOST]),
    )


def level_shifts(panel: Panel) -> Finding:
    """The day on which a product's weekly sales changed most, where they doubled or halved for 8 weeks and more."""
    N, T = panel.sales.shape
    weeks = T // 7
    found = []
    if weeks >= 2 * _WEEKS:
        units = panel.sales[:, T - 7 * weeks :].reshape(N, weeks, 7).sum(axis=2, dtype=np.float64)
        started = (panel.on_sale[:, T - 7 * weeks :].reshape(N, weeks, 7).any(axis=2)).argmax(axis=1)
        total = np.pad(np.cumsum(units, axis=1), ((0, 0), (1, 0)))
        square = np.pad(np.cumsum(units**2, axis=1), ((0, 0), (1, 0)))
        best, at, levels = np.zeros(N), np.zeros(N, np.int64), np.ones((N, 2))
        rows = np.arange(N)
        for split in range(_WEEKS, weeks - _WEEKS + 1):
            left, right = np.maximum(split - started, 1), weeks - split
            means = (total[:, split] - total[rows, started]) / left, (total[:, -1] - total[:, split]) / right
            spread = [
                np.maximum((square[:, split] - square[rows, started]) / left - means[0] ** 2, means[0]),
                np.maximum((square[:, -1] - square[:, split]) / right - means[1] ** 2, means[1]),
            ]
            error = np.sqrt(np.maximum(spread[0] / left + spread[1] / right, 1e-9))
            t = np.where(split - started >= _WEEKS, np.abs(means[0] - means[1]) / error, 0)
            better = t > best
            best[better], at[better] = t[better], split
            levels[better] = np.stack(means, axis=1)[better]
        low, high = levels.min(axis=1), levels.max(axis=1)
        shifted = np.flatnonzero((best > _T) & (high >= _RATIO * np.maximum(low, 1e-9)) & (low > 0))
        shifted = shifted[np.argsort(-best[shifted], kind="stable")]
        found = [
            f"{_name(panel, n)}, {panel.dates[T - 7 * weeks + 7 * at[n]]}: {levels[n, 0]:,.1f} to"
            f" {levels[n, 1]:,.1f} units a week"
            for n in shifted
        ]
    return Finding(
        "Level shifts",
        len(found),
        f"{len(found):,} products whose weekly sales doubled or halved, for 8 weeks and more",
        "kept: the model sees recent levels; look whether a price, a place or a code changed",
        tuple(found[:_MOST]),
    )


def _still_runs(moved: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`[runs, 3]` row, first day, day after the last, of the days that have not `moved[N, T]`."""
    edges = np.diff(np.pad(~moved, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    return np.stack([row, first, end], axis=1)


def _spans(panel: Panel, runs: Sequence[Sequence[int]] | NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(f"{_name(panel, row)}: {end - first} days from {panel.dates[first]}" for row, first, end in runs)


def _name(panel: Panel, product: int | np.integer) -> str:
    """A product's name; what a terminal would obey is escaped."""
    name = str(panel.products[product])
    return name if name.isprintable() else repr(name)[1:-1]
