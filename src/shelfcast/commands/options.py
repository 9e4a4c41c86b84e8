"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ShelfcastError


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
