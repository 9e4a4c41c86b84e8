"""Where the whole shop went, that training on a short history must not learn as a rule."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..crops import Context
from ..features.totals import Totals

_AROUND = 14  # days on either side of a day, whose mean is the shop's level there
_MOST = 5.0  # times, that a drift may be


@dataclass(frozen=True)
class Course:
    """The catalog's smooth course over the days that may be learnt from.

    A season that has been seen once cannot be told from a trend. Fitted on a spring, a network learns that a month
    ahead everything sells more, and says so in the summer; fitted on an autumn, it says the reverse at Christmas. So
    where the days are fewer than a year and a half, targets are divided by what the whole shop did between the origin
    and the day: the network learns what sets products and days apart, and the shop is taken to stay where it is. Where
    it is the network is not asked either: forecasts are scaled by `Totals.pace`, and moved by `Totals.trend`.

    Attributes:
        level: `[days of the shelf]` units of the catalog on an open day, the mean of those within two weeks of each,
            none later than the last that may be learnt from.
        known: `[days of the shelf]` what is taken for that at an origin: its month's mean at its pace.
        totals: of the catalog, whose trend is taken to go on.
    """

    level: Tensor
    known: Tensor
    totals: Totals

    @classmethod
    def of(cls, context: Context, last: int) -> Course:
        """Of the days of the shelf up to `last`."""
        totals, first, T = context.totals, context.first_day, len(context.panel.dates)
        sold = totals.units[0].cpu().double()  # not every device has doubles
        opened = torch.zeros_like(sold)
        opened[first : first + T] = torch.from_numpy(~context.panel.closed)
        opened[last + 1 :] = 0
        window = torch.ones(1, 1, 2 * _AROUND + 1, dtype=torch.float64)
        both = torch.stack([sold * opened, opened])[:, None]  # [2, 1, days]
        units, days = torch.nn.functional.conv1d(both, window, padding=_AROUND)[:, 0]
        level = (units / days.clamp_min(1)).float().to(context.device)
        return cls(level.clamp_min(1e-3), (totals.month[0] * totals.pace).clamp_min(1e-3), totals)

    def drift(self, origins: Tensor, horizons: Tensor) -> Tensor:
        """`[B, J, K]`: the shop's level on the days ahead over what is taken for it at `origins [B, J]`."""
        taken = self.known[origins][..., None] * self.totals.growth(origins, horizons)
        ratio = self.level[origins[..., None] + horizons] / taken
        return ratio.clamp(1 / _MOST, _MOST)
