"""Rows whose status says that nothing was sold: cancelled or refunded orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .columns import STATUS, Columns, plain
from .sale_rows import SaleRows
from .source import Source, shown
from .texts import distinct_texts

_WORDS = (
    "cancelled canceled cancel void voided refunded refund returned return returns reversed"
    " chargeback failed declined rejected"
    " storniert storno annulliert abgebrochen erstattet retourniert retoure retour annule annulee rembourse remboursee"
    " cancelado cancelada anulado anulada reembolsado reembolsada devuelto devolucion devolvido devolucao annullato"
    " annullata reso rimborsato rimborsata geannuleerd terugbetaald avbruten makulerad"
    " anulowane anulowany zwrocone stornovano zruseno"
    " отменен отмена отменено возврат iptal iade 取消 已取消 已退款 キャンセル 返金"
)
_NO = "false f no n nein non нет hayir 否"
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
    receipts = _codes(table, rows, columns.receipt) if columns.status and columns.receipt else None
    for name, read in table.read(columns.status).items() if columns.status else ():
        codes, texts = distinct_texts(read if rows.kept is None else read.of_rows(rows.kept))
        words = [text.strip() for text in texts.to_pylist()]
        void = np.array(_are_flags(words) if plain(name) in STATUS[1].split() else list(map(_is_void, words)), np.bool_)
        gone = void[codes]
        if not gone.any():
            continue
        named = _listed([word for word, out in zip(words, void, strict=True) if out])
        if (units[gone] < 0).any():
            notes.append(f"Look: rows whose {shown(name)} is {named} hold negative units; they count as returns.")
            continue
        beside = ""
        if receipts is not None:  # some programs write the status on the first line of a receipt alone
            silent = np.array([not word for word in words], np.bool_)[codes]
            more = silent & np.isin(receipts, receipts[gone]) & ~np.isin(receipts, receipts[~silent & ~gone])
            beside = f", or is empty on a receipt of such a row ({int(more.sum()):,})" if more.any() else ""
            gone = gone | more
        others = _listed([word for word, out in zip(words, void, strict=True) if not out])
        counted = f"; those with {others} count" if others else ""
        flags |= gone
        notes.append(
            f"Cancelled: {int(gone.sum()):,} rows, {units[gone].sum():,.10g} units, whose {shown(name)} is"
            f" {named}{beside} are left out{counted}."
        )
    return CancelledRows(flags, tuple(notes))


def _codes(table: Source, rows: SaleRows, name: str) -> NDArray[np.int64]:
    read = table.read([name])[name]
    return distinct_texts(read if rows.kept is None else read.of_rows(rows.kept))[0]


def _are_flags(words: list[str]) -> list[bool]:
    """Which values of a column called `cancelled` or `cancelled at` say so; numbers other than 0 and 1 do not."""
    if not {word for word in words if word.isdecimal()} <= {"0", "1"}:
        return [False] * len(words)
    return [plain(word) not in _NO.split() and word not in ("", "0") for word in words]


def _is_void(text: str) -> bool:
    """Whether the whole, or the first word as in `Cancelled (customer)`, is such a word."""
    first = text.replace("_", " ").split()[:1]
    return any(plain(word) in _WORDS.split() for word in (text, *first))


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _MOST:,} more" if len(words) > _MOST else ""
    return " or ".join(shown(word) if word else "no word" for word in words[:_MOST]) + more
