"""Wide tables with a row a day (in a store), and a column a product, or one of the units of one product."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ColumnError
from ..status import STORE
from .cells import hold_numbers, read_cells, summed
from .columns import ColumnChoice
from .dates import clock_seconds, look_like_days
from .day_facts import facts_of_days, kinds_of_one, tells_facts
from .exclude import is_total
from .numbers import told_decimal
from .options import ReadingOptions
from .sale_rows import sale_rows
from .source import Column, Source, is_unnamed, shown
from .texts import Codes, distinct_texts
from .totals import total_columns, total_rows, what_is_summed
from .usual_names import ACTUAL, DAY, PLANNED, PRODUCT, QUANTITY, find, plain, sounds_like_quantity
from .values import Products, Times, read_products, read_times
from .wide import Grid, also_left, of_rows, read_once

_HOUR = ("hour hours hr stunde heure hora ora uhrzeit time",)
# Alone they are what was sold; beside it a plan, and a number of receipts or guests.
_BESIDE_SALES = (*PLANNED.split(), "orders", "covers", "couverts")
_FEWEST_HOURS = 2  # a day
_QUARTER = 900  # seconds, of which the beginnings of hours, and of their quarters, are multiples
_COUNT = re.compile(r"^count (?!of )", re.IGNORECASE)  # a title, as in `Count Chocula`
# What tells apart columns of one product's units, as `Quantity ordered` and `Quantity returned`.
_KINDS = (
    "ordered returned return returns shipped delivered invoiced cancelled canceled refunded damaged lost waste wasted"
    " net gross available last previous prior online offline bestellt geliefert retour retouren storniert netto brutto"
    f" vorjahr {PLANNED} {ACTUAL}"
)


def read_products_as_columns(
    source: Source, time_col: str | None, target_col: str | None, how: ReadingOptions
) -> Grid | None:
    """A row a day (in a store), a column a product; None where the table is no such.

    Rows of hours are summed. Of a table whose other columns describe the day, the one that is left is one product.

    Raises:
        ColumnError: dates or decimals cannot be told, or two products have one name.
        ValueInRowError: a value is not what its column holds.
    """
    if find(source, PRODUCT) is not None or not read_once(source, source.columns):
        return None
    read = source.read(read_once(source, source.columns))
    day = _day(source, read, time_col)
    if day is None:
        return None
    (when,) = day.columns
    rows = sale_rows(source, read, when)
    read, store = rows.columns, find(source, STORE)
    if not len(read[when].values) or (store is not None and store not in read):
        return None
    others = [name for name in read if name not in (when, store)]
    taken = _units(source, read, others, target_col)
    if not taken:
        return None
    times = read_times(read[when], None, how.date_format, how.timezone, how.start)
    hour = find(source, _HOUR, others)
    hours = _hours(times, None if hour is None else read[hour])
    shops = np.zeros(len(times.days), np.int64) if store is None else distinct_texts(read[store])[0]
    hourly = not _distinct(times.days, shops)
    if hourly and (hours is None or not _distinct(times.days, shops, hours)):
        return None
    _refuse_twice(source, read)
    decimal = told_decimal([read[name] for name in taken], how.decimal)
    cells = read_cells({name: read[name] for name in taken}, taken, decimal)
    totals = [total_columns(taken, cells)]
    names = [name for name, out in zip(taken, totals[0].flags.tolist(), strict=True) if not out]
    if not _are_products(names, given=target_col is not None or len(taken) == 1):
        return None
    _refuse_kinds(source, names)
    cells = cells[~totals[0].flags]
    if store is not None:
        moments = times.days if hours is None else times.days * (hours.max() + 1) + hours
        totals.append(total_rows([read[store]], cells, moments))
        kept = ~totals[-1].flags
        read, cells, times = of_rows({store: read[store]}, kept), cells[:, kept], times.of_rows(kept)
    days, at = np.unique(times.days, return_inverse=True)
    products, units = _in_stores(names, cells, at, len(days), None if store is None else read[store])
    what = f"the {len(names):,} columns {shown(names[0])} to {shown(names[-1])} are the products"
    if len(names) == 1:
        what = f"the one product is the column {shown(names[0])}"
    row = f"a row {'an hour, summed to days' if hourly else 'a day'}{'' if store is None else ' and store'}"
    shape = f"wide, {row}; {what}"
    shape += also_left([name for name in source.columns if name not in (when, store, *taken)])
    given = () if target_col is None else (ColumnChoice("quantity", (target_col,), "given by --target-col"),)
    return Grid(
        products,
        days,
        units,
        shape,
        (day, *given),
        times.order,
        times.zoned,
        decimal,
        int((~np.isnan(cells)).sum()),
        rows.blank,
        rows.headers,
        "; ".join(said for said in (rows.total, *(total.said for total in totals)) if said is not None) or None,
        tuple(doubt for total in totals for doubt in total.doubts),
    )


def _in_stores(
    names: Sequence[str], cells: NDArray[np.float32], day: NDArray[np.int64], D: int, store: Column | None
) -> tuple[Products, NDArray[np.float32]]:
    """The products of the columns, in each store if there are some, and their units `[N, D]`.

    Args:
        cells: `[columns, rows]`, with the `day[rows]` of each row, 0 to D - 1.
    """
    if store is None:
        return Products(np.arange(len(names)), np.array(names), {}), summed(cells, day, D)
    stores = read_products([store])
    S = len(stores.names)
    parts = {store.name: np.tile(stores.names, len(names)), "product": np.repeat(np.array(names), S)}
    products = np.array([f"{shop}/{name}" for name in names for shop in stores.names.tolist()])
    units = summed(cells, stores.codes * D + day, S * D).reshape(-1, D)
    return Products(np.arange(len(products)), products, parts), units


def _refuse_twice(source: Source, read: Mapping[str, Column]) -> None:
    """Raises ColumnError: several columns, which are not read, have the name of one product."""
    unread = [name for name in source.columns if name not in read and not is_unnamed(name)]
    for name in sorted(set(unread) - facts_of_days(unread)):
        raise ColumnError(
            f"{source.name} has {source.columns.count(name)} columns called {shown(name)}.",
            "Give each column a name of its own.",
        )


def _refuse_kinds(source: Source, names: Sequence[str]) -> None:
    """Raises ColumnError: each product has several columns, and it is not told which of them are its units."""
    if kinds := kinds_of_one(names):
        raise ColumnError(
            f"{source.name}: {' and '.join(map(shown, kinds[:2]))} may be of one product, as others are that have"
            " several columns.",
            "Keep one column a product, that of its units; if each is a product of its own, give it another name.",
        )


def _day(source: Source, read: Mapping[str, Column], given: str | None) -> ColumnChoice | None:
    """The column of the day: by its name, or the only one that holds dates, such as the first one without a name."""
    if given is not None:
        return ColumnChoice("day", (given,), "given by --time-col") if given in read else None
    name = find(source, DAY)
    if name is not None:
        return ColumnChoice("day", (name,), "a usual name") if name in read else None
    dated = [name for name, column in read.items() if _holds_dates(column)]
    return ColumnChoice("day", (dated[0],), "the only column of dates") if len(dated) == 1 else None


def _holds_dates(column: Column) -> bool:
    """Whether all that is there, but for a word for a total, are dates."""
    kind = column.values.type
    if not pa.types.is_dictionary(kind):
        return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))
    words = [text for text in column.values.dictionary.to_pylist() if text.strip() and not is_total(text)]
    return bool(words) and bool(look_like_days(words).all())


def _units(source: Source, read: Mapping[str, Column], others: Sequence[str], given: str | None) -> list[str]:
    """The columns that may hold units, totals among them; none where a text may be the product, or no names do."""
    facts = facts_of_days(others)
    unknown = [name for name in others if name not in facts and not is_unnamed(name)]
    if len(unknown) > 1:
        unknown = [name for name in unknown if plain(name) not in _BESIDE_SALES]
    quantity = given or find(source, QUANTITY, unknown if "target" in map(plain, others) else others)
    unknown = [name for name in unknown if name != quantity]
    held = hold_numbers(read, unknown)
    if quantity is not None:
        return [quantity] if len(held) == len(unknown) and quantity in others else []
    if len(held) == 1 == len(unknown):
        return [] if tells_facts(held[0]) else held
    return held if _are_products([name for name in held if what_is_summed(name) is None]) else []


def _are_products(names: Sequence[str], given: bool = False) -> bool:
    """Whether the names are not those of a quantity among what describes the day, nor kinds of one quantity."""
    if given or len(names) < 2:
        return given
    sounding = [name for name in names if sounds_like_quantity(_COUNT.sub("", name))]
    kinds = [name for name in sounding if any(plain(word) in _KINDS.split() for word in re.split(r"[\W_]+", name))]
    return not sounding or (len(sounding) == len(names) and not kinds)


def _hours(times: Times, column: Column | None) -> Codes | None:
    """`[rows]` codes of the hours: of the moments, or of the column of hours; None where rows are not of hours."""
    seconds = times.seconds
    if seconds is None and column is not None:
        codes, texts = distinct_texts(column)
        clock, good = clock_seconds(texts)
        whole = [text.strip().isdecimal() and int(text) <= 24 for text in texts.to_pylist()]
        if not (good | np.array(whole, np.bool_)).all():
            return None
        seconds, hours = clock.astype(np.int32)[codes], codes
    elif seconds is not None:
        hours = seconds.astype(np.int64)
    else:
        return None
    few = len(seconds) < _FEWEST_HOURS * len(np.unique(times.days))
    return None if few or (seconds % _QUARTER).any() else hours


def _distinct(*codes: Codes) -> bool:
    """Whether no two rows have the same codes."""
    key = np.zeros(len(codes[0]), np.int64)
    for of in codes:
        key = key * (int(of.max()) - int(of.min()) + 1) + of - of.min()
    return len(np.unique(key)) == len(key)
