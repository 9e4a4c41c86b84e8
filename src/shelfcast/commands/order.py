"""`shelfcast order`: what to order now."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import add_device, add_plans, plans_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("order", help="what to order now of each product, what it is worth, and why")
    parser.add_argument("model", type=Path)
    parser.add_argument("--stock", type=Path, required=True, help="unique_id, on_hand and how each product is ordered")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the list to this .csv, .xlsx or .parquet")
    add_plans(parser)
    add_device(parser)
    parser.set_defaults(command=_order)


def _order(arguments: argparse.Namespace) -> None:
    from ..forecaster import Forecaster
    from ..planning import order_list
    from ..printing import print_orders

    forecaster = Forecaster.load(arguments.model, device=arguments.device)
    orders = order_list(forecaster, arguments.stock, **plans_of(arguments))
    for line in forecaster.said:
        print(line)
    print_orders(orders, arguments.out)
