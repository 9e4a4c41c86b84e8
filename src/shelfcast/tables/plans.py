"""Promotions, events and stock: what happens on which days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..covariates import Signal
from ..errors import ColumnError, SalesError, SourceError
from ..panel import Panel
from ..reading.numbers import clean
from ..reading.plan_columns import event_columns, may_be_signal, sounds_like_signal
from ..reading.source import Column, shown
from ..reading.texts import NOTHING
from ..reading.usual_names import find
from ..status import STORE
from .cells import FALSE, TRUE, lower_texts, read_numbers, trimmed
from .given import Table
from .rows import Rows, open_rows

Flags = NDArray[np.bool_]

_NO_EVENT = {*FALSE, *NOTHING, "0", "0.0", "noevent", "noholiday", "no event", "no holiday", "keine", "kein", "aucun"}
_CODE = 2  # characters; a shorter value of an event is named with its column
_MOST_DAYS_CALENDAR = 0.5  # of the days between the first and the last: a list of them all is of no events
SOLD_OUT = (
    "soldout stockout outofstock oos isoos issoldout isstockout isoutofstock outofstockflag stockoutflag ausverkauft"
    " vergriffen fehlbestand rupture rupturestock rupturedestock agotado sinstock roturadestock esaurito brak",
)
STOCK = (
    "instock isinstock available isavailable availability verfugbar lieferbar disponible disponibile",
    "stock onhand inventory quantityonhand qtyonhand stockonhand stocklevel stockqty closingstock endstock endingstock"
    " closinginventory endinginventory soh inventorylevel stockquantity inventoryquantity bestand lagerbestand"
    " endbestand schlussbestand restbestand tagesendbestand stockfinal stockfin existencias existencia giacenza estoque"
    " voorraad stan stanmagazynowy",
)
_TRANSFERRED = ("transferred istransferred",)
_FEW = 14  # days
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

    Columns whose names begin like one of a promotion are taken, a signal each; where there is one column beside key and
    day, that; where there is none, a row is a promotion. A column of words is 1 where it holds one.

    Raises:
        ColumnError: several columns, none called like a promotion.
        ValueInRowError: a value is neither a number nor a flag, among others that are.
    """
    rows = open_rows(table, panel, keys, "--promotions", products=False, value="promotion")
    if not len(rows.first):
        raise ColumnError(f"{rows.source.name} (--promotions) has no rows.", "Give a row for each promotion.")
    if not rows.keys:
        _refuse_ids(rows, panel)
    tells = [name for name in rows.free if may_be_signal(name)]
    named = [name for name in tells if sounds_like_signal(name)]
    about = len(rows.free) > len(tells) and any(map(sounds_like_signal, rows.free))  # its id, its price
    if not named and not about and len(rows.free) > 1:
        raise ColumnError(
            f"{rows.source.name} (--promotions): no column is called like a promotion, of "
            f"{', '.join(map(shown, rows.free))}.",
            "Call the column of the flag or the discount promotion; several may begin with promo_.",
        )
    columns = named or ([] if about else list(rows.free))
    days = _days(rows, panel)
    signals, whole, worded = {}, False, []
    for name in columns or ["promotion"]:
        value = np.ones(len(rows.first))
        if columns:
            column = rows.source.read([name])[name]
            words = _words(column)
            value = np.nan_to_num(read_numbers(column, shares=True)) if words is None else words
            whole |= bool((value == 0).any())
            worded += [] if words is None else [name]
        signals[name] = Signal(rows.on_days(value, days), rows.groups)
    of = " of all products" if not rows.keys else f" by {' + '.join(map(repr, rows.keys))}"
    said = f"Promotions: {', '.join(map(repr, signals))} of {rows.source.name},{of}"
    ends = "." if whole else "; on days without a row there is none."
    if worded:
        ends += f" Of the words of {', '.join(map(repr, worded))} each is a 1."
    known = int(rows.last.max()) + 1 if whole else None
    return Promotions(signals, int(rows.first.min()), known, said + ends + rows.left(columns))


def _refuse_ids(rows: Rows, panel: Panel) -> None:
    """Raises ColumnError where a plan of all products has a column of ids of the sales."""
    for name in rows.free:
        values = rows.source.read([name])[name].values
        held = set(values.cast(pa.large_string()).to_pylist()) if pa.types.is_dictionary(values.type) else set()
        ids = {str(value).strip() for value in held}
        if ids and not any(value.isdigit() for value in ids) and ids.issubset(panel.products.tolist()):
            raise ColumnError(
                f"{rows.source.name} (--promotions): {shown(name)} holds ids of the sales, and is not known as such.",
                "Call it as in the sales, or unique_id; leave it out of a plan of all products.",
            )


