"""The verdict a product: does the model earn its place there, and if not, what may be the matter?

The model is held against the best simple baseline of each product, chosen with hindsight, by its MAE on the
very days that are scored. That is strict on the model: nobody could have chosen that baseline beforehand.

What may be the matter is read from the days before the test days alone. It is what the data suggests, not a
proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..panel import Floats, Status
from .metrics import Doubles, Flags, or_one_unit

Statuses = NDArray[np.uint8]
Strings = NDArray[np.str_]

ENOUGH_DAYS = 56  # eight weeks: every weekday seen eight times
RECENT_WEEKS, EARLIER_WEEKS = 4, 8
LOOKED_BACK = 7 * (RECENT_WEEKS + EARLIER_WEEKS)  # what happened before explains little of the test days
SHIFT_SHARE = 0.2  # a smaller change of level hardly decides between a model and a mean of 28 days
SOLD_OUT_SHARE = 1 / 28  # a day in four weeks
CHANCE_OF_RUN = 1e-3  # a run of zeros less likely than that is not put down to chance

_BLOCK = 1024  # products at a time: what is computed on the way stays small beside the panel


class Verdict(StrEnum):
    BETTER = "better"  # a smaller MAE than every simple baseline
    NOT_BETTER = "not better"
    NOT_SCORED = "not scored"  # no observed test day


class DemandClass(StrEnum):
    """Syntetos and Boylan's four, and one for products too young to tell."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    TOO_SHORT = "too short"


class Reason(StrEnum):
    """What may make a product hard; the first that applies is the one named."""

    TOO_SHORT = "too short"
    SOLD_OUT = "sold out"
    SOLD_OUT_SUSPECTED = "sold out (suspected)"
    LEVEL_SHIFT = "level shift"
    INTERMITTENT = "intermittent"
    UNCLEAR = "no clear reason"


REMEDIES: Mapping[str, str] = {
    Reason.TOO_SHORT: "a baseline until it has been on sale for eight weeks",
    Reason.SOLD_OUT: "more features: the days on which it was in stock",
    Reason.SOLD_OUT_SUSPECTED: "say on which days it was sold out, so that they are not read as no demand",
    Reason.LEVEL_SHIFT: "fine-tuning on the newest days",
    Reason.INTERMITTENT: "longer windows, or a baseline",
    Reason.UNCLEAR: "a longer history, or what else is known of it: prices, promotions",
}


@dataclass(frozen=True)
class Comparison:
    """A model against the simple baselines, a product at a time; all arrays `[N]`.

    Attributes:
        best_baseline: the one with the smallest MAE on the test days, the first of equals; "" if not scored.
        best_mae: its MAE, units a day; NaN if not scored.
        gain: `1 - mae / best_mae`, the share of the best baseline's error that the model saves; below 0 it
            adds to it. 0 where both are 0; `-mae` where only `best_mae` is 0. NaN if not scored.
        verdict: of `Verdict`; as good as the best baseline is not better.
    """

    best_baseline: Strings
    best_mae: Doubles
    gain: Doubles
    verdict: Strings


def compare(model_mae: Doubles, baseline_mae: Mapping[str, Doubles]) -> Comparison:
    """The model's `[N]` MAE against each baseline's."""
    names = np.array(list(baseline_mae))
    errors = np.stack(list(baseline_mae.values()))  # [baselines, N]
    best_mae = errors.min(axis=0)
    scored = ~np.isnan(model_mae)
    better = np.where(model_mae < best_mae, Verdict.BETTER, Verdict.NOT_BETTER)
    return Comparison(
        best_baseline=np.where(scored, names[errors.argmin(axis=0)], ""),
        best_mae=best_mae,
        gain=(best_mae - model_mae) / or_one_unit(best_mae),
        verdict=np.where(scored, better, Verdict.NOT_SCORED),
    )


def summary(model: str, shop_mae: Mapping[str, float], verdict: Strings) -> str:
    """The verdict over the shop, in plain words, whichever way it goes.

    Args:
        model: its name in `shop_mae`; the others are the baselines.
        shop_mae: a name to the mean over products of the per-product MAE.
        verdict: `[N]` of `Verdict`.
    """
    baselines = {name: error for name, error in shop_mae.items() if name != model}
    best = min(baselines, key=baselines.__getitem__)
    own, least = shop_mae[model], baselines[best]
    better, not_scored = (int((verdict == v).sum()) for v in (Verdict.BETTER, Verdict.NOT_SCORED))
    count = f"the best simple baseline on {better:,} of {len(verdict) - not_scored:,} products"
    if own < least:
        text = (
            f"{model} beats {count}; over the shop its MAE is {own:.3f}"
            f" against {least:.3f} of {best} (the best simple one)."
        )
    else:
        also = ", nor mean_28" if best != "mean_28" and own >= baselines["mean_28"] else ""
        text = (
            f"{model} does not beat {best}{also}: over the shop its MAE is {own:.3f}"
            f" against {least:.3f} of {best} (the best simple one); it beats {count}."
        )
    if not_scored:
        text += f" Not scored, for want of a test day on sale and in stock: {not_scored}."
    return text


