"""Prices as `[N, days]`: from a row a product and day, a row a week, a row a change, or from receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ColumnError
from ..panel import Panel
from ..reading.columns import find
from .rows import Floats, Table, open_rows, quantity_of, read_numbers

PRICE = (
    "price unitprice sellprice sellingprice",
    "retailprice saleprice salesprice pricesold itemprice listprice regularprice",
)
_DENSE = 0.5  # of the days between a product's first row and its last, from which a table with a row a day is one
_GAP = 28  # days that a row a day may be missing
_NEVER = 10**9
_BLOCK = 1024  # groups at a time


@dataclass(frozen=True)
class Prices:
    """Attributes:
    values: `[N, days]`, NaN where not listed; after `known` days each product's last price goes on.
    known: days from the panel's first, up to the last that the list tells of.
    lists: it says who is listed; the prices of receipts do not.
    first: the first day that it tells of.
    said: what it was taken as.
    """

    values: Floats
    known: int
    lists: bool
    first: int
    said: str


def read_prices(table: Table, panel: Panel, keys: Sequence[str]) -> Prices:
    """The prices of the panel's days, and of as many after it as the list tells of.

    Raises:
        ColumnError: no price column, or no column of the products or the day.
        ValueInRowError: a price is not one.
    """
    rows = open_rows(table, panel, keys, "--prices", products=True)
    name = find(rows.source, PRICE, rows.free)
    if name is None:
        raise ColumnError(
            f"{rows.source.name} (--prices) has no price column; its columns are {', '.join(rows.source.columns)}.",
            "Call it price.",
        )
    column = rows.source.read([name])[name]
    price = read_numbers(column)
    column.refuse((price < 0) | np.isinf(price), "is no price", "Correct or remove these rows.")
    units = quantity_of(rows)
    used = (rows.group >= 0) & ~np.isnan(price)
    if units is not None:
        used &= units > 0
    group, first, last, price = rows.group[used], rows.first[used], rows.last[used], price[used]
    weight = np.ones(len(price)) if units is None else units[used]
    T = len(panel.dates)
    if not len(price):
        raise ColumnError(
            f"{rows.source.name} (--prices) has no price of any product of the sales.",
            "Give the same ids as in the sales, in a column of the same name.",
        )
    cells, order = np.unique(np.stack([group, first]), axis=1, return_inverse=True)
    order = order.ravel()
    mean = np.bincount(order, price * weight) / np.bincount(order, weight)
    until = np.zeros(len(mean), np.int64)
    np.maximum.at(until, order, last)
    doubled = len(price) - len(mean)
    receipts = units is not None
    step = 0 if rows.ranged or receipts else _step(cells)
    known = int(until.max()) + max(step, 1)
    start, end = min(int(cells[1].min()), 0), max(T, known)
    by_group = _spread(cells, mean, until if rows.ranged else None, rows.count, start, end, step)
    told = max(known - start, 1)
    by_group[:, told:] = by_group[:, [told - 1]]
    if receipts:
        by_group = np.concatenate([np.full((rows.count, 1), np.nan, np.float32), by_group[:, :-1]], axis=1)
        shape = "the prices of receipts (role past): of a day, the last price before it is told"
    else:
        holds = "to its last day" if rows.ranged else "until the next of the product"
        shape = {0: f"each holds from its day {holds}", 1: "a row a product and day"}.get(
            step, f"a row a product each {step} days"
        )
        shape += "; a product is listed where it has one"
    said = f"Prices: column {name!r} of {rows.source.name}, {shape}."
    if doubled:
        said += f" {doubled:,} rows of a product and day that had one were averaged" + (
            ", weighted by the units." if receipts else "."
        )
    return Prices(
        np.ascontiguousarray(by_group[:, -start:][rows.groups]),
        max(known, 0),
        not receipts,
        int(max(cells[1].min(), 0)),
        said + rows.left(),
    )


def _step(cells: NDArray[np.int64]) -> int:
    """Days that a row holds in a list with a row each so many days; 0 in a list of changes.

    Args:
        cells: `[2, cells]` group and day, sorted.
    """
    days = np.unique(cells[1])
    gaps = np.diff(days)
    if not len(gaps) or (gaps % gaps.min()).any() or np.mean(gaps == gaps.min()) < _DENSE:
        return 0
    step = int(gaps.min())
    _, first = np.unique(cells[0], return_index=True)
    ends = np.append(first[1:], cells.shape[1]) - 1
    expected = ((cells[1][ends] - cells[1][first]) // step + 1).sum()
    return step if cells.shape[1] >= _DENSE * expected and step <= 31 else 0


def _spread(
    cells: NDArray[np.int64],
    price: NDArray[np.float64],
    until: NDArray[np.int64] | None,
    groups: int,
    start: int,
    end: int,
    step: int,
) -> Floats:
    """`[groups, end - start]`: each price from its day on, as long as it holds.

    Args:
        until: `[cells]` the last day of each; None: the step says how long it holds, 0 for until the next.
    """
    days = np.arange(end - start)
    prices = np.full((groups, end - start), np.nan, np.float32)
    for block in range(0, groups, _BLOCK):
        inside = (cells[0] >= block) & (cells[0] < block + _BLOCK)
        group, day = cells[0][inside] - block, cells[1][inside] - start
        shape = min(_BLOCK, groups - block), end - start
        placed, last_day = np.full(shape, np.nan, np.float32), np.zeros(shape, np.int64)
        placed[group, day] = price[inside]
        begun = np.maximum.accumulate(np.where(np.isnan(placed), -1, days), axis=1)
        following = np.full(shape, _NEVER)
        following[group, day] = day
        following = np.minimum.accumulate(following[:, ::-1], axis=1)[:, ::-1]
        following = np.append(following[:, 1:], np.full((shape[0], 1), _NEVER), axis=1)  # the next row after a day
        carried = np.take_along_axis(placed, np.maximum(begun, 0), axis=1)
        if until is not None:
            last_day[group, day] = until[inside] - start
            holds = days <= np.take_along_axis(last_day, np.maximum(begun, 0), axis=1)
        elif step == 0:
            holds = np.ones(shape, np.bool_)
        elif step == 1:
            holds = (begun == days) | (following - begun <= _GAP)
        else:
            holds = days - begun < step
        prices[block : block + _BLOCK] = np.where((begun >= 0) & holds, carried, np.nan)
    return prices
