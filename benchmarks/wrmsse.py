"""The official measure of the M5 competition: the weighted RMSSE over the 12 levels of its hierarchy.

At each level sales and forecasts are summed over the series of a group, each group's RMSSE is taken against its own
history since its first sale, and groups are weighted by their revenue in the last 28 days of that history. The levels
weigh the same.

Source: Makridakis, Spiliotis, Assimakopoulos (2022), "The M5 competition: Background, organization, and
implementation", International Journal of Forecasting 38(4), and the competitors' guide (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.shops import m5_weeks
from shelfcast.errors import SourceError
from shelfcast.evaluation.metrics import rmsse_scale
from shelfcast.panel import Floats, Panel

LEVELS: tuple[tuple[str, ...], ...] = (
    (),
    ("state_id",),
    ("store_id",),
    ("cat_id",),
    ("dept_id",),
    ("state_id", "cat_id"),
    ("state_id", "dept_id"),
    ("store_id", "cat_id"),
    ("store_id", "dept_id"),
    ("item_id",),
    ("item_id", "state_id"),
    ("item_id", "store_id"),
)
REVENUE_DAYS = 28

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class _Level:
    """The `G` groups of a level.

    Attributes:
        order: `[N]` products, group after group.
        first: `[G]` where in `order` a group begins.
        scale: `[G]` squared units, what RMSSE divides by.
        weight: `[G]` shares of revenue, 1 together.
    """

    order: NDArray[np.intp]
    first: NDArray[np.intp]
    scale: Doubles
    weight: Doubles

    def sums(self, values: Floats) -> Doubles:
        """`[G, D]` of `[N, D]`."""
        return np.add.reduceat(values[self.order].astype(np.float64), self.first, axis=0)


class Wrmsse:
    """Scores forecasts for the days after a history.

    Args:
        history: the days before the test days, with the attributes that `LEVELS` names.
        revenue: `[N]` money of each product in the last 28 days of the history.
        levels: the attributes by which each level groups.
    """

    def __init__(self, history: Panel, revenue: Doubles, levels: Sequence[tuple[str, ...]] = LEVELS) -> None:
        self._levels = [_level(history, revenue, attributes) for attributes in levels]

    def score(self, y: Floats, forecast: Floats) -> float:
        """The mean of `by_level`: never negative, 0 only if each group's total is perfect."""
        return float(self.by_level(y, forecast).mean())

    def by_level(self, y: Floats, forecast: Floats) -> Doubles:
        """`[levels]` weighted RMSSE of `[N, D]` units."""
        error = forecast - y
        return np.array(
            [level.weight @ np.sqrt(np.square(level.sums(error)).mean(axis=1) / level.scale) for level in self._levels]
        )


def m5_revenue(m5: Path, history: Panel) -> Doubles:
    """`[N]` money of each item and store in the last 28 days of the history: units times the price of the week.

    Args:
        m5: the folder with `prices.parquet` and `calendar.parquet`.
        history: a panel of `m5_stores`.

    Raises:
        SourceError: a file is missing, or something was sold in a week without a price.
    """
    if not (m5 / "prices.parquet").is_file():
        raise SourceError(f"{m5 / 'prices.parquet'} does not exist.", "It holds the weights of the WRMSSE.")
    recent = history.tail(REVENUE_DAYS)
    week_of_day = m5_weeks(m5, recent.dates)
    weeks = np.unique(week_of_day)
    prices = pd.read_parquet(m5 / "prices.parquet", filters=[("wm_yr_wk", "in", weeks.tolist())])
    listed = prices.pivot(index=["item_id", "store_id"], columns="wm_yr_wk", values="sell_price")
    keys = pd.MultiIndex.from_arrays([history.attributes["item_id"], history.attributes["store_id"]])
    price = listed.reindex(index=keys, columns=weeks).to_numpy()[:, np.searchsorted(weeks, week_of_day)]
    unpriced = np.argwhere((recent.sales > 0) & np.isnan(price))
    if len(unpriced):
        n, day = unpriced[0]
        raise SourceError(f"{history.products[n]} sold on {recent.dates[day]} without a price in its week.")
    revenue: Doubles = np.sum(recent.sales * np.nan_to_num(price), axis=1)
    return revenue


def _level(history: Panel, revenue: Doubles, attributes: tuple[str, ...]) -> _Level:
    group = np.zeros(len(history.products), dtype=np.intp)
    for name in attributes:
        _, codes = np.unique(history.attributes[name], return_inverse=True)
        group = group * (codes.max() + 1) + codes
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    weight = np.add.reduceat(revenue[order], first)
    units = np.add.reduceat(history.sales[order], first, axis=0)  # whole numbers below 2**24: exact in float32
    return _Level(order, first, rmsse_scale(units), weight / weight.sum())
