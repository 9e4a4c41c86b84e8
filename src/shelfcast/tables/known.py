"""Tables -> what the panel knows: covariates of its days and of those ahead, facts, and what each day was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..covariates import OPEN_ENDED, CovariateNames, Covariates, Signal
from ..panel import Panel
from ..status import decide
from .facts import add_products
from .given import Tables
from .plans import Flags, Promotions, holiday_events, read_events, read_promotions, read_stock
from .prices import Prices, read_prices
from .rows import ways_out_of_tables

HOLIDAYS_AHEAD = 93  # days: the longest horizon, and the days after it of whose events it is told


def add_tables(
    panel: Panel,
    tables: Tables,
    keys: Sequence[str] = (),
    since: int = 0,
    model: tuple[NDArray[np.str_], CovariateNames] | None = None,
) -> tuple[Panel, tuple[str, ...]]:
    """The panel with what the tables say, and what was taken, as sentences.

    What they say of a day replaces what was known of it. Days from `since` on are decided anew by listing and stock.

    Args:
        keys: the columns of the sales' key.
        model: the products that a model knows, and what it was fitted with: events of other names are left out.

    Raises:
        SourceError, ColumnError, ValueInRowError, SalesError: a table cannot be understood.
    """
    with ways_out_of_tables():
        return _with_tables(panel, tables, keys, since, model)


def _with_tables(
    panel: Panel,
    tables: Tables,
    keys: Sequence[str],
    since: int,
    model: tuple[NDArray[np.str_], CovariateNames] | None,
) -> tuple[Panel, tuple[str, ...]]:
    if not tables.given:
        return panel, ()
    said: list[str] = []
    listed = sold_out = prices = promotions = None
    events: dict[str, Flags] = {}
    if tables.products is not None:
        panel, listed, line = add_products(panel, tables.products, keys, None if model is None else model[0])
        said.append(line)
    if tables.prices is not None:
        prices = read_prices(tables.prices, panel, keys)
        said.append(prices.said)
    if tables.promotions is not None:
        promotions = read_promotions(tables.promotions, panel, keys)
        said.append(promotions.said)
    if tables.events is not None:
        events, line = read_events(tables.events, panel)
        said.append(line)
    if tables.holidays:
        dates = panel.dates[0] + np.arange(len(panel.dates) + HOLIDAYS_AHEAD)
        found = holiday_events(tables.holidays, dates)
        events = _either(events, found)
        said.append(f"Holidays: {len(found)} of {', '.join(tables.holidays)}.")
    if model is not None:
        others = sorted(events.keys() - set(model[1].events))
        events = {name: flags for name, flags in events.items() if name in model[1].events}
        if others and tables.events is not None:
            said.append(f"Events that the model was not trained with are left out: {', '.join(others)}.")
    covariates = _merged(panel, prices, promotions, events)
    if tables.stock is not None:
        sold_out, line = read_stock(tables.stock, panel, keys)
        said.append(line)
    panel = replace(panel, covariates=covariates)
    if tables.products is not None or sold_out is not None or (prices is not None and prices.lists):
        if prices is not None and prices.lists:
            of_list: Flags = np.logical_not(np.isnan(prices.values[:, : len(panel.dates)]))
            listed = of_list if listed is None else of_list & listed
        status = decide(panel.sales, panel.stores, listed, sold_out)
        status[:, :since] = panel.status[:, :since]
        panel = replace(panel, status=status)
    return panel, tuple(said)


def _merged(
    panel: Panel, prices: Prices | None, promotions: Promotions | None, events: Mapping[str, Flags]
) -> Covariates | None:
    """What the panel knew, and from the first day of each table on what that says."""
    T, old = len(panel.dates), panel.covariates
    if prices is None and promotions is None and not events:
        return old
    days = max(T, 0 if old is None else old.days, *(len(flags) for flags in events.values()), 0)
    if prices is not None:
        days = max(days, prices.values.shape[1])
    signals = {} if promotions is None else promotions.signals
    days = max([days, *(signal.values.shape[1] for signal in signals.values())])
    known = {} if old is None else old.known_days
    old = None if old is None else old.between(0, days)
    new = Covariates(
        days if prices is None else prices.values.shape[1], None if prices is None else prices.values
    ).between(0, days)
    values, lists = new.prices, prices is None or prices.lists
    if prices is not None:
        known["prices"] = prices.known
        if old is not None and old.prices is not None and values is not None:
            priced: Flags = np.logical_not(np.isnan(values).all(axis=1))
            told = priced[:, None] & (np.arange(days) >= prices.first)
            values = np.where(told, values, old.prices)
    elif old is not None:
        values, lists = old.prices, old.lists
    merged = {} if old is None else dict(old.signals)
    for name, signal in signals.items():
        assert promotions is not None
        known[name] = OPEN_ENDED if promotions.known is None else promotions.known
        wide = np.zeros((len(signal.values), days), np.float32)
        wide[:, : signal.values.shape[1]] = signal.values
        if name in merged:
            older = merged[name].of(slice(None))
            newer = wide[signal.rows]
            both = np.where(np.arange(days) >= promotions.first, newer, older)
            merged[name] = Signal(both, np.arange(len(both)))
        else:
            merged[name] = Signal(wide, signal.rows)
    padded = {name: np.pad(flags, (0, days - len(flags))) for name, flags in events.items()}
    flags = _either({} if old is None else old.events, padded)
    return Covariates(days, values, merged, flags, known, lists)


def _either(one: Mapping[str, Flags], other: Mapping[str, Flags]) -> dict[str, Flags]:
    """The events of both; where both have one, on the days of either."""
    events = dict(one)
    for name, flags in other.items():
        have = events.get(name, np.zeros(0, np.bool_))
        days = max(len(have), len(flags))
        events[name] = np.pad(have, (0, days - len(have))) | np.pad(flags, (0, days - len(flags)))
    return events
