"""Numbers as people write them: decimal comma or point is told over all values of the columns together.

1234.5  1,234.5  1 234.5  1'234.5  $5.00      decimal point
1234,5  1.234,5  1 234,5  5,00 €              decimal comma
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ColumnError
from .source import Column, shown
from .texts import NOTHING, distinct_texts, floats, latin_digits

DECIMALS = (".", ",")

_MARK = r"(?:[$€£¥₹₩₺₽₪฿]|R\$|EUR|USD|GBP|CHF|PLN|SEK|NOK|DKK|CZK|kr\.?|zł|Kč|Ft)"
_MARKS = rf"^{_MARK}\s*|\s*{_MARK}$"
_GAP = "[ \t\u00a0]*"
_DASH = rf"^{_GAP}(?:{_MARK}{_GAP})?-{_GAP}(?:{_MARK}{_GAP})?$"
_SPACES = "[ \u00a0\u202f\u2009'\u2019]"
_SPACED = rf"^[+-]?[0-9]{{1,3}}(?:{_SPACES}[0-9]{{3}})+(?:[.,][0-9]*)?$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_GROUPED = {
    ",": r"^[+-]?([1-9][0-9]{0,2}(,[0-9]{3})+|[1-9][0-9]?(,[0-9]{2})+,[0-9]{3})(\.[0-9]*)?$",  # or 3,00,000 in India
    ".": r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?$",
}
# A single mark with three digits behind it, one to three before, the first no 0: either meaning is possible.
_EITHER = {mark: rf"^[+-]?[1-9][0-9]{{0,2}}[{mark}][0-9]{{3}}$" for mark in DECIMALS}


def told_decimal(columns: Sequence[Column], given: str | None) -> str:
    """`.` or `,`: the mark before the decimals of the texts of these columns.

    Raises:
        ColumnError: the values could be of either.
    """
    if given is not None:
        return given
    texts = [distinct_texts(column)[1] for column in columns if not is_number(column.values.type)]
    if not texts:
        return "."
    numbers = pc.unique(clean(pc.unique(pa.chunked_array(texts))))
    comma, point = (pc.match_substring(numbers, mark) for mark in (",", "."))
    either = {mark: pc.match_substring_regex(numbers, pattern) for mark, pattern in _EITHER.items()}
    says_point = pc.or_(
        _match(numbers, _NUMBER, point, either["."]), _match(numbers, _GROUPED[","], comma, either[","])
    )
    commas = pc.replace_substring(pc.replace_substring(numbers, ".", ";"), ",", ".")
    turned = pc.match_substring_regex(commas, _NUMBER)
    says_comma = pc.or_(
        pc.and_(pc.and_(turned, comma), pc.invert(either[","])), _match(numbers, _GROUPED["."], point, either["."])
    )
    votes = {".": pc.sum(says_point).as_py() or 0, ",": pc.sum(says_comma).as_py() or 0}
    if votes["."] != votes[","]:
        return max(votes, key=lambda mark: votes[mark])
    unclear = [mark for mark in DECIMALS if pc.any(either[mark]).as_py()]
    if not unclear:
        return "."
    plain_thousands = pc.any(pc.match_substring_regex(numbers, r"^[+-]?[0-9]{4,}$")).as_py()
    if len(unclear) == 1 and plain_thousands:
        return unclear[0]  # who writes 1200 writes no mark after the thousands
    if unclear == ["."] and pc.all(either["."]).as_py() and not columns[0].source.semicolons:
        return "."  # three decimals in every value, as a program writes them
    example = numbers.filter(either[unclear[0]])[0].as_py()
    place = next(c.place for c in columns if pc.any(pc.equal(clean(distinct_texts(c)[1]), example)).as_py())
    raise ColumnError(
        f"{place}: {shown(example)} may be about {example[0]} or some thousands, and no other value tells.",
        "Say which mark stands before the decimals: --decimal . or --decimal ,",
    )


def numbers_of(column: Column, decimal: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`[rows]` numbers, NaN where there is none, and which rows are empty, or hold what programs write for it.

    Raises:
        ColumnError: the column holds no plain values.
    """
    if is_number(column.values.type):
        return floats(column.values), column.values.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_duration(column.values.type):  # as text they are numbers, of nanoseconds
        raise ColumnError(f"{column.place} holds times that pass, and no numbers.", "Convert it to plain numbers.")
    codes, texts = distinct_texts(column)
    texts = clean(texts)
    empty = pc.is_in(pc.utf8_lower(texts), pa.array(NOTHING, pa.large_string())).to_numpy(zero_copy_only=False)
    other = "," if decimal == "." else "."
    grouped = pc.match_substring_regex(texts, _GROUPED[other])
    texts = pc.if_else(grouped, pc.replace_substring(texts, other, ""), texts)
    if decimal == ",":
        texts = pc.if_else(pc.match_substring(texts, "."), "no number", pc.replace_substring(texts, ",", "."))
    return floats(pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, None))[codes], empty[codes]


def numbers_of_many(columns: Sequence[Column], decimal: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`[columns, rows]` what `numbers_of` gives of each; all columns of text at once, as a wide table has thousands.

    Raises:
        ColumnError: a column holds no plain values.
    """
    values = np.empty((len(columns), len(columns[0].values)))
    empty = np.empty(values.shape, np.bool_)
    texts = np.array([pa.types.is_dictionary(column.values.type) for column in columns])
    if texts.any():
        chunks = pa.chunked_array([c.values for c, text in zip(columns, texts, strict=True) if text])
        whole = Column(columns[0].source, "", pa.concat_arrays(chunks.unify_dictionaries().chunks))
        values[texts], empty[texts] = (found.reshape(-1, values.shape[1]) for found in numbers_of(whole, decimal))
    for at in np.flatnonzero(~texts).tolist():
        values[at], empty[at] = numbers_of(columns[at], decimal)
    return values, empty


def clean(texts: pa.Array) -> pa.Array:
    """The texts without currency signs and spaces; `(5)`, `5-` and `−5` as `-5`."""
    texts = pc.utf8_trim_whitespace(latin_digits(texts))
    texts = pc.replace_substring(texts, "\u2212", "-")
    texts = pc.replace_substring_regex(texts, r"^\((.*)\)$", r"-\1")
    texts = pc.replace_substring_regex(texts, r"^([^-+]*[0-9])-$", r"-\1")
    texts = pc.replace_substring_regex(texts, r"^([+-])\s*([^0-9.,]{1,3})\s*", r"\2\1")
    texts = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _MARKS, ""))
    spaced = pc.match_substring_regex(texts, _SPACED)
    return pc.if_else(spaced, pc.replace_substring_regex(texts, _SPACES, ""), texts)


def has_currency(texts: pa.Array) -> pa.Array:
    """Which texts have a currency sign before or behind."""
    return pc.match_substring_regex(texts, _MARKS)


def are_dashes(texts: pa.Array) -> pa.Array:
    """Which texts are a dash alone, also beside a currency, as Excel's format for accounts shows a zero."""
    return pc.match_substring_regex(texts, _DASH)


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _match(texts: pa.Array, pattern: str, marked: pa.Array, unclear: pa.Array) -> pa.Array:
    """Texts of the pattern that have the mark and are not of either meaning."""
    return pc.and_(pc.and_(pc.match_substring_regex(texts, pattern), marked), pc.invert(unclear))
