"""`shelfcast evaluate`: the stored scores."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("evaluate", help="the score table of a model, from its stored forecasts")
    parser.add_argument("model", type=Path)
    parser.set_defaults(command=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    from ..forecaster import Forecaster
    from ..printing import print_evaluation

    print_evaluation(Forecaster.load(arguments.model, device="cpu"))
