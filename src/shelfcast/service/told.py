"""What a request tells of some products, and what is expected of the days after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..ahead import status_ahead
from ..errors import HistoryError
from ..panel import Floats, Panel, Status
from ..recipe import LONGEST_HORIZON

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """What a request tells of some products.

    Attributes:
        rows: `[B]` of the products in the panel, sorted, each once.
        product: `[M]` which of the rows each number is of. day: `[M]` days after the panel's first; from `T` on
            they are new. units: `[M]` sold.
        prices: a column of `rows` to what its unit costs on the days ahead, `[horizon]`.
        signals: a name to the same for that signal.
    """

    rows: Rows
    product: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    day: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    units: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    prices: Mapping[int, Floats] = field(default_factory=dict)
    signals: Mapping[str, Mapping[int, Floats]] = field(default_factory=dict)

    def new_days(self, known: int) -> int:
        """How many days after the `known` ones it reaches."""
        return max(int(self.day.max(initial=-1)) + 1 - known, 0)


class Foreseen:
    """What the days after a panel's last are expected to be, as on its last day.

    Attributes:
        status: `[N, 90]` of `Status`.
        closed: `[90]` days on which nothing can be bought.
    """

    def __init__(self, status: NDArray[np.uint8]) -> None:
        self.status = status
        self.closed: NDArray[np.bool_] = (status == Status.CLOSED).any(axis=0) & ~(status == Status.ON_SALE).any(axis=0)

    @classmethod
    def of(cls, panel: Panel) -> Foreseen:
        return cls(status_ahead(panel, LONGEST_HORIZON))


def filled_sales(panel: Panel, told: Told, foreseen: Foreseen) -> tuple[Floats, NDArray[np.uint8]]:
    """`[B, T + new]` sales and status of the products: as known, and over it what is told.

    A new day was what it was expected to be, and on sale where something was sold.
    """
    new = told.new_days(len(panel.dates))
    sales = np.pad(panel.sales[told.rows], ((0, 0), (0, new)))
    sales[told.product, told.day] = told.units
    status = np.concatenate([panel.status[told.rows], foreseen.status[told.rows, :new]], axis=1)
    status[told.product[told.units > 0], told.day[told.units > 0]] = Status.ON_SALE
    return sales, status


def masked(ahead: dict[str, Floats], status: NDArray[np.uint8]) -> dict[str, Floats]:
    """Nothing is sold on days that are closed, or on which a product is not on sale, as `foreseen_status` gave it."""
    sells = (status != Status.CLOSED) & (status != Status.NOT_ON_SALE)
    return {name: np.where(sells, values, np.float32(0)) for name, values in ahead.items()}


def foreseen_status(told: Told, foreseen: Foreseen, new: int, horizon: int) -> NDArray[np.uint8]:
    """`[B, horizon]` after the `new` days: as foreseen; what sold something lately is on sale."""
    status = foreseen.status[told.rows, new : new + horizon]
    sold = np.zeros(len(status), np.bool_)
    sold[told.product[told.units > 0]] = True
    away = (status == Status.NOT_ON_SALE) | (status == Status.UNKNOWN)
    return np.where(away & sold[:, None], Status.ON_SALE, status).astype(np.uint8)


def require_reach(days: int) -> None:
    if days > LONGEST_HORIZON:
        raise HistoryError(
            f"The sales and the forecast reach {days} days past the model's last day, {LONGEST_HORIZON} are the most.",
            "Take the days in with shelfcast nightly first.",
        )
