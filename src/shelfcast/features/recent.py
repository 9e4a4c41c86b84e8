"""Recent sales of a product, in units of its level at each origin."""

from __future__ import annotations

import torch
from torch import Tensor

from .level import Levels
from .rolling import days_since, month_sum, spaced_sum

MEAN_NAMES = ["mean_7", "mean_28", "mean_28_in_stock", "mean_84_in_stock", "mean_364_in_stock"]
LAGS = (1, 7, 14, 21, 28)  # days before the day after the origin
RECENT_NAMES = [
    *MEAN_NAMES,
    *(f"lag_{lag}" for lag in LAGS),
    *("same_weekday_4", "same_weekday_8", "deviation_28", "sold_share_28"),
    *("days_since_sale", "age", "log_level", "level_to_own_mean", "missing_28", "missing_84", "outage"),
]
LOOKS_BACK = 364  # days, the day itself among them
PROFILE_DAYS = 6  # before an origin, of which a weekday profile is asked for: the last of each weekday

_DAY, _MEAN = (
    12,
    4,
)  # levels at which a day's sales and a mean are clipped: single days may spike, means may not


def in_levels(units: Tensor, level: Tensor) -> Tensor:
    """A day's sales over the level, clipped."""
    return (units / level).clamp_max(_DAY)


def mean_in_levels(units: Tensor, level: Tensor) -> Tensor:
    """A mean of sales over the level, clipped."""
    return (units / level).clamp_max(_MEAN)


def weekday_profile(sales: Tensor, in_stock: Tensor, level: Tensor, weeks: int, last: int) -> Tensor:
    """The mean of each day and of the same weekday in the weeks before it, `weeks` days in all.

    Days out of stock are left out; half a day at the level is added, so that one is never missing.

    Args:
        sales, level: `[B, days]` units.
        in_stock: `[B, days]` 1 or 0.
        last: only the last so many days are wanted.

    Returns:
        `[B, last]` units.
    """
    seen = slice(-last - 7 * (weeks - 1), None)
    units, days = spaced_sum((sales * in_stock)[:, seen], weeks, 7, last), spaced_sum(in_stock[:, seen], weeks, 7, last)
    return (units + level[:, -last:] / 2) / (days + 0.5)


def recent_channels(
    sales: Tensor,
    in_stock: Tensor,
    levels: Levels,
    profiles: tuple[Tensor, Tensor],
    months: tuple[Tensor, Tensor],
    length: int,
) -> Tensor:
    """What each origin is told of the sales up to it.

    Args:
        sales: `[B, days]` units.
        in_stock: `[B, days]` 1 or 0.
        levels: of the same days.
        profiles: `weekday_profile` of 4 and of 8 weeks, of the last `length + PROFILE_DAYS` days.
        months: `month_sum` of the sales in stock and of the days in stock.
        length: `L`, the last days, which are origins; `LOOKS_BACK` days stand before the first.

    Returns:
        `[B, L, len(RECENT_NAMES)]`.
    """
    origins, end = slice(-length, None), sales.shape[1] + 1
    level = levels.level[:, origins]

    def before(values: Tensor, days: int) -> Tensor:
        """`[B, L]`: the values so many days before the day after each origin."""
        return values[:, end - days - length : end - days]

    units_28, month = months[0], slice(-length - 27, None)
    stocked = sales[:, month] * in_stock[:, month]
    week = spaced_sum(sales, 7)
    plain = [mean_in_levels(x / n, level) for x, n in ((week[:, origins], 7), (spaced_sum(week, 4, 7, length), 28))]
    means, known = [], {}
    for days in (28, 84, 364):
        units, known[days] = (spaced_sum(x, days // 28, 28, length) for x in months)
        means.append(mean_in_levels((units + level) / (known[days] + 1), level))
    count = known[28].clamp_min(1)
    variance = month_sum(stocked.square(), length) / count - (units_28[:, origins] / count).square()
    sold = (stocked > 0).float()
    return torch.stack(
        [
            *plain,
            *means,
            *(in_levels(before(sales, lag), level) for lag in LAGS),
            *(mean_in_levels(profile[:, :length], level) for profile in profiles),
            mean_in_levels(variance.clamp_min(0).sqrt(), level),
            month_sum(sold, length) / 28,
            days_since(sales * in_stock > 0, LOOKS_BACK, length).log1p() / 3,
            levels.days_in_stock[:, origins].log1p() / 4 - 1,
            level.log() / 2,
            (level / levels.own_mean[:, origins].clamp_min(0.01)).log().clamp(-3, 3),
            1 - known[28] / 28,
            1 - known[84] / 84,
            levels.outage[:, origins].float(),
        ],
        dim=2,
    )
