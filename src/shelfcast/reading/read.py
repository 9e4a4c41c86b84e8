"""The door: what a shop has -> the panel, and an account of everything that was done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ColumnError, HistoryError
from ..panel import Panel, Status
from .account import ReadingReport
from .columns import EmptyColumnError, detect
from .dates import ORDERS
from .day_names import day_columns
from .exclude import doubtful, rounded_ids
from .files import open_source
from .last_day import partial_last_day
from .months import refuse_month_columns
from .options import ReadingArguments, ReadingOptions, day_of
from .panels import panel_of_grid, panel_of_rows
from .product_columns import read_products_as_columns
from .source import Source, shown
from .spacing import longer_than_days
from .spikes import find_spikes
from .totals import summed_products
from .wide import read_days_as_columns


def read_sales(
    source: str | Path | pd.DataFrame | Source | Panel,
    id_cols: Sequence[str] = (),
    time_col: str | None = None,
    target_col: str | None = None,
    until: str | None = None,
    least_days: int = 2,
    **options: Unpack[ReadingArguments],
) -> tuple[Panel, ReadingReport]:
    """Sales as a panel: units summed a product and day, days without a row as zero.

    Receipts (many rows a product and day) and daily rows are read alike, and so are wide tables, with a column a
    day or a column a product. Columns are found by their usual names where none are given. Returns (negative units)
    that cancel a sale of their day are netted, later ones left out. Anything that cannot be understood is an error,
    and anything changed is in the report.

    Args:
        source: path of a file or a folder, a frame with one row a sale, what `open_source` gave (which also takes
            a table of a database, and other limits), or a panel.
        id_cols: the columns of the product's key; several are joined by `/`, their parts kept as attributes.
        time_col: the column of the day, with or without the time.
        target_col: the column of the units.
        until: the last day to keep, `YYYY-MM-DD`.
        least_days: fewer are an error; 1 is enough for sales that follow others.
        options: `ReadingOptions`, where the table does not tell or something else is wanted.

    Raises:
        SourceError: the file or frame cannot be read.
        LimitError: it is larger than a limit.
        ColumnError: a column is missing, more than one would fit, or most units are negative.
        ValueInRowError: a value is not what its column holds.
        HistoryError: no rows, one day only, or too many days.
        SalesError: `until` is no date, or an option cannot be understood.
    """
    last = None if until is None else day_of(until, "cut after")
    how = ReadingOptions(**options)
    if isinstance(source, Panel):
        if id_cols or time_col or target_col or how != ReadingOptions():
            raise ColumnError("A panel has no columns.", "Name columns for a file or a frame only.")
        panel = source if last is None else source.until(last)
        return panel, _account(panel, None, until=until)
    table = open_source(source)
    ids = [id_cols] if isinstance(id_cols, str) else list(id_cols)
    made, done = _read(table, ids, time_col, target_col, last, how)
    if len(made.dates) < least_days:
        raise HistoryError(
            f"{table.name}: all rows are of one day, {made.last_day}.",
            "Give at least two days of sales.",
        )
    if done.pop("mostly_negative") and least_days > 1:  # a day that follows others may be of returns alone
        raise _booked_below_zero(table, done)
    closing = done.pop("closing")
    spikes = find_spikes(made.sales)
    beyond = float((spikes.units - spikes.usual).sum())
    if how.winsorize and len(spikes.product):
        sales = made.sales.copy()
        sales[spikes.product, spikes.day] = spikes.usual
        made = replace(made, sales=sales)
    decimal, order = done.pop("decimal"), done["day_order"] if done["day_order"] in ORDERS else None
    notes = (*done.pop("notes"), *rounded_ids(made.products))
    told = replace(how, decimal=decimal if decimal == "," else how.decimal, date_format=how.date_format or order)
    report = replace(
        _account(made, closing, table.name, until),
        format=table.format,
        options=told.to_dict(),
        spikes=len(spikes.product),
        spike_units=beyond,
        winsorized_units=beyond if how.winsorize else 0.0,
        spacing=longer_than_days(made),
        doubts=tuple(dict.fromkeys([*doubtful(made.products, made.attributes), *summed_products(made)])),
        notes=notes,
        **done,
    )
    return made, report


def _read(
    table: Source,
    id_cols: Sequence[str],
    time_col: str | None,
    target_col: str | None,
    last: np.datetime64 | None,
    how: ReadingOptions,
) -> tuple[Panel, dict[str, Any]]:
    """The panel, and what of the report the way of reading knows."""
    days = [] if time_col or target_col or how.count_lines else day_columns(table)
    if days:
        return panel_of_grid(table.name, read_days_as_columns(table, days, id_cols, how), last, how)
    empty: list[str] = []
    try:
        columns = detect(table, id_cols, time_col, target_col, how.count_lines)
    except ColumnError:
        grid = None if id_cols or how.count_lines else read_products_as_columns(table, time_col, target_col, how)
        if grid is None:
            if time_col is None:
                refuse_month_columns(table)
            raise
        return panel_of_grid(table.name, grid, last, how)
    while True:
        try:
            panel, done = panel_of_rows(table, columns, last, how)
        except EmptyColumnError as error:
            empty.append(error.column)
            columns = detect(table, id_cols, time_col, target_col, how.count_lines, empty)
        else:
            left = (f"Left: column {shown(name)} is empty." for name in empty)
            return panel, done | {"notes": (*left, *done["notes"])}


def _booked_below_zero(table: Source, done: Mapping[str, Any]) -> ColumnError:
    """The error about a table whose sales are no sales, or have the wrong sign."""
    names = [name for choice in done["columns"] if choice.role == "quantity" for name in choice.columns]
    place = f"{table.name}, column {shown(names[0])}" if names else table.name
    return ColumnError(
        f"{place}: most of the units that are not zero are negative ({done['negative_rows']:,} of them), as where sales"
        " are booked as what leaves a stock; they would all count as returns.",
        "Turn their sign, and keep the rows that are sales alone.",
    )


def _account(
    panel: Panel, closing: NDArray[np.int64] | None, source: str = "a panel", until: str | None = None
) -> ReadingReport:
    """The report of a panel in which nothing had to be changed."""
    units = float(panel.sales.sum(dtype=np.float64))
    return ReadingReport(
        source=source,
        columns=(),
        rows=panel.sales.size,
        units_read=units,
        products=len(panel.products),
        products_never_sold=int((panel.sales.max(axis=1) == 0).sum()),
        first_day=str(panel.dates[0]),
        last_day=str(panel.last_day),
        days=len(panel.dates),
        zero_share=float(np.mean(panel.sales == 0)),
        units=units,
        partial_last_day=partial_last_day(panel, closing),
        until=until,
        closed=int((panel.status == Status.CLOSED).sum()),
        closed_days=int(panel.closed.sum()),
        unknown=int((panel.status == Status.UNKNOWN).sum()),
    )
