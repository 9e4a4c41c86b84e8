"""Every error that shelfcast raises on purpose.

    ShelfcastError
    ├── SalesError            what was given as sales cannot be used
    │   ├── SourceError       the file or table cannot be read at all
    │   ├── LimitError        it is larger than a limit that can be raised
    │   ├── ColumnError       a column is missing, or more than one would fit
    │   ├── ValueInRowError   a value in a row is not what its column holds
    │   └── HistoryError      too few days or products for what was asked
    ├── RecipeError           a setting that no training run can have
    ├── NotFittedError        a forecast was asked of a forecaster that has not been fitted
    └── ModelFolderError      a model folder is missing, damaged, or of a format this version cannot read

Each says what is wrong, where, and the way out.
"""

from __future__ import annotations


class ShelfcastError(Exception):
    """Base of all errors of shelfcast.

    Attributes:
        problem: what is wrong and where, one sentence.
        way_out: what to do about it, one sentence; may be empty.
    """

    def __init__(self, problem: str, way_out: str = "") -> None:
        self.problem = problem
        self.way_out = way_out
        super().__init__(f"{problem} {way_out}".strip())


class SalesError(ShelfcastError):
    """What was given as sales cannot be used."""


class SourceError(SalesError):
    """The file or table cannot be read at all."""


class LimitError(SalesError):
    """The file or table is larger than a limit, which can be raised."""


class ColumnError(SalesError):
    """A column is missing, or more than one would fit."""


class ValueInRowError(SalesError):
    """A value in a row is not what its column holds; the message names file, row and column."""


class HistoryError(SalesError):
    """Too few days or products for what was asked."""


class RecipeError(ShelfcastError):
    """A setting that no training run can have."""


class NotFittedError(ShelfcastError):
    """A forecast was asked of a forecaster that has not been fitted."""


class ModelFolderError(ShelfcastError):
    """A model folder is missing, damaged, or of a format that this version cannot read."""