@dataclass(frozen=True)
class History:
    """What the days before the test days say of each product; all arrays `[N]`.

    Attributes:
        mean_sales: over the observed days, units a day; 0 where there are none.
        demand_class: of `DemandClass`. ADI is observed days over days with a sale, CV2 the squared
            coefficient of variation of the units on days with a sale: intermittent from ADI 1.32 on, erratic
            from CV2 0.49 on, lumpy if both, smooth if neither; too short with fewer than `ENOUGH_DAYS`
            observed days. Source: Syntetos, Boylan, Croston (2005), "On the categorization of demand
            patterns", Journal of the Operational Research Society 56(5).
        reason: of `Reason`, for every product, served well or not.
    """

    mean_sales: Doubles
    demand_class: Strings
    reason: Strings


def describe(sales: Floats, status: Statuses) -> History:
    """The history of `[N, T]` sales and status, the days before the test days."""
    days, selling_days, units, squares = _totals(sales, status)
    interval = days / np.maximum(selling_days, 1)
    size = units / np.maximum(selling_days, 1)
    cv2 = (squares / np.maximum(selling_days, 1) - size**2) / or_one_unit(size**2)
    short, rare, uneven = days < ENOUGH_DAYS, interval >= 1.32, cv2 >= 0.49
    recent, recent_status = sales[:, -LOOKED_BACK:], status[:, -LOOKED_BACK:]
    return History(
        mean_sales=units / np.maximum(days, 1),
        demand_class=np.select(
            [short, rare & uneven, rare, uneven],
            [DemandClass.TOO_SHORT, DemandClass.LUMPY, DemandClass.INTERMITTENT, DemandClass.ERRATIC],
            DemandClass.SMOOTH,
        ),
        reason=np.select(
            [
                short,
                _sold_out(recent_status),
                _improbable_zeros(recent, recent_status),
                _level_shift(recent, recent_status),
                rare,
            ],
            list(Reason)[:-1],
            Reason.UNCLEAR,
        ),
    )


def _totals(sales: Floats, status: Statuses) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """`[N]` each, over observed days: days, days with a sale, units, squared units."""
    days, selling_days, units, squares = np.zeros((4, len(sales)))
    for start in range(0, len(sales), _BLOCK):
        rows = slice(start, start + _BLOCK)
        observed = status[rows] == Status.ON_SALE
        sold = np.where(observed, sales[rows], 0).astype(np.float64)
        days[rows] = observed.sum(axis=1)
        selling_days[rows] = (sold > 0).sum(axis=1)
        units[rows] = sold.sum(axis=1)
        squares[rows] = np.einsum("nt,nt->n", sold, sold)
    return days, selling_days, units, squares


def _sold_out(status: Statuses) -> Flags:
    """`[N]`: known to have been sold out on many of its days."""
    sold_out = (status == Status.SOLD_OUT).sum(axis=1)
    on_sale = (status == Status.ON_SALE).sum(axis=1) + sold_out
    often: Flags = sold_out > SOLD_OUT_SHARE * on_sale
    return often


def _improbable_zeros(sales: Floats, status: Statuses) -> Flags:
    """`[N]`: the longest run of days without a sale is too long for how the product sells.

    A day without a sale has the chance `exp(-rate)` if sales are Poisson. Real sales come in clumps, so that
    the share of such days outside the run (counting one more) is taken where it is larger. A run of r days
    can start on any day: its chance is at most days x chance^r.
    """
    observed = status == Status.ON_SALE
    zero = observed & (sales == 0)
    run = np.zeros(len(sales))
    longest = np.zeros(len(sales))
    for day in range(sales.shape[1]):
        run = np.where(zero[:, day], run + 1, np.where(observed[:, day], 0, run))
        longest = np.maximum(longest, run)
    days = observed.sum(axis=1)
    rate = np.where(observed, sales, 0).sum(axis=1, dtype=np.float64) / np.maximum(days, 1)
    share = (zero.sum(axis=1) - longest + 1) / (days - longest + 1)
    chance = np.maximum(np.exp(-rate), share)
    improbable: Flags = np.maximum(days, 1) * chance**longest < CHANCE_OF_RUN
    return improbable


def _level_shift(sales: Floats, status: Statuses) -> Flags:
    """`[N]`: the last 4 weeks all lie above, or all below, each of the 8 weeks before, and by a lot.

    Ranks of weekly means: no single day and no weekly season can make it, and among 12 weeks without a shift
    it happens in 2 of 495 cases. Unknown, so False, where a week has no observed day.
    """
    N, T = sales.shape
    if T < LOOKED_BACK:
        return np.zeros(N, dtype=np.bool_)
    observed = status == Status.ON_SALE
    days = observed.reshape(N, -1, 7).sum(axis=2)
    units = np.where(observed, sales, 0).reshape(N, -1, 7).sum(axis=2, dtype=np.float64)
    weekly = units / np.maximum(days, 1)
    earlier, recent = weekly[:, :EARLIER_WEEKS], weekly[:, EARLIER_WEEKS:]
    apart = (recent.min(axis=1) > earlier.max(axis=1)) | (recent.max(axis=1) < earlier.min(axis=1))
    level = earlier.mean(axis=1)
    far = np.abs(recent.mean(axis=1) - level) > SHIFT_SHARE * level
    shifted: Flags = (days > 0).all(axis=1) & apart & far
    return shifted
