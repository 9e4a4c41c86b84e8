"""What a product sold on the same day of the months before: paydays, and shops that repeat by day of month."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..panel import Days, days_of_month

MONTHS = 3  # that are averaged
MOST_MONTHS = 6  # that are looked back at: three before the last that a horizon of 90 days leaves known
_MONTH = np.timedelta64(1, "M")


def month_days(dates: Days) -> NDArray[np.int64]:
    """`[days, MOST_MONTHS]`: how many days before each day the same day of the month was, 1 to 6 months ago.

    The 31st is told of the last day of a shorter month.
    """
    months = dates.astype("datetime64[M]")
    place = days_of_month(dates)
    columns = []
    for back in range(1, MOST_MONTHS + 1):
        first = (months - back * _MONTH).astype("datetime64[D]")
        length = ((months - (back - 1) * _MONTH).astype("datetime64[D]") - first).astype(np.int64)
        columns.append((dates - (first + np.minimum(place, length - 1))).astype(np.int64))
    return np.stack(columns, axis=1)


def months_before(offsets: Tensor, horizons: Tensor) -> Tensor:
    """`[..., MONTHS]` of the offsets `[..., MOST_MONTHS]`, from the first that an origin so far back knows.

    Args:
        horizons: as `offsets` without the last axis, or broadcastable to it.
    """
    first = (offsets < horizons[..., None]).sum(dim=-1, keepdim=True)  # months that lie after the origin
    return offsets.gather(-1, first + torch.arange(MONTHS, device=offsets.device))


def month_profile(sales: Tensor, in_stock: Tensor, level: Tensor) -> Tensor:
    """The mean over the last axis of days in stock, half a day at the level added.

    Args:
        sales, in_stock: `[..., MONTHS]`. level: `[...]` units.
    """
    return ((sales * in_stock).sum(dim=-1) + level / 2) / (in_stock.sum(dim=-1) + 0.5)
