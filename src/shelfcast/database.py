"""A database by its URL: SQLite or PostgreSQL, for reading only or for writing.

Nothing of a URL is ever said, logged or kept: it may hold a password, and where a shop's database stands is nobody's
business. Errors are told in words that hold no part of it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from .errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_WAIT = 10  # seconds for an answer
# Words of a failed connection, which would name its host, user or database: what they come to.
_FAILURES = {
    "password": "the user or the password is not accepted",
    "role": "the user or the password is not accepted",
    "no pg_hba": "the user or the password is not accepted",
    "does not exist": "there is no database of that name",
    "refused": "nothing answers there",
    "timeout": "it does not answer in time",
    "resolve": "the host is not found",
    "translate": "the host is not found",
    "ssl": "it does not agree on encryption",
}
_SILENT = logging.Logger("silent", logging.CRITICAL + 1)


class Database:
    """A database that is opened when it is needed, each time anew.

    Attributes:
        kind: `SQLite` or `PostgreSQL`.

    Raises:
        DatabaseError: the URL is none of the two, or what reads it is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            from sqlalchemy import make_url
            from sqlalchemy.exc import ArgumentError
        except ImportError as error:
            raise DatabaseError(
                "Databases cannot be read: SQLAlchemy is not installed.",
                "Run: pip install 'shelfcast[sql]', for PostgreSQL pip install 'shelfcast[postgres]'",
            ) from error
        try:
            self._url = make_url(url)
        except (ArgumentError, ValueError):
            raise DatabaseError("This is no URL of a database.", _URLS) from None
        name = self._url.drivername.split("+")[0]
        kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "postgres": "PostgreSQL"}
        if name not in kinds:
            raise DatabaseError("Databases of this kind are not read.", _URLS)
        self.kind = kinds[name]
        if self.kind == "SQLite" and self._url.database in (None, "", ":memory:"):
            raise DatabaseError("This URL of SQLite names no file.", _URLS)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection within one read-only transaction.

        Raises:
            DatabaseError: it cannot be opened, or what is done with it fails.
        """
        if self.kind == "SQLite" and not Path(str(self._url.database)).is_file():
            raise DatabaseError("The SQLite file of this URL does not exist.", "Check the path in the URL.")
        with self._told(), self._engine("ro").connect() as connection:
            if self.kind == "PostgreSQL":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection within one transaction, which is kept whole or not at all.

        Raises:
            DatabaseError: it cannot be opened, or what is done with it fails.
        """
        with self._told(), self._engine("rwc").begin() as connection:
            yield connection

    def _engine(self, mode: str) -> Engine:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        if self.kind == "SQLite":
            file = f"file:{quote(str(Path(str(self._url.database)).absolute()))}?mode={mode}"
            engine = create_engine(
                "sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(file, uri=True, timeout=_WAIT)
            )
        else:
            try:
                engine = create_engine(
                    self._url.set(drivername="postgresql+psycopg"),
                    poolclass=NullPool,
                    hide_parameters=True,
                    connect_args={"connect_timeout": _WAIT},
                )
            except ImportError as error:
                raise DatabaseError(
                    "PostgreSQL cannot be read: psycopg is not installed.", "Run: pip install 'shelfcast[postgres]'"
                ) from error
        engine.pool.logger = _SILENT  # it would tell host, user and database of each connection
        return engine

    @contextmanager
    def _told(self) -> Iterator[None]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except SQLAlchemyError as error:
            # from None: the driver's own error tells parts of the URL
            raise DatabaseError(
                f"The {self.kind} database cannot be used: {_words(error)}.",
                "Check the URL, the name of the table and what the user may do.",
            ) from None


_URLS = "Write sqlite:///shop.db, or postgresql://USER:PASSWORD@HOST/DATABASE."


def is_url(source: object) -> bool:
    """Whether this is the URL of a database, and not a path."""
    return isinstance(source, str) and "://" in source


def split_name(name: str) -> tuple[str | None, str]:
    """Schema and name of a table: `public.sales`, or `sales` in the usual schema."""
    schema, dot, table = name.rpartition(".")
    return (schema, table) if dot and schema and table else (None, name)


def _words(error: Exception) -> str:
    """What went wrong, without any part of the URL."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return _one_line(str(cause))
    told = getattr(getattr(cause, "diag", None), "message_primary", None)
    if told:
        return _one_line(told)
    text = str(cause).casefold()
    return next((words for mark, words in _FAILURES.items() if mark in text), "it cannot be reached")


def _one_line(text: str) -> str:
    return repr(text[:200])[1:-1].rstrip(".")
