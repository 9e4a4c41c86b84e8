"""How forecastable a product looks: smooth, erratic, intermittent, lumpy, or too short to say.

                   CV2 < 0.49    CV2 >= 0.49
    ADI <  1.32    smooth        erratic
    ADI >= 1.32    intermittent  lumpy

ADI is the mean number of days on sale from one selling day to the next, CV2 the squared coefficient of variation of
the units of selling days (Syntetos, Boylan and Croston 2005, On the categorization of demand patterns).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..panel import Panel

_ADI, _CV2 = 1.32, 0.49
_FEWEST_DAYS = 28  # on sale
_FEWEST_SALES = 4  # selling days


class Pattern(StrEnum):
    """The kind of a product's demand."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    TOO_SHORT = "too short"


@dataclass(frozen=True)
class Patterns:
    """`[N]` each: days on sale, selling days, ADI and CV2 (NaN where too short), and the pattern's name."""

    days: NDArray[np.int64]
    selling_days: NDArray[np.int64]
    adi: NDArray[np.float64]
    cv2: NDArray[np.float64]
    pattern: NDArray[np.str_]


def patterns(panel: Panel) -> Patterns:
    """Of the days on which a product was on sale and in stock, and of those with a sale."""
    units = panel.sales
    sold = units > 0
    days = (panel.observed | sold).sum(axis=1)
    selling = sold.sum(axis=1)
    total = units.sum(axis=1, dtype=np.float64)
    squares = np.einsum("nt,nt->n", units, units, dtype=np.float64)
    some = np.maximum(selling, 1)
    mean = total / some
    variance = np.maximum(squares / some - mean**2, 0)
    short = (days < _FEWEST_DAYS) | (selling < _FEWEST_SALES)
    adi = np.where(short, np.nan, days / some)
    cv2 = np.where(short, np.nan, variance / np.maximum(mean, 1e-12) ** 2)
    often, even = adi < _ADI, cv2 < _CV2
    names = np.select(
        [short, often & even, often, even],
        [Pattern.TOO_SHORT.value, Pattern.SMOOTH.value, Pattern.ERRATIC.value, Pattern.INTERMITTENT.value],
        Pattern.LUMPY.value,
    )
    return Patterns(days, selling, adi, cv2, names)
