"""The products table: static facts of each product, when it is listed, and products that have no sales yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ColumnError
from ..panel import Panel
from ..reading.files import open_source
from ..reading.filled import filled_named
from ..reading.source import Source
from ..reading.texts import NOTHING
from ..reading.usual_names import find, plain
from ..reading.values import read_products
from .cells import FALSE, TRUE, lower_texts
from .given import Table
from .rows import as_sold, match, read_alike, without_day

LISTED_FROM = (
    "listedfrom launchdate launch launched availablefrom onsalefrom introduced introduction introductiondate"
    " gelistetab gelistetseit listungab listungsdatum einfuhrungsdatum",
)
LISTED_UNTIL = (
    "listeduntil listedto delisted delistdate delistingdate delisteddate availableuntil availableto onsaleuntil"
    " discontinued discontinueddate gelistetbis listungbis ausgelistet auslistungsdatum auslistung",
)
_RESERVED = ("uniqueid", "ds", "cutoff", "y", "mean", "median", "onsale", "observed", "status", "coldstart")
_ALL_DIFFERENT = 0.8  # of the products: a fact with more values than that groups nothing
_FEW = 10  # products, of which all facts are kept


def add_products(
    panel: Panel, table: Table, keys: Sequence[str], settled: NDArray[np.str_] | None = None
) -> tuple[Panel, NDArray[np.bool_] | None, str]:
    """The panel with the facts as attributes and with the products that the sales lack; `[N, T]` who was listed, or
    None where the table does not say; what was taken.

    Args:
        settled: products that a model knows, with their facts: these stay, and no other facts are taken in.

    Raises:
        ColumnError: no column of the products, or a fact called like a column of the forecasts.
        ValueInRowError: an id or a day is not one.
    """
    source = filled_named(open_source(table), set(panel.products.tolist()))
    dates = {side: _of_days(source, find(source, of)) for side, of in (("from", LISTED_FROM), ("until", LISTED_UNTIL))}
    free = [name for name in source.columns if name not in dates.values()]
    _, _, used, guessed = match(source, panel, keys, free)
    if not used:
        raise ColumnError(
            f"{source.name} (--products) has no column of the products; its columns are {', '.join(source.columns)}.",
            f"Call it as in the sales: {', '.join(keys) or 'unique_id'}.",
        )
    read = source.read([*used, *(name for name in dates.values() if name)])
    named = read_products([read[column] for column in used])
    whole_key = plain(used[0]) == "uniqueid" or len(used) == max(len(keys), 1)
    new = np.zeros(len(named.names), np.bool_)
    if whole_key:
        new = ~np.isin(as_sold(named.names, panel.products)[0], panel.products)
    if new.any():
        parts = {key: named.parts[column] for key, column in zip(keys, used, strict=True) if column in named.parts}
        panel = panel.with_products(named.names[new], {name: values[new] for name, values in parts.items()})
    groups, group, _, _ = match(source, panel, keys, free)
    first_row = np.full(int(groups.max()) + 1, -1)
    inside = np.flatnonzero(group >= 0)[::-1]
    first_row[group[inside]] = inside
    row = first_row[groups]  # [N], -1 where the table lacks the product
    facts, left = {}, []
    for name in free:
        if name in used or plain(name) in map(plain, keys) or (settled is not None and name not in panel.attributes):
            continue
        if plain(name) in _RESERVED:
            raise ColumnError(f"{source.name} (--products): a column is called {name!r}.", "Rename it.")
        texts = _texts(source, name)
        values = np.where(row >= 0, texts[row], "")
        if settled is not None:
            values = np.where(np.isin(panel.products, settled), panel.attributes[name], values)
        elif len(values) >= _FEW and len(np.unique(values)) > _ALL_DIFFERENT * len(values):
            left.append(name)
            continue
        facts[name] = values.astype(np.str_)
    said = f"Products: {', '.join(map(repr, facts)) or 'no facts'} of {source.name}, by {' + '.join(map(repr, used))}."
    said += guessed + source.left
    several = int((np.bincount(group[inside]) > 1).sum())
    if several:
        said += f" {several:,} products have several rows: the first of each is taken."
    if new.any():
        said += f" {int(new.sum()):,} products have no sales yet."
    if (row < 0).any():
        said += f" {int((row < 0).sum()):,} products are not in it: their facts are empty."
    if left:
        said += f" Left, as nearly every product has its own: {', '.join(map(repr, left))}."
    listed = None
    if any(dates.values()):
        listed = np.ones(panel.sales.shape, np.bool_)
        day = panel.dates.astype(np.int64)
        written = {column: without_day(read[column]) for column in dates.values() if column}
        told = {column: read[column].of_rows(~empty) for column, empty in written.items() if not empty.all()}
        days = dict(zip(told, read_alike(list(told.values())), strict=True))
        for side, column in dates.items():
            if column not in days:
                continue
            of_row = np.full(len(group), np.nan)
            of_row[~written[column]] = days[column].days
            bound = np.where(row >= 0, of_row[row], np.nan)[:, None]
            listed &= np.isnan(bound) | ((day >= bound) if side == "from" else (day <= bound))
        listed[row < 0] = False  # the table does not know them
    return panel.with_attributes(facts), listed, said


def _of_days(source: Source, name: str | None) -> str | None:
    """The column, if it does not hold flags: `discontinued` may be a day, or yes or no."""
    if name is None:
        return None
    values = source.read([name])[name].values
    if pa.types.is_temporal(values.type):
        return name
    held = set(lower_texts(values).to_pylist()).difference(NOTHING)
    return None if held and held.issubset({*TRUE, *FALSE, "0", "1"}) else name


def _texts(source: Source, name: str) -> NDArray[np.str_]:
    values = source.read([name])[name].values
    texts = values.cast(pa.large_string()).fill_null("").to_pylist()
    return np.array([text.strip() for text in texts], dtype=np.str_)
