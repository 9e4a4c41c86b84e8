"""Options that several commands have."""

from __future__ import annotations

import argparse


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
