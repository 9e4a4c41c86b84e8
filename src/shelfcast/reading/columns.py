"""Which column is the product, the day, the quantity: by the names that shops usually give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import ColumnError
from ..status import STORE
from .source import Source, shown
from .texts import distinct_texts
from .usual_names import (
    CUSTOMER,
    DAY,
    GROUP,
    MONEY,
    MONTH,
    PRODUCT,
    QUANTITY,
    RECEIPT,
    STATUS,
    TIME_OF_DAY,
    YEAR,
    all_called,
    by_rank,
    find,
    may_count_units,
    names_of,
    plain,
)

_GUESSED = 100  # columns, the first ones, that are looked at for a near miss
GIVEN = "given by --id-col"
_OF_A_ROW = frozenset("reference ref codigo codice".split())  # noqa: SIM905 - or of a product
_NEW_ON_NEARLY_EVERY_ROW = 0.9


class EmptyColumnError(ColumnError):
    """A column that was taken by its name holds nothing."""

    def __init__(self, source: Source, name: str) -> None:
        super().__init__(f"{source.name}, column {shown(name)}: all of it is empty.", "Name another with --id-col.")
        self.column = name


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

    `time_of_day` is a candidate only, and no choice yet: what it holds decides. `quantity` is None where each line
    counts as one unit. `customer` matters for returns only, `status` and `receipt` tell of cancelled rows. `receipts`:
    there are receipt numbers or times of day.
    """

    product: tuple[str, ...]
    day: str
    time_of_day: str | None
    quantity: str | None
    customer: str | None
    status: tuple[str, ...]
    receipt: str | None
    receipts: bool
    choices: tuple[ColumnChoice, ...]

    @property
    def used(self) -> tuple[str, ...]:
        return (*self.product, self.day, *(name for name in (self.time_of_day, self.quantity) if name is not None))


def detect(
    source: Source,
    id_cols: Sequence[str],
    time_col: str | None,
    target_col: str | None,
    count_lines: bool = False,
    empty: Sequence[str] = (),
) -> Columns:
    """The columns of `source` that hold the product, the day and the quantity; what is given decides.

    A store's column is part of the product's key where the rows are no receipts (there is neither a column of
    receipt numbers nor one of times of day): then a row is a product in a store on a day.

    Args:
        empty: columns that hold nothing, and are none of these for it.

    Raises:
        ColumnError: a column is missing, given twice, or more than one would fit.
    """
    if count_lines and target_col is not None:
        raise ColumnError(
            f"Units are to be read from {shown(target_col)}, and lines to be counted.", "Say one of both."
        )
    given = [*id_cols, *(name for name in (time_col, target_col) if name is not None)]
    for name in given:
        _check_given(source, name, given)
    free = [name for name in source.columns if name not in (*given, *empty)]
    day = _choose(source, "day", _after(DAY, 1, source), free, time_col, "--time-col")
    free = [name for name in free if name not in day.columns]
    _check_split_date(source, day, free)
    if count_lines:
        quantity = ColumnChoice("quantity", (), "each line counts as one unit", all_called(QUANTITY, free))
    else:
        quantity = _choose(source, "quantity", _after(QUANTITY, 2, source), free, target_col, "--target-col")
    times = [name for rank in by_rank(TIME_OF_DAY, free) for name in rank]
    receipts = bool(times or by_rank(RECEIPT, free))
    product = choose_product(source, free, id_cols, receipts)
    columns = Columns(
        product.columns,
        day.columns[0],
        times[0] if times else None,
        next(iter(quantity.columns), None),
        find(source, CUSTOMER, [name for name in free if name not in product.columns]),
        tuple(name for name in all_called(STATUS, free) if source.columns.count(name) == 1),
        _receipt(source, [name for name in free if name not in product.columns]),
        receipts,
        (product, day, quantity),
    )
    for name in columns.used:
        if source.columns.count(name) > 1:
            raise ColumnError(
                f"{source.name} has {source.columns.count(name)} columns called {shown(name)}.",
                "Give each column a name of its own.",
            )
    return columns


def _after(aliases: Sequence[str], ranks: int, source: Source) -> Sequence[str]:
    """The names of forecasters (`ds`, `y`) come first where another of them is there; alone, `y` may be a year and
    `DS` a description, and they come after so many ranks.
    """
    convention = {"uniqueid", "ds", "y"} & set(map(plain, source.columns))
    return aliases if len(convention) > 1 else (*aliases[1 : ranks + 1], aliases[0], *aliases[ranks + 1 :])


def _receipt(source: Source, free: list[str]) -> str | None:
    """The column of the receipt's number; an order's `Name`, as Shopify calls it, is one beside its `Lineitem ...`."""
    lines = any(plain(name).startswith("lineitem") for name in source.columns)
    return find(source, (*RECEIPT, "name") if lines else RECEIPT, free)


def _check_split_date(source: Source, day: ColumnChoice, free: list[str]) -> None:
    """A day of the month, beside columns of the year and the month, is no date of its own."""
    month, year = find(source, MONTH, free), find(source, YEAR, free)
    if month and year and (plain(day.columns[0]) in DAY[-1].split() or _are_days_of_a_month(source, day.columns[0])):
        raise ColumnError(
            f"{source.name} spreads the date over the columns {_listed([year, month, day.columns[0]])}.",
            "Write it into one column, as 2024-12-31.",
        )


def _are_days_of_a_month(source: Source, name: str) -> bool:
    if source.columns.count(name) > 1:
        return False
    texts = distinct_texts(source.read([name])[name])[1].to_pylist()
    return 0 < len(texts) <= 31 and all(text.strip().isdecimal() and int(text) <= 31 for text in texts)


