"""`shelfcast versions`: those of a model folder."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("versions", help="the versions of a model folder, and which is in force")
    parser.add_argument("model", type=Path)
    parser.set_defaults(command=_versions)


def _versions(arguments: argparse.Namespace) -> None:
    from ..versions import list_versions

    for version in list_versions(arguments.model):
        recipe = version.recipe or "cannot be read"
        mae = "no test MAE" if version.mae is None else f"test MAE {version.mae:.4g}"
        in_force = "  in force" if version.in_force else ""
        print(f"{version.name}  {version.made:%Y-%m-%d}  {recipe}  {mae}{in_force}")
