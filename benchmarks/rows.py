"""A table that grows row by row in a CSV file; what it holds is not run again, so that a killed run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from shelfcast.errors import ShelfcastError
from shelfcast.writing import write_table


class Rows:
    """The rows of `path`, none where there is no such file yet.

    Attributes:
        held: each a mapping by column.

    Raises:
        ShelfcastError: the path is of another kind of file.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix != ".csv":  # said before hours are measured
            raise ShelfcastError(f"{path} does not end in .csv.", "Choose such an --out.")
        self._path = path
        self.held: list[dict[str, Any]] = []
        if path.exists():
            self.held = [{str(k): v for k, v in row.items()} for row in pd.read_csv(path).to_dict("records")]

    def of(self, key: Mapping[str, Any], run: Callable[[], Iterable[Mapping[str, Any]]]) -> list[dict[str, Any]]:
        """The rows of that key: those held, else what `run` gives, which is written before it is returned."""
        found = [row for row in self.held if key.items() <= row.items()]
        if not found:
            found = [{**key, **row} for row in run()]
            self.held += found
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_table(pd.DataFrame(self.held), self._path)
        return found
