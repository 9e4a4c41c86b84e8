"""What is in stock, and how each product is ordered: the table that a planner gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import ColumnError
from ..evaluation.metrics import Doubles, Flags
from ..reading.files import open_source
from ..reading.filled import filled_named
from ..reading.source import Column, Source
from ..reading.usual_names import PRODUCT, find, plain
from ..reading.values import read_numbers, read_products
from ..recipe import LONGEST_HORIZON
from ..status import STORE
from ..tables.cells import lower_texts
from ..tables.prices import PRICE
from ..tables.rows import as_sold, ways_out_of_tables

# column: what is taken where it is absent
STOCK_DEFAULTS = {
    "on_hand": 0.0,
    "on_order": 0.0,
    "lead_time": 1.0,
    "review_period": 7.0,
    "pack_size": 1.0,
    "min_order": 0.0,
    "service_level": 0.95,  # where there is no unit_cost and price either
    "salvage": 0.0,  # where unit_cost and price are given
}
# Other usual names of the columns, as `plain` writes them; a column's own name comes first.
_ALIASES = {
    "on_hand": "onhand stock instock qtyonhand quantityonhand stockonhand stocklevel stockqty inventory inventorylevel"
    " currentstock bestand lagerbestand istbestand aktuellerbestand stockactuel stockactual existencias giacenza"
    " estoque voorraad stan stanmagazynowy",
    "on_order": "onorder openorder openorders qtyonorder ordered intransit incoming bestellt offenebestellung"
    " offenebestellungen bestellbestand unterwegs encommande enpedido pedidospendientes pedido pedidos"
    " ordinato inordine zamowione",
    "lead_time": "leadtime leadtimedays leadtimeindays deliverytime deliverytimedays lieferzeit lieferzeittage"
    " lieferzeitintagen lieferfrist wiederbeschaffungszeit delai delaijours delailivraison delaidelivraison"
    " plazoentrega"
    " plazodeentrega tempoconsegna tempodiconsegna czasdostawy levertijd",
    "review_period": "reviewperiod reviewperioddays orderinterval ordercycle bestellrhythmus bestellzyklus"
    " bestellintervall bestellabstand",
    "pack_size": "packsize casesize casepack caseqty packqty unitspercase unitsperpack vpe verpackungseinheit gebinde"
    " gebindegrosse packungsgrosse colisage unidadesporcaja udsporcaja confezione pezzipercollo",
    "min_order": "minorder minorderqty minimumorder minimumorderquantity moq mindestbestellmenge mindestmenge",
    "service_level": "servicelevel servicegrad lieferbereitschaft lieferbereitschaftsgrad tauxdeservice"
    " niveldeservicio livellodiservizio",
    "unit_cost": "unitcost cost costprice purchaseprice ek ekpreis einkaufspreis einstandspreis prixachat prixdachat"
    " coste costo preciocompra preciodecompra prezzoacquisto prezzodacquisto cenazakupu inkoopprijs",
    "price": f"{PRICE[0]} {PRICE[1]} salesprice retailprice",
    "salvage": "salvage salvagevalue restwert",
}
_PERCENT, _PACK = r"^([0-9.,]+)\s*(?:%|percent|prozent)$", r"^([0-9]+)\s*er$"
_DAYS = r"^([0-9]+)\s*(?:d|days?|tage?|jours?|dias?|días?|giorn[oi]|dni|dagen)$"
_WRITTEN = {"service_level": _PERCENT, "pack_size": _PACK, "lead_time": _DAYS, "review_period": _DAYS}
MOST = 1e9  # units or money; more is a slip
_COSTS = ("unit_cost", "price", "salvage")
_NO_FEWER = "a number of 0 or more"
_MONEY = "an amount of 0 or more"
# column: what its values are, the least, the most, whether they are whole
_RANGES = {
    "on_hand": (_NO_FEWER, 0.0, MOST, False),
    "on_order": (_NO_FEWER, 0.0, MOST, False),
    "lead_time": (f"whole days from 0 to {LONGEST_HORIZON - 1}", 0.0, LONGEST_HORIZON - 1.0, True),
    "review_period": (f"whole days from 1 to {LONGEST_HORIZON}", 1.0, float(LONGEST_HORIZON), True),
    "pack_size": ("a number above 0", 1e-6, MOST, False),
    "min_order": (_NO_FEWER, 0.0, MOST, False),
    "service_level": ("a share above 0 and below 1, as 0.95", 1e-6, 1 - 1e-6, False),
    "unit_cost": (_MONEY, 0.0, MOST, False),
    "price": (_MONEY, 0.0, MOST, False),
    "salvage": ("an amount", -MOST, MOST, False),
}


@dataclass(frozen=True, eq=False)
class Stock:
    """A row a product to be ordered; all arrays `[M]`.

    Attributes:
        rows: of the product among the model's.
        on_hand, on_order: units.
        lead_time: days from the order to the delivery: what is ordered tonight and takes 1 day can be sold from the
            day after tomorrow on.
        review_period: days until the next order can be placed.
        pack_size, min_order: units.
        service_level: the share of cases in which the demand is to be met; NaN where the costs decide.
        unit_cost, price, salvage: money a unit; NaN where only a service level is given. `salvage` is what a unit is
            worth that is left when the next delivery comes; below 0, what it costs to be rid of it.
        defaults: the columns that the table lacked, and what was taken.
        said: sentences on columns of other names, those that are left, and ids that were guessed.
    """

    rows: NDArray[np.int64]
    on_hand: Doubles
    on_order: Doubles
    lead_time: NDArray[np.int64]
    review_period: NDArray[np.int64]
    pack_size: Doubles
    min_order: Doubles
    service_level: Doubles
    unit_cost: Doubles
    price: Doubles
    salvage: Doubles
    defaults: dict[str, float]
    said: tuple[str, ...] = ()

    @property
    def position(self) -> Doubles:
        """`[M]` units in stock or on the way."""
        total: Doubles = self.on_hand + self.on_order
        return total

    @property
    def days(self) -> NDArray[np.int64]:
        """`[M]`: that an order of today has to last for: until the delivery after it can come."""
        total: NDArray[np.int64] = self.lead_time + self.review_period
        return total


def read_stock(table: str | Path | pd.DataFrame, products: NDArray[np.str_]) -> Stock:
    """The stock of a file or a frame, as sales may be: `unique_id` and any of the columns of `STOCK_DEFAULTS`, also by
    other usual names.

    An empty cell is an error but in `service_level`, `unit_cost`, `price` and `salvage`, where it says that the row has
    none.

    Args:
        products: `[N]` names, sorted, that the model knows.

    Raises:
        SourceError: the table cannot be read.
        ColumnError: `unique_id` is missing, a column is there twice, or there is no row.
        ValueInRowError: a value that cannot be, a product that is there twice or that the model does not know.
    """
    with ways_out_of_tables():
        return _read_stock(filled_named(open_source(table)), products)


def _read_stock(source: Source, products: NDArray[np.str_]) -> Stock:
    columns, said = _columns(source)
    found = read_products([columns["unique_id"]])
    store = find(source, STORE, [name for name in source.columns if name not in (c.name for c in columns.values())])
    if store is not None and plain(columns["unique_id"].name) != "uniqueid":  # the key of the sales may be of both
        both = [source.read([store])[store], columns["unique_id"]]
        joined = [found, *map(read_products, (both, both[::-1]))]
        found = max(joined, key=lambda of: np.isin(of.names, products).sum())
        said += [] if found is joined[0] else [f"of the stock table {store!r} is a part of unique_id"]
    ids, guessed = as_sold(found.names, products)
    names = ids[found.codes]
    said += [guessed.strip()] if guessed else []
    if not len(names):
        raise ColumnError(f"{source.name} has no rows.", "Give a row for each product to be ordered.")
    columns["unique_id"].refuse(
        ~np.isin(names, products),
        "is no product that the model knows",
        "Correct the id, remove the row, or teach the product to the model with `shelfcast extend`.",
    )
    _, first = np.unique(found.codes, return_index=True)
    again = np.ones(len(names), dtype=np.bool_)
    again[first] = False
    columns["unique_id"].refuse(again, "is there a second time", "Keep one row a product.")

    values, absent = {}, {}
    for name, (what, least, most, whole) in _RANGES.items():
        optional = name in (*_COSTS, "service_level")
        if name not in columns:
            absent[name] = STOCK_DEFAULTS.get(name, np.nan)
            values[name] = np.full(len(names), np.nan if optional else absent[name])
            continue
        numbers, empty = _numbers(columns[name], name)
        good = (numbers >= least) & (numbers <= most) & ((numbers == np.round(numbers)) | (not whole))
        columns[name].refuse(~good & ~(empty & optional), f"is not {what}", "Correct or remove these rows.")
        values[name] = numbers
    _check_days(columns, values)
    costs = _check_costs(columns, values)
    neither = np.isnan(values["service_level"]) & ~costs
    values["service_level"] = np.where(neither, STOCK_DEFAULTS["service_level"], values["service_level"])
    values["salvage"] = np.where(costs & np.isnan(values["salvage"]), STOCK_DEFAULTS["salvage"], values["salvage"])
    if not neither.any():
        absent.pop("service_level", None)
    if not (costs & np.isnan(values["service_level"])).any():
        absent.pop("salvage", None)
    lead_time, review_period = (values.pop(name).astype(np.int64) for name in ("lead_time", "review_period"))
    return Stock(
        rows=np.searchsorted(products, names),
        lead_time=lead_time,
        review_period=review_period,
        **values,
        defaults={name: value for name, value in absent.items() if name in STOCK_DEFAULTS},
        said=tuple(said),
    )


def _columns(source: Source) -> tuple[dict[str, Column], list[str]]:
    """The columns by their own names, and sentences on those that are called otherwise and on those that are left."""
    known = ["unique_id", *_RANGES]
    for name in known:
        if source.columns.count(name) > 1:
            raise ColumnError(f"{source.name} has {source.columns.count(name)} columns {name!r}.", "Keep one of them.")
    called = {name: name for name in known if name in source.columns}
    free = [name for name in source.columns if name not in called]
    for name, usual in {"unique_id": PRODUCT, **{name: (words,) for name, words in _ALIASES.items()}}.items():
        other = None if name in called else find(source, usual, free)
        if other is not None:
            called[name] = other
            free.remove(other)
    for one, other in (("unit_cost", "price"), ("price", "unit_cost")):
        if other not in called and called.get(one, one) != one:
            free.append(called.pop(one))  # alone it tells nothing
    if "unique_id" not in called:
        raise ColumnError(
            f"{source.name} has no column 'unique_id'; its columns are {', '.join(map(repr, source.columns[:20]))}.",
            "Name the products as the forecast does.",
        )
    for name in ("lead_time", "review_period"):
        words = (plain(name), *(word for word in _ALIASES[name].split() if len(word) > 5))
        other = next((of for of in free if name not in called and plain(of).startswith(words)), None)
        if other is not None:
            raise ColumnError(f"{source.name}: it is not known what {other!r} holds.", f"Call it {name}, in days.")
    if free and set(called) == {"unique_id"}:
        raise ColumnError(
            f"{source.name} has no column known to tell of stock; its columns are"
            f" {', '.join(map(repr, source.columns[:20]))}.",
            f"Call the units in stock on_hand; the others are {', '.join(list(_RANGES)[1:])}.",
        )
    read = source.read(list(called.values()))
    renamed = [f"{other!r} as {name}" for name, other in called.items() if other != name]
    said = [f"of the stock table are taken: {', '.join(renamed)}"] if renamed else []
    if free:
        said.append(f"of the stock table are left: {', '.join(map(repr, free))}")
    return {name: read[other] for name, other in called.items()}, said


def _numbers(column: Column, name: str) -> tuple[Doubles, Flags]:
    """`[rows]` numbers, NaN where there is none, and which rows are empty; `95 %` is a service level of 0.95, `6er` a
    pack of 6, `2 days` a time of 2.
    """
    if name not in _WRITTEN or not pa.types.is_dictionary(column.values.type):
        return read_numbers(column)
    texts = lower_texts(column.values)
    written = pc.match_substring_regex(texts, _WRITTEN[name])
    texts = pc.if_else(written, pc.replace_substring_regex(texts, _WRITTEN[name], r"\1"), texts)
    numbers, empty = read_numbers(replace(column, values=texts))
    if name == "service_level":
        numbers = np.where(written.to_numpy(zero_copy_only=False), numbers / 100, numbers)
    return numbers, empty


def _check_days(columns: dict[str, Column], values: dict[str, Doubles]) -> None:
    days = values["lead_time"] + values["review_period"]
    column = columns.get("lead_time", columns.get("review_period", columns["unique_id"]))
    column.refuse(
        days > LONGEST_HORIZON,
        f"makes lead_time and review_period more than {LONGEST_HORIZON} days, the longest forecast",
        "Correct these rows.",
    )


def _check_costs(columns: dict[str, Column], values: dict[str, Doubles]) -> Flags:
    """`[M]`: the row has a unit cost and a price, and they can be."""
    cost, price, salvage = (values[name] for name in _COSTS)
    place: Sequence[Column] = [columns[name] for name in _COSTS if name in columns]
    costs: Flags = ~np.isnan(cost) & ~np.isnan(price)
    if not place:
        return costs
    _refuse(
        place,
        (np.isnan(cost) != np.isnan(price)) | (~np.isnan(salvage) & np.isnan(price)),
        "has no whole set of costs beside it: unit_cost and price belong together, salvage to both",
        "Give both, or a service_level alone.",
    )
    free = np.isnan(values["service_level"])
    _refuse(
        place,
        costs & (price <= cost),
        "leaves no margin: the price is not above the unit_cost",
        "Correct the row, or give a service_level without costs for a product that is sold at a loss.",
    )
    left = np.where(np.isnan(salvage), STOCK_DEFAULTS["salvage"], salvage)
    _refuse(
        place,
        costs & free & (left >= cost),
        "makes what is left worth as much as it cost, so that no order would be too large",
        "Give a salvage below the unit_cost.",
    )
    return costs


def _refuse(columns: Sequence[Column], bad: Flags, why: str, way_out: str) -> None:
    """By the first of the columns that has a value in the first bad row."""
    if bad.any():
        row = int(np.argmax(bad))
        given = [c for c in columns if c.values[row].as_py() not in (None, "")]
        (given or columns)[0].refuse(bad, why, way_out)
