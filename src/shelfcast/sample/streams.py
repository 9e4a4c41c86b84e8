"""Random numbers of the sample shop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Whole = NDArray[np.int64]


class Streams:
    """Independent random streams, a new one at each call.

    What is drawn from one moves no other, and the numbers `[n, ...]` of one begin with its numbers `[n - 1,
    ...]`: so a product's do not depend on how many products come after it.
    """

    def __init__(self, seed: int, *place: int) -> None:
        self._seeds = np.random.SeedSequence(seed, spawn_key=place)

    def __call__(self) -> np.random.Generator:
        return np.random.Generator(np.random.SFC64(self._seeds.spawn(1)[0]))


def wander(streams: Streams, rows: int, days: int, memory: float, spread: float) -> Reals:
    """`[rows, days]` autoregressions about 0, of standard deviation `spread`, forgotten in `memory` days."""
    keep = np.exp(-1 / memory)
    path: Reals = streams().normal(0, spread, (rows, days))
    for t in range(1, days):
        path[:, t] = keep * path[:, t - 1] + np.sqrt(1 - keep**2) * path[:, t]
    return path
