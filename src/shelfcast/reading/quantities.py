"""The units of each row: the numbers of a column without the one unit they may be written with, or one a line."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import SalesError
from .columns import ColumnChoice, Columns
from .numbers import are_dashes, has_currency, told_decimal
from .options import ReadingOptions
from .sale_rows import SaleRows
from .source import Column, Source, shown
from .texts import distinct_texts
from .usual_names import MONEY, QUANTITY, may_count_units, plain, sounds_like_quantity
from .values import read_units

_UNIT = r"^(?P<number>[^\p{L}]*[0-9][^\p{L}]*?)\s*(?P<unit>\p{L}+)\.?$"
_THOUSANDS = frozenset("k tsd mio mln mn thousand million tausend mille mil".split())  # noqa: SIM905
_MOST = 0.5  # of the rows, from which on they tell what a column holds
_NEARLY_ALL = 0.99


@dataclass(frozen=True)
class Quantities:
    """`units`: `[rows]`, negative ones are returns. `decimal`: the mark before decimals. `choice`: the column taken.
    `notes`: sentences for the report.
    """

    units: NDArray[np.float64]
    decimal: str
    choice: ColumnChoice
    notes: tuple[str, ...] = ()


def read_quantities(table: Source, rows: SaleRows, columns: Columns, how: ReadingOptions) -> Quantities:
    """The units of the rows.

    A column that is called as money may be (`sales`) and holds amounts with cents gives way to the only one of whole
    numbers that sounds like a quantity; where there is none, that is said.

    Raises:
        ColumnError: the column holds no plain values, or its decimals cannot be told.
        ValueInRowError: a value is no number, or has another unit than most.
    """
    choice = next(choice for choice in columns.choices if choice.role == "quantity")
    if columns.quantity is None:
        return Quantities(np.ones(len(rows.columns[columns.day].values)), ".", choice)
    read = _read(rows.columns[columns.quantity], choice, how)
    if not _looks_like_money(rows.columns[columns.quantity], read.units):
        return read
    if choice.why == "a usual name":
        whole = _whole_numbers(table, rows, columns, how)
        if len(whole) == 1:
            return _read(whole[0], choice, how)
    said = f"Look: {shown(columns.quantity)} looks like money and is read as units; name a column of units with"
    return replace(read, notes=(*read.notes, f"{said} --target-col, or say --count-lines if each line is one unit."))


def _read(column: Column, choice: ColumnChoice, how: ReadingOptions) -> Quantities:
    bare, unit = _without_unit(column)
    bare, dashes = _without_dashes(bare)
    decimal = told_decimal([bare], how.decimal)
    if (column.name,) != choice.columns:
        why = f"{shown(choice.columns[0])} looks like money"
        choice = replace(choice, columns=(column.name,), why=why, others=choice.columns)
    notes = [] if unit is None else [f"Quantities: counted in {shown(unit)}, which stands behind each number."]
    if dashes:
        notes.append(f"Quantities: {dashes:,} rows hold a dash alone, as Excel shows a zero, and count as 0.")
    return Quantities(read_units(bare, decimal), decimal, choice, tuple(notes))


def _without_unit(column: Column) -> tuple[Column, str | None]:
    """The column without the unit that stands behind its numbers, and that unit."""
    if not pa.types.is_dictionary(column.values.type):
        return column, None
    if not pc.any(pc.match_substring_regex(column.values.dictionary, r"[0-9]\s*\p{L}+\.?\s*$")).as_py():
        return column, None
    codes, texts = distinct_texts(column)
    texts = pc.utf8_trim_whitespace(texts)
    found = pc.if_else(has_currency(texts), None, pc.extract_regex(texts, _UNIT))
    units = pc.struct_field(found, "unit").to_pylist()
    kinds, of = np.unique(["" if unit is None else _singular(unit) for unit in units], return_inverse=True)
    none = pc.or_(pc.equal(texts, ""), are_dashes(texts)).to_numpy(zero_copy_only=False)
    rows = np.bincount(of[codes], ~none[codes], minlength=len(kinds))
    most = int(rows.argmax())
    if not kinds[most]:
        return column, None
    unit = next(unit for unit, kind in zip(units, of.tolist(), strict=True) if kind == most)
    if kinds[most] in _THOUSANDS:
        odd = (of == most) & ~none
        column.refuse(odd[codes], "is written in thousands or millions", "Write the numbers out.")
    odd = (of != most) & ~none
    column.refuse(odd[codes], f"is not in the unit of most others, {shown(unit)}", "Write all quantities in one unit.")
    numbers = pc.coalesce(pc.struct_field(found, "number"), texts)
    return replace(column, values=pa.DictionaryArray.from_arrays(pa.array(codes), numbers)), unit


def _without_dashes(column: Column) -> tuple[Column, int]:
    """The column with zeros for dashes, and how many rows had one."""
    values = column.values
    if not pa.types.is_dictionary(values.type) or not pc.any(are_dashes(values.dictionary)).as_py():
        return column, 0
    codes, texts = distinct_texts(column)
    dashes = are_dashes(texts)
    rows = int(dashes.to_numpy(zero_copy_only=False)[codes].sum())
    numbers = pa.DictionaryArray.from_arrays(pa.array(codes), pc.if_else(dashes, "0", texts))
    return replace(column, values=numbers), rows


def _singular(unit: str) -> str:
    return unit.casefold().removesuffix("s")


def _looks_like_money(column: Column, units: NDArray[np.float64]) -> bool:
    """Most rows have cents, under a name that may be one of money, or a currency."""
    if pa.types.is_dictionary(column.values.type) and pc.any(has_currency(column.values.dictionary)).as_py():
        codes, texts = distinct_texts(column)
        if has_currency(texts).to_numpy(zero_copy_only=False)[codes].mean() > _MOST:
            return True
    if plain(column.name) not in f"{QUANTITY[-1]} {MONEY}".split() or not len(units):
        return False
    cents = np.abs(units * 100 - np.round(units * 100)) < 1e-6
    return bool((units % 1 != 0).mean() > _MOST and cents.mean() > _NEARLY_ALL)


def _whole_numbers(table: Source, rows: SaleRows, columns: Columns, how: ReadingOptions) -> list[Column]:
    """Other columns that sound like quantities and hold nothing but whole numbers."""
    names = [name for name in table.columns if name not in columns.used and sounds_like_quantity(name)]
    names = [name for name in names if may_count_units(name) and plain(name) not in MONEY.split()]
    names = [name for name in names if table.columns.count(name) == 1]
    found = []
    for column in table.read(names).values() if names else ():
        left = column if rows.kept is None else column.of_rows(rows.kept)
        with contextlib.suppress(SalesError):
            found += [left] if (read_units(_without_dashes(left)[0], how.decimal) % 1 == 0).all() else []
    return found
