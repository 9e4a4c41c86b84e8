"""The sales that were posted: kept in a database, SQLite in a file or PostgreSQL by its URL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Column, Date, DateTime, Double, MetaData, String, Table, create_engine, event, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from .settings import ServiceError

_SALES = Table(
    "shelfcast_sales",
    MetaData(),
    Column("unique_id", String(500), primary_key=True),
    Column("ds", Date, primary_key=True),
    Column("y", Double, nullable=False),
    Column("received", DateTime(timezone=True), nullable=False),
)
_KEY = ["unique_id", "ds"]
_ROWS = 5000  # a statement: SQLite takes 32,766 values


class SoldRow(NamedTuple):
    """What was sold of a product on a day."""

    unique_id: str
    ds: date
    y: float


class SalesLedger:
    """Each product and day once: posting the same again changes nothing, posting another number corrects it.

    Args:
        url: of SQLAlchemy, such as `sqlite:////srv/sales.sqlite3` or `postgresql://user@host/shop`.

    Raises:
        ServiceError: it cannot be opened; the URL, which may hold a password, is not repeated.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
            kind = address.drivername.split("+")[0]
            if kind not in ("sqlite", "postgresql", "postgres"):
                raise ServiceError("The database must be SQLite or PostgreSQL.", "Give such a URL.")
            if kind != "sqlite":
                address = address.set(drivername="postgresql+psycopg")
            self._engine: Engine = create_engine(address, pool_pre_ping=True, hide_parameters=True)
            if kind == "sqlite":
                event.listen(self._engine, "connect", _set_up_sqlite)
            _SALES.metadata.create_all(self._engine)
        except (SQLAlchemyError, ArgumentError, ImportError) as error:
            raise ServiceError(
                f"The database of sales cannot be opened ({type(error).__name__}).",
                "Check its URL, its driver and that its folder can be written.",
            ) from None
        self._sqlite = kind == "sqlite"

    def put(self, rows: Sequence[SoldRow]) -> int:
        """Keeps them, all or none, and returns only when they are safe on the disk.

        Raises:
            SQLAlchemyError: they could not be kept.
        """
        if self._sqlite:
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        now = datetime.now(UTC)
        latest = {(row.unique_id, row.ds): row for row in rows}  # the last of the same product and day
        # in one order, so that two that write the same rows wait for each other and never both
        values: list[dict[str, Any]] = [latest[key]._asdict() | {"received": now} for key in sorted(latest)]
        with self._engine.begin() as connection:
            for start in range(0, len(values), _ROWS):
                statement = insert(_SALES).values(values[start : start + _ROWS])
                updated = {"y": statement.excluded.y, "received": statement.excluded.received}
                changed = _SALES.c.y != statement.excluded.y
                upsert = statement.on_conflict_do_update(index_elements=_KEY, set_=updated, where=changed)
                connection.execute(upsert)
        return len(values)

    def after(self, day: date) -> pd.DataFrame:
        """`unique_id, ds, y` of the days after that one, in order."""
        columns = _SALES.c.unique_id, _SALES.c.ds, _SALES.c.y
        chosen = select(*columns).where(_SALES.c.ds > day).order_by(_SALES.c.ds, _SALES.c.unique_id)
        with self._engine.connect() as connection:
            rows = connection.execute(chosen).all()
        return pd.DataFrame(rows, columns=["unique_id", "ds", "y"])

    def close(self) -> None:
        self._engine.dispose()


def _set_up_sqlite(connection: Any, _: Any) -> None:
    """A commit is on the disk when it returns, also after a loss of power."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
