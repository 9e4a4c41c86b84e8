"""Which column is the product, the day, the quantity: by the names that shops usually give them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ColumnError
from ..status import STORE
from .source import Source, shown

# Names in rank order, compared without case, space and punctuation. Two columns of the same rank are
# ambiguous; a column of a lower rank is mentioned and left. Codes rank before names: a name may be shared.
PRODUCT = (
    "uniqueid",
    "itemid itemcode itemnbr itemno itemnumber stockcode sku skuid skucode productdetail"
    " articleid articlecode articleno articlenumber",
    "productid productcode productno productnumber",
    "item product article menuitem",
    "itemname productname articlename",
    "ean upc gtin barcode",
)
DAY = (
    "ds",
    "date datetime timestamp transactiondate transactiondatetime invoicedate saledate salesdate orderdate"
    " receiptdate purchasedate businessdate",
    "day time",
)
TIME_OF_DAY = ("time transactiontime invoicetime saletime salestime ordertime receipttime timeofday",)
QUANTITY = (
    "y target",
    "quantity qty transactionqty transactionquantity units unitssold unitsales quantitysold qtysold"
    " soldquantity salesqty salesquantity orderquantity quantityordered",
    "sales sold demand",
)
RECEIPT = (
    "transactionid transactionno transactionnumber transaction receiptid receiptno receiptnumber receipt"
    " invoiceid invoiceno invoicenumber invoice orderid orderno ordernumber ticketid ticketno ticketnumber"
    " ticket billid billno basketid",
)


@dataclass(frozen=True)
class ColumnChoice:
    """What was taken as one of the roles of a table of sales.

    Attributes:
        role: `product`, `day`, `time of day` or `quantity`.
        columns: the columns taken, in order: several for a product's key, none where none would do.
        why: the reason, as words.
        others: columns that would have fitted too and were left.
    """

    role: str
    columns: tuple[str, ...]
    why: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns that are read, and how they were found.

    `time_of_day` is a candidate only, and no choice yet: what it holds decides.
    """

    product: tuple[str, ...]
    day: str
    time_of_day: str | None
    quantity: str
    choices: tuple[ColumnChoice, ...]

    @property
    def used(self) -> tuple[str, ...]:
        times = () if self.time_of_day is None else (self.time_of_day,)
        return (*self.product, self.day, *times, self.quantity)


def detect(source: Source, id_cols: Sequence[str], time_col: str | None, target_col: str | None) -> Columns:
    """The columns of `source` that hold the product, the day and the quantity; what is given decides.

    A store's column is part of the product's key where the rows are no receipts (there is neither a column of
    receipt numbers nor one of times of day): then a row is a product in a store on a day.

    Raises:
        ColumnError: a column is missing, given twice, or more than one would fit.
    """
    given = [*id_cols, *(name for name in (time_col, target_col) if name is not None)]
    for name in given:
        _check_given(source, name, given)
    free = [name for name in source.columns if name not in given]
    day = _choose(source, "day", DAY, free, time_col, "--time-col")
    free = [name for name in free if name not in day.columns]
    quantity = _choose(source, "quantity", QUANTITY, free, target_col, "--target-col")
    times = [name for rank in _ranked(TIME_OF_DAY, free) for name in rank]
    receipts = bool(times or _ranked(RECEIPT, free))
    product = _choose_product(source, free, id_cols, receipts)
    columns = Columns(
        product.columns,
        day.columns[0],
        times[0] if times else None,
        quantity.columns[0],
        (product, day, quantity),
    )
    for name in columns.used:
        if source.columns.count(name) > 1:
            raise ColumnError(
                f"{source.name} has {source.columns.count(name)} columns called {shown(name)}.",
                "Give each column a name of its own.",
            )
    return columns


def _choose_product(source: Source, free: list[str], id_cols: Sequence[str], receipts: bool) -> ColumnChoice:
    if id_cols:
        return ColumnChoice("product", tuple(id_cols), "given by --id-col", _others(PRODUCT, free))
    item = _choose(source, "product", PRODUCT, free, None, "--id-col")
    if receipts or plain(item.columns[0]) == "uniqueid" or not _ranked(STORE, free):
        return ColumnChoice(item.role, item.columns, item.why, (*item.others, *_others(STORE, free)))
    store = _choose(source, "store", STORE, free, None, "--id-col")
    why = "a row is a product in a store on a day: no receipt numbers, no times of day"
    return ColumnChoice("product", store.columns + item.columns, why, store.others + item.others)


def _choose(
    source: Source, role: str, aliases: Sequence[str], free: list[str], given: str | None, option: str
) -> ColumnChoice:
    if given is not None:
        return ColumnChoice(role, (given,), f"given by {option}", _others(aliases, free))
    ranked = _ranked(aliases, free)
    if not ranked:
        wide = "; a table with a column for each day must be turned into rows first" if role == "day" else ""
        raise ColumnError(
            f"{source.name} has no column known as the {role} (such as {_examples(aliases)});"
            f" its columns are {_listed(source.columns)}.",
            f"Name the right one with {option}{wide}.",
        )
    if len(ranked[0]) > 1:
        raise ColumnError(
            f"{source.name}: {_listed(ranked[0])} would each do as the {role};"
            f" its columns are {_listed(source.columns)}.",
            f"Name the right one with {option}.",
        )
    return ColumnChoice(role, (ranked[0][0],), "a usual name", tuple(n for rank in ranked[1:] for n in rank))


def _check_given(source: Source, name: str, given: list[str]) -> None:
    if name not in source.columns:
        raise ColumnError(
            f"{source.name} has no column {shown(name)}; its columns are {_listed(source.columns)}.",
            "Name one of them with --id-col, --time-col or --target-col.",
        )
    if given.count(name) > 1:
        raise ColumnError(
            f"Column {shown(name)} is given {given.count(name)} times.", "Give each column one role, once."
        )


def find(source: Source, aliases: Sequence[str], free: Sequence[str] | None = None) -> str | None:
    """The column called like one of these, the best rank first; among the `free` ones, if given."""
    ranked = _ranked(aliases, source.columns if free is None else free)
    return ranked[0][0] if ranked else None


def _ranked(aliases: Sequence[str], free: Sequence[str]) -> list[list[str]]:
    """The columns of each rank, best first, ranks without one left out."""
    ranks = [[name for name in free if plain(name) in rank.split()] for rank in aliases]
    return [rank for rank in ranks if rank]


def _others(aliases: Sequence[str], free: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for rank in _ranked(aliases, free) for name in rank)


def plain(name: str) -> str:
    """A column's name as it is compared: without case, space and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _examples(aliases: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in [rank.split()[0] for rank in aliases][:3])


def _listed(names: Sequence[str], most: int = 20) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return (", ".join(map(shown, names[:most])) or "none") + more
