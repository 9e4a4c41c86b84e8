"""`shelfcast sample`: a simulated shop."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("sample", help="simulate a shop whose true demand is known")
    parser.add_argument("--products", type=int, default=200, metavar="N")
    parser.add_argument("--days", type=int, default=730, metavar="T")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .parquet or .csv")
    parser.set_defaults(command=_sample)


def _sample(arguments: argparse.Namespace) -> None:
    from ..sample import sample_shop, write_sample

    shop = sample_shop(arguments.products, arguments.days, arguments.seed)
    for path in write_sample(shop, arguments.out):
        print(path)
