"""`shelfcast demo`: the whole way on a simulated shop."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("demo", help="the whole way on a simulated shop, into the folder demo")
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER")
    parser.set_defaults(command=_demo)


def _demo(arguments: argparse.Namespace) -> None:
    from ..demo import run_demo

    run_demo(arguments.out)
