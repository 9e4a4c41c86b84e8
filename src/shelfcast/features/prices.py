"""Prices and what a shop knows of the days ahead, told of each day to be forecast.

Prices and signals of a day are known before it: from the price list and the promotion plan.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .rolling import days_since, month_sum, spaced_sum

PRICE_NAMES = ["to_year", "to_month", "to_week_before", "jump", "listed", "days_since_change"]
PRICE_AHEAD_NAMES = ["since_origin", "changed", "changed_after_silence", "changed_after_fading"]
SIGNAL_NAMES = ["now", "with_own_lift"]
LOOKS_BACK = 364  # days, the day itself among them

_SCALE = 3.0  # prices move by some percent: as logarithms, times this, they count like the other channels
_SMALLEST = 1e-3  # of a price, that is a change
_SILENCE = 14  # days without a sale after which a new price is most likely a return
_PRIOR = 4  # days at no lift that a product's own days with a signal are averaged with


def price_channels(price: Tensor, last: int) -> Tensor:
    """What a day's price is beside the product's own past: last year's, last month's, last week's.

    Args:
        price: `[B, days]` logarithms of the prices, NaN where not listed.
        last: the days that are asked for, with a week or more before them; one with fewer than `LOOKS_BACK - 1` days
            before it knows less of a past.

    Returns:
        `[B, last, len(PRICE_NAMES)]`.
    """
    known, log_price = (~price.isnan()).float(), price.nan_to_num(0)
    units_28, days_28 = (month_sum(x) for x in (log_price, known))
    units_364, days_364 = (spaced_sum(x, 13, 28, last) for x in (units_28, days_28))
    units_28, days_28, now, listed = (x[:, -last:] for x in (units_28, days_28, log_price, known))
    step = (price[:, -last:] - price[:, -last - 7 : -7]).nan_to_num(0)
    return torch.stack(
        [
            ((now - units_364 / days_364.clamp_min(1)) * listed * _SCALE).clamp(-3, 3),
            ((now - units_28 / days_28.clamp_min(1)) * listed * _SCALE).clamp(-3, 3),
            (step * _SCALE).clamp(-3, 3),
            step.sign() * (step.abs() * _SCALE).sqrt().clamp_max(2),
            listed,
            days_since_change(price, last).log1p() / 3,
        ],
        dim=2,
    )


def days_since_change(price: Tensor, last: int) -> Tensor:
    """`[B, last]` days since the price last changed or began; `LOOKS_BACK` if it is longer ago than that."""
    listed = ~price.isnan()
    begins = listed[:, 1:] & ~listed[:, :-1]
    moved = (price[:, 1:] - price[:, :-1]).abs() > _SMALLEST  # False where either is NaN
    return days_since(begins | moved, LOOKS_BACK, last)


def price_ahead_channels(
    to_year: Tensor, since_change: Tensor, horizons: Tensor, silence: Tensor, faded: Tensor
) -> Tensor:
    """What a price ahead is beside that of the origin.

    A product that has not sold for weeks and gets a new price comes back: that flag, times the silence, says so.

    Args:
        to_year: `[B, J, K]` and, at the origin, `[B, J, 1]` side by side: `[B, J, 1 + K]`.
        since_change: `[B, J, K]` days, of the target days.
        horizons: `[K]`.
        silence: `[B, J, 1]` days since the last sale.
        faded: `[B, J, 1]` log of the mean of 84 days over the level.

    Returns:
        `[B, J, K, len(PRICE_AHEAD_NAMES)]`.
    """
    changed = (since_change < horizons).float()
    return torch.stack(
        [
            to_year[..., 1:] - to_year[..., :1],
            changed,
            changed * (1 - torch.exp(-silence / _SILENCE)),
            changed * faded,
        ],
        dim=3,
    )


def own_lift(signal: Tensor, sales: Tensor, in_stock: Tensor, level: Tensor, last: int) -> Tensor:
    """How a product sold on the days with a signal, in the year up to a day: log of its mean in levels.

    Args:
        signal: `[B, days]`, 0 where nothing happens.
        sales, level: `[B, days]` units. in_stock: `[B, days]` 1 or 0.
        last: the days that are asked for.

    Returns:
        `[B, last]`, 0 where there was no such day.
    """
    weight = signal.abs() * in_stock
    sold = weight * (sales / level).clamp_max(12)
    sold, count = (spaced_sum(month_sum(x), 13, 28, last) for x in (sold, weight))
    return ((sold + _PRIOR) / (count + _PRIOR)).log()
