"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import ShelfcastError

if TYPE_CHECKING:
    from ..panel import Panel
    from ..reading import ReadingReport, Source
    from ..tables import PlanArguments, TableArguments


def add_source(parser: argparse.ArgumentParser) -> None:
    """Where in a workbook or database the sales are, and how much of them is read."""
    parser.add_argument("--table", metavar="NAME", help="of a database, or the sheet of a workbook")
    parser.add_argument("--query", metavar="SELECT", help="a single SELECT, in place of a database's table")
    parser.add_argument("--encoding", metavar="NAME", help="of a CSV, as cp1250 (default: found out)")
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="raise a limit: file_size, rows, columns, field_length, compression_ratio or years; again for more",
    )


def source_of(arguments: argparse.Namespace) -> Source:
    """The source that `sales` and the options of `add_source` say."""
    from ..reading import Limits, open_source

    limits = Limits.parse(arguments.limit)
    return open_source(
        arguments.sales,
        table=arguments.table,
        query=arguments.query,
        limits=limits,
        encoding=arguments.encoding,
    )


def add_sales(parser: argparse.ArgumentParser) -> None:
    """The first sales of a shop, of whose columns nothing is known yet: what `read` reads."""
    add_source(parser)
    parser.add_argument(
        "--id-col",
        action="append",
        default=[],
        metavar="COLUMN",
        help="the product; again for a key of several",
    )
    parser.add_argument("--time-col", metavar="COLUMN", help="the day")
    parser.add_argument("--target-col", metavar="COLUMN", help="the units")
    parser.add_argument("--until", metavar="DATE", help="use sales up to this day, YYYY-MM-DD")
    _add_reading(parser)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """How the sales are written and what of them counts; by default the table itself tells."""
    group = parser.add_argument_group("how the sales are written, and what of them counts")
    group.add_argument(
        "--date-format", metavar="ORDER", help="day-first, month-first, excel, unix, or a pattern as %%d/%%m/%%Y"
    )
    group.add_argument("--timezone", metavar="ZONE", help="of the shop, as Europe/Berlin: a day is a local day")
    group.add_argument("--start-date", metavar="DATE", help="the date of number 1, where days are numbered (d_1 ...)")
    group.add_argument("--decimal", metavar="MARK", help="the mark before decimals, . or ,")
    group.add_argument(
        "--returns",
        choices=["leave-out", "net"],
        default="leave-out",
        help="returns of earlier days: left out (default), or netted on their own day; never below zero",
    )
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="IDS",
        help="what is no product: ids with commas between, patterns with * and ?, or re:EXPRESSION; again for more",
    )
    group.add_argument("--count-lines", action="store_true", help="each line is one unit (receipts without a quantity)")
    group.add_argument("--winsorize", action="store_true", help="cut spikes to what is usual (default: report them)")


def read(arguments: argparse.Namespace) -> tuple[Panel, ReadingReport]:
    """The sales that `add_sales` took, as a panel, and what was done to them."""
    from ..reading import read_sales

    return read_sales(
        source_of(arguments),
        arguments.id_col,
        arguments.time_col,
        arguments.target_col,
        arguments.until,
        date_format=arguments.date_format,
        timezone=arguments.timezone,
        start_date=arguments.start_date,
        decimal=arguments.decimal,
        returns=arguments.returns,
        exclude=arguments.exclude,
        winsorize=arguments.winsorize,
        count_lines=arguments.count_lines,
    )


_PLANS = {
    "prices": "price a product and day, week or change",
    "promotions": "flags or numbers a day, of products or of all",
    "events": "days with a name: a calendar of your own",
}
_PRODUCTS = "facts of each product (category, brand ...), also of new ones; listed_from, listed_until"
_SOLD_OUT = "stock at the end of the day, or a sold_out flag: these days are masked"


def add_tables(parser: argparse.ArgumentParser) -> None:
    group = add_plans(parser)
    group.add_argument("--products", metavar="TABLE", help=_PRODUCTS)
    add_sold_out(group)


def add_sold_out(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--stock", metavar="TABLE", help=_SOLD_OUT)


def add_plans(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """What is known of days ahead as well; the group of options, for more tables."""
    group = parser.add_argument_group("what is known besides the sales (tables with the sales' key columns)")
    for name, what in _PLANS.items():
        group.add_argument(f"--{name}", metavar="TABLE", help=what)
    group.add_argument(
        "--holidays",
        action="append",
        default=[],
        metavar="COUNTRY[-REGION]",
        help="public holidays as events: DE, DE-BY, US-CA; again for several",
    )
    group.add_argument("--fill-prices", choices=["last"], help="days beyond the price list keep the last price")
    group.add_argument("--fill-promotions", choices=["none"], help="days beyond the plan have no promotion")
    return group


def tables_of(arguments: argparse.Namespace) -> TableArguments:
    """What `add_tables` took, as `TableArguments`."""
    return {**plans_of(arguments), "products": arguments.products, "stock": arguments.stock}


def plans_of(arguments: argparse.Namespace) -> PlanArguments:
    """What `add_plans` took, as `PlanArguments`."""
    return {
        "prices": arguments.prices,
        "promotions": arguments.promotions,
        "events": arguments.events,
        "holidays": arguments.holidays,
        "fill_prices": arguments.fill_prices,
        "fill_promotions": arguments.fill_promotions,
    }


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")


@contextmanager
def needs_service() -> Iterator[None]:
    """Around the import of the service, which stands on packages that not everybody has.

    Raises:
        ShelfcastError: one of them is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ShelfcastError(
            f"The service needs {error.name}, which is not installed.", "Run: pip install 'shelfcast[service]'."
        ) from error
