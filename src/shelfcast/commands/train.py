"""`shelfcast train`: sales to a scored model folder with its report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..recipe import DEFAULT_RECIPE, EFFORTS, FEWEST_STEPS, MOST_STEPS, RECIPES, CatalogRecipe, ClassicRecipe
from .options import add_device, add_sales, add_tables, read, tables_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("train", help="sales -> a scored model folder with its report")
    parser.add_argument("sales", help="receipts or daily sales: CSV, Excel, Parquet, or the URL of a database")
    add_sales(parser)
    add_tables(parser)
    parser.add_argument("--test-days", type=int, metavar="N", help="days held out for the scores (default: a fifth)")
    parser.add_argument(
        "--recipe",
        choices=list(RECIPES),
        help=f"(default: {DEFAULT_RECIPE}, or classic where --lags or --epochs is given, which only it has)",
    )
    parser.add_argument(
        "--lags",
        type=_whole_numbers,
        nargs="+",
        metavar="N",
        help=f"classic: days back (default: {' '.join(map(str, ClassicRecipe.lags))})",
    )
    parser.add_argument(
        "--seq-len",
        type=int,
        metavar="N",
        help=f"days of a window (classic: {ClassicRecipe.seq_len}, catalog: {CatalogRecipe.seq_len})",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="classic: epochs at most; validation days choose")
    parser.add_argument(
        "--effort",
        choices=list(EFFORTS),
        help=f"catalog: how long to train (default: {CatalogRecipe.effort})",
    )
    parser.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help=f"catalog: steps of training (default: {FEWEST_STEPS} to {MOST_STEPS}, by the size of the shop)",
    )
    parser.add_argument("--seed", type=int, metavar="N", help=f"of weights and draws (default: {CatalogRecipe.seed})")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint of a training that was killed")
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=5.0, metavar="M", help="between two checkpoints (default: 5)"
    )
    add_device(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL", help="the model folder")
    parser.set_defaults(command=_train)


def _train(arguments: argparse.Namespace) -> None:
    from ..checkpoint import Checkpoints
    from ..forecaster import Forecaster
    from ..printing import print_evaluation

    settings: dict[str, Any] = {
        "lags": None if arguments.lags is None else tuple(lag for lags in arguments.lags for lag in lags),
        "seq_len": arguments.seq_len,
        "epochs": arguments.epochs,
        "effort": arguments.effort,
        "steps": arguments.steps,
        "seed": arguments.seed,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    recipe = arguments.recipe or (ClassicRecipe.name if {"lags", "epochs"} & given.keys() else DEFAULT_RECIPE)
    forecaster = Forecaster(recipe, device=arguments.device, **given)
    panel, reading = read(arguments)
    print("\n".join(reading.lines()))
    print(f"recipe {recipe}")
    checkpoints = Checkpoints(arguments.out, arguments.checkpoint_minutes, arguments.resume)
    forecaster.fit(panel, arguments.test_days, reading, checkpoints, **tables_of(arguments))
    for line in forecaster.reading.tables if forecaster.reading else ():
        print(line)
    version = forecaster.save(arguments.out)
    checkpoints.remove()
    print()
    print_evaluation(forecaster)
    print(f"\nmodel   {arguments.out}\nreport  {version / 'report.html'}")


def _whole_numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]