def choose_product(source: Source, free: list[str], id_cols: Sequence[str], receipts: bool) -> ColumnChoice:
    """The columns of the product's key among the `free` ones; a store's is one of them where there are no receipts.

    Raises:
        ColumnError: there is none, or more than one would fit.
    """
    if id_cols:
        return ColumnChoice("product", tuple(id_cols), GIVEN, all_called(PRODUCT, free))
    stores = by_rank(STORE, free)
    if not by_rank(PRODUCT, free) and (stores or by_rank(GROUP, free)):
        return _without_product(source, free, receipts)
    item = _of_a_product(source, _choose(source, "product", PRODUCT, free, None, "--id-col"))
    if receipts or plain(item.columns[0]) == "uniqueid" or not stores:
        return ColumnChoice(item.role, item.columns, item.why, (*item.others, *all_called(STORE, free)))
    store = _choose(source, "store", STORE, free, None, "--id-col")
    why = "a row is a product in a store on a day: no receipt numbers, no times of day"
    return ColumnChoice("product", store.columns + item.columns, why, store.others + item.others)


def _of_a_product(source: Source, item: ColumnChoice) -> ColumnChoice:
    """The choice, or the next best column where the values of a `Reference` are new on nearly every row, as those of an
    order are.

    Raises:
        ColumnError: an `Item` counts the lines of a document: 10, 20, 30.
    """
    name = item.columns[0]
    if plain(name) == "item" and any("document" in plain(other) for other in source.columns):
        texts = distinct_texts(source.read([name])[name])[1].to_pylist()
        numbers = sorted({int(text) for text in texts if text.strip().isdecimal()})
        if len(numbers) == len(texts) and numbers == [numbers[0] * step for step in range(1, len(numbers) + 1)]:
            raise ColumnError(
                f"{source.name}, column {shown(name)}: it counts the lines of each document and is no product.",
                "Name the product with --id-col.",
            )
    if plain(name) in _OF_A_ROW and item.others:
        both = source.read([name, item.others[0]])
        (rows, own), (_, others) = (distinct_texts(both[column]) for column in (name, item.others[0]))
        if len(own) > max(_NEW_ON_NEARLY_EVERY_ROW * len(rows), 2 * len(others)):
            why = f"{shown(name)} is new on nearly every row"
            return ColumnChoice(item.role, (item.others[0],), why, (name, *item.others[1:]))
    return item


def _without_product(source: Source, free: list[str], receipts: bool) -> ColumnChoice:
    """A table of what groups of products, or whole stores, sold."""
    groups, stores = by_rank(GROUP, free), by_rank(STORE, free)
    if not groups and receipts:
        return _choose(source, "product", PRODUCT, free, None, "--id-col")  # an error: a receipt is of products
    group = _choose(source, "group of products", GROUP, free, None, "--id-col") if groups else None
    store = _choose(source, "store", STORE, free, None, "--id-col") if stores and not receipts else None
    taken = [choice for choice in (store, group) if choice is not None]
    what = "a group of products" if store is None else "a group in a store" if group else "a whole store"
    return ColumnChoice(
        "product",
        tuple(choice.columns[0] for choice in taken),
        f"no column is known as the product: what is forecast is {what}",
        tuple(other for choice in taken for other in choice.others),
    )


def _choose(
    source: Source, role: str, aliases: Sequence[str], free: list[str], given: str | None, option: str
) -> ColumnChoice:
    if given is not None:
        return ColumnChoice(role, (given,), f"given by {option}", all_called(aliases, free))
    ranked = by_rank(aliases, free)
    if not ranked and len(source.columns) == 1:
        raise ColumnError(
            f"{source.name} has one column only, {_listed(source.columns)}.",
            "Separate its fields by a comma, a semicolon, a tab or |.",
        )
    if not ranked:
        raise ColumnError(
            f"{source.name} has no column known as the {role} (such as {_examples(aliases)});"
            f" its columns are {_listed(source.columns)}.",
            f"Name the right one with {option}{_guess(aliases, free, option)}"
            + (", or say --count-lines if each line is one unit sold." if role == "quantity" else "."),
        )
    filled = ranked[0] if len(ranked[0]) == 1 else [name for name in ranked[0] if not _is_empty(source, name)]
    if len(filled) != 1:
        raise ColumnError(
            f"{source.name}: {_listed(ranked[0])} would each do as the {role};"
            f" its columns are {_listed(source.columns)}.",
            f"Name the right one with {option}.",
        )
    others = tuple(name for rank in ranked for name in rank if name != filled[0])
    return ColumnChoice(role, (filled[0],), "a usual name", others)


def _is_empty(source: Source, name: str) -> bool:
    return not any(text.strip() for text in distinct_texts(source.read([name])[name])[1].to_pylist())


def _guess(aliases: Sequence[str], free: Sequence[str], option: str) -> str:
    """The column whose name holds a usual one, or is nearly one."""
    known = [alias for rank in aliases for alias in rank.split() if len(alias) > 3]
    others = names_of(" ".join((*RECEIPT, *CUSTOMER, MONEY)))
    free = [name for name in free[:_GUESSED] if plain(name) not in others]
    if aliases is not PRODUCT:
        free = [name for name in free if may_count_units(name)]
    near = [name for alias in known for name in free if alias in plain(name)]
    near += [name for name in free if get_close_matches(plain(name), known, 1, 0.75)]
    if not near and len(free) == 1:
        near = free
    return f"; perhaps {option} {shown(near[0])}" if near else ""


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


def _examples(aliases: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in [rank.split()[0] for rank in aliases][:3])


def _listed(names: Sequence[str], most: int = 20) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return (", ".join(map(shown, names[:most])) or "none") + more
