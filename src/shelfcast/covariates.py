"""What is known of each day besides the sales: for the days of a panel, and for days after it.

static   a fact of a product                      `Panel.attributes`
past     known up to yesterday                    `Panel.status`; prices of receipts, which go on as they are
future   known for the days ahead, too            `Covariates`: prices, signals, events
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import SalesError

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
OPEN_ENDED = 2**31  # days: a plan that lists what happens tells of all days ahead that nothing else happens


@dataclass(frozen=True)
class Signal:
    """A number a day, mostly 0 or 1: a promotion of a product, a benefit day of a region.

    Attributes:
        values: `[G, days]`, 0 where nothing happens.
        rows: `[N]` the row of each product; a promotion has a row a product, a benefit day one a region.
    """

    values: Floats
    rows: Rows

    def of(self, products: slice | Rows) -> Floats:
        """`[B, days]` of these products."""
        return self.values[self.rows[products]]


@dataclass(frozen=True)
class Covariates:
    """Of the days of a panel and of the days after it for which plans are known. Built once, never mutated.

    Attributes:
        days: the panel's days and those after it.
        prices: `[N, days]` of a unit, NaN where a product is not listed; None if prices are not known.
        signals: a name to a number a day, product by product or shared by some.
        events: a name to `[days]` flags, holidays and the like, the same for all products.
        known: the prices (`prices`) and the signals by their names, to how many days the shop has told of, if not
            of all; on the days after them stands what `between` says.
        lists: a product without a price is not on sale.

    Raises:
        SalesError: an array of another length or type, a price or signal that is infinite, or a price below 0.
    """

    days: int
    prices: Floats | None = None
    signals: Mapping[str, Signal] = field(default_factory=dict)
    events: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)
    lists: bool = True

    def __post_init__(self) -> None:
        if self.prices is not None:
            _require_days("Prices", self.prices, self.days)
            lowest, highest = (ends.reduce(self.prices, axis=None, initial=0) for ends in (np.fmin, np.fmax))
            if lowest < 0 or np.isinf(highest):
                raise SalesError("Prices must be finite and not negative; where there is none, NaN.")
        for name, signal in self.signals.items():
            _require_days(f"Signal {name!r}", signal.values, self.days)
            if not np.isfinite([signal.values.min(initial=0), signal.values.max(initial=0)]).all():
                raise SalesError(f"Signal {name!r} must be finite.")
            if len(signal.rows) and not 0 <= signal.rows.min() <= signal.rows.max() < len(signal.values):
                raise SalesError(f"Signal {name!r} has {len(signal.values)} rows and products that point elsewhere.")
        for name, flags in self.events.items():
            if flags.shape != (self.days,) or flags.dtype != np.bool_:
                raise SalesError(f"Event {name!r} must be {self.days} booleans, one a day.")

    @property
    def names(self) -> CovariateNames:
        return CovariateNames(self.prices is not None, tuple(sorted(self.signals)), tuple(sorted(self.events)))

    @property
    def known_days(self) -> dict[str, int]:
        """The prices and each signal to the days that the shop has told of."""
        names = [*(["prices"] if self.prices is not None else []), *sorted(self.signals)]
        return {name: self.known.get(name, self.days) for name in names}

    def require(self, products: int, days: int) -> None:
        """Raises: SalesError: they are not of so many products, or of fewer days."""
        widths = {"Prices": products if self.prices is None else len(self.prices)}
        widths |= {f"Signal {name!r}": len(signal.rows) for name, signal in self.signals.items()}
        for name, width in widths.items():
            if width != products:
                raise SalesError(f"{name} must be of {products} products, not {width}.")
        if self.days < days:
            raise SalesError(f"Covariates must cover the {days} days of the panel; they end after {self.days}.")

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that `from_arrays` needs to make the same again."""
        arrays: dict[str, NDArray[Any]] = {} if self.prices is None else {"prices": self.prices}
        for name, signal in self.signals.items():
            arrays |= {f"signal_values.{name}": signal.values, f"signal_rows.{name}": signal.rows}
        arrays |= {f"known.{name}": np.array([days]) for name, days in self.known_days.items()}
        if not self.lists:
            arrays["lists"] = np.array([False])
        return arrays | {f"event.{name}": flags for name, flags in self.events.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Covariates | None:
        """What `to_arrays` described; None if there was nothing."""
        if not arrays:
            return None
        kinds: dict[str, dict[str, NDArray[Any]]] = {"signal_values": {}, "signal_rows": {}, "event": {}, "known": {}}
        for key, array in arrays.items():
            kind, _, name = key.partition(".")
            if kind in kinds:
                kinds[kind][name] = array
        rows = kinds["signal_rows"]
        signals = {name: Signal(values, rows[name]) for name, values in kinds["signal_values"].items()}
        others = ("signal_rows.", "known.", "lists")
        days = next(iter(arrays[key].shape[-1] for key in arrays if not key.startswith(others)))
        known = {name: int(told[0]) for name, told in kinds["known"].items()}
        return cls(days, arrays.get("prices"), signals, kinds["event"], known, "lists" not in arrays)

    def select(self, rows: Rows) -> Covariates:
        """Those of these products."""
        signals = {}
        for name, signal in self.signals.items():
            used, own = np.unique(signal.rows[rows], return_inverse=True)
            signals[name] = Signal(signal.values[used], own)
        return replace(self, prices=None if self.prices is None else self.prices[rows], signals=signals)

    def between(self, first: int, end: int) -> Covariates:
        """Those of the days `first` to `end - 1`; day 0 is the panel's first.

        Days after all that is known have the last price of the product, no signal and no event; days before,
        no price either.
        """
        known = slice(max(first, 0), min(end, self.days))
        before, after = max(0, -first), max(0, end - max(first, self.days))

        def padded(values: Floats, empty: float) -> Floats:
            if before == after == 0:
                return values[:, known]
            filled = np.full((len(values), end - first), empty, np.float32)
            filled[:, before : end - first - after] = values[:, known]
            return filled

        prices = None
        if self.prices is not None:
            prices = padded(self.prices, np.nan)
            if after:
                prices[:, -after:] = self.prices[:, -1:]
        return Covariates(
            end - first,
            prices,
            {name: Signal(padded(signal.values, 0), signal.rows) for name, signal in self.signals.items()},
            {name: np.pad(flags[known], (before, after)) for name, flags in self.events.items()},
            {name: days if days == OPEN_ENDED else max(days - first, 0) for name, days in self.known_days.items()},
            self.lists,
        )

    def with_products(self, count: int) -> Covariates:
        """Those of so many more products, after the others, of which nothing is known."""
        prices, signals = self.prices, {}
        if prices is not None:
            prices = np.concatenate([prices, np.full((count, self.days), np.nan, np.float32)])
        for name, signal in self.signals.items():
            values = np.concatenate([signal.values, np.zeros((1, self.days), np.float32)])
            signals[name] = Signal(values, np.append(signal.rows, np.full(count, len(signal.values))))
        return replace(self, prices=prices, signals=signals)

    def followed_by(self, newer: Covariates, own_at: int, newer_at: int, rows: Rows, newer_rows: Rows) -> Covariates:
        """These, and from the day `newer_at` on the newer ones; a product that those lack keeps its own.

        Args:
            own_at, newer_at: the first day of each, among the days that are asked for.
            rows, newer_rows: the products that both have, in each.

        Raises:
            SalesError: the newer ones have other names.
        """
        if newer.names != self.names:
            raise SalesError(
                f"The newer sales come with {newer.names}, those of the model with {self.names}.",
                "Give the same prices, signals and events.",
            )
        end = max(own_at + self.days, newer_at + newer.days)
        own, its = self.between(-own_at, end - own_at), newer.between(-newer_at, end - newer_at)

        def joined(old: Floats, new: Floats) -> Floats:
            values = old.copy()
            values[rows, newer_at:] = new[newer_rows, newer_at:]
            return values

        signals = {}
        for name, signal in own.signals.items():
            values = joined(signal.of(slice(None)), its.signals[name].of(slice(None)))
            signals[name] = Signal(values, np.arange(len(values)))
        events = {
            name: np.concatenate([flags[:newer_at], its.events[name][newer_at:]]) for name, flags in own.events.items()
        }
        prices = None
        if own.prices is not None and its.prices is not None:
            prices = joined(own.prices, its.prices)
        return Covariates(end, prices, signals, events, its.known, self.lists)


@dataclass(frozen=True)
class CovariateNames:
    """Which covariates a model was fitted with, in the order of its inputs."""

    prices: bool = False
    signals: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = ["prices"] * self.prices
        parts += [f"{kind} {', '.join(names)}" for kind, names in vars(self).items() if kind != "prices" and names]
        return "; ".join(parts) or "no covariates"


def _require_days(what: str, values: Floats, days: int) -> None:
    if values.ndim != 2 or values.shape[1] != days or values.dtype != np.float32:
        raise SalesError(f"{what} must be float32 [rows, {days} days], not {values.dtype} {list(values.shape)}.")
