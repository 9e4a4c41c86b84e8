"""A Parquet file, or a folder of them, as a source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ..errors import SourceError
from .limits import UNCOUNTED, USUAL_LIMITS, Limits
from .source import Source, readable, shown

_BATCH = 1 << 17  # rows


class ParquetSource(Source):
    """One file, or all `.parquet` files below a folder; `store=001` in a folder's name is a column, as text.

    Raises:
        SourceError: it cannot be read.
        LimitError: it is larger than a limit.
    """

    def __init__(self, path: Path, limits: Limits = USUAL_LIMITS) -> None:
        self.name, self.limits = str(path), limits
        with readable(self.name):
            self._paths = _files(path)
            if not self._paths:
                raise SourceError(f"{path} is a folder without a .parquet file.", "Give a file, or the right folder.")
            limits.check(self.name, "file_size", sum(under.stat().st_size for under in self._paths))
            files = [pq.read_metadata(under) for under in self._paths]
            self._check_ratio(files)
            self._rows = [file.num_rows for file in files]
            self._total = sum(self._rows)
            limits.check(self.name, "rows", self._total)
            limits.check(self.name, "columns", max(file.num_columns for file in files))
            schemas = [file.schema.to_arrow_schema() for file in files]
            self._check_alike(schemas)
            keys = [key for key in _keys(path, self._paths[0]) if key not in schemas[0].names]
            self._dataset = ds.dataset(
                [str(under) for under in self._paths],
                schema=pa.schema([*schemas[0], *((key, pa.string()) for key in keys)]),
                format="parquet",
                partition_base_dir=str(path),
                partitioning=ds.partitioning(pa.schema([(key, pa.string()) for key in keys]), flavor="hive"),
            )
        self._names: list[str] = self._dataset.schema.names
        self.columns = tuple(name.strip() for name in self._names)
        self.format = "Parquet" + (f", {len(files):,} files" if len(files) > 1 else "")

    def place(self, row: int) -> str:
        if len(self._paths) == 1:
            return super().place(row)
        ends = list(accumulate(self._rows))
        file = bisect_right(ends, row)
        return f"{self._paths[file].name}, {super().place(row - ends[file] + self._rows[file])}"

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        names = [self._names[at] for at in self._at(columns)]
        scanner = self._dataset.scanner(
            columns={name: ds.field(name) for name in names}, batch_size=_BATCH, batch_readahead=2, fragment_readahead=1
        )
        with readable(self.name):
            for batch in scanner.to_batches():
                batch.validate(full=True)  # a damaged file may hold texts that are none
                yield batch.columns

    def _check_ratio(self, files: Sequence[pq.FileMetaData]) -> None:
        for path, file in zip(self._paths, files, strict=True):
            unpacked = sum(file.row_group(group).total_byte_size for group in range(file.num_row_groups))
            if unpacked > UNCOUNTED:
                self.limits.check(str(path), "compression_ratio", unpacked / path.stat().st_size)

    def _check_alike(self, schemas: Sequence[pa.Schema]) -> None:
        for path, schema in zip(self._paths, schemas, strict=True):
            lacking = [name for name in schemas[0].names if name not in schema.names]
            if lacking:
                raise SourceError(
                    f"{path} has no column {shown(lacking[0])}, which {self._paths[0].name} has.",
                    "Give files that have the same columns.",
                )


def _files(path: Path) -> list[Path]:
    """Hidden files and folders, and those that begin with `_`, hold no rows, as is the custom."""
    if path.is_file():
        return [path]
    found = (under.relative_to(path) for under in path.rglob("*.parquet"))
    return [path / under for under in sorted(found) if not any(part.startswith((".", "_")) for part in under.parts)]


def _keys(folder: Path, path: Path) -> list[str]:
    """`store` and `year` of `folder/store=001/year=2024/a.parquet`."""
    return [unquote(part.split("=")[0]) for part in path.relative_to(folder).parts[:-1] if "=" in part]
