"""Promotions, events and stock: what happens on which days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..covariates import Signal
from ..errors import ColumnError, SalesError, SourceError
from ..panel import Panel
from ..reading.columns import find, plain
from ..reading.source import shown
from .rows import Rows, Table, open_rows, read_numbers

Flags = NDArray[np.bool_]

_PROMOTIONS = ("promo", "onpromo", "ispromo", "discount", "deal", "campaign", "offer", "feature", "display", "coupon")
_SIGNALS = (*_PROMOTIONS, "snap", "flag", "signal", "ad")
_EVENTS = ("event", "holiday", "name", "occasion", "description", "title")
_NO_NAME = ("type", "locale", "transferred", "id", "country", "region")  # of an event, but not its name
SOLD_OUT = ("soldout stockout outofstock oos isoos issoldout isstockout isoutofstock",)
STOCK = (
    "instock isinstock available isavailable availability",
    "stock onhand inventory quantityonhand qtyonhand stockonhand stocklevel stockqty closingstock endstock endingstock"
    " closinginventory endinginventory soh",
)
_MOST_DAYS = 36_525  # 100 years


@dataclass(frozen=True)
class Promotions:
    """Attributes:
    signals: a name to `[groups, days]` values, 0 where nothing happens.
    first: the first day that the plan tells of, from the panel's first.
    known: days from the panel's first, up to the last that the plan tells of; None: no row means no promotion.
    said: what it was taken as.
    """

    signals: dict[str, Signal]
    first: int
    known: int | None
    said: str


def read_promotions(table: Table, panel: Panel, keys: Sequence[str]) -> Promotions:
    """The promotions of the panel's days and of those after it that the plan tells of.

    Columns of numbers or flags whose names begin like one of a promotion are taken, a signal each; where there is one
    column beside key and day, that; where there is none, a row is a promotion.

    Raises:
        ColumnError: several columns, none called like a promotion.
        ValueInRowError: a value is neither a number nor a flag.
    """
    rows = open_rows(table, panel, keys, "--promotions", products=False)
    named = [name for name in rows.free if plain(name).startswith(_SIGNALS)]
    if not named and len(rows.free) > 1:
        raise ColumnError(
            f"{rows.source.name} (--promotions): no column is called like a promotion, of "
            f"{', '.join(map(shown, rows.free))}.",
            "Call the column of the flag or the discount promotion; several may begin with promo_.",
        )
    columns = named or list(rows.free)
    days = _days(rows, panel)
    signals, whole = {}, False
    for name in columns or ["promotion"]:
        value = np.ones(len(rows.first))
        if columns:
            value = np.nan_to_num(read_numbers(rows.source.read([name])[name]))
            whole |= bool((value == 0).any())
        signals[name] = Signal(rows.on_days(value, days), rows.groups)
    of = " of all products" if not rows.keys else f" by {' + '.join(map(repr, rows.keys))}"
    said = f"Promotions: {', '.join(map(repr, signals))} of {rows.source.name},{of}"
    ends = "." if whole else "; on days without a row there is none."
    left = [name for name in rows.free if name not in columns]
    note = f" Left: {', '.join(map(repr, left))}." if left else ""
    known = int(rows.last.max()) + 1 if whole else None
    return Promotions(signals, int(rows.first.min()), known, said + ends + note + rows.left())


def read_events(table: Table, panel: Panel) -> tuple[dict[str, Flags], str]:
    """A name to flags of the panel's days and of those after it, and what was taken.

    Raises:
        ColumnError: no day.
    """
    rows = open_rows(table, panel, (), "--events", products=False)
    columns = [
        name
        for name in rows.source.columns
        if plain(name).startswith(_EVENTS) and not plain(name).rstrip("0123456789").endswith(_NO_NAME)
    ]
    days = _days(rows, panel)
    events: dict[str, Flags] = {}

    def happens(name: str, first: int, last: int) -> None:
        flags = events.setdefault(name, np.zeros(days, np.bool_))
        flags[max(first, 0) : max(last + 1, 0)] = True

    if not columns:
        for first, last in zip(rows.first.tolist(), rows.last.tolist(), strict=True):
            happens("event", first, last)
    for column in columns:
        values = rows.source.read([column])[column].values.cast(pa.large_string()).to_pylist()
        for name, first, last in zip(values, rows.first.tolist(), rows.last.tolist(), strict=True):
            if name and name.strip():
                happens(name.strip(), first, last)
    events = {name: flags for name, flags in sorted(events.items()) if flags.any()}
    by = ", ".join(map(repr, columns)) or "their days"
    return events, f"Events: {len(events)} of {rows.source.name}, by {by}.{rows.source.left}"


def read_stock(table: Table, panel: Panel, keys: Sequence[str]) -> tuple[Flags, str]:
    """`[N, T]`: the product was sold out on the day, and what was taken.

    Raises:
        ColumnError: no column of the products or the day, or several columns and none known as stock.
    """
    rows = open_rows(table, panel, keys, "--stock", products=True)
    flag, stock = find(rows.source, SOLD_OUT, rows.free), find(rows.source, STOCK, rows.free)
    name = flag or stock
    if name is None and rows.free:
        raise ColumnError(
            f"{rows.source.name} (--stock): none of {', '.join(map(shown, rows.free))} is known as stock.",
            "Call the column of the units left at the end of the day stock, or that of a flag sold_out.",
        )
    out = np.ones(len(rows.first), np.bool_)
    if name is not None:
        value = read_numbers(rows.source.read([name])[name])
        out = (value > 0) if flag else (value <= 0)
    sold_out = (rows.on_days(out.astype(np.float64), len(panel.dates)) > 0)[rows.groups]
    told = "a row is a day" if name is None else f"column {name!r}" + ("" if flag else ", none left")
    said = f"Stock: {int(sold_out.sum()):,} product-days sold out ({rows.source.name}, {told}); they are masked."
    return sold_out, said + rows.left()


def holiday_events(codes: Sequence[str], dates: NDArray[np.datetime64]) -> dict[str, Flags]:
    """The public holidays of countries and regions on these days, a name to flags.

    Args:
        codes: a country (`DE`), or with a region (`DE-BY`, `US-CA`), by ISO 3166.

    Raises:
        SalesError: the package `holidays` does not know the country or region.
    """
    import holidays

    years = range(int(str(dates[0])[:4]), int(str(dates[-1])[:4]) + 1)
    events: dict[str, Flags] = {}
    for code in codes:
        country, _, region = code.strip().upper().partition("-")
        try:
            calendar = holidays.country_holidays(country, subdiv=region or None, years=years, language="en_US")
        except NotImplementedError as error:
            raise SalesError(
                f"There are no public holidays of {shown(code)}.", "Give a country as DE, or with its region as US-CA."
            ) from error
        for day, names in calendar.items():
            for name in names.split("; "):
                events.setdefault(name, np.zeros(len(dates), np.bool_))[dates == np.datetime64(day)] = True
    return {name: flags for name, flags in sorted(events.items()) if flags.any()}


def _days(rows: Rows, panel: Panel) -> int:
    """As many as the panel has, or more if the rows tell of days after it."""
    days = max(len(panel.dates), int(rows.last.max(initial=0)) + 1)
    if days - len(panel.dates) > _MOST_DAYS:
        raise SourceError(f"{rows.source.name} reaches {days:,} days ahead.", "Correct or remove such dates.")
    return days
