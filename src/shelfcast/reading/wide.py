"""Wide tables: what they are read as, and those with a row a product and a column a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ColumnError, HistoryError
from .cells import hold_numbers, read_cells, summed
from .columns import ColumnChoice, choose_product
from .day_facts import NEARLY_ALL, kinds_of_one, may_number_keys, paid_beside, told_beside
from .day_names import read_day_names
from .numbers import told_decimal
from .options import ReadingOptions
from .sale_rows import blank_rows
from .source import Column, Source, is_unnamed, shown
from .texts import distinct_texts
from .totals import subtotals, total_beside, total_rows, what_is_summed
from .values import Products, read_products

_NAMED = 9  # columns that are left


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
        blank, headers: as `SaleRows` has them.
        total: what is said of totals that are left out.
        notes: sentences about what was guessed, or looks odd.
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
    headers: int = 0
    total: str | None = None
    notes: tuple[str, ...] = ()


def read_days_as_columns(source: Source, days: Sequence[str], id_cols: Sequence[str], how: ReadingOptions) -> Grid:
    """A row a product, a column a day.

    Raises:
        ColumnError: the product cannot be told, days are numbered and there is no start, two columns are one day, or
            rows of one product would be summed that a column of texts or whole numbers tells apart.
        ValueInRowError: a value is not what its column holds.
    """
    chosen = set(days)
    beside = [name for name in source.columns if name not in chosen]
    product = _key(source, beside, id_cols)
    facts = [name for name in read_once(source, beside) if name not in product.columns and not is_unnamed(name)]
    dates, order = read_day_names(source, days, how)
    read = source.read([*product.columns, *facts, *days])
    blank = blank_rows(read.values())
    if blank.any():
        read = of_rows(read, ~blank)
    if not len(read[days[0]].values):
        raise HistoryError(f"{source.name} has no rows.", "Give a row for each product.")
    numbers = hold_numbers(read, facts)
    texts = [name for name in facts if pa.types.is_dictionary(read[name].values.type) and name not in numbers]
    decimal = told_decimal([read[name] for name in days], how.decimal)
    cells = read_cells(read, days, decimal)
    beside_days = {name: read[name] for name in numbers if what_is_summed(name) is not None}
    sums = [total_beside(name, read_cells({name: of}, [name], decimal)[0], cells) for name, of in beside_days.items()]
    below = total_rows([read[name] for name in (*product.columns, *texts)], cells)
    if below.flags.any():
        read, cells = of_rows(read, ~below.flags), cells[:, ~below.flags]
    sums.append(below)
    products = read_products([read[name] for name in product.columns])
    if not id_cols:
        _refuse_beside(source, products.names.tolist())
    notes = [doubt for total in sums for doubt in total.doubts]
    codes = [name for name in numbers if name not in beside_days and may_number_keys(name) and _are_whole(read[name])]
    notes += _apart({name: read[name] for name in (*texts, *codes)}, products, product, given=bool(id_cols))
    notes += subtotals(products.names[products.codes].tolist(), cells, read[product.columns[0]])
    attributes = _attributes({name: read[name] for name in facts if name not in beside_days}, products)
    shape = f"wide, a row a product and a column a day ({shown(days[0])} to {shown(days[-1])})"
    shape += f"; attributes: {', '.join(map(shown, attributes))}" if attributes else ""
    shape += also_left([name for name in beside if name not in (*product.columns, *attributes, *beside_days)])
    return Grid(
        Products(products.codes, products.names, {**products.parts, **attributes}, products.trimmed),
        dates,
        np.ascontiguousarray(summed(cells, products.codes, len(products.names)).T),
        shape,
        (product,),
        order,
        False,
        decimal,
        int((~np.isnan(cells)).sum()),
        blank=int(blank.sum()),
        total="; ".join(total.said for total in sums if total.said is not None) or None,
        notes=tuple(notes),
    )


def read_once(source: Source, names: Sequence[str]) -> list[str]:
    """Those that no other column is called; of several of one name none could be told from the others."""
    counts = Counter(source.columns)
    return [name for name in names if counts[name] == 1]


def of_rows(read: Mapping[str, Column], kept: NDArray[np.bool_]) -> dict[str, Column]:
    """The columns of the rows that are `kept[rows]`."""
    return {name: column.of_rows(kept) for name, column in read.items()}


def also_left(names: Sequence[str]) -> str:
    """What the report says of columns that are left, as the end of a list."""
    named = [shown(name) for name in names if not is_unnamed(name)]
    others = len(names) - len(named)
    said = named[:_NAMED] + ([f"{len(named) - _NAMED:,} more"] if len(named) > _NAMED else [])
    said += [f"{others:,} {'column' if others == 1 else 'columns'} without a name"] if others else []
    return f"; left: {', '.join(said)}" if said else ""


def _key(source: Source, beside: Sequence[str], id_cols: Sequence[str]) -> ColumnChoice:
    for name in id_cols:
        if source.columns.count(name) != 1:
            count = source.columns.count(name) or "no"
            many = "column" if count == "no" else "columns called"
            raise ColumnError(f"{source.name} has {count} {many} {shown(name)}.", "Name another with --id-col.")
    free = [name for name in beside if what_is_summed(name) is None]
    once = read_once(source, free)
    named = [name for name in once if not is_unnamed(name)] or once
    if not id_cols and len(named) == 1:
        return ColumnChoice("product", (named[0],), "the only column that is no day")
    return choose_product(source, [name for name in free if name not in id_cols], id_cols, receipts=False)


def _refuse_beside(source: Source, names: Sequence[str]) -> None:
    """Raises ColumnError: rows are of money, or nearly every product has one more, as of a plan, a stock or a price."""
    if paid := sorted(paid_beside(names)):
        said = f"{shown(paid[0])} is what was paid for units that have a row of their own"
        more = len(paid) - 1
    elif len(beside := sorted(told_beside(names))) * 2 >= max(1, NEARLY_ALL * len(names)):
        said = f"{shown(beside[0])} tells of a product whose units have a row of their own"
        more = len(beside) - 1
    elif kinds := kinds_of_one(names):
        said, more = f"{' and '.join(map(shown, kinds[:2]))} may be of one product", 0
    else:
        return
    said += f", and {more:,} more rows like it." if more else "."
    raise ColumnError(f"{source.name}: {said}", "Keep the rows that are units alone.")


def _are_whole(column: Column) -> bool:
    """Whether its numbers are whole ones, as those of a barcode or a variant."""
    return all(text.strip().isdecimal() for text in distinct_texts(column)[1].to_pylist() if text.strip())


def _apart(texts: dict[str, Column], products: Products, product: ColumnChoice, given: bool) -> tuple[str, ...]:
    """A sentence if a column of text, or of whole numbers, tells apart rows of one product, which are summed.

    Raises:
        ColumnError: there is such a column, and the key was not `given`: one of the rows may be money.
    """
    if len(products.codes) == len(products.names):
        return ()
    for name, column in texts.items():
        codes, distinct = distinct_texts(column)
        filled = np.array([bool(text.strip()) for text in distinct.to_pylist()], np.bool_)[codes]
        first = np.full(len(products.names), -1)
        rows = np.flatnonzero(filled)[::-1]
        first[products.codes[rows]] = rows
        of = first[products.codes]
        apart = filled & (codes != codes[of])
        if not apart.any():
            continue
        row = int(np.argmax(apart))
        one, other = (shown(distinct[int(codes[at])].as_py()) for at in (of[row], row))
        said = f"{shown(products.names[products.codes[row]])} has rows of {one} and {other} in the column {shown(name)}"
        if given:
            return (f"Look: {said}; they are summed, as --id-col does not name it.",)
        options = " ".join(f"--id-col {shown(part)}" for part in (*product.columns, name))
        raise ColumnError(
            f"{column.source.name}, {column.place_of(row)}: {said}, which would be summed.",
            f"Keep the rows that are units alone; if each is a product of its own, say {options}; if they belong"
            " together, remove the column.",
        )
    return ()


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
