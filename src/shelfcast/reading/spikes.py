"""Spikes: days on which a product sold far more than it ever did, as when a wholesaler calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEWEST = 10  # selling days before, fewer know nothing of what is usual
_DEVIATIONS = 4.0  # of the logarithm
_LEAST_DEVIATION = 0.5  # of the logarithm: 4 of them are a factor of 7.4
_LEAST_UNITS = 10.0  # above the usual
_BLOCK = 1 << 22  # product-days at once


@dataclass(frozen=True)
class Spikes:
    """`product`, `day`: `[n]` rows and columns of the panel; `units`, `usual`: `[n]`, the most that was usual."""

    product: NDArray[np.int64]
    day: NDArray[np.int64]
    units: NDArray[np.float64]
    usual: NDArray[np.float64]

    def largest(self, most: int) -> NDArray[np.int64]:
        """Which ones stand out most."""
        return np.argsort(self.usual - self.units, kind="stable")[:most]


def find_spikes(sales: NDArray[Any]) -> Spikes:
    """Days above what a product's selling days before them make likely.

    Usual is up to 4 standard deviations of the logarithm log(1 + units) above its mean over the selling days before,
    at least 10 of them. No later day matters, so that what an origin has seen stays as it was.

    Args:
        sales: `[N, T]`.
    """
    N, T = sales.shape
    block = max(1, _BLOCK // T)
    found = []
    for start in range(0, N, block):
        rows = np.asarray(sales[start : start + block], np.float64)
        sold = rows > 0
        logs = np.log1p(rows)
        count: NDArray[np.int64] = np.cumsum(sold, axis=1) - sold
        total = np.cumsum(logs, axis=1) - logs
        squares = np.cumsum(logs**2, axis=1) - logs**2
        mean = total / np.maximum(count, 1)
        deviation = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean**2, 0))
        usual = np.expm1(mean + _DEVIATIONS * np.maximum(deviation, _LEAST_DEVIATION))
        product, day = np.nonzero((count >= _FEWEST) & (rows > usual) & (rows > np.expm1(mean) + _LEAST_UNITS))
        found.append((product + start, day, rows[product, day], usual[product, day]))
    return Spikes(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
