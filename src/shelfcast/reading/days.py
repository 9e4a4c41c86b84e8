"""Rows -> a daily panel: units summed a product and day, days without a row filled with zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import HistoryError
from ..panel import Panel
from .values import Products

MOST_CELLS = 500_000_000  # product-days: 2 GB of sales; 30,000 products on 16,000 days

_SLICE = 1 << 20  # rows at a time


@dataclass(frozen=True)
class Days:
    """A panel and what its making did.

    Attributes:
        panel: the sales.
        rows: `[T]` of each day.
        cells: product-days that have a row.
        cells_below_zero: product-days whose sum was below zero, set to zero.
        units_below_zero: by how much, positive.
    """

    panel: Panel
    rows: NDArray[np.int64]
    cells: int
    cells_below_zero: int
    units_below_zero: float


def to_days(source: str, products: Products, days: NDArray[np.int64], units: NDArray[np.float64]) -> Days:
    """The panel from the first to the last day that has a row.

    Args:
        source: its name, for messages.
        products: of each row.
        days: `[rows]` since 1970-01-01.
        units: `[rows]`, negative ones are netted on their own day.

    Raises:
        HistoryError: more product-days than memory can be expected to hold.
    """
    first, last = int(days.min()), int(days.max())
    N, T = len(products.names), last - first + 1
    check_cells(source, N, T)
    sums, sizes = np.zeros(N * T), np.zeros(N * T if units.min() < 0 else 0)
    seen = np.zeros(N * T, dtype=np.bool_)
    for start in range(0, len(units), _SLICE):
        rows = slice(start, start + _SLICE)
        cells = products.codes[rows] * T + (days[rows] - first)
        seen[cells] = True
        np.add.at(sums, cells, units[rows])
        if len(sizes):
            np.add.at(sizes, cells, np.abs(units[rows]))
    if len(sizes):
        # 0.1 + 0.2 - 0.3 nets to zero, not to the rounding that is left; whole numbers have no rounding
        sums[np.abs(sums) <= 1e-12 * sizes] = 0
    below = sums < 0
    units_below_zero = float(np.abs(sums[below]).sum())
    sums[below] = 0
    dates = np.datetime64(first, "D") + np.arange(T)
    return Days(
        panel=Panel.of(sums.reshape(N, T), dates, products.names, attributes=products.parts),
        rows=np.bincount(days - first, minlength=T),
        cells=int(seen.sum()),
        cells_below_zero=int(below.sum()),
        units_below_zero=units_below_zero,
    )


def check_cells(source: str, products: int, days: int) -> None:
    """Raises HistoryError where a panel would be larger than memory can be expected to hold."""
    cells = products * days
    if cells > MOST_CELLS:
        raise HistoryError(
            f"{source}: {products:,} products on {days:,} days are {cells:,} product-days; at most {MOST_CELLS:,} fit.",
            "Check that the product column holds products, not receipts, or read fewer days or products.",
        )
