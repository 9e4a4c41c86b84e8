"""What every source of sales has: a name, columns, and a way to say where a row is found again."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import SourceError, ValueInRowError

READ_FAILURES = (pa.ArrowException, OSError, EOFError, zlib.error, ValueError, OverflowError)


class Source(ABC):
    """A table of sales.

    Attributes:
        name: how messages call it.
        columns: the names of its columns, white space trimmed.
    """

    name: str
    columns: tuple[str, ...]

    @abstractmethod
    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        """These columns, all of one length.

        Raises:
            SourceError: the table cannot be read.
        """

    def place(self, row: int) -> str:
        """How a person finds row `row` (from 0)."""
        return f"row {row} (counted from 0)"


@dataclass(frozen=True)
class Column:
    """One column of a source, its values as the source holds them."""

    source: Source
    name: str
    values: pa.Array

    @classmethod
    def of(cls, source: Source, name: str, values: pa.Array | pa.ChunkedArray) -> Column:
        """The column in one piece and plain: no dictionary, no type without values."""
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if isinstance(values, pa.ChunkedArray):
            values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
        if pa.types.is_null(values.type):
            values = values.cast(pa.large_string())
        return cls(source, name, values)

    @property
    def place(self) -> str:
        return f"{self.source.name}, column {shown(self.name)}"

    def refuse(self, bad: NDArray[np.bool_], why: str, way_out: str) -> None:
        """Does nothing where no row is `bad[rows]`.

        Raises:
            ValueInRowError: names the first bad row and counts the others.
        """
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        first = int(rows[0])
        values = self.values[first : first + 1]
        if pa.types.is_temporal(values.type):
            values = values.cast(pa.large_string())  # Python's dates end with the year 9999
        value = values[0].as_py()
        held = "an empty cell" if value is None or value == "" else shown(value)
        more = f" ({len(rows) - 1:,} more rows like it.)" if len(rows) > 1 else ""
        raise ValueInRowError(
            f"{self.source.name}, {self.source.place(first)}, column {shown(self.name)}: {held} {why}.{more}",
            way_out,
        )


def shown(value: object) -> str:
    """A value from a file as a few safe characters: in quotes, escaped, cut."""
    text = str(value)
    return repr(text) if len(text) <= 40 else repr(text[:40]) + "..."


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Failures of the system or of Arrow within are a `SourceError` about `name`."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError(f"{name} does not exist.", "Check the path.") from error
    except READ_FAILURES as error:
        raise SourceError(f"{name} cannot be read: {cause(error)}.", "Check that the file is whole.") from error


def cause(error: BaseException) -> str:
    """The words of a foreign error, as one short line."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return repr(words[:200])[1:-1].rstrip(".")
