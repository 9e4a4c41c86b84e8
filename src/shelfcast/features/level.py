"""The level of a product: what it sells a day while it is in stock, known each day from the days up to it.

All sales that the catalog network sees, and all that it forecasts, are in units of the level at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

_DAYS = 28  # in stock, that the level averages
_RARE = log(0.01)  # a run of quiet days less likely than this is an outage
_QUIET, _STILL_QUIET = (
    0.05,
    0.15,
)  # of the level, below which a day is quiet: to enter an outage, and to stay in it
_GIVEN_UP = 28  # days of outage after which its days are learnt from: it may be how the product sells now
_LEARN_ANEW = 7  # days that the old level counts for when such an outage ends
_FADE_AFTER, _FADE = 7, 21  # days of outage until the level fades, and by a factor of e in how many
_OWN_DAYS = 14  # at a unit a day or so, that the product's own mean counts for
_LEAST_SHARE = 0.1  # of the own mean: no level is lower
FLOOR = 0.02  # units, added to every level: that of a product that has never sold


@dataclass(frozen=True)
class Levels:
    """What is known of each product at the end of each day.

    Attributes:
        level: `[N, T]` units a day, above 0.
        outage: `[N, T]` the day belongs to a run of quiet days that this product's past makes unlikely.
        own_mean: `[N, T]` units a day, the mean of all days in stock so far.
        days_in_stock: `[N, T]` how many these are.
    """

    level: Tensor
    outage: Tensor
    own_mean: Tensor
    days_in_stock: Tensor


class LevelState:
    """What the days so far have left behind of each product: all that the next day's level needs of them.

    Attributes, each `[N]`:
        recent, days: mean of the last days in stock, and of how many.
        own_mean, own_days: mean of all days in stock, and how many these are.
        share, share_days: of quiet days, and of how many; begun as if 5 days were known.
        quiet_run, outage_run: days up to the last on which the product was there.
    """

    def __init__(self, values: Tensor) -> None:
        """From what `values` gave."""
        self.recent, self.days, self.own_mean, self.own_days, *rest = values.unbind()
        self.share, self.share_days, self.quiet_run, self.outage_run = rest

    @classmethod
    def of_no_day(cls, sales: Tensor) -> LevelState:
        """Of products before their first day, where `sales [N, T]` are."""
        values = sales.new_zeros(8, len(sales))
        values[4], values[5] = 0.3, 5
        return cls(values)

    def values(self) -> Tensor:
        """`[8, N]`, a copy."""
        return torch.stack(list(vars(self).values()))

    def advance(self, units: Tensor, there: Tensor) -> Tensor:
        """Takes in a day.

        A day is quiet if next to nothing of the level was sold. The product's own share of quiet days, to the
        power of the run, is the chance of such a run; below 1 % it is taken for an outage, a stock-out that
        nobody recorded, and does not lower the level. Slow products are shrunk towards their own mean.

        Args:
            units: `[N]` sold.
            there: `[N]` booleans: on sale, open, not recorded as sold out.

        Returns:
            `[N]`: whether the day belongs to an outage.
        """
        quiet = units <= torch.where(self.outage_run > 0, _STILL_QUIET, _QUIET) * self.recent
        self.quiet_run = torch.where(there, (self.quiet_run + 1) * quiet, self.quiet_run)
        outage = there & quiet & (self.quiet_run * self.share.log() < _RARE)
        given_up = self.outage_run > _GIVEN_UP
        learn = (there & (~outage | given_up)).float()

        days = torch.where(given_up & ~outage, self.days.clamp_max(_LEARN_ANEW), self.days)
        self.days = torch.where(learn > 0, (days + 1).clamp_max(_DAYS), days)
        self.recent = self.recent + learn * (units - self.recent) / self.days.clamp_min(1)
        self.own_days = self.own_days + learn
        self.own_mean = self.own_mean + learn * (units - self.own_mean) / self.own_days.clamp_min(1)
        self.share_days = (self.share_days + learn).clamp_max(364)
        self.share = (self.share + learn * (quiet.float() - self.share) / self.share_days).clamp(0.003, 0.995)
        self.outage_run = torch.where(outage, self.outage_run + 1, self.outage_run * ~there)
        return outage

    @property
    def level(self) -> Tensor:
        """`[N]` units a day, above 0."""
        own_weight = _OWN_DAYS / (1 + torch.maximum(self.own_mean, self.recent))
        level = (_DAYS * self.recent + own_weight * self.own_mean) / (_DAYS + own_weight)
        level = level * torch.exp(-(self.outage_run - _FADE_AFTER).clamp_min(0) / _FADE)
        return torch.maximum(level, _LEAST_SHARE * self.own_mean) + FLOOR


def follow_levels(sales: Tensor, available: Tensor, state: LevelState | None = None) -> Levels:
    """One pass over the days; a day's column is made of that day and those before it.

    Args:
        sales: `[N, T]` units.
        available: `[N, T]` booleans: on sale, open, not recorded as sold out.
        state: of the days before the first; advanced to the last one. None: there were none.
    """
    state = LevelState.of_no_day(sales) if state is None else state
    rows: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for units, there in zip(sales.T.contiguous(), available.T.contiguous(), strict=True):
        outage = state.advance(units, there)
        rows.append((state.level, outage, state.own_mean, state.own_days))
    return Levels(*(torch.stack(column, dim=1) for column in zip(*rows, strict=True)))
