"""What a word in a column of status says: that nothing was sold, or, of a column of flags, yes or no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .texts import NOTHING
from .usual_names import plain

_VOID = (
    "cancelled canceled cancel cancellation cancellations void voided refunded refund refunds returned return returns"
    " reversed reversal chargeback failed declined rejected creditnote creditmemo"
    " storniert storno stornierung annulliert abgebrochen erstattet erstattung ruckerstattung rueckerstattung"
    " ruckgabe rueckgabe retourniert retoure retouren retour gutschrift gutschriften"
    " annule annulee annulation rembourse remboursee remboursement avoir"
    " cancelado cancelada cancelacion cancelamento anulado anulada anulacion reembolsado reembolsada reembolso estorno"
    " devuelto devolucion devolvido devolucao notadecredito notadicredito annullato annullata annullamento reso"
    " rimborsato rimborsata rimborso geannuleerd terugbetaald creditnota kreditnota avbruten makulerad"
    " anulowane anulowany zwrocone stornovano zruseno"
    " отменен отмена отменено возврат iptal iade 取消 已取消 已退款 キャンセル 返金"
)
_BEFORE = (  # such a word, and change nothing of what it says: `wc-cancelled`, `Order cancelled`, `Sales Return`
    "wc order sale sales payment transaction auto automatically fully full customer buyer seller"
    " bestellung auftrag commande vente pedido orden venta ordine vendita"
)
_NO = "false f no n nein non nicht not нет hayir 否 none null na nan nat"


def is_void(text: str) -> bool:
    """Whether the whole says so, or its beginning, as in `Cancelled (customer)` or `Credit memo 17`."""
    words = [plain(word) for word in re.split(r"[\s_-]+", text) if word]
    while words and words[0] in _words(_BEFORE):
        words = words[1:]
    return not _words(_VOID).isdisjoint({plain(text), *words[:1], "".join(words[:2])})


def are_yes(texts: Sequence[str]) -> list[bool]:
    """Which of the distinct values of a column called `cancelled` or `cancelled at` say so: words, days, amounts.

    Whole numbers other than 0 and 1 are no flags; where there are some, none says so.
    """
    flags = not count_units(texts)
    return [flags and not _says_no(text) for text in texts]


def count_units(texts: Sequence[str]) -> bool:
    """Whether there are whole numbers among them that are no flags."""
    return not {text for text in texts if text.isdecimal()} <= {"0", "1"}


def _says_no(text: str) -> bool:
    """Nothing, a word for it, as in `Not returned`, or zeros: `0.00`, `$0.00`, the day `0000-00-00`."""
    bare = plain(text)
    if says_nothing(text) or (bare and not bare.strip("0")):
        return True
    return not _words(_NO).isdisjoint({bare, plain(re.split(r"[\s_-]+", text)[0])})


def says_nothing(text: str) -> bool:
    """Whether the cell is empty, or holds what programs write for it."""
    return text.casefold() in NOTHING


@cache
def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())
