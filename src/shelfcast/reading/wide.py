"""Wide tables: a column a day, or a column a product."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ColumnError, HistoryError
from ..status import STORE
from .columns import DAY, PRODUCT, QUANTITY, ColumnChoice, choose_product, find, plain, sounds_like_quantity
from .dates import look_like_days, read_moments
from .exclude import is_total
from .numbers import is_number, numbers_of_many, told_decimal
from .options import ReadingOptions
from .sale_rows import blank_rows, sale_rows
from .source import Column, Source, shown
from .values import MOST_UNITS, Products, read_products, read_times, refuse_units

_FEWEST_DAYS = 2
_FEWEST_NUMBERED = 7
_CELLS = 1 << 22  # at a time
_NUMBERED = re.compile(r"(d|day|tag|jour|dia|t)[_ ]?(\d{1,5})", re.IGNORECASE)
# Columns of a matrix that describe the day, or sum the products up.
_NO_PRODUCT = (
    "id index unnamed0 year month day week weekday dayofweek dow quarter holiday isholiday event total sum"
    " price unitprice cost revenue discount profit customers open promo onpromotion stateholiday schoolholiday"
    " temperature fuelprice cpi unemployment preis prix precio prezzo umsatz kunden temperatur"
    " jahr monat woche wochentag feiertag gesamt summe annee mois semaine ano mes semana"
)


@dataclass(frozen=True)
class Grid:
    """What a wide table holds.

    Attributes:
        products: of the rows of `units`, with `codes` counting them.
        days: `[D]` since 1970-01-01, distinct.
        units: `[N, D]`, NaN where there is no value.
        shape: what the table was taken as, as words.
        choices: the columns of the key and of the day.
        day_order, zoned, decimal: how days and numbers are written.
        cells: values that there are; more than are in `units` where several rows have one key.
        blank, total: as `SaleRows` has them.
    """

    products: Products
    days: NDArray[np.int64]
    units: NDArray[np.float32]
    shape: str
    choices: tuple[ColumnChoice, ...]
    day_order: str | None
    zoned: bool
    decimal: str
    cells: int
    blank: int = 0
    total: str | None = None


def day_columns(source: Source) -> list[str]:
    """The columns that are called by dates or by numbered days; none where the table has a column of days."""
    if find(source, ("ds", DAY[1])) is not None:
        return []
    dated = look_like_days(source.columns)
    names = [name for name, is_day in zip(source.columns, dated, strict=True) if is_day]
    if len(names) >= _FEWEST_DAYS:
        return names
    numbered = [name for name in source.columns if _NUMBERED.fullmatch(name)]
    return numbered if len(numbered) >= _FEWEST_NUMBERED else []


def read_days_as_columns(source: Source, days: Sequence[str], id_cols: Sequence[str], how: ReadingOptions) -> Grid:
    """A row a product, a column a day.

    Raises:
        ColumnError: the product cannot be told, days are numbered and there is no start, or two columns are one day.
        ValueInRowError: a value is not what its column holds.
    """
    chosen = set(days)
    free = [name for name in source.columns if name not in chosen and not is_total(name)]
    product = _key(source, free, id_cols)
    facts = [name for name in free if name not in product.columns]
    dates, order = _dates(source, days, how)
    read = source.read([*product.columns, *facts, *days])
    blank = blank_rows(read.values())
    if blank.any():
        read = {name: column.of_rows(~blank) for name, column in read.items()}
    if not len(read[days[0]].values):
        raise HistoryError(f"{source.name} has no rows.", "Give a row for each product.")
    products = read_products([read.pop(name) for name in product.columns])
    attributes = _attributes({name: read.pop(name) for name in facts}, products)
    products = Products(products.codes, products.names, {**products.parts, **attributes}, products.trimmed)
    decimal = told_decimal(list(read.values()), how.decimal)
    N, rows = len(products.names), len(products.codes)
    units = np.full((len(days), N), np.nan, np.float32)
    number = {name: at for at, name in enumerate(days)}
    cells = 0
    for names in _some(days, rows):
        for name, values in zip(names, _values([read.pop(name) for name in names], decimal), strict=True):
            there = ~np.isnan(values)
            cells += int(there.sum())
            if rows == N:
                units[number[name], products.codes] = values
                continue
            sums = np.bincount(products.codes[there], values[there], minlength=N)
            filled = np.bincount(products.codes[there], minlength=N) > 0
            units[number[name]] = np.where(filled, sums, np.nan)
    left = [name for name in facts if name not in attributes]
    said = f"wide, a row a product and a column a day ({shown(days[0])} to {shown(days[-1])})"
    said += f"; attributes: {', '.join(map(shown, attributes))}" if attributes else ""
    said += f"; left: {', '.join(map(shown, left[:9]))}" if left else ""
    flat = np.ascontiguousarray(units.T)
    return Grid(products, dates, flat, said, (product,), order, False, decimal, cells, int(blank.sum()))


def read_products_as_columns(source: Source, time_col: str | None, how: ReadingOptions) -> Grid | None:
    """A row a day (in a store), a column a product; None where the table is no such.

    Raises:
        ColumnError: dates or decimals cannot be told.
        ValueInRowError: a value is not what its column holds.
    """
    day = time_col or find(source, DAY)
    if day is None or find(source, PRODUCT) is not None or len(set(source.columns)) < len(source.columns):
        return None
    store = find(source, STORE)
    others = [name for name in source.columns if name not in (day, store)]
    quantity = find(source, QUANTITY, others)
    rows = sale_rows(source, source.read(source.columns), day)
    read = rows.columns
    if not len(read[day].values):
        return None
    usual = _NO_PRODUCT.split()
    unknown = [name for name in others if plain(name) not in usual]
    held = [name for names in _some(unknown, len(read[day].values)) for name in _with_numbers(read, names)]
    if quantity is not None:
        if len(held) < len(unknown):
            return None  # a text may be the product
        taken = [quantity]
    else:
        taken = held
        if len(taken) < 2 or any(map(sounds_like_quantity, taken)):
            return None  # a quantity under an unusual name, among what describes the day
    times = read_times(read[day], None, how.date_format, how.timezone, how.start)
    stores = None if store is None else read_products([read[store]])
    key = times.days if stores is None else times.days * len(stores.names) + stores.codes
    if len(np.unique(key)) < len(key):
        return None
    decimal = told_decimal([read[name] for name in taken], how.decimal)
    days, at = np.unique(times.days, return_inverse=True)
    shops = np.array([""]) if stores is None else stores.names
    row = np.zeros(len(at), np.int64) if stores is None else stores.codes
    units = np.full((len(taken), len(shops), len(days)), np.nan, np.float32)
    number = {name: place for place, name in enumerate(taken)}
    for names in _some(taken, len(at)):
        for name, values in zip(names, _values([read[name] for name in names], decimal), strict=True):
            units[number[name], row, at] = values
    names = [name.strip() or f"column {place + 1}" for place, name in enumerate(taken)]
    products, parts = np.array(names), {}
    if store is not None:
        parts = {store: np.tile(shops, len(taken)), "product": np.repeat(products, len(shops))}
        products = np.array([f"{shop}/{name}" for name in names for shop in shops.tolist()])
    left = [name for name in others if name not in number]
    what = f"the {len(taken):,} columns {shown(taken[0])} to {shown(taken[-1])} are the products"
    if len(taken) == 1:
        what = f"the one product is the column {shown(taken[0])}"
    said = f"wide, a row a day{'' if store is None else ' and store'}; {what}"
    said += f"; left: {', '.join(map(shown, left[:9]))}" if left else ""
    chosen = (ColumnChoice("day", (day,), "given by --time-col" if time_col else "a usual name"),)
    flat = units.reshape(len(products), len(days))
    whole = Products(np.arange(len(products)), products, parts, 0)
    cells = int((~np.isnan(flat)).sum())
    return Grid(whole, days, flat, said, chosen, times.order, times.zoned, decimal, cells, rows.blank, rows.total)


def _key(source: Source, free: list[str], id_cols: Sequence[str]) -> ColumnChoice:
    for name in id_cols:
        if name not in source.columns:
            raise ColumnError(f"{source.name} has no column {shown(name)}.", "Name another with --id-col.")
    if not id_cols and len(free) == 1:
        return ColumnChoice("product", (free[0],), "the only column that is no day")
    return choose_product(source, [name for name in free if name not in id_cols], id_cols, receipts=False)


def _dates(source: Source, names: Sequence[str], how: ReadingOptions) -> tuple[NDArray[np.int64], str | None]:
    """`[D]` days of the names of columns, and whether day or month comes first in them."""
    header = Column(source, "(the names of the columns)", pa.array(names, pa.large_string()))
    numbered = [_NUMBERED.fullmatch(name) for name in names]
    order = None
    if all(numbered):
        if how.start is None:
            raise ColumnError(
                f"{source.name} has columns of numbered days, {shown(names[0])} to {shown(names[-1])}, without dates.",
                f"Say which date {shown(re.sub('[0-9]+', '1', names[0]))} is: --start-date 2024-01-31.",
            )
        numbers = np.array([int(found[2]) for found in numbered if found], np.int64)
        days = how.start.astype(np.int64) + numbers - (0 if 0 in numbers else 1)
    else:
        moments = read_moments(header, how.date_format, None)
        if not moments.good.all():
            bad = names[int(np.argmin(moments.good))]
            raise ColumnError(f"{source.name}, column {shown(bad)}: its name is no date.", "Correct or remove it.")
        days, order = moments.days, moments.order
    if len(np.unique(days)) < len(days):
        twice = next(name for at, name in enumerate(names) if days[at] in days[:at])
        raise ColumnError(f"{source.name} has two columns of the day {shown(twice)}.", "Keep one column a day.")
    return days, order


def _attributes(facts: dict[str, Column], products: Products) -> dict[str, NDArray[np.str_]]:
    """Texts of which each product has one, and which products share."""
    found = {}
    for name, column in facts.items():
        if not pa.types.is_dictionary(column.values.type):
            continue
        texts = np.array([str(text or "").strip() for text in column.values.to_pylist()], dtype=np.str_)
        of = np.full(len(products.names), "", dtype=texts.dtype)
        of[products.codes] = texts
        if (of[products.codes] == texts).all() and len(np.unique(of)) < max(len(of), 2):
            found[name] = of
    return found


def _some(names: Sequence[str], rows: int) -> Iterator[Sequence[str]]:
    """The names, as many at a time as memory takes with their rows."""
    many = max(1, _CELLS // max(rows, 1))
    return (names[start : start + many] for start in range(0, len(names), many))


def _with_numbers(read: Mapping[str, Column], names: Sequence[str]) -> list[str]:
    """Those of the columns in which most of what is there is a number, with a point or a comma."""
    kinds = [(name, read[name].values.type) for name in names]
    plain_ones = [name for name, kind in kinds if is_number(kind) or pa.types.is_dictionary(kind)]
    if not plain_ones:
        return []
    columns = [read[name] for name in plain_ones]
    values, empty = numbers_of_many(columns, ".")
    good = (~np.isnan(values) | ~np.isnan(numbers_of_many(columns, ",")[0])) & ~empty
    most = good.sum(axis=1) * 2 > (~empty).sum(axis=1)
    return [name for name, numbers in zip(plain_ones, most.tolist(), strict=True) if numbers]


def _values(columns: Sequence[Column], decimal: str) -> NDArray[np.float64]:
    """`[columns, rows]` units, NaN where the cell is empty."""
    values, empty = numbers_of_many(columns, decimal)
    frames = np.array([is_number(column.values.type) for column in columns])
    empty[frames] = np.isnan(values[frames])  # how frames write an empty cell
    values[empty] = 0
    for at in np.flatnonzero(~(np.abs(values) <= MOST_UNITS).all(axis=1)).tolist():
        refuse_units(columns[at], values[at])
    values[empty] = np.nan
    return values
