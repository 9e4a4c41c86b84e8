"""Prices as `[N, days]`: from a row a product and day, a row a week, a row a change, or from receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..covariates import OPEN_ENDED
from ..errors import ColumnError
from ..panel import Panel
from ..reading.source import shown
from ..reading.usual_names import QUANTITY, find
from .cells import lower_texts, read_numbers
from .given import Table
from .rows import Floats, Rows, open_rows, quantity_of

SALE = ("saleprice promoprice promotionprice promotionalprice specialprice actionprice aktionspreis angebotspreis",)
PRICE = (
    "price unitprice sellprice sellingprice preis vk vkpreis verkaufspreis einzelpreis stuckpreis prix prixunitaire"
    " prixvente prixdevente precio preciounitario precioventa preciodeventa pvp prezzo prezzounitario prezzovendita"
    " prezzodivendita cena cenajednostkowa cenasprzedazy preco precovenda prijs verkoopprijs pris",
    "grossprice pricegross priceinclvat priceincltax bruttopreis preisbrutto vkbrutto prixttc cenabrutto",
    "salesprice retailprice pricesold itemprice listprice regularprice baseprice normalprice normalpreis listenpreis"
    " uvp rrp msrp",
    "netprice pricenet priceexclvat priceexcltax nettopreis preisnetto vknetto prixht cenanetto",
)
CURRENCY = ("currency currencycode wahrung devise moneda valuta waluta",)
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
    rows = open_rows(table, panel, keys, "--prices", products=True, value="price", open_ends=True)
    name, price, read_as = _column(rows)
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
    places = [group, first, last] if rows.ranged else [group, first]
    cells, order = np.unique(np.stack(places), axis=1, return_inverse=True)
    order = order.ravel()
    mean = np.bincount(order, price * weight) / np.bincount(order, weight)
    doubled = len(price) - len(mean)
    receipts = units is not None
    step = 0 if rows.ranged or receipts else _step(cells)
    endless = last == OPEN_ENDED
    known = int(np.where(endless, first, last).max()) + max(step, 1)
    days = max(T, known)
    overlaps, holding = 0, step if known > 0 else 0  # of a list that ends before the panel the last prices go on
    if rows.ranged and known > 0:
        by_group, overlaps = _painted(cells, mean, rows.count, days)
    else:
        by_group = _spread(*_from_the_day_before(cells, mean, holding), rows.count, days, holding)
    if not endless.any():
        told = max(known, 0)  # 0: all of it is of days before the panel's
        by_group[:, told + 1 :] = by_group[:, [told]]
    by_group = by_group[:, :-1] if receipts else by_group[:, 1:]
    if receipts:
        shape = "the prices of receipts (role past): of a day, the last price before it is told"
    else:
        holds = "to its last day" if rows.ranged else "until the next of the product"
        shape = {0: f"each holds from its day {holds}", 1: "a row a product and day"}.get(
            step, f"a row a product each {step} days"
        )
        shape += "; a product is listed where it has one"
    said = f"Prices: {read_as} of {rows.source.name}, {shape}."
    if doubled:
        said += f" {doubled:,} rows of a product and day that had one were averaged" + (
            ", weighted by the units." if receipts else "."
        )
    if overlaps:
        said += f" On {overlaps:,} days of a product that several rows tell of, the row that begins last holds."
    free = int((price == 0).sum())
    if free:
        said += f" Look: {free:,} prices are 0."
    return Prices(
        np.ascontiguousarray(by_group[rows.groups]),
        OPEN_ENDED if endless.any() else max(known, 0),
        not receipts,
        int(max(cells[1].min(), 0)),
        said + rows.left([*name, *_told_elsewhere(rows)]),
    )


def _column(rows: Rows) -> tuple[tuple[str, ...], NDArray[np.float64], str]:
    """The columns of the price, the price of each row, NaN where it is empty, and what was taken, as words.

    Raises:
        ColumnError: there is none, or prices are in several currencies.
        ValueInRowError: a price is not one.
    """
    sale, usual = find(rows.source, SALE, rows.free), find(rows.source, PRICE, rows.free)
    names = tuple(name for name in (sale, usual) if name is not None)
    if not names:
        raise ColumnError(
            f"{rows.source.name} (--prices) has no price column; its columns are {', '.join(rows.source.columns)}.",
            "Call it price.",
        )
    currency = find(rows.source, CURRENCY, rows.free)
    if currency is not None:
        several = sorted(set(lower_texts(rows.source.read([currency])[currency].values).to_pylist()))
        if len(several) > 1:
            raise ColumnError(
                f"{rows.source.name} (--prices), column {shown(currency)}: there are several, {shown(several[0])} and"
                f" {shown(several[-1])}.",
                "Keep the rows of one currency.",
            )
    prices = []
    for name in names:
        column = rows.source.read([name])[name]
        price = read_numbers(column)
        column.refuse((price < 0) | np.isinf(price), "is no price", "Correct or remove these rows.")
        prices.append(price)
    if len(names) == 1:
        return names, prices[0], f"column {names[0]!r}"
    return names, np.where(prices[0] > 0, prices[0], prices[1]), f"column {sale!r}, where it is empty {usual!r},"


def _told_elsewhere(rows: Rows) -> list[str]:
    """The columns of units, whose use is told by what the prices are taken as."""
    return [name for name in rows.free if find(rows.source, QUANTITY, [name])]


def _step(cells: NDArray[np.int64]) -> int:
    """Days that a row holds in a list with a row each so many days; 0 in a list of changes.

    Args:
        cells: `[2 or 3, cells]` group and day, sorted.
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


