"""What the whole catalog and each group of it sold: the company that a product keeps, the same for every block.

Days on which a product was sold out, or its shop alone was closed, count as demand (`features.demand`): one empty shelf
is no sign that the whole catalog fades.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..panel import Floats, Panel
from .demand import open_demand_by_block
from .year_ago import YEAR

NOW_NAMES = ["day_to_month", "week_to_month", "month_to_year"]
YEAR_AGO_TOTAL_NAMES = ["weekdays_to_month", "day_to_month", "month_to_month"]
_MONTH = 28  # days
_DAMPED, _MOST_GROWTH = 0.4, 0.3  # of the growth of a month, what is taken to go on; of its logarithm
_STEADY = 3  # days at the month's mean, that the last week is averaged with


@dataclass(frozen=True)
class Totals:
    """Totals of `G` groups; group 0 is the catalog.

    Attributes:
        units: `[G, days]` units of demand of each day.
        month: `[G, days]` mean of the open days among the last 28.
        now: `[G, days, 3]`: the day over the month, the last 7 days over the month, the month over the year.
        first: `[G]` the first day with a sale.
        pace: `[days]`: where the catalog stands beside its month: the last 7 days, shrunk towards it, over it.
        trend: `[days]`: logarithm of what is taken for its growth over the month ahead: a part of the lesser of its
            last two months' growths where both have one direction, else 0 (a damped trend: Gardner and McKenzie,
            "Forecasting trends in time series", Management Science 31, 1985), and of 0.3 at the most.
    """

    units: Tensor
    month: Tensor
    now: Tensor
    first: Tensor
    pace: Tensor
    trend: Tensor

    @classmethod
    def of(cls, panel: Panel, groups: NDArray[np.int64], before: int, after: int, device: torch.device) -> Totals:
        """Of a whole panel, before any block is cut from it.

        Args:
            panel: `[N, T]`.
            groups: `[N, A]` each product's groups, from 1 on.
            before, after: days with no sales that are put around the `T`.
        """
        return cls.of_sums(group_sums(open_demand_by_block(panel), groups), panel.closed, before, after, device)

    @classmethod
    def of_sums(
        cls, sums: NDArray[np.float64], closed: NDArray[np.bool_], before: int, after: int, device: torch.device
    ) -> Totals:
        """Of the `[G, T]` units of each group, as `group_sums` gave them, and the `[T]` closed days."""
        units = np.pad(sums, ((0, 0), (before, after)))
        opened = np.pad((~closed).astype(np.float64), (before, after))[None]
        opened[:, before + len(closed) :] = 1
        week, month, year = (
            _trailing(units * opened, days) / np.maximum(_trailing(opened, days), 1) for days in (7, _MONTH, YEAR)
        )
        sold = np.maximum(month, 1e-3)
        open_days = _trailing(opened, 7)[0]
        pace = 1 + (week[0] / sold[0] - 1) * (month[0] > 0) * open_days / (open_days + _STEADY)
        now = np.stack([units / sold, week / sold, np.clip(sold / np.maximum(year, 1e-3), 0.2, None)], axis=2)
        first = np.where(units.any(axis=1), (units > 0).argmax(axis=1), units.shape[1])

        def placed(values: NDArray[np.float64]) -> Tensor:
            return torch.from_numpy(values.astype(np.float32)).to(device)

        return cls(
            units=placed(units),
            month=placed(month),
            now=placed(np.minimum(now, 5)),
            first=torch.from_numpy(first).to(device),
            pace=placed(pace),
            trend=placed(_trend(sold[0], first[0])),
        )

    def since(self, day: int) -> Totals:
        """Those of that day and the days after it, which is the first of them."""
        return Totals(
            units=self.units[:, day:],
            month=self.month[:, day:],
            now=self.now[:, day:],
            first=self.first - day,
            pace=self.pace[day:],
            trend=self.trend[day:],
        )

    def growth(self, origins: Tensor, horizons: Tensor) -> Tensor:
        """`[B, J, K]`: the catalog on the days ahead over where it stands at `origins [B, J]`, by its trend."""
        part = (horizons - 1).clamp(0, _MONTH) / _MONTH  # [K] of a month; the next day is where it stands
        return (self.trend[origins][..., None] * part).exp()

    def year_ago_channels(self, groups: Tensor, origins: Tensor, targets: Tensor) -> Tensor:
        """How a group sold a year before the target days; zeros for a group younger than that.

        Args:
            groups: `[B, 1 + A]`. origins: `[B, J, 1]` days. targets: `[B, J, K]` days.

        Returns:
            `[B, J, K, (1 + A) * 3]`.
        """
        group = groups[:, :, None, None]  # [B, 1 + A, 1, 1]
        origins, year_ago = origins[:, None] - YEAR, targets[:, None] - YEAR  # [B, 1, J, 1], [B, 1, J, K]
        sold = self.units[group, year_ago]  # [B, 1 + A, J, K]
        around = (self.units[group, year_ago - 7] + sold + self.units[group, year_ago + 7]) / 3
        then = self.month[group, origins + _MONTH // 2].clamp_min(1e-3)  # [B, 1 + A, J, 1]
        known = origins - _MONTH >= self.first[group]
        ratios = (
            around / then,
            sold / self.month[group, origins].clamp_min(1e-3),
            self.month[group, year_ago + _MONTH // 2] / then,
        )
        channels = [(ratio.clamp(0.2, 5).log() * known).permute(0, 2, 3, 1) for ratio in ratios]
        return torch.stack(channels, dim=4).flatten(3)  # [B, J, K, 1 + A, 3] -> [B, J, K, (1 + A) * 3]


def group_sums(blocks: Iterable[Floats], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """`[G, T]` units of the catalog, group 0, and of each group of it.

    Args:
        blocks: `[B, T]` units of all products, in their order.
        groups: `[N, A]` each product's groups, from 1 on.
    """
    members, start = torch.from_numpy(with_catalog(groups)), 0  # [N, 1 + A]
    sums = torch.empty(0)
    for block in blocks:
        if not start:
            sums = torch.zeros(int(members.max()) + 1, block.shape[1], dtype=torch.float64)
        rows = torch.from_numpy(block).double()
        for column in members[start : start + len(block)].T:
            sums.index_add_(0, column, rows)
        start += len(block)
    return sums.numpy()


def with_catalog(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """`[N, 1 + A]`: the groups of each product, the catalog, group 0, before them."""
    return np.column_stack([np.zeros(len(groups), np.int64), groups])


def _trend(month: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """`[days]`, of the catalog's month `[days]` and its first day with a sale; 0 until three months are known."""
    trend = np.zeros(len(month))
    growth = np.log(month[_MONTH:] / month[:-_MONTH])
    last, before = growth[_MONTH:], growth[:-_MONTH]
    lesser = np.where(last * before > 0, np.sign(last) * np.minimum(np.abs(last), np.abs(before)), 0)
    trend[2 * _MONTH :] = _DAMPED * lesser.clip(-_MOST_GROWTH, _MOST_GROWTH)
    trend[: max(first + 3 * _MONTH - 1, 0)] = 0
    return trend


def _trailing(values: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """The sum of each day and the `days - 1` before it, along the last axis."""
    running = np.zeros((len(values), days + values.shape[1]))
    np.cumsum(values, axis=1, out=running[:, days:])
    total: NDArray[np.float64] = running[:, days:] - running[:, :-days]
    return total
