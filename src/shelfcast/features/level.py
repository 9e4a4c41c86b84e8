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


def follow_levels(sales: Tensor, available: Tensor) -> Levels:
    """One pass over the days; a day's row is made of that day and those before it.

    A day is quiet if next to nothing of the level was sold. The product's own share of quiet days, to the
    power of the run, is the chance of such a run; below 1 % it is taken for an outage, a stock-out that
    nobody recorded, and does not lower the level. Slow products are shrunk towards their own mean.

    Args:
        sales: `[N, T]` units.
        available: `[N, T]` booleans: on sale, open, not recorded as sold out.
    """
    by_day, available_by_day = sales.T.contiguous(), available.T.contiguous()

    def filled(value: float) -> Tensor:
        return sales.new_full((len(sales),), value)

    recent, days = filled(0), filled(0)  # mean of the last days in stock, and of how many
    own_mean, own_days = filled(0), filled(0)
    share, share_days = filled(0.3), filled(5)  # of quiet days, begun as if 5 days were known
    quiet_run, outage_run = filled(0), filled(0)
    rows: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for units, there in zip(by_day, available_by_day, strict=True):
        quiet = units <= torch.where(outage_run > 0, _STILL_QUIET, _QUIET) * recent
        quiet_run = torch.where(there, (quiet_run + 1) * quiet, quiet_run)
        outage = there & quiet & (quiet_run * share.log() < _RARE)
        given_up = outage_run > _GIVEN_UP
        learn = (there & (~outage | given_up)).float()

        days = torch.where(given_up & ~outage, days.clamp_max(_LEARN_ANEW), days)
        days = torch.where(learn > 0, (days + 1).clamp_max(_DAYS), days)
        recent = recent + learn * (units - recent) / days.clamp_min(1)
        own_days = own_days + learn
        own_mean = own_mean + learn * (units - own_mean) / own_days.clamp_min(1)
        share_days = (share_days + learn).clamp_max(364)
        share = (share + learn * (quiet.float() - share) / share_days).clamp(0.003, 0.995)
        outage_run = torch.where(outage, outage_run + 1, outage_run * ~there)

        own_weight = _OWN_DAYS / (1 + torch.maximum(own_mean, recent))
        level = (_DAYS * recent + own_weight * own_mean) / (_DAYS + own_weight)
        level = level * torch.exp(-(outage_run - _FADE_AFTER).clamp_min(0) / _FADE)
        rows.append((torch.maximum(level, _LEAST_SHARE * own_mean) + FLOOR, outage, own_mean, own_days))
    level, outages, own_mean, own_days = (torch.stack(column, dim=1) for column in zip(*rows, strict=True))
    return Levels(level, outages, own_mean, own_days)
