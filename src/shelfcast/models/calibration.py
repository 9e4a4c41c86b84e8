"""From what a fitted network says to units: its intervals stretched so that they hold the share of days that they
promise, its median and its ends whole numbers where units are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from ..networks.catalog import OUTPUTS

_CLASSES = (0.3, 1.0, 5.0)  # units a day of the level, between which products are calibrated apart
_LEAST = 500  # days of products in a class; with fewer, all classes together decide
_MOST = 16.0  # times that an interval may be stretched
_HALVINGS = 24
NEAR, FAR = 0, 1  # the next day, and the days after it
_MEDIAN = OUTPUTS.index("median")
_STEP = 0.1  # unit between two whole numbers, in which a median goes over from one to the other
_INTERVALS = ((0.8, "lo-80", "hi-80"), (0.95, "lo-95", "hi-95"))


@dataclass(frozen=True)
class Calibration:
    """Factors on the distance of an interval's ends from the median, and whether that is a whole number.

    Conformal in spirit (Romano, Patterson and Candes, "Conformalized quantile regression", arXiv 1905.03222), but
    a factor and not a shift, so that nothing falls below 0 that need not. An interval holds the share of days
    that it promises: its lower end is stretched until no more than half of the rest lies below it, then the upper
    end until the whole is right. Slow products have nothing below the lower end, so all of the rest lies above.

    The median of counts is a count, and of those the nearest one has the least absolute error; so are the ends of an
    interval: one at 0.01 would leave out all the days without a sale. About halfway between two counts each goes over
    by a short slope and not by a step, lest the last bit of a number be worth a unit.

    Attributes:
        stretch: `[2, C, 2, 2]`: near and far; the class of the level; 80 and 95 %; lower and upper end.
        whole: units are whole numbers.
    """

    stretch: Tensor
    whole: bool

    @classmethod
    def none(cls) -> Self:
        """That changes nothing."""
        return cls(torch.ones(2, len(_CLASSES) + 1, len(_INTERVALS), 2), whole=False)

    @classmethod
    def of(cls, outputs: Mapping[int, tuple[Tensor, Tensor]], whole: bool) -> Self:
        """Fitted on some days.

        Args:
            outputs: `NEAR` and `FAR`, each to `[M, 1 + Q]`, the level and what was said, and `[M]` what was sold, all
                in units.
            whole: units are whole numbers.
        """
        stretch = cls.none().stretch
        for distance, (said, y) in outputs.items():
            classes = _class_of(said[:, 0])
            for c in range(len(_CLASSES) + 1):
                chosen = classes == c
                if chosen.sum() < _LEAST:
                    chosen = torch.ones_like(chosen)
                if len(y):  # of few days an end says little, and it is trusted the less
                    trust = min(1.0, float(chosen.sum()) / _LEAST)
                    stretch[distance, c] = _stretches(said[chosen, 1:], y[chosen], whole) ** trust
        return cls(stretch, whole)

    def apply(self, outputs: Tensor, level: Tensor, distance: int) -> Tensor:
        """`[..., Q]` units, the intervals stretched: none below 0, none crossing.

        Args:
            outputs: `[..., Q]` times the level. level: `[...]` units, the scale of the origin, moved to the day ahead
                where seasons are not known. distance: `NEAR` or `FAR`.
        """
        factor = self.stretch.to(outputs.device)[distance][_class_of(level)]  # [..., 2, 2]
        median = outputs[..., _MEDIAN]
        columns = dict(zip(OUTPUTS, outputs.unbind(-1), strict=True))
        inner_low = inner_high = median
        for place, (_, low, high) in enumerate(_INTERVALS):
            inner_low = torch.minimum(inner_low, median - factor[..., place, 0] * (median - columns[low]))
            inner_high = torch.maximum(inner_high, median + factor[..., place, 1] * (columns[high] - median))
            columns |= {low: inner_low.clamp_min(0), high: inner_high}
        units = {name: values * level for name, values in columns.items()}
        if self.whole:
            units |= {name: _nearest(units[name]) for name in units if name != "mean"}
        return torch.stack([units[name] for name in OUTPUTS], dim=-1)


def _class_of(level: Tensor) -> Tensor:
    return torch.bucketize(level.contiguous(), torch.tensor(_CLASSES, device=level.device))


def _nearest(units: Tensor) -> Tensor:
    """The nearest whole number, but for a slope of `_STEP` about the middle between two."""
    below = units.floor()
    return below + ((units - below - 0.5) / _STEP + 0.5).clamp(0, 1)


def _stretches(said: Tensor, y: Tensor, whole: bool) -> Tensor:
    """`[2, 2]` of days `[M, Q]`, `[M]`."""
    columns = dict(zip(OUTPUTS, said.unbind(-1), strict=True))
    median = columns["median"]

    def end(units: Tensor) -> Tensor:
        return _nearest(units.clamp_min(0)) if whole else units

    rows = []
    for share, low, high in _INTERVALS:
        down, up = median - columns[low], columns[high] - median
        lower = _least(
            lambda k, down=down, share=share: (y >= end(median - k * down)).float().mean() >= (1 + share) / 2  # type: ignore[misc]
        )
        above_low = y >= end(median - lower * down)
        upper = _least(
            lambda k, up=up, share=share, held=above_low: (held & (y <= end(median + k * up))).float().mean() >= share  # type: ignore[misc]
        )
        rows.append([lower, upper])
    return torch.tensor(rows)


def _least(enough: Callable[[float], Tensor]) -> float:
    """The least factor that is enough, found by halving."""
    low, high = 0.0, _MOST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
