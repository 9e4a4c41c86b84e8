"""What a fit has to learn from, seen over before it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..panel import Panel, Status

_YEAR, _WEEK = 364, 7
_ROWS = 16_384  # products looked at at a time


@dataclass(frozen=True)
class Overview:
    """Of the days to be fitted on.

    Attributes:
        mean: `[N]` units a day in their last year.
        first: `[N]` the first day on which each product was on sale; the day after the last, if it never was.
        sold_days: days of products with a sale, in the history that crops are drawn from.
        units: sold on such a day of the last year, on average.
        change: in the last year, between a day and the same weekday a week before, over what was sold: 0 where each
            week is like the one before, about 1 and more where chance rules; NaN where nothing was sold after a week.
    """

    mean: Tensor
    first: Tensor
    sold_days: int
    units: float
    change: float

    @classmethod
    def of(cls, panel: Panel, days: int, history_days: int) -> Self:
        """Of the first `days` days of a panel, the last `history_days` of them the history."""
        N = len(panel.products)
        mean, first = np.empty(N, np.float32), np.empty(N, np.int64)
        sold_days = sold_of_year = 0
        sold = compared = changed = 0.0
        for start in range(0, N, _ROWS):
            rows = slice(start, start + _ROWS)
            year = panel.sales[rows, max(0, days - _YEAR) : days]
            mean[rows] = year.mean(axis=1)
            sold += float(year.sum(dtype=np.float64))
            sold_of_year += int(np.count_nonzero(year))
            compared += float(year[:, _WEEK:].sum(dtype=np.float64))
            changed += float(np.abs(year[:, _WEEK:] - year[:, :-_WEEK]).sum(dtype=np.float64))
            sold_days += int(np.count_nonzero(panel.sales[rows, max(0, days - history_days) : days]))
            on_sale = panel.status[rows, :days] == Status.ON_SALE
            first[rows] = np.where(on_sale.any(axis=1), on_sale.argmax(axis=1), days)
        return cls(
            mean=torch.from_numpy(mean),
            first=torch.from_numpy(first),
            sold_days=sold_days,
            units=sold / max(sold_of_year, 1),
            change=changed / compared if compared else math.nan,
        )
