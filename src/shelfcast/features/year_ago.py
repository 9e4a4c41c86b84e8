"""What a product sold a year before a day to be forecast: the same weekday and the month around it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .recent import mean_in_levels
from .rolling import spaced_sum

YEAR = 364  # days, whole weeks
YEAR_AGO_NAMES = ["year_ago", "year_ago_to_month", "year_ago_month", "year_ago_trend"]
_KNOWN = 370  # days in stock, from which a product has a year ago


@dataclass(frozen=True)
class YearAgo:
    """Smoothed sales of `B` products.

    Attributes:
        weekday: `[B, days]` units, the mean of the day and the same weekday in the two weeks before it.
        month: `[B, days]` units, the mean of those of the last 28 days that the product was in stock.
    """

    weekday: Tensor
    month: Tensor

    @classmethod
    def of(cls, sales: Tensor, months: tuple[Tensor, Tensor]) -> YearAgo:
        """From `sales [B, days]` and `month_sum` of the sales in stock and of the days in stock."""
        units, days = months
        return cls(spaced_sum(sales, 3, 7) / 3, (units + 0.01) / (days + 0.1))

    def channels(self, origins: Tensor, targets: Tensor, level: Tensor, days_in_stock: Tensor) -> Tensor:
        """What an origin is told of a target day; zeros for a product younger than a year.

        Args:
            origins: `[J, 1]` days. targets: `[J, K]` days, at most 90 after their origin.
            level, days_in_stock: `[B, J, 1]` at the origins.

        Returns:
            `[B, J, K, len(YEAR_AGO_NAMES)]`.
        """
        around = self.weekday[:, targets - YEAR + 7]  # three of the same weekday, a year before the target
        month = self.month[:, targets - YEAR + 14]
        month_of_origin = self.month[:, origins - YEAR + 14].clamp_min(0.05)
        known = (days_in_stock > _KNOWN).float()
        channels = [
            mean_in_levels(around, level),
            (around / month_of_origin).clamp_max(4),
            mean_in_levels(month, level),
            ((month + 0.2) / (month_of_origin + 0.2)).log().clamp(-2, 2),
        ]
        return torch.stack([channel * known for channel in channels], dim=3)
