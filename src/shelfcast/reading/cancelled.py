"""Rows whose status says that nothing was sold: cancelled or refunded orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .columns import Columns
from .sale_rows import SaleRows
from .source import Column, Source, shown
from .status_words import are_yes, count_units, is_void, says_nothing
from .texts import Codes, distinct_texts
from .usual_names import STATUS, plain

Flags = NDArray[np.bool_]

_MOST = 5  # words that are said
_COUNTED = 4  # words that are said with their rows
_KINDS = 20  # words, above which a column is of something else than the kind of a row, as states are


@dataclass(frozen=True)
class CancelledRows:
    """`flags`: `[rows]`, cancelled. `notes`: a sentence for the report on each column of status."""

    flags: Flags
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Status:
    """A column of status: its distinct `words`, which of them are `void`, and the words' `codes[rows]`."""

    name: str
    words: list[str]
    void: Flags
    codes: Codes

    @classmethod
    def of(cls, column: Column) -> _Status:
        codes, texts = distinct_texts(column)
        words = [text.strip() for text in texts.to_pylist()]
        void = are_yes(words) if _holds_flags(column.name) else [is_void(word) for word in words]
        return cls(column.name, words, np.array(void, np.bool_), codes)

    @property
    def silent(self) -> Flags:
        """`[rows]`: nothing is said."""
        return np.array([says_nothing(word) for word in self.words], np.bool_)[self.codes]

    def listed(self, which: Flags) -> str:
        """The words that are `which[words]`."""
        words = [word for word, one in zip(self.words, which.tolist(), strict=True) if one]
        more = f" and {len(words) - _MOST:,} more" if len(words) > _MOST else ""
        return " or ".join(map(_word, words[:_MOST])) + more


def cancelled_rows(
    table: Source, rows: SaleRows, columns: Columns, units: NDArray[np.float64], products: Codes
) -> CancelledRows:
    """The rows that a column of status calls cancelled, refunded or the like.

    Where such rows have negative units, the table books cancellations as returns; then none is left out for its status.

    Args:
        products: `[rows]` codes.
    """
    flags, notes = np.zeros(len(units), np.bool_), []
    read = [_Status.of(column) for column in _read(table, rows, columns.status)]
    first = _first_lines(table, rows, columns.receipt, read)
    later = np.zeros(len(units), np.bool_) if first is None else first != np.arange(len(first))
    for status in read:
        gone = status.void[status.codes]
        if not gone.any():
            notes += _unknown(status, products, later)
            continue
        named, others = status.listed(status.void), status.listed(~status.void)
        counted = f"; those with {others} count" if others else ""
        if (units[gone] < 0).any():
            said = f"Look: rows whose {shown(status.name)} is {named} hold negative units; they count as returns"
            notes.append(f"{said}{counted}.")
            continue
        more = later if first is None else later & status.silent & gone[first]
        beside = f", or is empty on a receipt of such a row ({int(more.sum()):,})" if more.any() else ""
        gone = gone | more
        flags |= gone
        notes.append(
            f"Cancelled: {int(gone.sum()):,} rows, {units[gone].sum():,.10g} units, whose {shown(status.name)} is"
            f" {named}{beside} are left out{counted}."
        )
    return CancelledRows(flags, tuple(notes))


def _read(table: Source, rows: SaleRows, names: Sequence[str]) -> list[Column]:
    read = table.read(names).values() if names else ()
    return [column if rows.kept is None else column.of_rows(rows.kept) for column in read]


def _holds_flags(name: str) -> bool:
    return plain(name) in STATUS[1].split()


def _first_lines(table: Source, rows: SaleRows, receipt: str | None, read: Sequence[_Status]) -> Codes | None:
    """`[rows]` the first row of the same receipt, where the table writes what is of a whole receipt there alone.

    It does where some column of status is filled on most of the first lines and on no later one. None elsewhere: an
    empty cell says nothing of the rest of the receipt.
    """
    if receipt is None or not any(status.silent.any() for status in read):
        return None
    codes, texts = distinct_texts(_read(table, rows, [receipt])[0])
    named = np.array([not says_nothing(text.strip()) for text in texts.to_pylist()], np.bool_)[codes]
    itself, first = np.arange(len(codes)), np.zeros(len(texts), np.int64)
    first[codes[::-1]] = itself[::-1]
    lines = np.where(named, first[codes], itself)
    later = lines != itself
    for status in read if later.any() else ():
        filled = ~status.silent
        if not filled[later].any() and filled[~later].mean() > 0.5:
            return lines
    return None


def _unknown(status: _Status, products: Codes, later: Flags) -> list[str]:
    """A sentence on a column that tells kinds of rows apart of which none is known to be no sale."""
    if _holds_flags(status.name):
        if not count_units(status.words):
            return []
        return [f"Look: {shown(status.name)} holds numbers, which are no flags of 0 and 1; its rows count."]
    heard = ~(later & status.silent)
    rows = np.bincount(status.codes[heard], minlength=len(status.words))
    kinds = np.argsort(-rows, kind="stable")[: np.count_nonzero(rows)].tolist()
    if not 1 < len(kinds) <= _KINDS or (plain(status.name) == "type" and _is_of_products(status, products)):
        return []
    words = ", ".join(f"{_word(status.words[kind])} ({rows[kind]:,} rows)" for kind in kinds[:_COUNTED])
    more = f" and {len(kinds) - _COUNTED:,} more" if len(kinds) > _COUNTED else ""
    said = f"Look: all rows count, whatever their {shown(status.name)}: {words}{more}"
    return [f"{said}; keep the rows that are sales, if some are none."]


def _is_of_products(status: _Status, products: Codes) -> bool:
    """Whether each product has one word: then it is the product's type, and not the row's."""
    pairs = pd.unique(products * len(status.words) + status.codes)
    return len(pairs) == len(pd.unique(products))


def _word(word: str) -> str:
    return shown(word) if word else "no word"
