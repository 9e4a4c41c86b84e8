"""Sums within a wide table, which would count units twice: totals are left out, what may be a subtotal is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from ..panel import Panel
from .exclude import is_total
from .source import Column, shown
from .texts import distinct_texts
from .usual_names import plain, words_of

Flags = NDArray[np.bool_]

_CENTS, _PART = 0.01, 1e-4  # of rounding, that a sum may be off
_FEWEST_DAYS = 5  # with sales, below which a row may be the sum of its neighbours by chance
_FEWEST_PARTS, _LONG = 2, 14  # products sold, and days with sales, of a sum that no word calls one
_ALL = "all alle alles overall everything tagessumme tous toutes todos todas tutti tutte 全部 全店 все"
_NAMED = 3  # of several


@dataclass(frozen=True)
class Totals:
    """What is called a total in a table.

    Attributes:
        flags: `[rows]` or `[columns]`, which are the sums that they are called.
        said: a sentence about these; None where there are none.
        doubts: sentences about those that are called a total and are no sum.
    """

    flags: Flags
    said: str | None
    doubts: tuple[str, ...]


def what_is_summed(text: str) -> str | None:
    """What a name says is summed: nothing more than all for `Total`, `Berlin` for `Berlin Total`; None for others."""
    text = text.strip()
    if is_total(text):
        return ""
    first, _, behind = text.partition(" ")
    before, _, last = text.rpartition(" ")
    if behind and is_total(first):
        return behind.strip()
    return before.strip() if before and is_total(last) else None


def total_columns(names: Sequence[str], cells: NDArray[np.float32]) -> Totals:
    """Of the columns of products `cells[columns, rows]`: those called so that are the sums of the others."""
    every = np.ones(len(names), np.bool_)
    words = {at: name for at, name in enumerate(names) if what_is_summed(name) is not None}
    if len(words) == len(names):
        words = {}
    return _told(cells, words, lambda at: f"the column {shown(names[at])}", lambda at: (every,))


def total_beside(name: str, values: NDArray[np.float32], cells: NDArray[np.float32]) -> Totals:
    """Of a column `values[rows]` beside the `cells[days, rows]`, which is called a total of them."""
    place = f"the column {shown(name)}"
    flags = np.array([_is_sum(values, cells)])
    if flags.all():
        return Totals(flags, _sentence([place], [name], values), ())
    doubt = f"Look: {place} is not the sum of the days. It is left out."
    return Totals(flags, None, (doubt,) if is_total(name) else ())


def total_rows(texts: Sequence[Column], cells: NDArray[np.float32], group: NDArray[np.int64] | None = None) -> Totals:
    """Of the rows of `cells[columns, rows]`: those that one of their `texts` calls so.

    Such a row is the sum of the others in its `group[rows]` that have its texts, as far as these are no words for
    totals (`A` and `Total` is that of the rows of `A`), or of all others in its group.
    """
    columns = [_Texts(column) for column in texts]
    called = np.logical_or.reduce([of.called for of in columns])
    words = {row: next(of.text(row) for of in columns if of.called[row]) for row in np.flatnonzero(called).tolist()}

    def parts(row: int) -> tuple[Flags, ...]:
        whole = np.ones(len(called), np.bool_) if group is None else group == group[row]
        return np.logical_and.reduce([whole, *(of.alike(row) for of in columns)]), whole

    return _told(cells.T, words, texts[0].place_of, parts)


def summed_products(panel: Panel) -> list[str]:
    """What is, on every day, the sum of all others, or of all others of its store or item: products, and the parts of
    a key all of whose products are such, as `All stores`.

    Two days are enough where a word says so (`Daily total`); a name that says nothing must have been it for longer.
    """
    every = [np.zeros(len(panel.products), np.int64)]
    every += [np.unique(values, return_inverse=True)[1] for values in panel.attributes.values()]
    flags = np.logical_or.reduce([_sums_of_group(panel, group) for group in every])
    whole = [
        value
        for values in panel.attributes.values()
        for value in dict.fromkeys(values[flags].tolist())
        if flags[values == value].all()
    ]
    parts = np.logical_or.reduce([np.zeros_like(flags), *(np.isin(v, whole) for v in panel.attributes.values())])
    return [*dict.fromkeys(whole), *panel.products[flags & ~parts].tolist()]


def _sums_of_group(panel: Panel, group: NDArray[np.int64]) -> Flags:
    """`[N]`: the product is the sum of all others of its `group[N]`, of which two or more were sold."""
    units = panel.sales.sum(axis=1, dtype=np.float64)
    sold = np.bincount(group, units > 0)[group]
    likely = np.isclose(2 * units, np.bincount(group, units)[group], rtol=_PART, atol=_CENTS * len(panel.dates))
    flags = np.zeros(len(units), np.bool_)
    for row in np.flatnonzero(likely & (units > 0) & (sold > _FEWEST_PARTS)).tolist():
        others = group == group[row]
        others[row] = False
        long = np.count_nonzero(panel.sales[row]) >= _LONG
        flags[row] = (long or _names_all(panel.products[row])) and _is_sum(panel.sales[row], panel.sales[others])
    return flags


def _names_all(name: str) -> bool:
    """Whether a word of the name is one for a total, or for all there are."""
    return any(is_total(word) or plain(word) in _ALL.split() for word in words_of(name))


def subtotals(names: Sequence[str], cells: NDArray[np.float32], column: Column) -> tuple[str, ...]:
    """Sentences about rows of `cells[days, rows]` that are the sum of the rows right below, or right above, them.

    Args:
        names: `[rows]` their products.
        column: one of the table, to tell where a row is found.
    """
    held = np.nan_to_num(cells)
    found = {row: f"the {count} rows below it" for row, count in _sums_of_next(held)}
    last = len(names) - 1
    for row, count in _sums_of_next(held[:, ::-1]):
        found.setdefault(last - row, f"the {count} rows above it")
    rows = sorted(found)
    said = [f"{column.place_of(row)} ({shown(names[row])}) is the sum of {found[row]}" for row in rows[:_NAMED]]
    if not said:
        return ()
    more = f" ({len(rows) - _NAMED:,} more rows like these.)" if len(rows) > _NAMED else ""
    out = ",".join(dict.fromkeys(names[row] for row in rows[:_NAMED]))
    return (f"Look: {'; '.join(said)}. Subtotals count units twice; to leave them out: --exclude {quote(out)}.{more}",)


class _Texts:
    """The texts of a column; `called[rows]`, whether they are words for totals."""

    def __init__(self, column: Column) -> None:
        self._codes, distinct = distinct_texts(column)
        self._texts: list[str] = [text.strip() for text in distinct.to_pylist()]
        self._summed = [what_is_summed(text) for text in self._texts]
        self.called = np.array([summed is not None for summed in self._summed], np.bool_)[self._codes]

    def text(self, row: int) -> str:
        return self._texts[int(self._codes[row])]

    def alike(self, row: int) -> Flags:
        """`[rows]`: they have what the text says is summed; all, if it says nothing."""
        summed = self._summed[self._codes[row]]
        wanted = self.text(row) if summed is None else summed
        return np.array([wanted in ("", text) for text in self._texts], np.bool_)[self._codes]


def _told(
    values: NDArray[np.float32],
    words: Mapping[int, str],
    place: Callable[[int], str],
    parts: Callable[[int], tuple[Flags, ...]],
) -> Totals:
    """Which of `values[places, cells]` at those `words` are the sum of others; `parts` are the places to sum up."""
    flags, called = np.zeros((2, len(values)), np.bool_)
    called[list(words)] = True
    doubts = []
    for at in sorted(words, key=lambda at: is_total(words[at])):  # `Total cereal` may be a product, and part of `Total`
        flags[at] = any(_is_sum(values[at], values[some & ~called]) for some in parts(at))
        if flags[at]:
            continue
        if is_total(words[at]):
            doubts.append(
                f"Look: {place(at)} is called {shown(words[at])} and is not the sum of the others. It is kept;"
                f" to leave it out: --exclude {quote(words[at])}."
            )
        else:
            called[at] = False
    found = np.flatnonzero(flags).tolist()
    said = _sentence([place(at) for at in found], [words[at] for at in found], values[flags]) if found else None
    return Totals(flags, said, tuple(doubts))


def _sentence(places: Sequence[str], words: Sequence[str], held: NDArray[np.float32]) -> str:
    """Where totals stand, what they are called and what they hold."""
    units = f"{round(float(np.nansum(held, dtype=np.float64)), 2):,.15g} units"
    named = ", ".join(map(shown, dict.fromkeys(words[:_NAMED])))
    if len(places) == 1:
        return f"{places[0]} is a total ({named}: {units})"
    return f"{len(places):,} totals, {places[0]} to {places[-1]} ({named}: {units})"


def _is_sum(total: NDArray[np.float32], parts: NDArray[np.float32]) -> bool:
    """Whether `total[cells]` is the sum of `parts[places, cells]`, to rounding; what is missing counts as nothing."""
    sums = np.nansum(parts, axis=0, dtype=np.float64)
    return bool(len(parts) and np.allclose(np.nan_to_num(total), sums, rtol=_PART, atol=_CENTS))


def _sums_of_next(cells: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Rows of `cells[days, rows]` that are the sum of two or more that follow them, and of how many."""
    rows = cells.sum(axis=0, dtype=np.float64)
    if (rows < 0).any():  # the sums below would not grow from row to row
        return []
    upto = np.concatenate([[0], np.cumsum(rows)])  # [at]: the sum of the rows before
    wanted = upto[1:] + rows
    end = np.searchsorted(upto, wanted - _CENTS)
    enough = np.count_nonzero(cells, axis=0) >= _FEWEST_DAYS
    likely = enough & (end <= len(rows)) & (np.abs(upto[np.minimum(end, len(rows))] - wanted) <= _CENTS + _PART * rows)
    found = []
    for row in np.flatnonzero(likely).tolist():
        parts = cells[:, row + 1 : end[row]].T
        if (rows[row + 1 : end[row]] > 0).sum() > 1 and _is_sum(cells[:, row], parts):
            found.append((row, len(parts)))
    return found