def _from_the_day_before(
    cells: NDArray[np.int64], price: NDArray[np.float64], step: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The rows that matter from the day before the panel's first (-1) on: of the earlier ones of a list of changes the
    last of each group, as of that day; of other lists those that hold until then.
    """
    early = cells[1] < -1
    followed = np.append((cells[0][1:] == cells[0][:-1]) & (cells[1][1:] <= -1), False)
    if step == 0:
        kept, cells = ~(early & followed), cells.copy()
        cells[1] = np.maximum(cells[1], -1)
        return cells[:, kept], price[kept]
    kept = cells[1] >= -1 - max(step, _GAP)
    return cells[:, kept], price[kept]


def _painted(cells: NDArray[np.int64], price: NDArray[np.float64], groups: int, days: int) -> tuple[Floats, int]:
    """`[groups, 1 + days]` from the day -1 on: each price from its first day to its last, where several hold that of
    the row that begins last, of those the one that ends first; and on how many days several hold.
    """
    prices = np.full((groups, 1 + days), np.nan, np.float32)
    first, last = np.maximum(cells[1], -1), np.minimum(cells[2], days - 1)
    overlaps = 0
    order = np.lexsort([-cells[2], cells[1], cells[0]])
    order = order[first[order] <= last[order]]
    bounds = np.searchsorted(cells[0][order], np.arange(0, groups + _BLOCK, _BLOCK))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = order[begin:end]
        lengths = last[rows] - first[rows] + 1
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        group, day = np.repeat(cells[0][rows], lengths), np.repeat(first[rows], lengths) + within + 1
        prices[group, day] = np.repeat(price[rows], lengths)  # of several of one place the last stays
        if len(rows):
            overlaps += len(group) - int(np.isfinite(prices[group.min() : group.max() + 1]).sum())
    return prices, overlaps


def _spread(
    cells: NDArray[np.int64],
    price: NDArray[np.float64],
    groups: int,
    end: int,
    step: int,
) -> Floats:
    """`[groups, 1 + end]` from the day -1 on: each price from its day on, as long as it holds: `step` days, 0 for until
    the next.
    """
    start = int(min(cells[1].min(initial=-1), -1))
    days = np.arange(end - start)
    prices = np.full((groups, 1 + end), np.nan, np.float32)
    for block in range(0, groups, _BLOCK):
        inside = (cells[0] >= block) & (cells[0] < block + _BLOCK)
        group, day = cells[0][inside] - block, cells[1][inside] - start
        shape = min(_BLOCK, groups - block), end - start
        placed = np.full(shape, np.nan, np.float32)
        placed[group, day] = price[inside]
        begun = np.maximum.accumulate(np.where(np.isnan(placed), -1, days), axis=1)
        following = np.full(shape, _NEVER)
        following[group, day] = day
        following = np.minimum.accumulate(following[:, ::-1], axis=1)[:, ::-1]
        following = np.append(following[:, 1:], np.full((shape[0], 1), _NEVER), axis=1)  # the next row after a day
        carried = np.take_along_axis(placed, np.maximum(begun, 0), axis=1)
        if step == 0:
            holds = np.ones(shape, np.bool_)
        elif step == 1:
            holds = (begun == days) | (following - begun <= _GAP)
        else:
            holds = days - begun < step
        prices[block : block + _BLOCK] = np.where((begun >= 0) & holds, carried, np.nan)[:, -1 - end :]
    return prices