def _words(column: Column) -> NDArray[np.float64] | None:
    """`[rows]` 1 where the cell holds a word, 0 where nothing, of a column of which most values are neither numbers nor
    flags (`TPR`, `Flyer`); None for others.
    """
    if not pa.types.is_dictionary(column.values.type) and not pa.types.is_large_string(column.values.type):
        return None
    texts = trimmed(column.values)
    held = [text for text in pc.unique(texts).to_pylist() if text.lower() not in _NO_EVENT]
    bare = clean(pa.array(held, pa.large_string())).to_pylist()
    words = [text for text in bare if text.lower() not in TRUE and re.search(r"[^\W\d_]{2,}", text)]
    if 2 * len(words) <= len(held):
        return None
    return np.array([float(text.lower() not in _NO_EVENT) for text in texts.to_pylist()])


def read_events(table: Table, panel: Panel) -> tuple[dict[str, Flags], str]:
    """A name to flags of the panel's days and of those after it, and what was taken.

    A flag is an event called like its column, a code such as `a` one called like both.

    Raises:
        ColumnError: no day, or a calendar of all days without a column called like an event.
    """
    rows = open_rows(table, panel, (), "--events", products=None)
    columns = event_columns(rows.free)
    if not columns and len(rows.free) == 1:
        columns = list(rows.free)
    told = len(np.unique(rows.first))
    if not columns and rows.free and told > max(_FEW, _MOST_DAYS_CALENDAR * (np.ptp(rows.first) + 1)):
        raise ColumnError(
            f"{rows.source.name} (--events) has nearly every day, and no column is called like an event, of "
            f"{', '.join(map(shown, rows.free))}.",
            "Call the column of their names event, or several event_1, event_2; or give the days of events alone.",
        )
    days = _days(rows, panel)
    events: dict[str, Flags] = {}

    def happens(name: str, first: int, last: int) -> None:
        flags = events.setdefault(name, np.zeros(days, np.bool_))
        flags[max(first, 0) : max(last + 1, 0)] = True

    moved = np.zeros(len(rows.first), np.bool_)
    transferred = find(rows.source, _TRANSFERRED, rows.free)
    if transferred is not None:
        moved = np.isin(lower_texts(rows.source.read([transferred])[transferred].values).to_pylist(), (*TRUE, "1"))
    named = [_event_names(rows.source.read([column])[column]) for column in columns]
    for names in named or [["event"] * len(rows.first)]:
        for name, first, last, elsewhere in zip(names, rows.first.tolist(), rows.last.tolist(), moved, strict=True):
            if name and not elsewhere:
                happens(name, first, last)
    events = {name: flags for name, flags in sorted(events.items()) if flags.any()}
    by = ", ".join(map(repr, columns)) or "their days"
    said = f"Events: {len(events)} of {rows.source.name}, by {by}."
    if moved.any():
        said += f" {int(moved.sum()):,} that were transferred to another day are left out."
    store = find(rows.source, STORE, rows.free)
    if store is not None:
        said += f" Those of any {shown(store)} are taken for all."
    return events, said + rows.left()


def _event_names(column: Column) -> list[str]:
    """`[rows]` the event of each row; empty where there is none."""
    texts = column.values.cast(pa.large_string()).fill_null("").to_pylist()
    held = {text: text.strip() for text in set(texts)}
    flags = {text: name.casefold() for text, name in held.items()}
    if set(flags.values()) <= {*TRUE, *_NO_EVENT, "1", "1.0"}:
        names = {text: "" if flag in _NO_EVENT else column.name for text, flag in flags.items()}
    else:
        names = {text: "" if flags[text] in _NO_EVENT else name for text, name in held.items()}
        names = {text: f"{column.name} {name}" if 0 < len(name) <= _CODE else name for text, name in names.items()}
    return [names[text] for text in texts]


def read_stock(table: Table, panel: Panel, keys: Sequence[str]) -> tuple[Flags, str]:
    """`[N, T]`: the product was sold out on the day, and what was taken.

    Raises:
        ColumnError: no column of the products or the day, or several columns and none known as stock.
    """
    rows = open_rows(table, panel, keys, "--stock", products=True, value="stock", open_ends=True)
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
        out = (value > 0) if flag else (value <= 0) & _latest(rows)
    sold_out = (rows.on_days(out.astype(np.float64), len(panel.dates)) > 0)[rows.groups]
    told = "a row is a day" if name is None else f"column {name!r}" + ("" if flag else ", none left")
    said = f"Stock: {int(sold_out.sum()):,} product-days sold out ({rows.source.name}, {told}); they are masked."
    return sold_out, said + rows.left([name] if name else None)


def _latest(rows: Rows) -> Flags:
    """`[rows]`: no row of the product and day is of a later time."""
    if rows.seconds is None:
        return np.ones(len(rows.first), np.bool_)
    _, place = np.unique(np.stack([rows.group, rows.first]), axis=1, return_inverse=True)
    place = place.ravel()
    latest = np.zeros(int(place.max(initial=-1)) + 1, np.int64)
    np.maximum.at(latest, place, rows.seconds)
    found: Flags = rows.seconds == latest[place]
    return found


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
