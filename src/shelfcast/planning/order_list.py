"""The order list: what to order now of each product, what it is worth, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import HistoryError
from ..evaluation.cumulated import CumulatedErrors, class_rows
from ..evaluation.metrics import Doubles
from ..forecaster import Forecaster
from ..panel import Floats
from ..tables import PlanArguments
from .newsvendor import Terms, decide, need_of
from .reasons import reasons
from .stock import read_stock

Whole = NDArray[np.int64]

LONGEST_COVER = 999.0  # days


def order_list(
    forecaster: Forecaster,
    stock: str | Path | pd.DataFrame,
    ahead: Floats | None = None,
    **plans: Unpack[PlanArguments],
) -> pd.DataFrame:
    """What to order tonight, after the last day that the forecaster knows: a row a product of the stock table.

    Args:
        stock: a file or a frame, as sales may be, with `unique_id` and any of `on_hand, on_order` (units), `lead_time,
            review_period` (days), `pack_size, min_order` (units), and `service_level` or `unit_cost, price, salvage`
            (money a unit). What is absent is taken from `STOCK_DEFAULTS`.
        ahead: `[N, H]` units, the means of the next days that the forecaster gave, for who has them already.
        plans: prices, promotions, events and rules of the days ahead, as `Forecaster.predict` takes them.

    Returns:
        Sorted by `worth`, the highest first: `unique_id`; `order` (units, whole packs); `worth` (money, or units where
        no costs are given: the expected margin of each further unit that is sold before the next order's delivery,
        less the loss on each that is left); `days_of_cover` (how long the stock and what is on the way last at the
        forecast, 999 at most); `sell_out_probability` (that more is asked for than there is before an order of
        tonight is delivered), `sell_out_if_not_ordered`, `sell_out_if_ordered` (before the order after it is
        delivered); `demand, lo-80, hi-80` (units until then); `reason`. The frame's `attrs["defaults"]` are the
        columns that were absent and what was taken, `attrs["said"]` sentences on columns of other names.

    Raises:
        NotFittedError: `fit` or `load` comes first.
        HistoryError: the recipe forecasts one day, or the model was saved without errors of cumulated forecasts.
        SourceError, ColumnError, ValueInRowError: the stock table cannot be used; the message names the row.
        SalesError: a plan cannot be used, or a price or promotion of a day ahead is not known.
    """
    known = read_stock(stock, forecaster.products)
    errors = forecaster.cumulated
    if errors is None:
        raise HistoryError(
            f"This {forecaster.recipe.name} model does not know how far the demand of several days together may lie"
            " from its forecast, so it cannot say how much to order.",
            "Train the recipe catalog: shelfcast train SALES --recipe catalog --out MODEL.",
        )
    N, H = len(forecaster.products), int(known.days.max())
    if ahead is None or ahead.shape[1] < H:
        ahead = forecaster.predict(horizon=H, **plans)["mean"].to_numpy().reshape(N, H)
    mean = ahead[known.rows, :H].astype(np.float64)
    products, row = np.unique(known.rows, return_inverse=True)
    classes = class_rows(forecaster.recent.select(forecaster.products[products]))[row]
    until = np.pad(np.cumsum(mean, axis=1), ((0, 0), (1, 0)))  # [M, 1 + H]: until the day's evening
    lead, total = demand_until(until, errors, classes, known.lead_time, known.days)
    low, high = errors.interval(total, 0.8)
    lead, total = errors.rounded(lead), errors.rounded(total)
    terms = Terms.of(known)
    orders = decide(need_of(lead, total, known.position), known, terms)
    position = known.position[:, None]
    if_ordered = np.maximum(position, lead) + orders.order[:, None]
    table = pd.DataFrame(
        {
            "unique_id": forecaster.products[known.rows],
            "order": orders.order,
            "worth": orders.worth,
            "days_of_cover": days_of_cover(until, known.position),
            "sell_out_probability": (lead > position).mean(axis=1),
            "sell_out_if_not_ordered": (total > position).mean(axis=1),
            "sell_out_if_ordered": (total > if_ordered).mean(axis=1),
            "demand": total.mean(axis=1),
            "lo-80": low,
            "hi-80": high,
        }
    )
    table["reason"] = reasons(table, known, orders, terms)
    table = table.sort_values(["worth", "order", "unique_id"], ascending=[False, False, True], ignore_index=True)
    table.attrs["defaults"] = known.defaults
    table.attrs["said"] = known.said
    return table


def demand_until(
    until: Doubles, errors: CumulatedErrors, classes: Whole, lead_time: Whole, days: Whole
) -> tuple[Doubles, Doubles]:
    """`[M, Q]` equally likely sums of demand until the delivery of an order of tonight, and of the order after it.

    Args:
        until: `[M, 1 + H]` units forecast until the evening of each day, the first 0.
        classes: `[M]`, as `class_rows` gives them.
        lead_time, days: `[M]` days until the two deliveries.
    """
    row = np.arange(len(until))
    lead = errors.sums(until[row, lead_time], classes, lead_time)
    return lead, np.maximum(errors.sums(until[row, days], classes, days), lead)


def days_of_cover(until: Doubles, position: Doubles) -> Doubles:
    """`[M]` days that the position lasts, a part of a day counting as such.

    Args:
        until: `[M, 1 + H]` units forecast until the evening of each day, the first 0. After the last day, the mean of
            the days goes on.
        position: `[M]` units.
    """
    H = until.shape[1] - 1
    day = (until[:, 1:] <= position[:, None]).sum(axis=1)  # whole days
    row, within = np.arange(len(until)), np.minimum(day, H - 1)
    of_day = np.where(day < H, until[row, within + 1] - until[row, within], until[:, -1] / H)
    left = position - until[row, day]
    days = day + np.divide(left, of_day, out=np.full(len(until), LONGEST_COVER), where=of_day > 0)
    shortened: Doubles = np.minimum(days, LONGEST_COVER)
    return shortened
