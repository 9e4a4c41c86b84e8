"""What every source of sales has: a name, columns, and a way to say where a row is found again."""

from __future__ import annotations

import re
import sys
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tqdm import tqdm

from ..errors import SourceError, ValueInRowError
from .gather import GatheredColumn
from .limits import Limits

READ_FAILURES = (pa.ArrowException, OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, OverflowError)
_UNNAMED = re.compile(r"(?:unnamed: ?\d+(?:_level_\d+)?)?", re.IGNORECASE)  # empty, or as pandas reads such a name
_DELAY = 1.0  # seconds, before which no progress bar is shown


class Source(ABC):
    """A table of sales, read in batches.

    Attributes:
        name: how messages call it.
        columns: the names of its columns, white space trimmed.
        limits: the most that is read.
        format: what was found out about how it is stored, as words; may be empty.
        left: a sentence about rows that are left out, with a space before it; empty where there are none.
    """

    name: str
    columns: tuple[str, ...]
    limits: Limits
    format: str = ""
    left: str = ""
    semicolons: bool = False  # between its fields, as programs write where a comma stands before decimals
    _unit = " rows"  # of the progress bar
    _total: int | None = None

    def read(self, columns: Sequence[str]) -> dict[str, Column]:
        """These columns, all of one length; of several of one name the first.

        Raises:
            SourceError: the table cannot be read.
            LimitError: there are more rows, or longer values, than are read.
        """
        columns = list(dict.fromkeys(columns))
        gathered = {column: GatheredColumn() for column in columns}
        rows = 0
        with tqdm(
            total=self._total,
            desc=f"reading {self.name}",
            unit=self._unit,
            unit_scale=True,
            file=sys.stderr,
            disable=None,
            leave=False,
            delay=_DELAY,
        ) as bar:
            for batch in self._batches(columns):
                rows += len(batch[0])
                self.limits.check(self.name, "rows", rows)
                for (name, column), values in zip(gathered.items(), batch, strict=True):
                    self.limits.check(f"{self.name}, column {shown(name)},", "field_length", longest(values))
                    column.add(values)
                bar.update(self._position(rows) - bar.n)
        read = {name: Column(self, name, gathered.pop(name).whole()) for name in columns}
        pa.default_memory_pool().release_unused()  # what the batches took
        return read

    def place(self, row: int) -> str:
        """How a person finds row `row` (from 0)."""
        return f"row {row} (counted from 0)"

    def _at(self, columns: Sequence[str]) -> list[int]:
        """Which of all columns these are; of several of one name the first."""
        first = {name: at for at, name in reversed(list(enumerate(self.columns)))}
        return [first[name] for name in columns]

    @abstractmethod
    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        """The rows in order, some at a time: an array a column, in the order of `columns`."""

    def _position(self, rows: int) -> int:
        """How far the reading has come after these rows, in units of the progress bar."""
        return rows


@dataclass(frozen=True)
class Column:
    """One column of a source, its values as the source holds them; texts are a dictionary of them.

    `rows` are those of the source that it still has, where some were left out.
    """

    source: Source
    name: str
    values: pa.Array
    rows: NDArray[np.int64] | None = None

    @property
    def place(self) -> str:
        return f"{self.source.name}, column {shown(self.name)}"

    def place_of(self, row: int) -> str:
        """How a person finds row `row` of the values."""
        return self.source.place(row if self.rows is None else int(self.rows[row]))

    def of_rows(self, kept: NDArray[np.bool_]) -> Column:
        """The column of the rows that are `kept[rows]`."""
        rows = np.flatnonzero(kept) if self.rows is None else self.rows[kept]
        values = self.values.filter(pa.array(kept))
        if pa.types.is_dictionary(values.type):  # of the texts that are left alone
            used, codes = np.unique(values.indices.fill_null(-1).to_numpy(zero_copy_only=False), return_inverse=True)
            missing = int((used == -1).any())
            indices = pa.array(codes - missing, pa.int32(), mask=codes < missing)
            values = pa.DictionaryArray.from_arrays(indices, values.dictionary.take(pa.array(used[missing:])))
        return Column(self.source, self.name, values, rows)

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
            f"{self.source.name}, {self.place_of(first)}, column {shown(self.name)}: {held} {why}.{more}",
            way_out,
        )


def is_unnamed(name: str) -> bool:
    """Whether a column has no name: Excel's empty ones, the index that pandas writes."""
    return _UNNAMED.fullmatch(name) is not None


def longest(values: pa.Array) -> int:
    """Bytes of the longest text; 0 for what is no text."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return 0
    return pc.max(pc.binary_length(values)).as_py() or 0


def in_one_piece(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The values as one array."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


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
