"""Lag features: what a product sold some days before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..panel import Floats


def lag_features(sales: Floats, lags: Sequence[int]) -> Floats:
    """Every product's sales `lag` days before each day, tomorrow included.

    Day `d` is told only of days before `d`. The first `max(lags)` days lack a lag and have no column,
    so column 0 is day `max(lags)` and the last is the day after the panel's last.

    Args:
        sales: `[N, T]` units.
        lags: days back, each 1 or more.

    Returns:
        `[N, len(lags), T + 1 - max(lags)]` units.
    """
    T = sales.shape[1]
    oldest = max(lags)
    return np.stack([sales[:, oldest - lag : T + 1 - lag] for lag in lags], axis=1)
