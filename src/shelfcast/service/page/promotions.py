"""Which products a promotion moves most: each one's next week with it and without, in two passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...report.formats import number, units
from ..served import ServedModel
from ..told import Told
from .lists import product_link

_DAYS = 7
_MOST = 1000  # products that are looked at, those that sell most
_SHOWN = 100


def signals_of(served: ServedModel) -> list[str]:
    """The signals that the model was fitted with, promotions by their name first."""
    if not served.can_plan or served.panel.covariates is None:
        return []
    return sorted(served.panel.covariates.signals, key=lambda name: (not name.casefold().startswith("promo"), name))


def promotion_screen(served: ServedModel, signal: str) -> dict[str, Any]:
    """What the template shows: the products that the signal brings most units."""
    N = len(served.panel.products)
    sold = served.panel.sales[:, -28:].sum(axis=1)
    rows = np.sort(np.argsort(-sold, kind="stable")[:_MOST])
    sums = []
    for flag in (0.0, 1.0):
        plans = {signal: {at: np.full(_DAYS, flag, np.float32) for at in range(len(rows))}}
        sums.append(served.live.ahead(Told(rows, signals=plans), _DAYS)["mean"].sum(axis=1, dtype=np.float64))
    without, promoted = sums
    order = np.argsort(without - promoted, kind="stable")[:_SHOWN]
    texts = [units(values[order].tolist()) for values in (without, promoted, promoted - without)]
    times = [number(b / a, 2) if a > 0 else "–" for a, b in zip(without[order], promoted[order], strict=True)]
    looked_at = "" if len(rows) == N else f"The {len(rows):,} products that sell most were looked at."
    return {
        "signal": signal,
        "looked_at": looked_at,
        "rows": [
            {"name": name, "link": product_link(name, signal=signal), "without": a, "with": b, "more": c, "times": d}
            for name, a, b, c, d in zip(served.panel.products[rows[order]].tolist(), *texts, times, strict=True)
        ],
    }
