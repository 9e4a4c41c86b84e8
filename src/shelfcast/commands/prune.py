"""`shelfcast prune`: old versions removed."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("prune", help="remove old versions, never the one in force")
    parser.add_argument("model", type=Path)
    parser.add_argument("--keep", type=int, required=True, metavar="N", help="the newest N stay")
    parser.set_defaults(command=_prune)


def _prune(arguments: argparse.Namespace) -> None:
    from ..versions import prune

    for name in prune(arguments.model, arguments.keep) or ["nothing"]:
        print(f"removed  {name}")
