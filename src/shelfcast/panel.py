"""The one container: what every product sold on every day, as arrays.

Data frames live at the two doors (reading, writing); between them there is this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .covariates import CovariateNames, Covariates
from .covariates import Floats as Floats
from .errors import HistoryError, SalesError
from .status import Status as Status
from .status import decide, store_rows

Days = NDArray[np.datetime64]

DAY = np.timedelta64(1, "D")  # what is added to a date: NumPy wants no bare number there

_ROWS = 65_536  # products looked at at a time


def weekdays(dates: Days) -> NDArray[np.int64]:
    """`[days]` 0 (Monday) to 6."""
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7  # day 0 of NumPy, 1970-01-01, was a Thursday


def days_of_month(dates: Days) -> NDArray[np.int64]:
    """`[days]` 0 (the first) to 30."""
    days = dates.astype("datetime64[D]")
    places: NDArray[np.int64] = (days - days.astype("datetime64[M]")).astype(np.int64)
    return places


@dataclass(frozen=True)
class Panel:
    """Daily sales of `N` products on `T` days. Built once, never mutated.

    It guarantees, and no code after the door checks again:

    - `sales[N, T]` float32, C-contiguous (a block of products is one slice), finite, never negative
    - `status[N, T]` uint8, one `Status` a product and day
    - `dates[T]` datetime64[D], daily, without gaps
    - `products[N]` strings, unique, sorted
    - `attributes`: a name to `[N]` strings, static facts of a product (the parts of a key of several columns)
    - `covariates`: what else is known of these days and of days after them (prices, signals, events), or None

    Raises:
        SalesError: an array breaks one of the promises.
    """

    sales: Floats
    status: NDArray[np.uint8]
    dates: Days
    products: NDArray[np.str_]
    attributes: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    covariates: Covariates | None = None

    def __post_init__(self) -> None:
        N, T = len(self.products), len(self.dates)
        for name, array, dtype in (("sales", self.sales, np.float32), ("status", self.status, np.uint8)):
            if array.shape != (N, T) or array.dtype != dtype:
                raise SalesError(
                    f"Panel {name} must be {np.dtype(dtype)} [{N} products, {T} days],"
                    f" not {array.dtype} {list(array.shape)}."
                )
        if N < 1 or T < 1:
            raise HistoryError(f"A panel needs a product and a day; there are {N} products and {T} days.")
        if np.any(np.diff(self.dates.astype("datetime64[D]").astype(np.int64)) != 1):
            raise SalesError("Panel dates must be daily, in order and without gaps.")
        if np.any(self.products[1:] <= self.products[:-1]):
            raise SalesError("Panel products must be unique and sorted.")
        # by their ends: NaN goes through both, and no mask as large as the sales is made
        if not (self.sales.min() >= 0 and np.isfinite(self.sales.max())):
            raise SalesError("Panel sales must be finite and not negative.")
        for name, values in self.attributes.items():
            if values.shape != (N,):
                raise SalesError(f"Panel attribute {name!r} must have one value a product.")
        if self.covariates is not None:
            self.covariates.require(N, T)

    @classmethod
    def of(
        cls,
        sales: NDArray[np.floating],
        dates: Days,
        products: Sequence[str] | NDArray[np.str_],
        status: NDArray[np.uint8] | None = None,
        attributes: Mapping[str, NDArray[np.str_]] | None = None,
        covariates: Covariates | None = None,
    ) -> Panel:
        """A panel from arrays in any order of products; without `status`, `status.decide` says what each day was.

        Args:
            sales: `[N, T]` units.
            dates: `[T]` consecutive days.
            products: `[N]` names, unique.
            status: `[N, T]` of `Status`.
            attributes: a name to `[N]` strings.
            covariates: of the products in the same order.
        """
        names = np.asarray(products, dtype=np.str_)
        order = np.argsort(names, kind="stable")
        units = np.ascontiguousarray(np.asarray(sales, dtype=np.float32)[order])
        facts = {name: np.asarray(v, dtype=np.str_)[order] for name, v in (attributes or {}).items()}
        also_known = None if covariates is None else covariates.select(order)
        if status is None:
            known = decide(units, store_rows(facts, len(units)), listed=_listed(also_known, units.shape[1]))
        else:
            known = np.ascontiguousarray(status[order])
        return cls(units, known, dates.astype("datetime64[D]"), names[order], facts, also_known)

    @property
    def on_sale(self) -> NDArray[np.bool_]:
        """`[N, T]`: offered on the day, in stock or sold out."""
        offered: NDArray[np.bool_] = (self.status == Status.ON_SALE) | (self.status == Status.SOLD_OUT)
        return offered

    @property
    def observed(self) -> NDArray[np.bool_]:
        """`[N, T]`: the sales are the demand (on sale and in stock), so that a score may count the day."""
        observed: NDArray[np.bool_] = self.status == Status.ON_SALE
        return observed

    @property
    def closed(self) -> NDArray[np.bool_]:
        """`[T]`: some product's store was closed, and no other product could be bought."""
        closed = np.zeros(len(self.dates), np.bool_)
        on_sale = np.zeros_like(closed)
        for start in range(0, len(self.status), _ROWS):
            status = self.status[start : start + _ROWS]
            closed |= (status == Status.CLOSED).any(axis=0)
            on_sale |= ((status == Status.ON_SALE) | (status == Status.SOLD_OUT)).any(axis=0)
        return closed & ~on_sale

    def in_whole_units(self, days: range) -> bool:
        """All sales of these days are whole numbers."""
        parts = (self.sales[row : row + _ROWS, days.start : days.stop] for row in range(0, len(self.sales), _ROWS))
        return all(bool((units == np.round(units)).all()) for units in parts)

    @property
    def stores(self) -> NDArray[np.int64]:
        """`[N]`: which store each product is sold in, from 0 on."""
        return store_rows(self.attributes, len(self.products))

    @property
    def last_day(self) -> np.datetime64:
        day: np.datetime64 = self.dates[-1]
        return day

    def until(self, date: np.datetime64 | str) -> Panel:
        """The panel up to and with `date`; shares memory where one product's days stay in a row.

        Raises:
            HistoryError: no day is left.
        """
        last = np.datetime64(str(date), "D")
        days = int((self.dates <= last).sum())
        if days < 1:
            raise HistoryError(
                f"No day is left up to {date}: they run from {self.dates[0]} to {self.last_day}.",
                "Choose a later day.",
            )
        return self._days(0, days)

    def tail(self, days: int) -> Panel:
        """The last `days` days (all of them if there are fewer)."""
        return self._days(max(0, len(self.dates) - days), len(self.dates))

    def select(self, products: Sequence[str] | NDArray[np.str_]) -> Panel:
        """The panel of these products, in sorted order.

        Raises:
            SalesError: one of them is not in the panel.
        """
        wanted = np.unique(np.asarray(products, dtype=np.str_))
        missing = wanted[~np.isin(wanted, self.products)]
        if len(missing):
            raise SalesError(f"Not in the panel: {', '.join(map(repr, missing[:5].tolist()))}.")
        rows = np.searchsorted(self.products, wanted)
        return replace(
            self,
            sales=self.sales[rows],
            status=self.status[rows],
            products=wanted,
            attributes={name: values[rows] for name, values in self.attributes.items()},
            covariates=None if self.covariates is None else self.covariates.select(rows),
        )

    def with_attributes(self, facts: Mapping[str, NDArray[np.str_]]) -> Panel:
        """The panel with these `[N]` facts of its products, in place of those of the same names."""
        return replace(self, attributes={**self.attributes, **facts})

    def with_products(self, names: NDArray[np.str_], attributes: Mapping[str, NDArray[np.str_]]) -> Panel:
        """The panel with products that have never been on sale; attributes that are not given are empty."""
        M, T = len(names), len(self.dates)
        empty = np.full(M, "")
        facts = {
            name: np.concatenate([values, attributes.get(name, empty)]) for name, values in self.attributes.items()
        }
        return Panel.of(
            np.concatenate([self.sales, np.zeros((M, T), np.float32)]),
            self.dates,
            np.concatenate([self.products, names]),
            np.concatenate([self.status, np.full((M, T), Status.NOT_ON_SALE, np.uint8)]),
            facts,
            None if self.covariates is None else self.covariates.with_products(M),
        )

    def followed_by(self, newer: Panel) -> Panel:
        """These products with newer days after, and where they overlap instead of, their own.

        A product that the newer panel lacks sold nothing on its days; products that only the newer panel
        has are left out. What the newer days were is decided anew, as only both together tell closures and
        silences; days that the newer panel knows as sold out stay so. Newer sales without covariates leave the
        own ones as they are known.

        Raises:
            HistoryError: the newer days leave a gap, or end before these.
        """
        first_missing = self.last_day + DAY
        if newer.dates[0] > first_missing:
            raise HistoryError(
                f"The newer sales begin on {newer.dates[0]}, but the days from {first_missing} on are missing.",
                f"Give sales from {first_missing} or earlier on.",
            )
        if newer.last_day < self.last_day:
            raise HistoryError(
                f"The newer sales end on {newer.last_day}, before the last known day {self.last_day}.",
                "Leave them out, or give later days.",
            )
        dates = np.arange(min(self.dates[0], newer.dates[0]), newer.last_day + DAY)
        own_at, newer_at = (int(np.searchsorted(dates, panel.dates[0])) for panel in (self, newer))
        shape = len(self.products), len(dates)
        rows = np.flatnonzero(np.isin(self.products, newer.products))
        newer_rows = np.searchsorted(newer.products, self.products[rows])
        sales, sold_out = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
        sales[:, own_at : own_at + len(self.dates)] = self.sales
        sales[:, newer_at:] = 0
        sales[rows, newer_at:] = newer.sales[newer_rows]
        sold_out[rows, newer_at:] = newer.status[newer_rows] == Status.SOLD_OUT
        covariates = self.covariates
        if covariates is not None:
            if newer.covariates is not None:
                covariates = covariates.followed_by(newer.covariates, own_at, newer_at, rows, newer_rows)
            else:
                covariates = covariates.between(-own_at, max(covariates.days, len(dates) - own_at))
        status = decide(sales, self.stores, _listed(covariates, len(dates)), sold_out)
        kept = min(newer_at - own_at, len(self.dates))  # own days before the newer ones
        if kept > 0:
            status[:, own_at : own_at + kept] = self.status[:, :kept]
            before = self.status[:, kept - 1]  # a launch may lie before the first day that is kept
            launched = (sales == 0).all(axis=1) & (before != Status.NOT_ON_SALE)
            still = np.where(before == Status.UNKNOWN, Status.UNKNOWN, Status.ON_SALE).astype(np.uint8)
            unseen = launched[:, None] & (status == Status.NOT_ON_SALE) & (np.arange(len(dates)) >= newer_at)
            status = np.where(unseen, still[:, None], status)
        return Panel(sales, status, dates, self.products, self.attributes, covariates)

    @property
    def covariate_names(self) -> CovariateNames:
        return CovariateNames() if self.covariates is None else self.covariates.names

    def _days(self, first: int, end: int) -> Panel:
        """The panel of these days; what is known of the days after them stays known."""
        return replace(
            self,
            sales=np.ascontiguousarray(self.sales[:, first:end]),
            status=np.ascontiguousarray(self.status[:, first:end]),
            dates=self.dates[first:end],
            covariates=None if self.covariates is None else self.covariates.between(first, self.covariates.days),
        )


def _listed(covariates: Covariates | None, days: int) -> NDArray[np.bool_] | None:
    """`[N, days]`: the product has a price; None where prices are not known."""
    if covariates is None or covariates.prices is None or not covariates.lists:
        return None
    listed: NDArray[np.bool_] = ~np.isnan(covariates.prices[:, :days])
    return listed
