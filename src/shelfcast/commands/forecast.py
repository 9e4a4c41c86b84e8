"""`shelfcast forecast`: the days ahead."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..recipe import LONGEST_HORIZON, CatalogRecipe, ClassicRecipe
from .options import add_device, add_tables, tables_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("forecast", help="the days ahead, every product, one forward pass")
    parser.add_argument("model", type=Path)
    parser.add_argument("--sales", type=Path, help="newer sales, from the day after the model's last or earlier")
    default = f"classic: {ClassicRecipe.horizon}; catalog: {CatalogRecipe.horizon} unless trained for others"
    parser.add_argument(
        "--horizon", type=int, metavar="N", help=f"days ahead ({default}, and 1 to {LONGEST_HORIZON} can be had)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table to this .csv, .xlsx or .parquet")
    add_tables(parser)
    add_device(parser)
    parser.set_defaults(command=_forecast)


def _forecast(arguments: argparse.Namespace) -> None:
    from ..forecaster import Forecaster
    from ..printing import print_forecast

    forecaster = Forecaster.load(arguments.model, device=arguments.device)
    table = forecaster.predict(arguments.sales, horizon=arguments.horizon, **tables_of(arguments))
    for line in forecaster.said:
        print(line)
    print_forecast(table, arguments.out)
