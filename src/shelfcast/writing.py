"""The door out: a table into a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from .errors import ShelfcastError


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes a `.csv` or `.parquet`, replacing the file at once when all is written.

    Raises:
        ShelfcastError: another ending, or the file cannot be written.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise ShelfcastError(f"{path} ends neither in .csv nor in .parquet.", "Choose one of the two.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.suffix == ".csv":
                table.to_csv(unfinished, index=False)
            else:
                table.to_parquet(unfinished, index=False)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ShelfcastError(
            f"{path} could not be written: {error.strerror or error}.", "Check space and permissions."
        ) from error
