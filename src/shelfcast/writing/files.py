"""A table into a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from ..errors import ShelfcastError
from .cells import escape_cells

_MOST_ROWS = 1_048_575  # of a sheet, under its line of column names


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes a `.csv`, `.xlsx` or `.parquet`, replacing the file at once when all is written.

    In `.csv` and `.xlsx`, text that a spreadsheet would run has an apostrophe before it (`escape_cells`).

    Raises:
        ShelfcastError: another ending, more rows than a sheet has, or the file cannot be written.
    """
    if path.suffix not in (".csv", ".xlsx", ".parquet"):
        raise ShelfcastError(f"{path} ends neither in .csv nor in .xlsx nor in .parquet.", "Choose one of them.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.suffix == ".csv":
                escape_cells(table).to_csv(unfinished, index=False)
            elif path.suffix == ".xlsx":
                _write_workbook(escape_cells(table), path, unfinished)
            else:
                table.to_parquet(unfinished, index=False)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ShelfcastError(
            f"{path} could not be written: {error.strerror or error}.", "Check space and permissions."
        ) from error


def _write_workbook(table: pd.DataFrame, path: Path, unfinished: Path) -> None:
    try:
        from openpyxl.utils.exceptions import IllegalCharacterError
    except ImportError as error:
        raise ShelfcastError(
            f"{path} cannot be written: openpyxl is not installed.", "Run: pip install 'shelfcast[excel]'"
        ) from error
    if len(table) > _MOST_ROWS:
        raise ShelfcastError(
            f"{path}: {len(table):,} rows do not fit on a sheet, which has {_MOST_ROWS:,}.",
            "Write a .csv or .parquet.",
        )
    try:
        table.to_excel(unfinished, index=False, engine="openpyxl")
    except IllegalCharacterError as error:
        raise ShelfcastError(f"{path} cannot be written: {str(error)[:80]!a}.", "Write a .csv or .parquet.") from error
