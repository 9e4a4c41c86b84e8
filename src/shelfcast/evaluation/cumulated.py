"""Errors of cumulated forecasts: how far the sum of the next days may lie from the sum of their forecasts.

The quantile of a sum is not the sum of the days' quantiles: good and bad days cancel in part, and a wrong level does
not. So a scored model forecasts again from origins within its test days, and what it said of the sums of the next
days is held against what was sold:

    test days      |- - - o - - - - o - - - - o - - - -|
                          |-- 7 --|                        an error of 7 days from the first origin
                          |------ 14 ------|               and one of 14

The products of a group are off together when a season was not foreseen, and the test days have seen few such causes.
The next may be of either sign and lie farther out: so what a group's products have in common at an origin is counted
once as it was and once the other way round, and larger.

Errors are pooled over products of one class of demand and like volume, on a scale on which the spread of counts hardly
depends on their mean: `2 / sqrt(a) * asinh(sqrt(a * x))`, between the square root (Poisson, a = 0) and the logarithm.
Source: Anscombe (1948), "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35. Sums are
whole numbers; each is spread evenly over the unit around it before it is compared, and what is read off is rounded
again, so that the distribution of a slow product has its true share of zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..ahead import last_status, status_ahead
from ..errors import ModelFolderError
from ..panel import Floats, Panel, Status
from .metrics import Doubles
from .verdict import DemandClass, Strings, describe

LEVELS: Doubles = (np.arange(200) + 0.5) / 200  # the middles of 200 equally likely parts
HORIZONS = (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28)  # days of the sums that errors are kept of
_VOLUMES = (0.2, 0.5, 1.0, 2.0, 5.0, 20.0, 100.0)  # units of the forecast, between which sums are pooled apart
_CLASSES = list(DemandClass)
_LEAST = 300  # sums; of a smaller pool a larger one decides
_SUMS = 20_000  # wanted of each length, over all products and origins
_ORIGINS = (6, 24)  # at least, at most
_HALF = 0.5
_TOGETHER = 10  # products of a group, at least, on average
_UPPER = 0.9  # the upper end of an interval for 80 % of cases

Ahead = Callable[[Panel, int], Mapping[str, Floats]]


@dataclass(frozen=True, eq=False)
class CumulatedErrors:
    """The distribution of a sum of days around the sum of their forecasts.

    Attributes:
        horizons: `[K]` days, rising.
        curvature: `[K]`, the `a` of the scale.
        errors: `[K, C, B, Q]`, on that scale, at the `LEVELS`: class of demand, volume.
        whole: units are whole numbers.
        origins: that the errors come from.
    """

    horizons: NDArray[np.int64]
    curvature: Doubles
    errors: Floats
    whole: bool
    origins: int

    @classmethod
    def of(cls, panel: Panel, ahead: Ahead, test_days: int) -> Self:
        """From a model that has not been fitted on the last `test_days` days of the panel.

        A sum counts where the product was on sale at the origin and did not leave the range within its days. On a day
        sold out more was asked for than was sold: a draw of what it may have been counts, by the forecast.

        Args:
            ahead: the model's `ahead(panel, horizon)`.
        """
        T, D = len(panel.dates), test_days
        horizons = np.array([h for h in HORIZONS if h <= D])
        before = panel.until(panel.dates[T - D - 1])
        classes = class_rows(before)
        wanted = int(np.clip(np.ceil(_SUMS / len(panel.products)), *_ORIGINS))
        first = T - D - 1
        origins = np.unique(np.linspace(first, T - 1 - horizons[-1] // 2 - 1, wanted).round().astype(np.int64))
        origins = origins[(origins >= first) & (origins < T - 1)]
        noise = np.random.default_rng(0)
        groups = _groups(panel)
        found: list[list[tuple[Any, ...]]] = [[] for _ in horizons]
        for origin in origins:
            H = int(min(horizons[-1], T - 1 - origin))
            known = panel.until(panel.dates[origin])
            sells = ~np.isin(status_ahead(known, H), (Status.CLOSED, Status.NOT_ON_SALE))
            forecast = ahead(known, H)["mean"].astype(np.float64) * sells
            days = slice(origin + 1, origin + 1 + H)
            status, sold = panel.status[:, days], panel.sales[:, days].astype(np.float64)
            demand = _uncut(sold, forecast, status, noise)
            there = np.logical_and.accumulate(status != Status.NOT_ON_SALE, axis=1)
            there &= np.isin(last_status(known), (Status.ON_SALE, Status.SOLD_OUT))[:, None]
            for k, h in enumerate(horizons):
                if h <= H:
                    rows = np.flatnonzero(there[:, h - 1])
                    sums, said = demand[rows, :h].sum(axis=1), forecast[rows, :h].sum(axis=1)
                    found[k].append((sums, said, classes[rows], groups[rows] * T + origin))
        pooled = [tuple(np.concatenate(parts) for parts in zip(*of, strict=True)) for of in found]
        whole = panel.in_whole_units(range(T - D, T))
        curvature = np.array([_curvature(sums, forecasts) for sums, forecasts, *_ in pooled])
        errors = []
        for h, (sums, forecasts, of_class, cause), a in zip(horizons, pooled, curvature, strict=True):
            spread = sums + (noise.random(len(sums)) - _HALF) * whole
            common = _common(sums, forecasts, cause)
            own = _scaled(spread, a) - _scaled(forecasts * np.exp(common), a)
            farther = _farther(D / h) * common
            either = [own + _scaled(forecasts * np.exp(sign * farther), a) - _scaled(forecasts, a) for sign in (1, -1)]
            errors.append(_pooled(np.stack(either), of_class, _volume(forecasts)))
        return cls(horizons, curvature, np.stack(errors).astype(np.float32), whole, len(origins))

    def sums(self, forecast: Doubles, classes: NDArray[np.int64], days: NDArray[np.int64]) -> Doubles:
        """Equally likely sums, rising: `[M, Q]` units, not rounded; none below 0.

        Of a length between two that errors are kept of, the errors are interpolated; of a longer one than all, they
        are those of the longest, on the scale.

        Args:
            forecast: `[M]` units, the sum of the days' means.
            classes: `[M]`, as `class_rows` gives them.
            days: `[M]`, of the sum; 0 for none.
        """
        length = np.clip(np.maximum(days, 1), self.horizons[0], self.horizons[-1])
        above = np.searchsorted(self.horizons, length)
        below = np.maximum(above - (self.horizons[above] > length), 0)
        gap = np.maximum(self.horizons[above] - self.horizons[below], 1)
        share = ((length - self.horizons[below]) / gap)[:, None]
        volume = _volume(forecast)
        spread = (1 - share) * self.errors[below, classes, volume] + share * self.errors[above, classes, volume]
        a = ((1 - share) * self.curvature[below, None] + share * self.curvature[above, None]).astype(np.float64)
        units = _units(_scaled(forecast[:, None], a) + spread, a)
        return np.where(days[:, None] > 0, np.maximum(units, 0), 0.0)

    def rounded(self, sums: Doubles) -> Doubles:
        """The sums as whole numbers, if units are."""
        return np.round(sums) if self.whole else sums

    def interval(self, sums: Doubles, share: float) -> tuple[Doubles, Doubles]:
        """The ends `[M]`, `[M]` of an interval that holds this share of equally likely sums `[M, Q]`.

        Its lower end leaves half of the rest below; where nothing can lie below it, at 0 units, the upper end leaves
        all of the rest above.
        """
        rest = (1 - share) / 2
        low = at_level(sums, np.full(len(sums), rest))
        nothing_below = low < _HALF * self.whole
        upper = np.where(nothing_below, share, 1 - rest)
        return np.where(nothing_below, 0.0, low), at_level(sums, upper)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything that `from_arrays` needs to make the same again."""
        return {
            "horizons": self.horizons,
            "curvature": self.curvature,
            "errors": self.errors,
            "facts": np.array([int(self.whole), self.origins]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `to_arrays` described.

        Raises:
            ModelFolderError: an array is missing, unknown, or of another shape or type.
        """
        types = {"horizons": np.int64, "curvature": np.float64, "errors": np.float32, "facts": np.int64}
        way_out = "Train again."
        if {name: array.dtype.type for name, array in arrays.items()} != types:
            raise ModelFolderError("The stored errors of cumulated forecasts are of another shape or type.", way_out)
        horizons, curvature, errors, facts = (arrays[name] for name in types)
        shape = len(horizons), len(_CLASSES), len(_VOLUMES) + 1, len(LEVELS)
        if not len(horizons) or errors.shape != shape or curvature.shape != shape[:1] or facts.shape != (2,):
            raise ModelFolderError("The stored errors of cumulated forecasts have another shape.", way_out)
        return cls(horizons, curvature, errors, bool(facts[0]), int(facts[1]))


def class_rows(panel: Panel) -> NDArray[np.int64]:
    """`[N]`: the place of each product's `DemandClass`, by all days of the panel."""
    return _class_places(describe(panel.sales, panel.status).demand_class)


def at_level(sums: Doubles, level: Doubles) -> Doubles:
    """`[M]`: of equally likely sums `[M, Q]`, rising, the quantile at each row's level, interpolated."""
    Q = sums.shape[1]
    place = np.clip(level * Q - _HALF, 0, Q - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, Q - 1)
    rows = np.arange(len(sums))
    share = place - below
    quantile: Doubles = (1 - share) * sums[rows, below] + share * sums[rows, above]
    return quantile


def _class_places(names: Strings) -> NDArray[np.int64]:
    places = {str(name): place for place, name in enumerate(_CLASSES)}
    return np.array([places[name] for name in names.tolist()], dtype=np.int64)


def _volume(forecast: Doubles) -> NDArray[np.int64]:
    return np.searchsorted(_VOLUMES, forecast)


def _curvature(sums: Doubles, forecasts: Doubles) -> float:
    """By moments: the variance of a sum is `F + a F^2`."""
    weight = 1 / (1 + forecasts) ** 2
    a = (weight * ((sums - forecasts) ** 2 - forecasts)).sum() / max((weight * forecasts**2).sum(), 1e-9)
    return float(np.clip(a, 1e-3, 10.0))


def _uncut(sold: Doubles, forecast: Doubles, status: NDArray[np.uint8], noise: np.random.Generator) -> Doubles:
    """`[N, H]`: what was sold, and on days sold out a gamma-Poisson draw above it; of an empty shelf, any draw.

    Leaving such days out, or counting what was sold, would take the best days from the upper end of the errors.
    """
    cut, seen = status == Status.SOLD_OUT, status == Status.ON_SALE
    if not cut.any():
        return sold
    from scipy.stats import nbinom  # takes a second that no forecast needs

    a = _curvature(sold[seen], forecast[seen])
    mean, least = np.maximum(forecast[cut], 1e-3), np.where(sold[cut] > 0, sold[cut], -1.0)
    below = nbinom.cdf(least, 1 / a, 1 / (1 + a * mean))
    level = below + (1 - below) * noise.uniform(0, 0.999, len(mean))
    demand = sold.copy()
    demand[cut] = np.maximum(nbinom.ppf(np.minimum(level, 1 - 1e-9), 1 / a, 1 / (1 + a * mean)), least + 1)
    return demand


def _groups(panel: Panel) -> NDArray[np.int64]:
    """`[N]`: the products that are off together, by the attribute with the smallest groups of ten and more on average;
    without one all products.
    """
    N = len(panel.products)
    found = [np.unique(values, return_inverse=True)[1] for values in panel.attributes.values()]
    counts = [int(rows.max(initial=-1)) + 1 for rows in found]
    fit = [at for at, count in enumerate(counts) if count * _TOGETHER <= N]
    return found[max(fit, key=lambda at: counts[at])].astype(np.int64) if fit else np.zeros(N, np.int64)


def _common(sums: Doubles, forecasts: Doubles, cause: NDArray[np.int64]) -> Doubles:
    """`[M]`: the logarithm of what the products of a group sold at an origin, all together, over what was forecast."""
    _, at = np.unique(cause, return_inverse=True)
    sold, said = (1 + np.bincount(at, units, minlength=1) for units in (sums, forecasts))
    common: Doubles = np.log(sold / said)[at]
    return common


def _farther(windows: float) -> float:
    """How much farther out than in so many windows, which do not overlap, the next one may lie: the half width of the
    prediction interval of one more value around 0, over that of a known spread (Hahn and Meeker 1991, Statistical
    Intervals).
    """
    from scipy.stats import norm, t  # takes a second that no forecast needs

    n = max(windows, 2.0)
    return float(t.ppf(_UPPER, n - 1) / norm.ppf(_UPPER) * np.sqrt(1 + 1 / n))


def _scaled(units: Doubles, a: Doubles | float) -> Doubles:
    scaled: Doubles = 2 / np.sqrt(a) * np.arcsinh(np.sqrt(a * (units + _HALF)))
    return scaled


def _units(scaled: Doubles, a: Doubles) -> Doubles:
    units: Doubles = np.sinh(np.maximum(scaled, 0) * np.sqrt(a) / 2) ** 2 / a - _HALF
    return units


def _pooled(errors: Doubles, classes: NDArray[np.int64], volume: NDArray[np.int64]) -> Doubles:
    """`[C, B, Q]`: of the class and volume, of the volume, of the class or of all, the first that is large enough.

    Args:
        errors: `[2, M]`. classes, volume: `[M]`.
    """
    out = np.empty((len(_CLASSES), len(_VOLUMES) + 1, len(LEVELS)))
    everything = np.ones(len(classes), dtype=np.bool_)
    for c in range(out.shape[0]):
        for b in range(out.shape[1]):
            pools = ((classes == c) & (volume == b), volume == b, classes == c, everything)
            chosen = next(pool for pool in pools if pool.sum() >= _LEAST or pool is everything)
            out[c, b] = np.quantile(errors[:, chosen], LEVELS) if chosen.any() else 0.0
    return out
