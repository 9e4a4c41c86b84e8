"""A table of a database, or a query, as a source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..database import Database, split_name
from ..errors import SourceError
from .limits import USUAL_LIMITS, Limits
from .rows import column_of
from .source import Source, shown

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause

_BATCH = 1 << 15  # rows


class DatabaseSource(Source):
    """Read in batches within one read-only transaction; of the URL nothing is in its name.

    Raises:
        DatabaseError: the database cannot be opened or read.
        SourceError: there is no such table, or the query is not a single SELECT.
        LimitError: there are more columns than are read.
    """

    def __init__(self, url: str, table: str | None, query: str | None, limits: Limits = USUAL_LIMITS) -> None:
        self._database, self.limits = Database(url), limits
        self.name = f"{self._database.kind} database"
        with self._database.reading() as connection:
            if (table is None) == (query is None):
                raise SourceError(
                    f"{self.name}: one table or one query is to be read; its tables are {_tables(connection)}.",
                    "Name one with --table, or give a SELECT with --query.",
                )
            self.name += ", the query" if table is None else f", table {shown(table)}"
            self._rows = _checked_query(query) if query is not None else self._found(connection, str(table))
            from sqlalchemy import select, text

            self._names = list(connection.execute(select(text("*")).select_from(self._rows).limit(0)).keys())
        limits.check(self.name, "columns", len(self._names))
        self.columns = tuple(name.strip() for name in self._names)

    def _batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.Array]]:
        from sqlalchemy import column, select

        taken: list[ColumnElement[Any]] = [column(self._names[at]) for at in self._at(columns)]
        with self._database.reading() as connection:
            rows = connection.execution_options(stream_results=True, max_row_buffer=_BATCH).execute(
                select(*taken).select_from(self._rows)
            )
            for batch in rows.partitions(_BATCH):
                yield [column_of(values) for values in zip(*batch, strict=True)]

    def _found(self, connection: Connection, name: str) -> FromClause:
        from sqlalchemy import inspect, table

        schema, bare = split_name(name)
        if inspect(connection).has_table(name):
            return table(name)
        if schema is not None and inspect(connection).has_table(bare, schema):
            return table(bare, schema=schema)
        raise SourceError(
            f"The {self._database.kind} database has no table {shown(name)}; its tables are {_tables(connection)}.",
            "Name one of them with --table.",
        )


def _checked_query(query: str) -> FromClause:
    """A SELECT as something to select from: the database itself then takes nothing else.

    Raises:
        SourceError: it is not a single SELECT.
    """
    from sqlalchemy import text

    bare = query.strip().rstrip(";").rstrip()
    if not re.match(r"(select|with)\b", bare, flags=re.IGNORECASE) or ";" in bare:
        raise SourceError(
            f"The query {shown(query)} is not a single SELECT, without any ';'.", "Give one SELECT, which only reads."
        )
    escaped = bare.replace(":", "\\:")  # or text() would take it for a parameter
    return text(f"(\n{escaped}\n) AS sales")  # type: ignore[return-value]


def _tables(connection: Connection) -> str:
    from sqlalchemy import inspect

    names = [*inspect(connection).get_table_names(), *inspect(connection).get_view_names()]
    return ", ".join(map(shown, sorted(names)[:20])) or "none"
