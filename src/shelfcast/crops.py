"""From a panel to crops: some products on some days in a row, each day an origin, with all that may be known there.

    panel     |  LOOKS_BACK + seq_len empty days  |  T days of sales  |  days ahead  |
    crop            |------ LOOKS_BACK days ------|-- L origins --|-- days ahead --|
                      features look back on them    each one asks for the days after it

One panel tensor, and crops are gathered from it where it lies: no window is ever stored. All that a crop tells
of an origin is made of the days up to that origin; only `targets` looks ahead, for the loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from .features.calendar import SEASON_NAMES, season_features
from .features.level import FLOOR, Levels, follow_levels
from .features.recent import (
    RECENT_NAMES,
    in_levels,
    mean_in_levels,
    recent_channels,
    weekday_profile,
)
from .features.totals import NOW_NAMES, YEAR_AGO_TOTAL_NAMES, Totals, with_catalog
from .features.year_ago import YEAR_AGO_NAMES, YearAgo
from .panel import Panel, Status

LOOKS_BACK = 392  # days before an origin that a feature may look at: last year's month around the day
SALES_DAYS = 28  # up to an origin, that the network sees as they are
PROFILE_NAMES = ["weekday_mean_4", "weekday_mean_8", "weekday_last"]


@dataclass(frozen=True)
class Inputs:
    """How many channels the network is given.

    Attributes:
        origin: of an origin. target: of a day ahead. calendar: of a date.
    """

    origin: int
    target: int
    calendar: int

    @classmethod
    def of(cls, attributes: int) -> Inputs:
        """For products with that many attributes, whose groups have totals."""
        groups = 1 + attributes
        return cls(
            origin=len(RECENT_NAMES) + len(NOW_NAMES) * groups,
            target=len(PROFILE_NAMES) + len(YEAR_AGO_NAMES) + len(YEAR_AGO_TOTAL_NAMES) * groups,
            calendar=len(SEASON_NAMES),
        )


class Shelf:
    """Some products of a panel, on the device, with what is known of each of their days.

    Args:
        panel: all products, `[N, T]`.
        groups: `[N, A]` each product's groups, from 1 on.
        totals: of the whole panel, made by `totals_of`.
        rows: the products that are taken.
        seq_len: origins of a crop, `L`.
        days_ahead: the farthest day that will be asked for.
    """

    def __init__(
        self,
        panel: Panel,
        groups: NDArray[np.int64],
        totals: Totals,
        rows: slice,
        seq_len: int,
        days_ahead: int,
    ) -> None:
        device = totals.units.device
        around = (LOOKS_BACK + seq_len, days_ahead)
        padding = ((0, 0), around)
        self.first_day = around[0]
        self.totals = totals
        self.products = torch.arange(len(panel.products), device=device)[rows]  # [N] rows of the panel
        self.groups = torch.from_numpy(with_catalog(groups[rows])).to(device)  # [N, 1 + A]
        self.sales = torch.from_numpy(np.pad(panel.sales[rows], padding)).to(device)  # [N, days]
        available = np.pad(panel.status[rows] == Status.ON_SALE, padding)
        self.available = torch.from_numpy(available).to(device) & ~totals.closed
        known = slice(self.first_day, self.first_day + len(panel.dates))
        levels = follow_levels(self.sales[:, known], self.available[:, known])
        self.levels = Levels(
            level=pad(levels.level, around, value=FLOOR),
            outage=pad(levels.outage, around),
            own_mean=pad(levels.own_mean, around),
            days_in_stock=pad(levels.days_in_stock, around),
        )
        self.in_stock = self.available & ~self.levels.outage
        dates = panel.dates[0] + np.arange(-around[0], len(panel.dates) + days_ahead)
        self.calendar = torch.from_numpy(season_features(dates)).to(device)  # [days, 17]

    @staticmethod
    def totals_of(
        panel: Panel, groups: NDArray[np.int64], seq_len: int, days_ahead: int, device: torch.device
    ) -> Totals:
        """The totals of the whole panel, on the same days as the shelves that are cut from it."""
        return Totals.of(panel.sales, groups, LOOKS_BACK + seq_len, days_ahead, device)

    def crop(self, products: Tensor, first: Tensor, length: int) -> Crop:
        """The crop of `length` origins from the panel's day `first` on.

        Args:
            products: `[B]` rows of the shelf.
            first: `[B]` days of the panel, from `-seq_len` on.
        """
        return Crop(self, products, first + self.first_day, length)


class Crop:
    """`B` products, each on its own `L` origins in a row.

    Attributes:
        origins: `[B, L]` days of the shelf.
        level: `[B, L]` units.
        days_in_stock: `[B, L]` so far; 0 before the product was first on sale.
        channels: `[B, L, C]` of each origin.
        last_sales: `[B, L, SALES_DAYS]` in levels, the origin's own day last.
    """

    def __init__(self, shelf: Shelf, products: Tensor, first: Tensor, length: int) -> None:
        self._shelf = shelf
        self.products = shelf.products[products]  # [B] rows of the panel
        self.groups = shelf.groups[products]  # [B, 1 + A]
        self.origins = first[:, None] + torch.arange(length, device=first.device)
        seen, own = LOOKS_BACK + length, slice(LOOKS_BACK, LOOKS_BACK + length)

        def cut(values: Tensor, days: int = seen) -> Tensor:
            """`[B, days]` of `[N, days of the shelf]`, from the first day looked back at."""
            gathered: Tensor = values.unfold(1, days, 1)[products, first - LOOKS_BACK]
            return gathered

        sales, in_stock = cut(shelf.sales), cut(shelf.in_stock).float()
        levels = Levels(*(cut(values) for values in vars(shelf.levels).values()))
        self.level = levels.level[:, own]
        self.days_in_stock = levels.days_in_stock[:, own]
        self._sales = sales
        self._profiles = (
            weekday_profile(sales, in_stock, levels.level, weeks=4),
            weekday_profile(sales, in_stock, levels.level, weeks=8),
        )
        self._year_ago = YearAgo.of(sales, in_stock)
        recent = recent_channels(sales, in_stock, levels, self._profiles, own)
        now = shelf.totals.now[self.groups[:, :, None], self.origins[:, None]]  # [B, 1 + A, L, 3]
        self.channels = torch.cat([recent, now.transpose(1, 2).flatten(2)], dim=2)
        last = sales[:, LOOKS_BACK - SALES_DAYS + 1 :].unfold(1, SALES_DAYS, 1)
        self.last_sales = in_levels(last, self.level[:, :, None])
        self._cut = cut

    def ahead(self, places: Tensor, horizons: Tensor) -> tuple[Tensor, Tensor]:
        """What some origins are told of the days ahead of them.

        Args:
            places: `[J]` of origins in the crop, 0 to `L - 1`.
            horizons: `[K]` days ahead, 1 is the next day.

        Returns:
            `[B, J, K, Z]` channels of the product and its groups, and `[B, J, K, 17]` of the calendar.
        """
        origins = LOOKS_BACK + places[:, None]  # [J, 1] in the days looked back at
        targets = origins + horizons  # [J, K]
        seen = targets - 7 * ((horizons + 6) // 7)  # the last of the same weekday that is known
        level = self.level[:, places, None]  # [B, J, 1]
        profiles = [mean_in_levels(profile[:, seen], level) for profile in self._profiles]
        profiles.append(in_levels(self._sales[:, seen], level))
        year_ago = self._year_ago.channels(origins, targets, level, self.days_in_stock[:, places, None])
        days = self.origins[:, places, None]  # [B, J, 1] in the days of the shelf
        totals = self._shelf.totals.year_ago_channels(self.groups, days, days + horizons)
        channels = torch.cat([torch.stack(profiles, dim=3), year_ago, totals], dim=3)
        return channels, self._shelf.calendar[days + horizons]

    def targets(self, places: Tensor, horizons: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, J, K]` what was sold on the days ahead, in levels of the origin, and whether it was the demand."""
        days = LOOKS_BACK + places[:, None] + horizons
        width = int(days.max()) + 1
        sales = self._cut(self._shelf.sales, width)[:, days] / self.level[:, places, None]
        return sales, self._cut(self._shelf.available, width)[:, days]
