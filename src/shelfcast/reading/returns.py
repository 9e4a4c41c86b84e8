"""Returns: those of the same day cancel their sale, later ones are left out or netted on their own day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Units = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Cancelled:
    """What of each return was cancelled on the day of its sale.

    Attributes:
        units: `[rows]` as they count: sales as they are, returns by what they cancel, 0 for later ones.
        rows: returns that cancel a sale of their day, wholly or in part.
        cancelled: their units, positive.
        later_rows, later: returns that cancel nothing, and the units beyond what was cancelled, positive.
    """

    units: Units
    rows: int
    cancelled: float
    later_rows: int
    later: float


def cancel(products: Whole, days: Whole, units: Units, customers: Whole | None) -> Cancelled:
    """Matches the returns with sales of the same product on the same day.

    In this order:
    - where the customer is known, with what that customer bought of it that day;
    - where not, with a sale of exactly as many units to nobody known;
    - where not, and the product was first sold that day, with all that was sold: nothing older can come back.

    What is matched neither way is a later return.

    Args:
        products: `[rows]` codes. days: `[rows]`. units: `[rows]`, returns negative.
        customers: `[rows]` codes, -1 where not known; None where no column tells.
    """
    returned = units < 0
    cell = products * (int(days.max()) - int(days.min()) + 1) + days - days.min()
    rows = np.flatnonzero(np.isin(cell, np.unique(cell[returned])))
    part = pd.DataFrame(
        {
            "row": rows,
            "cell": cell[rows],
            "units": units[rows],
            "customer": -1 if customers is None else customers[rows],
            "product": products[rows],
            "day": days[rows],
        }
    )
    kept = np.zeros(len(part))  # of each return, the units that it cancels
    known = part["customer"].to_numpy() >= 0
    if known.any():
        kept[known] = _up_to_sold(part[known], ["cell", "customer"], np.zeros(int(known.sum())))
    unknown = ~known
    if unknown.any():
        kept[unknown] = _equal_units(part[unknown])
        first = pd.Series(days[~returned]).groupby(products[~returned]).min()
        on_first = unknown & (part["day"].to_numpy() == part["product"].map(first).to_numpy())
        if on_first.any():
            kept[on_first] += _up_to_sold(part[on_first], ["cell"], kept[on_first])
    counted = units.copy()
    back = part["units"].to_numpy() < 0
    counted[part["row"].to_numpy()[back]] = -kept[back]
    left = -units[returned] + counted[returned]
    return Cancelled(
        counted, int((kept[back] > 0).sum()), float(kept.sum()), int((kept[back] == 0).sum()), float(left.sum())
    )


def _up_to_sold(part: pd.DataFrame, keys: list[str], kept: Units) -> Units:
    """`[rows]` what each return cancels beyond `kept`, in order, until all that the group sold is cancelled."""
    units = part["units"].to_numpy()
    group = part.groupby(keys, sort=False).ngroup().to_numpy()
    left = np.bincount(group, np.maximum(units, 0) - kept)
    wanted = np.where(units < 0, -units - kept, 0)
    before = pd.Series(wanted).groupby(group).cumsum().to_numpy() - wanted
    taken: Units = np.clip(left[group] - before, 0, wanted)
    return taken


def _equal_units(part: pd.DataFrame) -> Units:
    """`[rows]`: the k-th return of so many units cancels the k-th sale of as many."""
    units = part["units"].to_numpy()
    keys = [part["cell"].to_numpy(), np.abs(units)]
    back = units < 0
    order = part.groupby([*keys, back], sort=False).cumcount().to_numpy()
    sales = pd.Series(~back).groupby(keys).transform("sum").to_numpy()
    return np.where(back & (order < sales), -units, 0.0)
