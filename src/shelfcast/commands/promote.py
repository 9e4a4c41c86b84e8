"""`shelfcast promote`: another version in force."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("promote", help="put a version in force, an older one for instance")
    parser.add_argument("model", type=Path)
    parser.add_argument("version", help="its id, as shelfcast versions shows it")
    parser.set_defaults(command=_promote)


def _promote(arguments: argparse.Namespace) -> None:
    from ..versions import promote

    promote(arguments.model, arguments.version)
    print(f"in force  {arguments.model / 'versions' / arguments.version}")
