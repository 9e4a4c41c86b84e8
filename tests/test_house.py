"""The house: imports run one way, the public names are pinned, help answers without torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import shelfcast

PACKAGE = Path(shelfcast.__file__).parent
LINE = [
    "errors",
    "opening",
    "status",
    "covariates",
    "panel",
    "ahead",
    "recipe",
    "database",
    "reading",
    "check",
    "tables",
    "sample",
    "features",
    "windows",
    "crops",
    "networks",
    "syncing",
    "checkpoint",
    "training",
    "models",
    "evaluation",
    "report",
    "store",
    "versions",
    "kept_sales",
    "writing",
    "scores",
    "forecast",
    "fits",
    "kept_model",
    "forecaster",
    "planning",
    "printing",
    "service",
    "demo",
    "commands",
    "cli",
    "__main__",
]


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    depth = len(path.relative_to(PACKAGE).parts)
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth and node.module:
            rooms.add(node.module.split(".")[0])
    return rooms


def test_imports_run_one_way_through_the_house() -> None:
    for path in PACKAGE.rglob("*.py"):
        if room(path) == "__init__":
            continue
        later = {name for name in imported_rooms(path) if LINE.index(name) > LINE.index(room(path))}
        assert not later, f"{path} imports {later}, which stand after it"


def test_the_public_names_are_these_and_each_can_be_imported() -> None:
    assert shelfcast.__all__ == [
        "Backtest",
        "Forecaster",
        "Panel",
        "ReadingReport",
        "SampleShop",
        "ShelfcastError",
        "Status",
        "read_sales",
        "sample_shop",
    ]
    for name in shelfcast.__all__:
        assert getattr(shelfcast, name).__name__ == name


def test_help_loads_nothing_heavy() -> None:
    heavy = "import sys; from shelfcast.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    heavy += "print([m for m in ('torch', 'pandas', 'sklearn', 'matplotlib', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
