"""What is in stock, and how each product is ordered: the table that a planner gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ColumnError
from ..evaluation.metrics import Doubles, Flags
from ..reading.files import open_source
from ..reading.filled import filled_named
from ..reading.source import Column, Source
from ..reading.values import read_numbers, read_products
from ..recipe import LONGEST_HORIZON

# column: what is taken where it is absent
STOCK_DEFAULTS = {
    "on_hand": 0.0,
    "on_order": 0.0,
    "lead_time": 1.0,
    "review_period": 7.0,
    "pack_size": 1.0,
    "min_order": 0.0,
    "service_level": 0.95,  # where there is no unit_cost and price either
    "salvage": 0.0,  # where unit_cost and price are given
}
MOST = 1e9  # units or money; more is a slip
_COSTS = ("unit_cost", "price", "salvage")
_NO_FEWER = "a number of 0 or more"
_MONEY = "an amount of 0 or more"
# column: what its values are, the least, the most, whether they are whole
_RANGES = {
    "on_hand": (_NO_FEWER, 0.0, MOST, False),
    "on_order": (_NO_FEWER, 0.0, MOST, False),
    "lead_time": (f"whole days from 0 to {LONGEST_HORIZON - 1}", 0.0, LONGEST_HORIZON - 1.0, True),
    "review_period": (f"whole days from 1 to {LONGEST_HORIZON}", 1.0, float(LONGEST_HORIZON), True),
    "pack_size": ("a number above 0", 1e-6, MOST, False),
    "min_order": (_NO_FEWER, 0.0, MOST, False),
    "service_level": ("a share above 0 and below 1, as 0.95", 1e-6, 1 - 1e-6, False),
    "unit_cost": (_MONEY, 0.0, MOST, False),
    "price": (_MONEY, 0.0, MOST, False),
    "salvage": ("an amount", -MOST, MOST, False),
}


@dataclass(frozen=True, eq=False)
class Stock:
    """A row a product to be ordered; all arrays `[M]`.

    Attributes:
        rows: of the product among the model's.
        on_hand, on_order: units.
        lead_time: days from the order to the delivery: what is ordered tonight and takes 1 day can be sold from the
            day after tomorrow on.
        review_period: days until the next order can be placed.
        pack_size, min_order: units.
        service_level: the share of cases in which the demand is to be met; NaN where the costs decide.
        unit_cost, price, salvage: money a unit; NaN where only a service level is given. `salvage` is what a unit is
            worth that is left when the next delivery comes; below 0, what it costs to be rid of it.
        defaults: the columns that the table lacked, and what was taken.
    """

    rows: NDArray[np.int64]
    on_hand: Doubles
    on_order: Doubles
    lead_time: NDArray[np.int64]
    review_period: NDArray[np.int64]
    pack_size: Doubles
    min_order: Doubles
    service_level: Doubles
    unit_cost: Doubles
    price: Doubles
    salvage: Doubles
    defaults: dict[str, float]

    @property
    def position(self) -> Doubles:
        """`[M]` units in stock or on the way."""
        total: Doubles = self.on_hand + self.on_order
        return total

    @property
    def days(self) -> NDArray[np.int64]:
        """`[M]`: that an order of today has to last for: until the delivery after it can come."""
        total: NDArray[np.int64] = self.lead_time + self.review_period
        return total


def read_stock(table: str | Path | pd.DataFrame, products: NDArray[np.str_]) -> Stock:
    """The stock of a file or a frame, as sales may be: `unique_id` and any of the columns of `STOCK_DEFAULTS`.

    An empty cell is an error but in `service_level`, `unit_cost`, `price` and `salvage`, where it says that the row has
    none.

    Args:
        products: `[N]` names, sorted, that the model knows.

    Raises:
        SourceError: the table cannot be read.
        ColumnError: `unique_id` is missing, a column is there twice, or there is no row.
        ValueInRowError: a value that cannot be, a product that is there twice or that the model does not know.
    """
    source = filled_named(open_source(table))
    columns = _columns(source)
    found = read_products([columns["unique_id"]])
    names = found.names[found.codes]
    if not len(names):
        raise ColumnError(f"{source.name} has no rows.", "Give a row for each product to be ordered.")
    columns["unique_id"].refuse(
        ~np.isin(names, products),
        "is no product that the model knows",
        "Correct the id, remove the row, or teach the product to the model with `shelfcast extend`.",
    )
    _, first = np.unique(found.codes, return_index=True)
    again = np.ones(len(names), dtype=np.bool_)
    again[first] = False
    columns["unique_id"].refuse(again, "is there a second time", "Keep one row a product.")

    values, absent = {}, {}
    for name, (what, least, most, whole) in _RANGES.items():
        optional = name in (*_COSTS, "service_level")
        if name not in columns:
            absent[name] = STOCK_DEFAULTS.get(name, np.nan)
            values[name] = np.full(len(names), np.nan if optional else absent[name])
            continue
        numbers, empty = read_numbers(columns[name])
        good = (numbers >= least) & (numbers <= most) & ((numbers == np.round(numbers)) | (not whole))
        columns[name].refuse(~good & ~(empty & optional), f"is not {what}", "Correct or remove these rows.")
        values[name] = numbers
    _check_days(columns, values)
    costs = _check_costs(columns, values)
    neither = np.isnan(values["service_level"]) & ~costs
    values["service_level"] = np.where(neither, STOCK_DEFAULTS["service_level"], values["service_level"])
    values["salvage"] = np.where(costs & np.isnan(values["salvage"]), STOCK_DEFAULTS["salvage"], values["salvage"])
    if not neither.any():
        absent.pop("service_level", None)
    if not (costs & np.isnan(values["service_level"])).any():
        absent.pop("salvage", None)
    lead_time, review_period = (values.pop(name).astype(np.int64) for name in ("lead_time", "review_period"))
    return Stock(
        rows=np.searchsorted(products, names),
        lead_time=lead_time,
        review_period=review_period,
        **values,
        defaults={name: value for name, value in absent.items() if name in STOCK_DEFAULTS},
    )


def _columns(source: Source) -> dict[str, Column]:
    known = ["unique_id", *_RANGES]
    for name in known:
        if source.columns.count(name) > 1:
            raise ColumnError(f"{source.name} has {source.columns.count(name)} columns {name!r}.", "Keep one of them.")
    if "unique_id" not in source.columns:
        raise ColumnError(
            f"{source.name} has no column 'unique_id'; its columns are {', '.join(map(repr, source.columns[:20]))}.",
            "Name the products as the forecast does.",
        )
    return source.read([name for name in known if name in source.columns])


def _check_days(columns: dict[str, Column], values: dict[str, Doubles]) -> None:
    days = values["lead_time"] + values["review_period"]
    column = columns.get("lead_time", columns.get("review_period", columns["unique_id"]))
    column.refuse(
        days > LONGEST_HORIZON,
        f"makes lead_time and review_period more than {LONGEST_HORIZON} days, the longest forecast",
        "Correct these rows.",
    )


def _check_costs(columns: dict[str, Column], values: dict[str, Doubles]) -> Flags:
    """`[M]`: the row has a unit cost and a price, and they can be."""
    cost, price, salvage = (values[name] for name in _COSTS)
    place: Sequence[Column] = [columns[name] for name in _COSTS if name in columns]
    costs: Flags = ~np.isnan(cost) & ~np.isnan(price)
    if not place:
        return costs
    _refuse(
        place,
        (np.isnan(cost) != np.isnan(price)) | (~np.isnan(salvage) & np.isnan(price)),
        "has no whole set of costs beside it: unit_cost and price belong together, salvage to both",
        "Give both, or a service_level alone.",
    )
    free = np.isnan(values["service_level"])
    _refuse(
        place,
        costs & (price <= cost),
        "leaves no margin: the price is not above the unit_cost",
        "Correct the row, or give a service_level without costs for a product that is sold at a loss.",
    )
    left = np.where(np.isnan(salvage), STOCK_DEFAULTS["salvage"], salvage)
    _refuse(
        place,
        costs & free & (left >= cost),
        "makes what is left worth as much as it cost, so that no order would be too large",
        "Give a salvage below the unit_cost.",
    )
    return costs


def _refuse(columns: Sequence[Column], bad: Flags, why: str, way_out: str) -> None:
    """By the first of the columns that has a value in the first bad row."""
    if bad.any():
        row = int(np.argmax(bad))
        given = [c for c in columns if c.values[row].as_py() not in (None, "")]
        (given or columns)[0].refuse(bad, why, way_out)
