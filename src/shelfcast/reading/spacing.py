"""Are these sales of days? Sums of weeks or months would be learnt as days with many sales among closed ones."""

from __future__ import annotations

import numpy as np

from ..panel import Panel

_FEWEST = 4  # days with sales, fewer tell nothing
_LEAST_DAYS = 6  # between any two of them; a shop that opens once a week looks the same


def longer_than_days(panel: Panel) -> str | None:
    """A sentence if no two days with sales are less than six days apart, else None."""
    days = np.flatnonzero((panel.sales > 0).any(axis=0))
    if len(days) < _FEWEST or int(np.diff(days).min()) < _LEAST_DAYS:
        return None
    apart = int(np.median(np.diff(days)))
    what = "weeks" if apart < 10 else "months" if apart < 45 else "longer times"
    return (
        f"the days with sales are {apart} days apart, as sums of {what} are. Each is taken as the sales of that one"
        " day and the days between as closed; for forecasts of days give receipts or a row a day."
    )
