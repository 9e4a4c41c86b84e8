"""How far a forecast was off, in units: pure functions over arrays.

Every function takes `y`, `forecast` and `observed`, all `[N, D]` (products x days). A day that was not
`observed` (not on sale, closed, sold out) tells nothing about demand and is not scored.

A per-product metric returns `[N]` float64. NaN says one thing only: the product had no observed day, it is
*not scored*. Everything else has a number, by one rule: a divisor of zero (nothing sold, a history that never
changes) counts as one unit, so that the score falls back to units, and a perfect forecast stays 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import HistoryError

Values = NDArray[np.floating]
Flags = NDArray[np.bool_]
Doubles = NDArray[np.float64]

_BLOCK = 1024  # products at a time: what is computed on the way stays small beside the panel


def mae(y: Values, forecast: Values, observed: Flags) -> Doubles:
    """Mean absolute error a product, `mean |forecast - y|`: units a day, `[N]`.

    Never negative, 0 only if perfect, proportional to the unit. Rewards the median of demand: of a product
    that sells on fewer than half of its days, the best constant forecast is 0.

    scikit-learn's `mean_absolute_error`, one call for all products with the same number of observed days.
    """
    from sklearn.metrics import mean_absolute_error  # takes half a second that no forecast needs

    days = observed.sum(axis=1)
    errors = np.full(len(y), np.nan)
    for count in np.unique(days[days > 0]):
        rows = np.flatnonzero(days == count)
        kept = observed[rows]
        actual, guess = (v[rows][kept].astype(np.float64).reshape(len(rows), count) for v in (y, forecast))
        errors[rows] = mean_absolute_error(actual.T, guess.T, multioutput="raw_values")
    return errors


def mse(y: Values, forecast: Values, observed: Flags) -> Doubles:
    """Mean squared error a product, `mean (forecast - y)^2`: squared units, `[N]`.

    Never negative, 0 only if perfect. Rewards the mean of demand.
    """
    return _mean_over_days(_errors(y, forecast, observed) ** 2, observed)


def rmse(y: Values, forecast: Values, observed: Flags) -> Doubles:
    """Root mean squared error a product, `sqrt(mse)`: units a day, `[N]`.

    Never negative, 0 only if perfect, never below the MAE. Rewards the mean of demand.
    """
    return np.sqrt(mse(y, forecast, observed))


def bias(y: Values, forecast: Values, observed: Flags) -> Doubles:
    """Mean error a product, `mean (forecast - y)`: units a day, `[N]`; above 0 is too much.

    Signed, never further from 0 than the MAE; 0 does not mean perfect. Rewards the mean of demand.
    """
    return _mean_over_days(_errors(y, forecast, observed), observed)


def wape(y: Values, forecast: Values, observed: Flags) -> Doubles:
    """Weighted absolute percentage error a product, `sum |forecast - y| / sum y`: a share, `[N]`.

    Never negative, 0 only if perfect, free of the unit. Rewards the median of demand. Of a product that sold
    nothing it is `sum |forecast|`, the units forecast in vain.
    """
    absolute = np.abs(_errors(y, forecast, observed)).sum(axis=1)
    sold = np.where(observed, y, 0).sum(axis=1, dtype=np.float64)
    return np.where(observed.any(axis=1), absolute / or_one_unit(sold), np.nan)


def rmsse(y: Values, forecast: Values, observed: Flags, scale: Doubles) -> Doubles:
    """Root mean squared scaled error a product, `sqrt(mse / scale)`, `[N]`.

    Never negative, 0 only if perfect, free of the unit; 1 is as far off as naive was on the days before.
    Rewards the mean of demand. Source: Makridakis, Spiliotis, Assimakopoulos (2022), "The M5 competition:
    background, organization, and implementation", International Journal of Forecasting 38(4).

    Args:
        scale: `[N]` of `rmsse_scale`.
    """
    return np.sqrt(mse(y, forecast, observed) / scale)


def rmsse_scale(history: Values) -> Doubles:
    """What RMSSE divides by: the mean of `(y[t] - y[t-1])^2` since the first sale, squared units, `[N]`.

    As in the M5 competition every day since the first sale counts, whatever it was. 1 where that mean is 0
    or has no term: a constant history, none sold, the first sale on the last day.

    Args:
        history: `[N, T]` sales of the days before the test days.
    """
    N, T = history.shape
    scale = np.ones(N)
    for start in range(0, N, _BLOCK):
        sales = history[start : start + _BLOCK].astype(np.float64)
        first_sale = np.where((sales > 0).any(axis=1), (sales > 0).argmax(axis=1), T - 1)
        change = np.diff(sales, axis=1)
        # Before the first sale nothing changes; the step up to it is the one change that does not count.
        launch = np.flatnonzero(first_sale > 0)
        change[launch, first_sale[launch] - 1] = 0
        squares = np.einsum("nt,nt->n", change, change)
        scale[start : start + _BLOCK] = or_one_unit(squares / np.maximum(T - 1 - first_sale, 1))
    return scale


@dataclass(frozen=True)
class Scores:
    """A shop's score in one row.

    Attributes:
        mae: mean over products of the per-product MAE: every product weighs the same. Units a day.
        mae_median: their median, which a few big products do not move. Units a day.
        mse: over all observed product-days. Squared units.
        rmse: its root. Units a day.
        wape: all absolute errors over all units sold. A share.
        rmsse: mean over products of the per-product RMSSE.
        bias: mean of `forecast - y` over all observed product-days. Units a product and day.
        bias_share: all errors, signed, over all units sold. A share.
        products: how many products these numbers hold.
        not_scored: how many they do not: without an observed test day.
    """

    mae: float
    mae_median: float
    mse: float
    rmse: float
    wape: float
    rmsse: float
    bias: float
    bias_share: float
    products: int
    not_scored: int


def score(y: Values, forecast: Values, observed: Flags, scale: Doubles, median: Values | None = None) -> Scores:
    """The shop's score; arrays as in `rmsse`.

    Args:
        median: of a model that forecasts it beside the mean; `mae` and `mae_median` are then the median's.

    Raises:
        HistoryError: no product has an observed day.
    """
    scored = observed.any(axis=1)
    if not scored.any():
        raise HistoryError(
            "No product was on sale and in stock on any of the test days, so nothing can be scored.",
            "Choose test days on which the shop sold.",
        )
    product_mae = mae(y, forecast if median is None else median, observed)[scored]
    error = _errors(y, forecast, observed)[observed]
    sold = or_one_unit(y[observed].sum(dtype=np.float64))
    overall_mse = float(np.mean(error**2))
    return Scores(
        mae=float(product_mae.mean()),
        mae_median=float(np.median(product_mae)),
        mse=overall_mse,
        rmse=overall_mse**0.5,
        wape=float(np.abs(error).sum() / sold),
        rmsse=float(rmsse(y, forecast, observed, scale)[scored].mean()),
        bias=float(error.mean()),
        bias_share=float(error.sum() / sold),
        products=int(scored.sum()),
        not_scored=int((~scored).sum()),
    )


def coverage(y: Values, low: Values, high: Values, observed: Flags) -> float:
    """The share of the observed product-days that lie within `low` to `high`, both ends counted.

    Of whole units an interval that just holds its share holds more, as its ends are units too.
    """
    return float(((low <= y) & (y <= high))[observed].mean())


def or_one_unit(divisor: Doubles) -> Doubles:
    """The divisor, with 1 where it is 0."""
    return np.where(divisor > 0, divisor, 1.0)


def _errors(y: Values, forecast: Values, observed: Flags) -> Doubles:
    """`[N, D]` forecast - y, 0 on days that are not observed."""
    return np.where(observed, forecast.astype(np.float64) - y, 0.0)


def _mean_over_days(values: Doubles, observed: Flags) -> Doubles:
    """`[N]` mean over the observed days of values that are 0 on the others."""
    days = observed.sum(axis=1)
    return np.where(days > 0, values.sum(axis=1) / np.maximum(days, 1), np.nan)
