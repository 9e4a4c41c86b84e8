"""Tables of databases and queries through the door; what is secret stays so."""

from __future__ import annotations

import logging
import sqlite3
import sys
import traceback
from datetime import date
from decimal import Decimal
from pathlib import Path

import postgres_server
import pytest
import sqlalchemy as sa

from shelfcast.errors import DatabaseError, LimitError, ShelfcastError, SourceError, ValueInRowError
from shelfcast.reading import Limits, open_source, read_sales
from shelfcast.reading import database as module

ROWS = [("001", "2024-01-01", 2), ("café: 100 %", "2024-01-02", 3), ("001", "2024-01-02", -1)]


def sqlite_url(folder: Path) -> str:
    path = folder / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE sales ("Item" TEXT, date TEXT, quantity, note BLOB)')
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?, x'00ff')", ROWS)
        connection.execute("CREATE VIEW recent AS SELECT * FROM sales WHERE date > '2024-01-01'")
    connection.close()
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def filled_postgres(postgres_url: str) -> str:
    engine = sa.create_engine(postgres_url.replace("postgresql", "postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA shop")
        connection.exec_driver_sql(
            'CREATE TABLE shop.sales ("Item" TEXT, date DATE, quantity NUMERIC(9, 2), note BYTEA)'
        )
        for item, day, units in ROWS:
            values = {"item": item, "day": date.fromisoformat(day), "units": Decimal(units)}
            connection.execute(sa.text("INSERT INTO shop.sales VALUES (:item, :day, :units, 'x')"), values)
    engine.dispose()
    return postgres_url


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "SQLite":
        return sqlite_url(tmp_path)
    return str(request.getfixturevalue("filled_postgres"))


def table_of(url: str) -> str:
    return "sales" if url.startswith("sqlite") else "shop.sales"


def test_a_table_and_a_query_are_read_in_batches(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for batch in (1, 1000):
        monkeypatch.setattr(module, "_BATCH", batch)
        panel, report = read_sales(open_source(url, table=table_of(url)))
        assert panel.products.tolist() == ["001", "café: 100 %"]
        assert panel.sales.tolist() == [[2, 0], [0, 3]]
        assert report.rows == 3
        assert report.source == f"{'SQLite' if 'sqlite' in url else 'PostgreSQL'} database, table {table_of(url)!r}"
        query = f"""WITH s AS (SELECT * FROM {table_of(url)})
            SELECT "Item" AS item, date AS ds, quantity FROM s WHERE "Item" LIKE '%: 100 %' OR "Item" = ':x' -- end"""
        panel, report = read_sales(open_source(url, query=query), least_days=1)
        assert panel.products.tolist() == ["café: 100 %"]
        assert report.source.endswith("database, the query")


def test_what_is_not_a_single_select_is_refused(url: str) -> None:
    sales = table_of(url)
    for query in (
        f"DELETE FROM {sales}",
        f"SELECT 1; DELETE FROM {sales}",
        f"SELECT 1) AS x; DELETE FROM {sales}; --",
        f"WITH gone AS (DELETE FROM {sales} RETURNING *) SELECT * FROM gone",
        "",
        "PRAGMA user_version = 3",
    ):
        with pytest.raises(ShelfcastError) as caught:
            read_sales(open_source(url, query=query))
        assert isinstance(caught.value, SourceError | DatabaseError)
    assert read_sales(open_source(url, table=sales))[1].rows == 3


def test_nothing_can_be_written_while_reading(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"read-?only"), module.Database(url).reading() as connection:
        connection.exec_driver_sql(f"INSERT INTO {table_of(url)} VALUES ('x', '2024-01-01', 1, NULL)")


def test_tables_are_listed_where_none_or_a_wrong_one_is_named(url: str) -> None:
    known = "'recent', 'sales'" if "sqlite" in url else "none"
    for options in ({}, {"table": "nope"}, {"table": "a.b"}, {"table": "sales", "query": "SELECT 1"}):
        with pytest.raises(SourceError, match=rf"its tables are {known}\."):
            open_source(url, **options)


def test_a_bad_value_is_named_by_its_row_and_limits_hold(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("INSERT INTO sales VALUES ('a', '2024-01-02', 'many', NULL)")
    connection.close()
    with pytest.raises(ValueInRowError, match=r"table 'sales', row 3 \(counted from 0\), column 'quantity': 'many'"):
        read_sales(open_source(url, table="sales"))
    with pytest.raises(LimitError, match="rows; the limit is 2"):
        read_sales(open_source(url, table="sales", limits=Limits(rows=2)))
    with pytest.raises(LimitError, match="4 columns; the limit is 3"):
        open_source(url, table="sales", limits=Limits(columns=3))
    with pytest.raises(SourceError, match="one table or one query"):
        read_sales(url)


def test_a_file_that_is_no_database_is_explained_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="does not exist"):
        open_source(f"sqlite:///{tmp_path}/secret.db", table="sales")
    (tmp_path / "rubbish.db").write_text("rubbish" * 1000)
    with pytest.raises(DatabaseError, match="file is not a database"):
        open_source(f"sqlite:///{tmp_path}/rubbish.db", table="sales")
    assert [path.name for path in tmp_path.iterdir()] == ["rubbish.db"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://{user}:hushhush@127.0.0.1:{port}/secretdb", "not accepted"),
        ("postgres://{user}:{password}@127.0.0.1:{port}/secretdb", "no database of that name"),
        ("postgresql://secretuser:hushhush@127.0.0.1:1/secretdb", "nothing answers"),
        ("postgresql://secretuser:hushhush@secrethost.invalid/secretdb", "host is not found"),
        ("postgresql://secretuser:hushhush@secrethost:hushport/secretdb", "no URL"),
        ("mysql://secretuser:hushhush@secrethost/secretdb", "this kind"),
        ("sqlite://", "names no file"),
        ("sqlite:////secret/hushhush.db", "does not exist"),
        ("https://secretuser:hushhush@secrethost/secret.csv", "this kind"),
    ],
)
def test_no_part_of_a_url_is_told(
    url: str, said: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if "{" in url:
        port = request.getfixturevalue("postgres_url").rpartition(":")[2].partition("/")[0]
        url = url.format(user=postgres_server.USER, password=postgres_server.PASSWORD, port=port)
    with pytest.raises(DatabaseError, match=said) as caught:
        open_source(url, table="sales")
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    for secret in ("secret", "hush", postgres_server.PASSWORD, postgres_server.USER):
        assert secret not in told


def test_a_connection_that_works_is_not_told_either(filled_postgres: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, report = read_sales(open_source(filled_postgres, table="shop.sales"))
    told = caplog.text + str(report.to_dict())
    port = filled_postgres.rpartition(":")[2].partition("/")[0]
    for secret in (postgres_server.PASSWORD, postgres_server.USER, "127.0.0.1", port):
        assert secret not in told


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseError, match=r"pip install 'shelfcast\[postgres\]'"):
        open_source("postgresql://u:p@127.0.0.1:1/d", table="sales")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(DatabaseError, match=r"pip install 'shelfcast\[sql\]'"):
        open_source("sqlite:///x.db", table="sales")
