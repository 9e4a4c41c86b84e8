"""Rows of what is no product: postage, fees, manual entries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from .source import shown
from .usual_names import plain
from .values import Products

_TOTALS = (
    "total totals grandtotal subtotal sum summe gesamt gesamtsumme zwischensumme totalgeneral totale"
    " totaal totalt somme suma razem celkem итого всего 合計 总计 合计 総計 toplam osszesen gesamtergebnis gesamttotal"
    " totalecomplessivo eindtotaal sumakoncowa totalgeral общииитог geneltoplam totalsumma"
)
_ROUNDED = re.compile(r"(^|/)[0-9][.,][0-9]+[eE]\+[0-9]{2}($|/)")


def excluded(products: Products, patterns: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """A pattern to `[N]`, which products it matches, by their name or a part of their key.

    A pattern is an id, exactly as written; with `*`, `?` or `[...]` in it what a shell would make of it; behind
    `re:` a regular expression that the whole id must match. With commas it is several, unless there is such an id.
    """
    ids = [products.names, *products.parts.values()]
    known = {name for names in ids for name in names.tolist()}
    single = [part for text in patterns for part in _several(text, known)]
    return {pattern: np.logical_or.reduce([_matches(names, pattern) for names in ids]) for pattern in single}


def doubtful(names: NDArray[np.str_], parts: Mapping[str, NDArray[np.str_]]) -> list[str]:
    """Ids that look like no products: words for a total, also as a part of a key, and ids without a digit where nine
    in ten have one (postage and fees).

    Args:
        parts: of the key, each `[N]`; of a key of one column there are none.
    """
    if parts:
        return sorted({value for values in parts.values() for value in set(values.tolist()) if is_total(value)})
    totals = [name for name in names.tolist() if is_total(name)]
    without = [name for name in names.tolist() if not any(letter.isdigit() for letter in name)]
    return without if 0 < len(without) <= 0.1 * len(names) else totals


def rounded_ids(names: NDArray[np.str_]) -> tuple[str, ...]:
    """A sentence on ids that a spreadsheet has rounded: `4.00638E+12` may be several codes."""
    found = [name for name in names.tolist() if _ROUNDED.search(name)]
    if not found:
        return ()
    return (
        f"Look: {len(found):,} ids such as {shown(found[0])} were rounded by a spreadsheet, and may be several products"
        " each; export them as text.",
    )


def is_total(text: str) -> bool:
    """Whether a cell is a word for a total."""
    return plain(text) in _TOTALS.split()


def _several(text: str, known: set[str]) -> list[str]:
    if text in known or text.startswith("re:"):
        return [text]
    return [part for part in (part.strip() for part in text.split(",")) if part]


def _matches(names: NDArray[np.str_], pattern: str) -> NDArray[np.bool_]:
    if pattern.startswith("re:"):
        expression = re.compile(pattern[3:])
        return np.array([expression.fullmatch(name) is not None for name in names.tolist()], np.bool_)
    exact: NDArray[np.bool_] = names == pattern
    if exact.any():
        return exact
    return np.array([fnmatchcase(name, pattern) for name in names.tolist()], np.bool_)
