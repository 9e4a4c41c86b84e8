"""Sums over the days up to each day, for the families that need them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def spaced_sum(values: Tensor, count: int, step: int = 1, last: int | None = None) -> Tensor:
    """The sum of each day's value and of those `step`, `2 step`, ... days before it, `count` in all.

    A sum of shifted views and not a difference of running sums, so that nothing cancels. Longer sums are built of
    shorter ones, as `month_sum` is.

    Args:
        values: `[..., days]`; before the first day stand zeros.
        last: only the last so many days are wanted; None: all.

    Returns:
        `[..., last]`.
    """
    days, reach = values.shape[-1], (count - 1) * step
    last = days if last is None else last
    seen = values[..., max(days - last - reach, 0) :]
    if seen.shape[-1] < last + reach:
        seen = pad(seen, (last + reach - seen.shape[-1], 0))
    return seen.unfold(-1, last, step).sum(dim=-2)  # [..., count, last] -> [..., last]


def month_sum(values: Tensor, last: int | None = None) -> Tensor:
    """The sum over the 28 days up to each day; arguments and result as of `spaced_sum`."""
    return spaced_sum(spaced_sum(values, 7), 4, 7, last)


def days_since(happened: Tensor, most: int, last: int) -> Tensor:
    """Days since it last happened, 0 on a day on which it did; `most` if it is longer ago or never was.

    Args:
        happened: `[B, days]` booleans.
        last: only the last so many days are wanted.

    Returns:
        `[B, last]`.
    """
    days = torch.arange(1, happened.shape[1] + 1, device=happened.device, dtype=torch.float32)
    latest = torch.where(happened, days, -most)  # [B, days]
    before = latest[:, : len(days) - last].amax(dim=1, keepdim=True) if len(days) > last else latest[:, :0]
    so_far = torch.cat([before, latest[:, len(days) - last :]], dim=1).cummax(dim=1).values  # [B, 1 + last]
    return (days[-last:] - so_far[:, -last:]).clamp_max(most)
