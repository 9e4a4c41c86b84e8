"""Forecasts into a table of a database, as often as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..database import Database, split_name
from ..errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_KEY = ("unique_id", "cutoff", "ds")
_BATCH = 5_000  # rows


def write_forecasts(forecasts: pd.DataFrame, url: str, name: str) -> str:
    """Writes all rows in one transaction; a row of the same product, origin (`cutoff`) and day is replaced.

    The table is made where it is missing.

    Args:
        forecasts: as `Forecaster.predict` returns them.
        url: of a SQLite or PostgreSQL database.
        name: of the table, as `forecasts` or `planning.forecasts`.

    Returns:
        What was done, as a sentence without any part of the URL.

    Raises:
        DatabaseError: the database cannot be written, or its table is not one for such forecasts.
    """
    database = Database(url)
    with database.writing() as connection:
        table = _table(connection, forecasts, name)
        rows = forecasts.astype(object).where(forecasts.notna(), None)
        for day in ("ds", "cutoff"):
            rows[day] = forecasts[day].dt.date
        statement = _replacing(database.kind, table)
        for start in range(0, len(rows), _BATCH):
            batch: list[dict[Any, Any]] = rows.iloc[start : start + _BATCH].to_dict("records")
            connection.execute(statement, batch)
    return f"{len(rows):,} rows in table {name!r} of the {database.kind} database"


def _table(connection: Connection, forecasts: pd.DataFrame, name: str) -> Table:
    """The table, made where it is missing.

    Raises:
        DatabaseError: there is one, with other columns or another key.
    """
    from sqlalchemy import Column, MetaData, Table, inspect

    schema, bare = split_name(name)
    columns = [Column(str(c), _kind(c, forecasts[c]), primary_key=c in _KEY) for c in forecasts.columns]
    table = Table(bare, MetaData(), *columns, schema=schema)
    seen = inspect(connection)
    if not seen.has_table(bare, schema):
        table.create(connection)
        return table
    there = {column["name"] for column in seen.get_columns(bare, schema)}
    lacking = [c for c in table.columns.keys() if c not in there]  # noqa: SIM118
    left = sorted(c for c in there - set(table.columns.keys()) if c == "median" or c.startswith(("lo-", "hi-")))
    if lacking or left:
        wrong = f"lacks the column {lacking[0]!r}" if lacking else f"has the column {left[0]!r}, which would grow old"
        raise DatabaseError(f"The table {name!r} {wrong}.", "Choose another table, or drop this one.")
    keys = [seen.get_pk_constraint(bare, schema)["constrained_columns"]]
    keys += [unique["column_names"] for unique in seen.get_unique_constraints(bare, schema)]
    if not any(set(key) == set(_KEY) for key in keys):
        raise DatabaseError(
            f"The table {name!r} has no key of {', '.join(_KEY)}.", "Choose another table, or give it that key."
        )
    return table


def _kind(name: str, values: pd.Series[Any]) -> Any:
    from sqlalchemy import Boolean, Date, Double, Text

    if name in ("ds", "cutoff"):
        return Date()
    if pd.api.types.is_bool_dtype(values):
        return Boolean()
    return Double() if pd.api.types.is_numeric_dtype(values) else Text()


def _replacing(kind: str, table: Table) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    insert = (sqlite.insert if kind == "SQLite" else postgresql.insert)(table)
    others = [name for name in table.columns.keys() if name not in _KEY]  # noqa: SIM118
    return insert.on_conflict_do_update(index_elements=_KEY, set_={name: insert.excluded[name] for name in others})
