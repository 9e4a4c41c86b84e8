"""The rows of a table beside the sales, matched to the products and the days of a panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..covariates import OPEN_ENDED
from ..errors import ColumnError, ValueInRowError
from ..panel import Panel
from ..reading.dates import LAST_YEAR, ORDERS
from ..reading.files import open_source
from ..reading.filled import filled_dated
from ..reading.source import Column, Source, shown
from ..reading.texts import NOTHING, distinct_texts
from ..reading.usual_names import DAY, PRODUCT, QUANTITY, find, plain
from ..reading.values import Times, read_products, read_times
from ..status import STORE
from .cells import read_numbers
from .given import Table
from .wide import as_rows

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

ON_DAY = (
    *DAY,
    "pricedate promodate promotiondate eventdate holidaydate stockdate snapshotdate inventorydate preisdatum"
    " aktionsdatum bestandsdatum stichtag",
)
START = (
    "startdate start from fromdate validfrom datefrom begin begindate promostart promostartdate promotionstart"
    " effectivedate effectivefrom gultigab gultigvon gultigseit ab von vom beginn startdatum datumvon preisab"
    " aktionsbeginn datedebut datededebut debut du valabledu dateeffet fechainicio fechadeinicio inicio desde"
    " fechadesde validodesde validodal dal datainizio inizio decorrenza dataod od obowiazujeod waznyod",
    "weekstart week weekbeginning",
)
END = (
    "enddate end until untildate validto validuntil dateto to thru through promoend promoenddate promotionend"
    " effectiveto gultigbis bis ende enddatum datumbis preisbis aktionsende datefin datedefin fin au valableau fechafin"
    " fechadefin hasta fechahasta validohasta validoal al datafine fine datado do obowiazujedo waznydo",
)
_LONGEST = 3653  # days that a row may hold, and after the panel's last from which a last day is none
_NAMED = 9  # columns that are left
_DESCRIPTIONS = 5  # of the ranks of `PRODUCT`
_NO_LAST = r"(?:^|\D)(?:9999|2999)(?:\D|$)|^99991231"  # years that say so
_WAYS_OUT = {  # of the options for sales, which a table beside them has not: what to do in their place
    "--date-format": "Write the dates as 2024-12-31.",
    "--start-date": "Write the dates as 2024-12-31.",
    "--decimal": "Write the numbers of the column as 1234.5, without a mark after the thousands.",
    "--time-col": "Correct or remove these rows.",
    "--id-col": "Give these rows an id or remove them.",
}


@dataclass(frozen=True)
class Rows:
    """The rows of a table that concern a panel.

    Attributes:
        source: the table.
        groups: `[N]`: products with the same key in this table share a number.
        group: `[rows]`, the products that a row is of; -1 is none of the panel.
        first, last: `[rows]` days, counted from the panel's first; the last of a row without an end is `OPEN_ENDED`.
        seconds: `[rows]` of the first day; None where the rows tell no time of day.
        ranged: the table gives a last day.
        free: columns that are neither key nor day.
        keys: the key columns; none where a row is of all products.
        guessed: a sentence about what was guessed, with a space before it.
    """

    source: Source
    groups: Whole
    group: Whole
    first: Whole
    last: Whole
    seconds: NDArray[np.int32] | None
    ranged: bool
    free: tuple[str, ...]
    keys: tuple[str, ...]
    guessed: str

    @property
    def count(self) -> int:
        return int(self.groups.max(initial=-1)) + 1

    def on_days(self, values: NDArray[np.float64], days: int) -> Floats:
        """`[count, days]`: the largest value of the rows that a product and day has; 0 where it has none."""
        grid = np.zeros((self.count, days), np.float32)
        first, last = np.maximum(self.first, 0), np.minimum(self.last, days - 1)
        for offset in range(int((last - first).max(initial=0)) + 1):
            at = first + offset
            inside = (self.group >= 0) & (at <= last)
            np.maximum.at(grid, (self.group[inside], at[inside]), values[inside].astype(np.float32))
        return grid

    def left(self, used: Sequence[str] | None = None) -> str:
        """Sentences on what was guessed, on columns beside the `used` ones, on the rows that are blank or a total, and
        on those of products that the panel lacks.
        """
        names = [shown(name) for name in self.free if name not in used] if used is not None else []
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        beside = f" Left: {', '.join(names[:_NAMED])}{more}." if names else ""
        rows = int((self.group < 0).sum())
        gone = f" {rows:,} rows are of products without sales and were left." if rows else ""
        return self.guessed + beside + self.source.left + gone


def open_rows(
    table: Table,
    panel: Panel,
    keys: Sequence[str],
    what: str,
    *,
    products: bool | None,
    value: str | None = None,
    open_ends: bool = False,
) -> Rows:
    """The rows of a table, matched to the panel's products by their key and to its days.

    Args:
        keys: the columns of the sales' key.
        what: the option, for messages.
        products: each row must be of a product; None: rows are of days alone.
        value: what the cells of a table with a column a day or a product are called; None: it may not be one.
        open_ends: a row may have no last day.

    Raises:
        ColumnError: the table has no column of the products or of the day.
        ValueInRowError: an id or a day is not one.
    """
    source = open_source(table)
    shape = ""
    if value is not None:
        source, shape = as_rows(source, panel.products, keys, value, (*ON_DAY, *START))
    start, end = find(source, START), find(source, END)
    day = find(source, ON_DAY) or start
    if start is not None and end is not None:
        day = start
    if day is None:
        raise ColumnError(
            f"{source.name} ({what}) has no column known as the day; its columns are {', '.join(source.columns[:20])}.",
            "Call it date, or start_date where a row holds from that day on.",
        )
    source = filled_dated(source, day)
    free = [name for name in source.columns if name not in (day, end)]
    groups, group, used, guessed = of_all(source, panel)
    if products is not None:
        groups, group, used, guessed = match(source, panel, keys, free)
        described = [name for name in used if not products and plain(name) in PRODUCT[_DESCRIPTIONS].split()]
        if described and (group < 0).all():  # they describe the row, and no product
            groups, group, used, guessed = match(source, panel, keys, [name for name in free if name not in described])
    if products and not used:
        raise ColumnError(
            f"{source.name} ({what}) has no column of the products; its columns are {', '.join(source.columns[:20])}.",
            f"Call it as in the sales: {', '.join(keys) or 'unique_id'}.",
        )
    read = source.read([day] if end is None else [day, end])
    endless = np.zeros(len(read[day].values), np.bool_) if end is None else without_day(read[end])
    if end is not None and not open_ends:
        read[end].refuse(endless, "is not a last day", "Write the last day of these rows.")
    bounds = [read[day]] if end is None else [read[day], read[end].of_rows(~endless)]
    times = read_alike([column for column in bounds if len(column.values)])
    origin, T = int(panel.dates[0].astype(np.int64)), len(panel.dates)
    first = times[0].days - origin if times else np.zeros(0, np.int64)
    last = first.copy()
    if len(times) > 1:
        last[~endless] = times[1].days - origin
        if open_ends:
            endless |= last > T + _LONGEST
    last[endless] = OPEN_ENDED
    read[day].refuse(last < first, "comes after its last day", "Correct or remove these rows.")
    if not open_ends:
        read[day].refuse(last - first > _LONGEST, "holds for more than 10 years", "Correct or remove these rows.")
    if endless.any():
        guessed += f" {int(endless.sum()):,} rows have no last day and hold until another does."
    left = tuple(name for name in free if name not in used)
    if used and not any(plain(name) in ("uniqueid", *map(plain, keys)) for name in used) and (group < 0).all():
        raise ColumnError(
            f"{source.name} ({what}): no {', '.join(map(shown, used))} is one of the sales.",
            "Give the same ids as in the sales, in a column of the same name; or rename that column, if it holds none.",
        )
    seconds = times[0].seconds if times else None
    return Rows(source, groups, group, first, last, seconds, end is not None, left, used, shape + guessed)


def read_alike(columns: Sequence[Column]) -> list[Times]:
    """The days of columns whose dates are written alike: one tells the order of day and month for the others, or
    points between them do, which stand in dates with the day first.

    Raises:
        ColumnError: day and month cannot be told apart.
        ValueInRowError: a value is not a date.
    """
    times: list[Times | None] = []
    for column in columns:
        try:
            times.append(read_times(column, None))
        except ColumnError:
            times.append(None)
    told = [of.order for of in times if of is not None and of.order in ORDERS]
    for at, column in enumerate(columns):
        if times[at] is None:
            points = pc.all(pc.match_substring(distinct_texts(column)[1], ".")).as_py()
            times[at] = read_times(column, None, told[0] if told else "day-first" if points else None)
    return [of for of in times if of is not None]


def without_day(column: Column) -> NDArray[np.bool_]:
    """`[rows]`: the cell is empty, or a day that stands for none: 9999-12-31."""
    values = column.values
    empty = values.is_null(nan_is_null=True)
    if pa.types.is_temporal(values.type):
        empty = pc.or_(empty, pc.greater(pc.year(values), LAST_YEAR).fill_null(True))
    else:
        texts = pc.utf8_lower(pc.utf8_trim_whitespace(values.cast(pa.large_string()).fill_null("")))
        none = pc.is_in(texts, pa.array(NOTHING, pa.large_string()))
        empty = pc.or_(pc.or_(empty, none), pc.match_substring_regex(texts, _NO_LAST))
    return np.asarray(empty.to_numpy(zero_copy_only=False), np.bool_)


@contextmanager
def ways_out_of_tables() -> Iterator[None]:
    """Errors within name no option that only sales have."""
    try:
        yield
    except (ColumnError, ValueInRowError) as error:
        way_out = next((way for option, way in _WAYS_OUT.items() if option in error.way_out), None)
        if way_out is None:
            raise
        raise (ValueInRowError if isinstance(error, ValueInRowError) else ColumnError)(
            error.problem, way_out
        ) from error


def match(
    source: Source, panel: Panel, keys: Sequence[str], free: Sequence[str]
) -> tuple[Whole, Whole, tuple[str, ...], str]:
    """The products' groups `[N]`, the group of each row `[rows]`, the columns that told, and what was guessed.

    In this order: the joined name (`unique_id`), the columns of the sales' key that are there, those of other
    attributes, and for a key of one column any usual name of a product. Without any, a row is of all products.
    """
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
        return of_all(source, panel)
    read = source.read(columns)
    named = read_products([read[column] for column in columns])
    known, groups = np.unique(of_panel, return_inverse=True)
    names, guessed = as_sold(named.names, known)
    group = pd.Index(known).get_indexer(pd.Index(names))[named.codes]
    return groups.astype(np.int64), group.astype(np.int64), tuple(columns), guessed


def of_all(source: Source, panel: Panel) -> tuple[Whole, Whole, tuple[str, ...], str]:
    """What `match` gives where each row is of all products."""
    return np.zeros(len(panel.products), np.int64), np.zeros(_length(source), np.int64), (), ""


def as_sold(names: NDArray[np.str_], known: NDArray[np.str_]) -> tuple[NDArray[np.str_], str]:
    """The ids as the sales write them, where zeros before them or their case alone differ, and a sentence about these.

    Spreadsheets drop the zeros of 001. An id that stands for itself, or that may be one of several, is left.
    """
    there, sold = set(names.tolist()), set(known.tolist())
    unknown, free = _by_bare(there - sold), _by_bare(sold - there)
    pairs = {ids[0]: free[bare][0] for bare, ids in unknown.items() if len(ids) == len(free.get(bare, ())) == 1}
    if not pairs:
        return names, ""
    one, other = min(pairs.items())
    guessed = f" {len(pairs):,} ids are taken for those of the sales, as {shown(one)} for {shown(other)}."
    return np.array([pairs.get(name, name) for name in names.tolist()]), guessed


def _by_bare(ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids by what they are without zeros before the parts of their key, and case."""
    bare: dict[str, list[str]] = {}
    for name in sorted(ids):
        bare.setdefault("/".join(part.casefold().lstrip("0") for part in name.split("/")), []).append(name)
    return bare


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


def quantity_of(rows: Rows) -> NDArray[np.float64] | None:
    """`[rows]` units, of rows that are receipts or sales; None where no column tells."""
    name = find(rows.source, QUANTITY, rows.free)
    return None if name is None else read_numbers(rows.source.read([name])[name])
