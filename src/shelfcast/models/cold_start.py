"""Cold starts: what a product with hardly any history sells, by the products like it when they were as young.

    peers of the same group, by age      |-- week 1 --|-- week 2 --| ...      like prices count more
    a product that came 3 days ago       |---|                                its own days say how it compares
    a product that came back             what it sold before it was away

The peers' mean at the same age is the prior; own sales move it as the mean of a gamma distribution is moved by Poisson
counts (Robbins 1956, "An empirical Bayes approach to statistics"). With each day that is known, the network's forecast
counts for more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..ahead import COLD_DAYS, cold_starts, days_since_start
from ..networks.catalog import OUTPUTS, QUANTILES
from ..panel import Floats, Panel, Status

Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]

_FEWEST = 10  # peers of a group; with fewer, a larger group decides
_WEEKS = 18  # of age that are looked at: four weeks of a cold start and the longest horizon
_NEAR = 0.3  # difference of the logarithms of two prices, at which a peer counts 60 % of one of the same price
_FAR = 0.05  # what a peer of any price counts at the least
_SHAPE = 1.0  # of the gamma distribution of a product's sales over those of its peers
_NETWORK = 7.0  # days since the start, from which the network's forecast counts for half
_AT_A_TIME = 4_000_000  # weights of the first days of peers
_BEFORE = 84  # days before an absence, of which a product that comes back is told


@dataclass(frozen=True)
class Peers:
    """Products whose start is known, and whose first four weeks are.

    Attributes:
        rows: `[P]` of the panel.
        weeks: `[P, W]` units a day in each week of age, NaN where not known.
        days: `[P, 28]` units of the first days, NaN where not observed.
        price: `[P]` logarithm of the first price, NaN where not known.
    """

    rows: Rows
    weeks: Doubles
    days: Doubles
    price: Doubles

    @classmethod
    def of(cls, panel: Panel, start: Rows, log_price: Doubles) -> Peers:
        """Those that started within the panel's days; if they are few, all products, as if they had started lately.

        Args:
            start: `[N]` the first day on sale, the number of days for a product that never was.
            log_price: `[N]` at the start.
        """
        T = len(panel.dates)
        rows = np.flatnonzero((start >= COLD_DAYS) & (start <= T - COLD_DAYS))
        first = start[rows]
        if len(rows) < _FEWEST:
            rows = np.flatnonzero(start <= T - COLD_DAYS)
            first = np.full(len(rows), T - COLD_DAYS)
        age = first[:, None] + np.arange(7 * _WEEKS)
        known = age < T
        at = np.minimum(age, T - 1)
        observed = known & (panel.status[rows[:, None], at] == Status.ON_SALE)
        days = np.where(observed, panel.sales[rows[:, None], at], np.nan).astype(np.float64)
        by_week = days.reshape(len(rows), _WEEKS, 7)
        count = (~np.isnan(by_week)).sum(axis=2)
        weeks = np.where(count > 0, np.nansum(by_week, axis=2) / np.maximum(count, 1), np.nan)
        return cls(rows, weeks, days[:, :COLD_DAYS], log_price[rows])


@dataclass(frozen=True)
class _Group:
    """The peers of one value of an attribute, as all cold starts of it are held against them.

    Attributes:
        rows: `[P]` of the panel.
        weeks: `[P, W]` units a day, 0 where not known. known: `[P, W]` 1 where they are.
        units: `[M]` of their first days, rising. peer: `[M]` whose each is.
        price: `[P]` logarithm.
        weekday: `[7]` as `_weekdays` gives it of all members.
    """

    rows: Rows
    weeks: Doubles
    known: Doubles
    units: Doubles
    peer: Rows
    price: Doubles
    weekday: Doubles

    @classmethod
    def of(cls, peers: Peers, alike: Rows, weekday: Doubles) -> Self:
        """Args: alike: `[P]` which of the peers."""
        weeks, days = peers.weeks[alike], peers.days[alike]
        known = ~np.isnan(weeks)
        peer, day = np.nonzero(~np.isnan(days))
        order = np.argsort(days[peer, day], kind="stable")
        units = days[peer, day][order]
        return cls(
            peers.rows[alike],
            np.where(known, weeks, 0.0),
            known.astype(np.float64),
            units,
            peer[order],
            peers.price[alike],
            weekday,
        )


@dataclass(frozen=True)
class Company:
    """The products of a panel, as what cold starts among them are held against.

    Attributes:
        panel: `[N, T]`.
        values: each `[N]`: a number for each value of an attribute; the first one is of all products.
        log_price: `[N]` at the start.
        groups: an attribute and its value to their peers, once they were asked for.
    """

    panel: Panel
    peers: Peers
    values: list[Rows]
    log_price: Doubles
    groups: dict[tuple[int, int], _Group] = field(default_factory=dict)

    @classmethod
    def of(cls, panel: Panel) -> Company:
        start = first_days(panel)
        log_price = _log_prices(panel, start)
        values = [np.zeros(len(panel.products), np.int64)]
        values += [np.unique(names, return_inverse=True)[1] for names in panel.attributes.values()]
        return cls(panel, Peers.of(panel, start, log_price), values, log_price)

    def blended(
        self,
        forecasts: Mapping[str, Floats],
        rows: Rows,
        sales: Floats,
        status: NDArray[np.uint8],
        cold: NDArray[np.bool_],
    ) -> dict[str, Floats]:
        """The forecasts `[B, H]` of each of `OUTPUTS`, those of cold starts by their peers and their own few days.

        Args:
            rows: `[B]` of the panel.
            sales, status: `[B, D]` from the panel's first day on; they may reach further than the panel.
            cold: `[B]` which are cold starts.
        """
        if not cold.any() or not len(self.peers.rows):
            return dict(forecasts)
        H = forecasts["mean"].shape[1]
        blended = {name: units.copy() for name, units in forecasts.items()}
        places = np.flatnonzero(cold)
        since = days_since_start(status[cold])
        share = (since / (since + _NETWORK))[:, None]
        group = np.array([self._group_of(int(row)) for row in rows[cold]])
        for which in np.unique(group, axis=0):
            here = np.flatnonzero((group == which).all(axis=1))
            members = self._members(int(which[0]), int(which[1]))
            parts = np.clip(-(-len(here) * len(members.units) // _AT_A_TIME), 1, len(here))
            for part in np.array_split(here, parts):
                at = places[part]
                observed = status[at] == Status.ON_SALE
                said = self._by_peers(members, rows[at], sales[at].astype(np.float64), observed, since[part], H)
                for name, units in said.items():
                    blended[name][at] = share[part] * forecasts[name][at] + (1 - share[part]) * units
        return blended

    def _by_peers(
        self, group: _Group, rows: Rows, sales: Doubles, observed: NDArray[np.bool_], since: Rows, days: int
    ) -> dict[str, Doubles]:
        """`[C, days]` for each of `OUTPUTS`, of products `rows [C]` of one group that came `since [C]` days ago.

        Args:
            sales, observed: `[C, D]`.
        """
        price = self.log_price[rows, None]
        apart = np.nan_to_num(group.price - price, nan=np.inf)
        weight = np.where(np.isnan(price), 1.0, _FAR + np.exp(-0.5 * np.minimum(apart / _NEAR, 9) ** 2))
        if len(group.rows) > 1:  # nobody is a peer of itself, but where it is the only one
            weight[group.rows == rows[:, None]] = 0.0
        told = weight @ group.known  # [C, W]
        by_week = weight @ group.weeks / np.maximum(told, 1e-9)
        last = np.maximum.accumulate(np.where(told > 0, np.arange(_WEEKS), 0), axis=1)  # which goes on
        by_week = np.take_along_axis(by_week, last, axis=1)
        ago = observed[:, ::-1].cumsum(axis=1)[:, ::-1]  # of observed days, the last one is 1
        own, since = observed & (ago <= since[:, None]), since[:, None]
        earlier = observed & (ago > since) & (ago <= since + _BEFORE)
        before = earlier.sum(axis=1, keepdims=True)
        usual = np.where(earlier, sales, 0).sum(axis=1, keepdims=True) / np.maximum(before, 1)
        by_week = np.where(before >= COLD_DAYS, usual, by_week)
        expected = (by_week * np.clip(since - 7 * np.arange(_WEEKS), 0, 7)).sum(axis=1, keepdims=True)
        sold = np.where(own, sales, 0).sum(axis=1, keepdims=True)
        age = np.minimum((since + np.arange(days)) // 7, _WEEKS - 1)  # [C, days]
        weekday = group.weekday[(sales.shape[1] + np.arange(days)) % 7]
        mean = np.take_along_axis(by_week, age, axis=1) * (_SHAPE + sold) / (_SHAPE + expected) * weekday
        weights = weight[:, group.peer]  # [C, M]
        upto = weights.cumsum(axis=1) - weights / 2
        total = weights.sum(axis=1)
        wanted = np.array(QUANTILES) * total[:, None]
        quantiles = np.stack([np.interp(*of, group.units) for of in zip(wanted, upto, strict=True)], axis=1)
        scale = mean / np.maximum(weights @ group.units / total, 1e-9)[:, None]
        return dict(zip(OUTPUTS, [mean, *(quantile[:, None] * scale for quantile in quantiles)], strict=True))

    def _group_of(self, row: int) -> tuple[int, int]:
        """The attribute, and its value, of the product's smallest group that has enough peers."""
        best, least = 0, 0
        for at, values in enumerate(self.values):
            alike = int(np.count_nonzero((values[self.peers.rows] == values[row]) & (self.peers.rows != row)))
            if at == 0 or _FEWEST <= alike < least:
                best, least = at, alike
        return best, int(self.values[best][row])

    def _members(self, attribute: int, value: int) -> _Group:
        """Made once."""
        if (attribute, value) not in self.groups:
            values = self.values[attribute]
            alike = np.flatnonzero(values[self.peers.rows] == value)
            weekday = _weekdays(self.panel, np.flatnonzero(values == value))
            self.groups[attribute, value] = _Group.of(self.peers, alike, weekday)
        return self.groups[attribute, value]


