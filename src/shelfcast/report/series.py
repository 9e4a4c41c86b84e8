"""What is drawn of a product or of the shop: the last weeks of sales, the test days' forecasts, tomorrow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..evaluation.backtest import Backtest
from ..panel import Days, Floats, Panel

_HISTORY = 56  # days before the test days: eight weeks


@dataclass(frozen=True)
class Series:
    """`W` days up to the last known one, and tomorrow; units, NaN where there is nothing to draw.

    Attributes:
        dates: `[W + 1]`, tomorrow last.
        sales: `[N, W]`, NaN where not on sale.
        forecast: `[N, W]`, NaN before the test days.
        tomorrow: `[N]`.
    """

    dates: Days
    sales: Floats
    forecast: Floats
    tomorrow: NDArray[np.float64]

    @classmethod
    def of(cls, recent: Panel, result: Backtest, tomorrow: pd.DataFrame) -> Series:
        """Of the same products in the same order; of long test parts only the days that `recent` holds."""
        shown = recent.tail(int((recent.dates >= result.dates[0]).sum()) + _HISTORY)
        both = np.isin(shown.dates, result.dates)
        forecast = np.full(shown.sales.shape, np.nan, dtype=np.float32)
        forecast[:, both] = result.forecasts[result.model][:, np.isin(result.dates, shown.dates)]
        return cls(
            dates=np.append(shown.dates, shown.last_day + np.timedelta64(1, "D")),
            sales=np.where(shown.on_sale, shown.sales, np.nan).astype(np.float32),
            forecast=forecast,
            tomorrow=tomorrow["mean"].to_numpy(dtype=np.float64),
        )

    def product(self, n: int) -> Series:
        """Of one product."""
        return Series(self.dates, self.sales[n : n + 1], self.forecast[n : n + 1], self.tomorrow[n : n + 1])

    def shop(self) -> Series:
        """The sum over all products."""
        return Series(
            self.dates,
            np.nansum(self.sales, axis=0, keepdims=True),
            self.forecast.sum(axis=0, keepdims=True),  # a day is NaN for all products or for none
            self.tomorrow.sum(keepdims=True),
        )
