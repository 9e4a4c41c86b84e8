"""The door: what a shop has -> the panel, and an account of everything that was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ColumnError, HistoryError, SalesError
from ..panel import Panel, Status
from .account import ReadingReport
from .columns import ColumnChoice, detect
from .days import to_days
from .files import open_source
from .last_day import partial_last_day
from .source import Column, Source, shown
from .values import read_products, read_times, read_units

DAYS_OF_A_YEAR = 365.25


def read_sales(
    source: str | Path | pd.DataFrame | Source | Panel,
    id_cols: Sequence[str] = (),
    time_col: str | None = None,
    target_col: str | None = None,
    until: str | None = None,
    least_days: int = 2,
) -> tuple[Panel, ReadingReport]:
    """Sales as a panel: units summed a product and day, days without a row as zero.

    Receipts (many rows a product and day) and daily rows are read alike. Columns are found by their usual
    names where none are given. Returns (negative units) are netted on their own day; what stays below zero is
    set to zero. Anything that cannot be understood is an error, and anything changed is in the report.

    Args:
        source: path of a file or a folder, a frame with one row a sale, what `open_source` gave (which also takes
            a table of a database, and other limits), or a panel.
        id_cols: the columns of the product's key; several are joined by `/`, their parts kept as attributes.
        time_col: the column of the day, ISO 8601, with or without the time.
        target_col: the column of the units.
        until: the last day to keep, `YYYY-MM-DD`.
        least_days: fewer are an error; 1 is enough for sales that follow others.

    Raises:
        SourceError: the file or frame cannot be read.
        LimitError: it is larger than a limit.
        ColumnError: a column is missing, or more than one would fit.
        ValueInRowError: a value is not what its column holds.
        HistoryError: no rows, one day only, or too many days.
        SalesError: `until` is no date.
    """
    last = None if until is None else _day(until)
    if isinstance(source, Panel):
        if id_cols or time_col or target_col:
            raise ColumnError("A panel has no columns.", "Name columns for a file or a frame only.")
        panel = source if last is None else source.until(last)
        return panel, _account(panel, None, until=until)
    table = open_source(source)
    columns = detect(table, [id_cols] if isinstance(id_cols, str) else id_cols, time_col, target_col)
    read = table.read(columns.used)
    day = read[columns.day]
    if not len(day.values):
        raise HistoryError(f"{table.name} has no rows.", "Give at least two days of sales.")
    times = read_times(day, None if columns.time_of_day is None else read[columns.time_of_day])
    units = read_units(read[columns.quantity])
    ids = [read[name] for name in columns.product]
    products = read_products(ids)

    kept = np.ones(len(units), dtype=np.bool_) if last is None else times.days <= last.astype(np.int64)
    if not kept.any():
        raise HistoryError(f"{table.name} has no rows up to {until}.", "Choose a later day.")
    _check_span(day, times.days, kept)
    sold = units[kept]
    if len(sold) < len(units):
        products, times = products.of_rows(kept), times.of_rows(kept)
    made = to_days(table.name, products, times.days, sold)
    if len(made.panel.dates) < least_days:
        raise HistoryError(
            f"{table.name}: all rows are of one day, {made.panel.last_day}.",
            "Give at least two days of sales.",
        )
    returned = sold[sold < 0]
    report = replace(
        _account(made.panel, times.closing(), table.name, until),
        format=table.format,
        columns=(*columns.choices, *_time_of_day(times.told_by, columns.time_of_day)),
        rows=len(units),
        units_read=float(units.sum()),
        rows_after_until=len(units) - len(sold),
        units_after_until=float(units[~kept].sum()),
        ids_trimmed=products.trimmed,
        rows_summed=len(sold) - made.cells,
        negative_rows=len(returned),
        negative_units=float(np.abs(returned).sum()),
        days_below_zero=made.cells_below_zero,
        units_below_zero=made.units_below_zero,
        filled=made.panel.sales.size - made.cells,
        days_without_rows=int((made.rows == 0).sum()),
    )
    return made.panel, report


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


def _time_of_day(told_by: str | None, candidate: str | None) -> tuple[ColumnChoice, ...]:
    if told_by is not None:
        return (ColumnChoice("time of day", (told_by,), "tells whether the last day is whole"),)
    if candidate is not None:
        return (ColumnChoice("time of day", (), f"{candidate!r} does not hold times such as 18:05"),)
    return ()


def _day(until: str) -> np.datetime64:
    try:
        return np.datetime64(date.fromisoformat(str(until)), "D")
    except ValueError as error:
        raise SalesError(f"{shown(until)} is no day to cut after.", "Write it as YYYY-MM-DD.") from error


def _check_span(column: Column, days: NDArray[np.int64], kept: NDArray[np.bool_]) -> None:
    """One date far off must not make a hundred years of empty days."""
    limit = column.source.limits.years
    years = (days[kept].max() - days[kept].min()) / DAYS_OF_A_YEAR
    if years < limit:
        return
    far = np.where(kept, np.abs(days - np.median(days[kept])), -1)
    column.refuse(
        np.arange(len(days)) == np.argmax(far),
        f"lies so far from the other dates that they would span {years:,.0f} years; the limit is {limit:,} years",
        "Correct or remove the rows of such dates, or cut them off with --until;"
        f" if they are right, raise the limit: --limit years={int(years) + 1}.",
    )
