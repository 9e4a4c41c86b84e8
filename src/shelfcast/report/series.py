"""What is drawn of a product or of the shop: the last weeks of sales, the test days' forecasts, tomorrow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..evaluation.backtest import Backtest
from ..panel import DAY, Days, Floats, Panel

_HISTORY = 56  # days before the test days: eight weeks


@dataclass(frozen=True)
class Series:
    """`W` days up to the last known one, and tomorrow; units, NaN where there is nothing to draw.

    Attributes:
        dates: `[W + 1]`, tomorrow last.
        sales: `[N, W]`, NaN where not on sale.
        forecast: `[N, W]`, NaN before the test days.
        low, high: `[N, W]` of the 80 % interval, NaN where there is none.
        tomorrow: `[N]`.
    """

    dates: Days
    sales: Floats
    forecast: Floats
    low: Floats
    high: Floats
    tomorrow: NDArray[np.float64]

    @classmethod
    def of(cls, recent: Panel, result: Backtest, tomorrow: pd.DataFrame) -> Series:
        """Of the same products in the same order; of long test parts only the days that `recent` holds."""
        shown = recent.tail(int((recent.dates >= result.dates[0]).sum()) + _HISTORY)
        both = np.isin(shown.dates, result.dates)

        def on_shown(units: Floats | None) -> Floats:
            drawn = np.full(shown.sales.shape, np.nan, dtype=np.float32)
            if units is not None:
                drawn[:, both] = units[:, np.isin(result.dates, shown.dates)]
            return drawn

        return cls(
            dates=np.append(shown.dates, shown.last_day + DAY),
            sales=np.where(shown.on_sale, shown.sales, np.nan).astype(np.float32),
            forecast=on_shown(result.forecasts[result.model]),
            low=on_shown(result.outputs.get("lo-80")),
            high=on_shown(result.outputs.get("hi-80")),
            tomorrow=tomorrow["mean"].to_numpy(dtype=np.float64),
        )

    def product(self, n: int) -> Series:
        """Of one product."""
        sales, forecast, low, high = (v[n : n + 1] for v in (self.sales, self.forecast, self.low, self.high))
        return Series(self.dates, sales, forecast, low, high, self.tomorrow[n : n + 1])

    def shop(self) -> Series:
        """The sum over all products; of its days nobody has made an interval."""
        nothing = np.full_like(self.low[:1], np.nan)
        return Series(
            self.dates,
            np.nansum(self.sales, axis=0, keepdims=True),
            self.forecast.sum(axis=0, keepdims=True),  # a day is NaN for all products or for none
            nothing,
            nothing,
            self.tomorrow.sum(keepdims=True),
        )
