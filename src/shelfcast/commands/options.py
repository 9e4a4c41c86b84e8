"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import ShelfcastError

if TYPE_CHECKING:
    from ..reading import Source


def add_source(parser: argparse.ArgumentParser) -> None:
    """Where in a workbook or database the sales are, and how much of them is read."""
    parser.add_argument("--table", metavar="NAME", help="of a database, or the sheet of a workbook")
    parser.add_argument("--query", metavar="SELECT", help="a single SELECT, in place of a database's table")
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
    return open_source(arguments.sales, table=arguments.table, query=arguments.query, limits=limits)


def add_columns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--id-col",
        action="append",
        default=[],
        metavar="COLUMN",
        help="the product; again for a key of several",
    )
    parser.add_argument("--time-col", metavar="COLUMN", help="the day")
    parser.add_argument("--target-col", metavar="COLUMN", help="the units")


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
