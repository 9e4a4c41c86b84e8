"""Rows whose status says that nothing was sold: cancelled or refunded orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .columns import Columns, plain
from .sale_rows import SaleRows
from .source import Source, shown
from .texts import distinct_texts

_WORDS = (
    "cancelled canceled cancel void voided refunded refund returned reversed chargeback failed declined rejected"
    " storniert storno annulliert abgebrochen erstattet retourniert annule annulee rembourse remboursee"
    " cancelado cancelada anulado anulada reembolsado reembolsada devuelto devolvido annullato annullata rimborsato"
    " rimborsata geannuleerd terugbetaald avbruten makulerad anulowane anulowany zwrocone stornovano zruseno"
    " отменен отмена отменено возврат iptal iade 取消 已取消 已退款 キャンセル 返金"
)
_MOST = 5  # words that are said


@dataclass(frozen=True)
class CancelledRows:
    """`flags`: `[rows]`, cancelled. `notes`: a sentence for the report on each column of status."""

    flags: NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def cancelled_rows(table: Source, rows: SaleRows, columns: Columns, units: NDArray[np.float64]) -> CancelledRows:
    """The rows that a column of status calls cancelled, refunded or the like.

    Where such rows have negative units, the table books cancellations as returns; then none is left out for its status.
    """
    flags, notes = np.zeros(len(units), np.bool_), []
    for name, read in table.read(columns.status).items() if columns.status else ():
        column = read if rows.kept is None else read.of_rows(rows.kept)
        if not pa.types.is_dictionary(column.values.type):
            continue
        codes, texts = distinct_texts(column)
        words = [text.strip() for text in texts.to_pylist()]
        void = np.array([_is_void(word) for word in words], np.bool_)
        if not void.any():
            continue
        named = _listed([word for word, gone in zip(words, void, strict=True) if gone])
        if (units[void[codes]] < 0).any():
            notes.append(f"Look: rows whose {shown(name)} is {named} hold negative units; they count as returns.")
            continue
        others = _listed([word for word, gone in zip(words, void, strict=True) if not gone])
        counted = f"; those with {others} count" if others else ""
        flags |= void[codes]
        notes.append(
            f"Cancelled: {int(void[codes].sum()):,} rows, {units[void[codes]].sum():,.10g} units, whose"
            f" {shown(name)} is {named} are left out{counted}."
        )
    return CancelledRows(flags, tuple(notes))


def _is_void(text: str) -> bool:
    """Whether the whole, or the first word as in `Cancelled (customer)`, is such a word."""
    first = text.replace("_", " ").split()[:1]
    return any(plain(word) in _WORDS.split() for word in (text, *first))


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _MOST:,} more" if len(words) > _MOST else ""
    return " or ".join(shown(word) if word else "no word" for word in words[:_MOST]) + more