def with_cold_starts(panel: Panel, forecasts: Mapping[str, Floats]) -> dict[str, Floats]:
    """The forecasts `[N, H]` of each of `OUTPUTS` of all products, as `Company.blended`."""
    cold = cold_starts(panel, forecasts["mean"].shape[1])
    if not cold.any():
        return dict(forecasts)
    return Company.of(panel).blended(forecasts, np.arange(len(panel.products)), panel.sales, panel.status, cold)


def first_days(panel: Panel) -> Rows:
    """`[N]` the first day on which each product was on sale; the number of days where there is none."""
    on_sale = panel.status == Status.ON_SALE
    first: Rows = np.where(on_sale.any(axis=1), on_sale.argmax(axis=1), on_sale.shape[1]).astype(np.int64)
    return first


def _weekdays(panel: Panel, members: Rows) -> Doubles:
    """`[7]`: what the members sell on each weekday, counted from the panel's first day, over a mean day; open days."""
    T = len(panel.dates)
    last = slice(max(0, T - 56), T)
    observed = panel.status[members, last] == Status.ON_SALE
    units = np.where(observed, panel.sales[members, last], 0).sum(axis=0, dtype=np.float64)
    count = observed.sum(axis=0)
    weekday = np.arange(last.start, T) % 7
    sums, counts = np.bincount(weekday, units, 7), np.bincount(weekday, count, 7)
    if not sums.sum():
        return np.ones(7)
    mean = sums / np.maximum(counts, 1)
    return np.where(counts > 0, mean / (sums.sum() / counts.sum()), 1.0)


def _log_prices(panel: Panel, start: Rows) -> Doubles:
    """`[N]` the logarithm of the first price from the start on, NaN where there is none."""
    known, N = panel.covariates, len(panel.products)
    if known is None or known.prices is None:
        return np.full(N, np.nan)
    at = np.minimum(start, known.days - 1)
    price = known.prices[np.arange(N), at].astype(np.float64)
    for row in np.flatnonzero(np.isnan(price)):
        listed = known.prices[row][~np.isnan(known.prices[row])]
        price[row] = listed[-1] if len(listed) else np.nan
    return np.log(np.maximum(price, 1e-3))
