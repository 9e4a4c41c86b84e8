"""What a shop knows besides its sales, as tables: prices, promotions, events, products, stock.

    --prices       future   a price a product and day, week or change; who is listed
    --promotions   future   numbers or flags a day, of products, of groups of them or of the shop
    --events       future   days with a name; with them the public holidays of --holidays
    --products     static   facts of a product; when it is listed
    --stock        past     stock or a flag: the days on which a product was sold out

The prices of receipts (rows with a quantity beside the price) are of role past: what is told of a day is the last
price before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ColumnError, ModelFolderError, SalesError
from ..panel import Panel
from ..reading.columns import DAY, PRODUCT, QUANTITY, find, plain
from ..reading.files import open_source
from ..reading.filled import filled_dated
from ..reading.source import Column, Source, shown
from ..reading.values import read_products, read_times, read_units
from ..status import STORE

Table = str | Path | pd.DataFrame
Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

START = (
    "startdate start from fromdate validfrom datefrom begin begindate",
    "weekstart week weekbeginning",
)
END = ("enddate end until untildate validto validuntil dateto to thru through",)
_LONGEST = 3653  # days that a row may hold
_TRUE = ["true", "t", "yes", "y", "x", "ja", "oui", "si"]
_FALSE = ["false", "f", "no", "n", "nein", "non", ""]


class PlanArguments(TypedDict, total=False):
    """What `Tables` tell of days ahead, as arguments of a function."""

    prices: Table | None
    promotions: Table | None
    events: Table | None
    holidays: Sequence[str]
    fill_prices: str | None
    fill_promotions: str | None


class TableArguments(PlanArguments, total=False):
    """`Tables` as arguments of a function."""

    products: Table | None
    stock: Table | None


@dataclass(frozen=True)
class Tables:
    """What is known besides the sales; each a path or a frame.

    Attributes:
        prices, promotions, events, products, stock: as drawn above.
        holidays: countries whose public holidays are events, with a region if wanted: `DE`, `US-CA`.
        fill_prices: `last`: days beyond the price list keep each product's last price.
        fill_promotions: `none`: days beyond the promotion plan have no promotion.
    """

    prices: Table | None = None
    promotions: Table | None = None
    events: Table | None = None
    products: Table | None = None
    stock: Table | None = None
    holidays: Sequence[str] = ()
    fill_prices: str | None = None
    fill_promotions: str | None = None

    def __post_init__(self) -> None:
        for name, rule in (("fill_prices", "last"), ("fill_promotions", "none")):
            if getattr(self, name) not in (None, rule):
                raise SalesError(
                    f"There is no rule {shown(getattr(self, name))} of {name}.", f"The one there is: {rule}."
                )
        codes = [self.holidays] if isinstance(self.holidays, str) else self.holidays
        object.__setattr__(self, "holidays", tuple(code.strip() for of in codes for code in of.split(",")))

    @property
    def rules(self) -> Tables:
        """What goes on to hold for the forecasts of a model: holidays and how days ahead are filled."""
        return Tables(holidays=self.holidays, fill_prices=self.fill_prices, fill_promotions=self.fill_promotions)

    def with_rules(self, rules: Tables) -> Tables:
        """These, and where they say nothing the rules."""
        return replace(
            self,
            holidays=rules.holidays or self.holidays,
            fill_prices=self.fill_prices or rules.fill_prices,
            fill_promotions=self.fill_promotions or rules.fill_promotions,
        )

    def to_dict(self) -> dict[str, Any]:
        """The rules, as JSON has them."""
        return {
            "holidays": list(self.holidays),
            "fill_prices": self.fill_prices,
            "fill_promotions": self.fill_promotions,
        }

    @classmethod
    def from_dict(cls, stored: Any) -> Tables:
        """The rules that `to_dict` gave, also from JSON.

        Raises:
            ModelFolderError: they are no such rules.
        """
        if not isinstance(stored, dict) or stored.keys() != cls().to_dict().keys():
            raise ModelFolderError("The stored rules of the tables are not those of this version.")
        codes = stored["holidays"]
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ModelFolderError("The stored holidays are no list of countries.")
        return cls(**stored)

    @property
    def given(self) -> bool:
        """There is a table or a holiday calendar."""
        return any(getattr(self, f.name) is not None for f in fields(self)[:5]) or bool(self.holidays)


@dataclass(frozen=True)
class Rows:
    """The rows of a table that concern a panel.

    Attributes:
        source: the table.
        groups: `[N]`: products with the same key in this table share a number.
        group: `[rows]`, the products that a row is of; -1 is none of the panel.
        first, last: `[rows]` days, counted from the panel's first.
        ranged: the table gives a last day.
        free: columns that are neither key nor day.
        keys: the key columns; none where a row is of all products.
    """

    source: Source
    groups: Whole
    group: Whole
    first: Whole
    last: Whole
    ranged: bool
    free: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def count(self) -> int:
        return int(self.groups.max(initial=-1)) + 1

    def on_days(self, values: NDArray[np.float64], days: int) -> Floats:
        """`[count, days]`: the largest value of the rows that a product and day has; 0 where it has none."""
        grid = np.zeros((self.count, days), np.float32)
        for offset in range(int((self.last - self.first).max(initial=0)) + 1):
            at = self.first + offset
            inside = (self.group >= 0) & (at <= self.last) & (at >= 0) & (at < days)
            np.maximum.at(grid, (self.group[inside], at[inside]), values[inside].astype(np.float32))
        return grid

    def left(self) -> str:
        """Sentences on the rows that are blank or a total, and on those of products that the panel lacks."""
        rows = int((self.group < 0).sum())
        return self.source.left + (f" {rows:,} rows are of products without sales and were left." if rows else "")


def open_rows(table: Table, panel: Panel, keys: Sequence[str], what: str, *, products: bool) -> Rows:
    """The rows of a table, matched to the panel's products by their key and to its days.

    Args:
        keys: the columns of the sales' key.
        what: the option, for messages.
        products: each row must be of a product.

    Raises:
        ColumnError: the table has no column of the products or of the day.
        ValueInRowError: an id or a day is not one.
    """
    source = open_source(table)
    day = find(source, DAY) or find(source, START)
    start = find(source, START)
    end = find(source, END)
    if start is not None and end is not None:
        day = start
    if day is None:
        raise ColumnError(
            f"{source.name} ({what}) has no column known as the day; its columns are {', '.join(source.columns)}.",
            "Call it date, or start_date where a row holds from that day on.",
        )
    source = filled_dated(source, day)
    free = [name for name in source.columns if name not in (day, end)]
    groups, group, used = match(source, panel, keys, free)
    if products and not used:
        raise ColumnError(
            f"{source.name} ({what}) has no column of the products; its columns are {', '.join(source.columns)}.",
            f"Call it as in the sales: {', '.join(keys) or 'unique_id'}.",
        )
    read = source.read([day] if end is None else [day, end])
    origin = int(panel.dates[0].astype(np.int64))
    first = read_times(read[day], None).days - origin
    last = first if end is None else read_times(read[end], None).days - origin
    read[day].refuse(last < first, "comes after its last day", "Correct or remove these rows.")
    read[day].refuse(last - first > _LONGEST, "holds for more than 10 years", "Correct or remove these rows.")
    left = tuple(name for name in free if name not in used)
    return Rows(source, groups, group, first, last, end is not None, left, used)


def match(
    source: Source, panel: Panel, keys: Sequence[str], free: Sequence[str]
) -> tuple[Whole, Whole, tuple[str, ...]]:
    """The products' groups `[N]`, the group of each row `[rows]`, and the columns that told.

    In this order: the joined name (`unique_id`), the columns of the sales' key that are there, those of other
    attributes, and for a key of one column any usual name of a product. Without any, a row is of all products.
    """
    N = len(panel.products)
    by_name = {plain(name): name for name in free}
    attributes = {plain(name): values for name, values in panel.attributes.items()}
    told = {key: _alike(source, key, free) for key in (keys or panel.attributes) if _alike(source, key, free)}
    parts = {name: attributes[plain(key)] for key, name in told.items() if plain(key) in attributes}
    others = {by_name[name]: values for name, values in attributes.items() if name in by_name}
    if "uniqueid" in by_name:
        columns, of_panel = [by_name["uniqueid"]], panel.products
    elif parts:
        columns, of_panel = list(parts), _joined(list(parts.values()))
    elif len(keys) == 1 and told:
        columns, of_panel = list(told.values()), panel.products
    elif not attributes.keys() & {plain(key) for key in keys} and len(keys) < 2 and find(source, PRODUCT, free):
        columns, of_panel = [str(find(source, PRODUCT, free))], panel.products
    elif others:
        columns, of_panel = list(others), _joined(list(others.values()))
    else:
        return np.zeros(N, np.int64), np.zeros(_length(source), np.int64), ()
    read = source.read(columns)
    named = read_products([read[column] for column in columns])
    known, groups = np.unique(of_panel, return_inverse=True)
    group = pd.Index(known).get_indexer(pd.Index(named.names))[named.codes]
    return groups.astype(np.int64), group.astype(np.int64), tuple(columns)


def _alike(source: Source, key: str, free: Sequence[str]) -> str:
    """The column called like a key column of the sales, or by another usual name of the same thing; or ""."""
    for name in free:
        if plain(name) == plain(key):
            return name
    for aliases in (PRODUCT, STORE):
        if any(plain(key) in rank.split() for rank in aliases):
            return find(source, aliases, free) or ""
    return ""


def _joined(parts: Sequence[NDArray[np.str_]]) -> NDArray[np.str_]:
    return np.array(["/".join(key) for key in zip(*parts, strict=True)])


def _length(source: Source) -> int:
    return len(source.read(source.columns[:1])[source.columns[0]].values)


def read_numbers(column: Column) -> NDArray[np.float64]:
    """Numbers or flags; NaN where a cell is empty.

    Raises:
        ValueInRowError: a value is neither.
    """
    values = column.values
    if pa.types.is_boolean(values.type):
        return _nan_where_null(values, pc.cast(values, pa.int8()))
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        words = pc.utf8_lower(pc.utf8_trim_whitespace(values.cast(pa.large_string())))
        empty = pc.equal(words, "").fill_null(True)
        true, false = (pc.is_in(words, pa.array(of, pa.large_string())) for of in (_TRUE, _FALSE))
        words = pc.if_else(true, "1", pc.if_else(false, "0", words)).fill_null("0")
        units = read_units(Column(column.source, column.name, words))
        return np.where(empty.to_numpy(zero_copy_only=False), np.nan, units)
    return _nan_where_null(values, values)


def _nan_where_null(values: pa.Array, numbers: pa.Array) -> NDArray[np.float64]:
    read = pc.cast(numbers, pa.float64(), safe=False).fill_null(np.nan)
    return np.asarray(read.to_numpy(zero_copy_only=False), dtype=np.float64)


def quantity_of(rows: Rows) -> NDArray[np.float64] | None:
    """`[rows]` units, of rows that are receipts or sales; None where no column tells."""
    name = find(rows.source, QUANTITY, rows.free)
    return None if name is None else read_numbers(rows.source.read([name])[name])
