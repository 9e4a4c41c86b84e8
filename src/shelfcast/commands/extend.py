"""`shelfcast extend`: new products into a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import add_device, add_tables, tables_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("extend", help="take new products into a model and train on")
    parser.add_argument("model", type=Path)
    parser.add_argument("sales", type=Path, help="whole history, known and new products")
    parser.add_argument("--drop", action="store_true", help="drop known products that the sales lack")
    parser.add_argument("--epochs", type=int, metavar="N", help="of further training (default: as chosen before)")
    add_tables(parser)
    add_device(parser)
    parser.set_defaults(command=_extend)


def _extend(arguments: argparse.Namespace) -> None:
    from ..forecaster import Forecaster

    forecaster = Forecaster.load(arguments.model, device=arguments.device)
    before = set(forecaster.products.tolist())
    forecaster.extend(arguments.sales, drop=arguments.drop, epochs=arguments.epochs, **tables_of(arguments))
    after = set(forecaster.products.tolist())
    forecaster.save(arguments.model)
    print(f"{len(after - before)} products taken in, {len(before - after)} dropped, {len(after)} in the model")
    if before - after:
        print("what was dropped also fed the others' forecasts: they may have moved")
