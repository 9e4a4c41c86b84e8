"""Rows or a grid of sales -> the panel, and the account of what was done: cut, excluded, cancelled, summed, filled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import HistoryError
from ..panel import Panel, Status
from .apart import summed_versions, told_apart, told_apart_on_receipts
from .cancelled import cancelled_rows
from .columns import GIVEN, ColumnChoice, Columns, EmptyColumnError
from .days import check_cells, to_days
from .exclude import excluded
from .options import ReadingOptions
from .plan_columns import plans_beside
from .quantities import read_quantities
from .returns import cancel
from .sale_rows import blank_rows, sale_rows
from .source import Column, Source
from .texts import distinct_texts
from .values import Products, read_products, read_times
from .wide import Grid

DAYS_OF_A_YEAR = 365.25


def panel_of_rows(
    table: Source, columns: Columns, last: np.datetime64 | None, how: ReadingOptions
) -> tuple[Panel, dict[str, Any]]:
    """A table with a row a sale or a product and day.

    Returns:
        The panel and fields of `ReadingReport`; beside them `closing`, `decimal` and `mostly_negative`.

    Raises:
        ColumnError, ValueInRowError: a column or value is not what it should be.
        EmptyColumnError: that of the product, nobody named it, and another would do.
        HistoryError: no rows are left.
    """
    rows = sale_rows(table, table.read(columns.used), columns.day)
    read, day = rows.columns, rows.columns[columns.day]
    if not len(day.values):
        raise HistoryError(f"{table.name} has no rows.", "Give at least two days of sales.")
    time_of_day = None if columns.time_of_day is None else read[columns.time_of_day]
    times = read_times(day, time_of_day, how.date_format, how.timezone, how.start)
    quantities = read_quantities(table, rows, columns, how)
    units = quantities.units
    for name in columns.product:
        if columns.choices[0].why != GIVEN and columns.choices[0].others and blank_rows([read[name]]).all():
            raise EmptyColumnError(table, name)
    products = read_products([read[name] for name in columns.product])

    until = np.ones(len(units), dtype=np.bool_) if last is None else times.days <= last.astype(np.int64)
    if not until.any():
        raise HistoryError(f"{table.name} has no rows up to {last}.", "Choose a later day.")
    _check_span(day, times.days, until)
    rows = replace(rows, columns={})
    del read, day  # as long as the table: what was made of them is all that is needed from here on
    patterns, out = _excluded(table.name, products, how)
    counted = until & ~out[products.codes]
    if not counted.any():
        raise HistoryError(f"{table.name}: all rows are excluded.", "Exclude fewer products.")
    cancelled_orders = cancelled_rows(table, rows, columns, units, products.codes)
    kept = counted & ~cancelled_orders.flags
    if not kept.any():
        raise HistoryError(f"{table.name}: all rows are cancelled.", "Check the column of their status.")
    sold = units
    if not kept.all():
        sold, products, times = units[kept], products.of_rows(kept), times.of_rows(kept)
    returned, most_below = sold < 0, _mostly_negative(sold)
    done: dict[str, Any] = {}
    if returned.any():
        cancelled = cancel(products.codes, times.days, sold, _customers(table, columns, rows.kept, kept))
        done = {
            "negative_rows": int(returned.sum()),
            "negative_units": float(-sold[returned].sum()),
            "cancelled_rows": cancelled.rows,
            "cancelled_units": cancelled.cancelled,
        }
        if how.returns == "leave-out":
            done |= {"later_rows": cancelled.later_rows, "later_units": cancelled.later}
            sold = cancelled.units
    made = to_days(table.name, products, times.days, sold)
    apart = summed_versions(table, rows, columns)
    if made.cells < len(sold) and not apart:
        if columns.receipts:
            apart = told_apart_on_receipts(table, rows, columns, kept, products.codes, times)
        else:
            cells = products.codes * (np.ptp(times.days) + 1) + times.days - times.days.min()
            apart = told_apart(table, rows, columns, kept, cells)
    plans: list[str] = []
    if not columns.receipts and made.cells == len(sold):
        there = made.panel.status[:, made.rows > 0] != Status.NOT_ON_SALE
        free = [name for name in table.columns if name not in columns.used]
        plans = plans_beside(table, free, int(there.sum()), made.cells)
    return made.panel, done | {
        "columns": (*columns.choices[:-1], quantities.choice, *_time_of_day(times.told_by, columns.time_of_day)),
        "rows": len(units),
        "blank_rows": rows.blank,
        "header_rows": rows.headers,
        "total_row": rows.total,
        "units_read": float(units.sum()),
        "rows_after_until": int((~until).sum()),
        "units_after_until": float(units[~until].sum()),
        "excluded": patterns,
        "excluded_rows": int((until & ~counted).sum()),
        "excluded_units": float(units[until & ~counted].sum()),
        "void_units": float(units[counted & ~kept].sum()),
        "notes": (
            *quantities.notes,
            *cancelled_orders.notes,
            *apart,
            *plans,
        ),
        "ids_trimmed": products.trimmed,
        "rows_summed": len(sold) - made.cells,
        "days_below_zero": made.cells_below_zero,
        "units_below_zero": made.units_below_zero,
        "filled": made.panel.sales.size - made.cells,
        "days_without_rows": int((made.rows == 0).sum()),
        "day_order": times.order,
        "zoned": times.zoned,
        "closing": times.closing(),
        "decimal": quantities.decimal,
        "mostly_negative": most_below,
    }


def panel_of_grid(
    name: str, grid: Grid, last: np.datetime64 | None, how: ReadingOptions
) -> tuple[Panel, dict[str, Any]]:
    """A wide table; what is below zero on a day cancelled nothing that day.

    Returns:
        As `panel_of_rows`.

    Raises:
        HistoryError: no value is left.
    """
    there = ~np.isnan(grid.units)
    total = float(np.nansum(grid.units, dtype=np.float64))
    until = np.ones(len(grid.days), np.bool_) if last is None else grid.days <= last.astype(np.int64)
    patterns, out = _excluded(name, grid.products, how)
    cut = there[:, ~until]
    left_out = there[out][:, until]
    known = there[~out][:, until]
    if not known.any():
        raise HistoryError(f"{name} has no values that are kept.", "Give two days of sales, a later --until.")
    after = float(np.nansum(grid.units[:, ~until], dtype=np.float64))
    gone = float(np.nansum(grid.units[out][:, until], dtype=np.float64))
    days = grid.days[until]
    some = known.any(axis=0)  # a day without any value is none
    first, end = int(days[some].min()), int(days[some].max()) + 1
    N, T = int((~out).sum()), end - first
    check_cells(name, N, T)
    sales = np.zeros((N, T), np.float32)
    inside = (days >= first) & (days < end)
    sales[:, days[inside] - first] = np.nan_to_num(grid.units[~out][:, until][:, inside])
    below, most_below = sales < 0, _mostly_negative(sales)
    fallen = float(-sales[below].sum(dtype=np.float64))
    sales[below] = 0
    counts = {"negative_rows": int(below.sum()), "negative_units": fallen}
    if how.returns == "leave-out":
        counts |= {"later_rows": int(below.sum()), "later_units": fallen}
    else:
        counts |= {"days_below_zero": int(below.sum()), "units_below_zero": fallen}
    rows = np.zeros(T, np.int64)
    rows[days[inside] - first] = known[:, inside].sum(axis=0)
    panel = Panel.of(
        sales,
        np.datetime64(first, "D") + np.arange(T),
        grid.products.names[~out],
        attributes={key: values[~out] for key, values in grid.products.parts.items()},
    )
    return panel, counts | {
        "shape": grid.shape,
        "columns": grid.choices,
        "rows": grid.cells,
        "blank_rows": grid.blank,
        "header_rows": grid.headers,
        "total_row": grid.total,
        "notes": grid.notes,
        "units_read": total,
        "rows_after_until": int(cut.sum()),
        "units_after_until": after,
        "excluded": patterns,
        "excluded_rows": int(left_out.sum()),
        "excluded_units": gone,
        "ids_trimmed": grid.products.trimmed,
        "rows_summed": grid.cells - int(there.sum()),
        "filled": panel.sales.size - int(known.sum()),
        "days_without_rows": int((rows == 0).sum()),
        "day_order": grid.day_order,
        "zoned": grid.zoned,
        "closing": None,
        "decimal": grid.decimal,
        "mostly_negative": most_below,
    }


def _mostly_negative(units: NDArray[Any]) -> bool:
    """Whether more than half of the units that are not zero are below it."""
    return bool(2 * np.count_nonzero(units < 0) > np.count_nonzero(units))


def _excluded(name: str, products: Products, how: ReadingOptions) -> tuple[dict[str, int], NDArray[np.bool_]]:
    """Patterns and how many products each matched, and `[N]` which products are excluded."""
    matched = excluded(products, how.exclude)
    out = np.zeros(len(products.names), np.bool_)
    for hit in matched.values():
        out |= hit
    if out.all():
        raise HistoryError(f"{name}: all products are excluded.", "Exclude fewer products.")
    return {pattern: int(hit.sum()) for pattern, hit in matched.items()}, out


def _customers(
    table: Source, columns: Columns, rows: NDArray[np.bool_] | None, kept: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """`[kept rows]` codes of the customers, -1 where there is none; read only where there are returns."""
    if columns.customer is None:
        return None
    customer = table.read([columns.customer])[columns.customer]
    codes, texts = distinct_texts(customer if rows is None else customer.of_rows(rows))
    known = np.array([bool(text.strip()) for text in texts.to_pylist()], np.bool_)
    found, _ = pd.factorize(codes)
    return np.where(known[codes], found, -1)[kept]


def _time_of_day(told_by: str | None, candidate: str | None) -> tuple[ColumnChoice, ...]:
    if told_by is not None:
        return (ColumnChoice("time of day", (told_by,), "tells whether the last day is whole"),)
    if candidate is not None:
        return (ColumnChoice("time of day", (), f"{candidate!r} does not hold times such as 18:05"),)
    return ()


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
