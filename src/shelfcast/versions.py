"""The versions of a model folder: which there are, another one in force, old ones removed."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import ModelFolderError
from .store import UNFINISHED, name_in_force, open_version, put_in_force, read_json, remove_version, version_names

_LEFT_OVER = 86_400  # seconds without a change, from which something unfinished is no longer being written


@dataclass(frozen=True)
class Version:
    """What is known of a version without loading it.

    Attributes:
        name: its id. made: when, UTC.
        recipe: its name; None where the version cannot be read.
        mae: of the next-day forecasts on the test days, units a product and day; None without a backtest.
        in_force: what forecasts and is served.
    """

    name: str
    made: datetime
    recipe: str | None
    mae: float | None
    in_force: bool


def list_versions(model: Path) -> list[Version]:
    """All versions, the oldest first; where `current` is damaged, none of them is in force.

    Raises:
        ModelFolderError: no model there.
    """
    names, in_force = version_names(model), None
    try:
        in_force = name_in_force(model)
    except ModelFolderError:
        if not names:
            raise
    return [_describe(model, name, name == in_force) for name in names]


def promote(model: Path, name: str) -> None:
    """Puts a version in force once each byte of it has been checked; a running service changes to it.

    Raises:
        ModelFolderError: there is no such version, it is damaged, or `current` cannot be written; what was in force
            before still is.
    """
    open_version(model, name)
    put_in_force(model, name)


def prune(model: Path, keep: int) -> list[str]:
    """Removes all versions but the newest `keep` and the one in force, and what was left unfinished a day ago.

    Returns:
        The names of what was removed.

    Raises:
        ModelFolderError: `keep` is below 1, nothing is in force, or something cannot be removed.
    """
    if keep < 1:
        raise ModelFolderError(f"{keep} versions cannot be kept.", "Keep 1 or more.")
    in_force, versions, removed = name_in_force(model), model / "versions", []
    try:
        for name in version_names(model)[:-keep]:
            if name != in_force:
                remove_version(model, name)
                removed.append(name)
        for path in sorted([*versions.glob(f"{UNFINISHED}*"), *model.glob(f"{UNFINISHED}*")]):
            if path.stat().st_mtime < time.time() - _LEFT_OVER:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed.append(path.name)
    except OSError as error:
        raise ModelFolderError(f"{error.filename or versions} could not be removed: {error.strerror}.") from error
    return removed


def _describe(model: Path, name: str, in_force: bool) -> Version:
    folder = model / "versions" / name
    made = datetime.strptime(name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    try:
        recipe = str(read_json(folder / "recipe.json")["recipe"])
        scored = (folder / "scores.json").exists()
        mae = float(read_json(folder / "scores.json")["scores"][0]["mae"]) if scored else None
    except (ModelFolderError, LookupError, TypeError, ValueError):
        return Version(name, made, None, None, in_force)
    return Version(name, made, recipe, mae, in_force)
