"""The ledger of posted sales, on SQLite and on PostgreSQL: each sale once, corrected by a later one, never lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from hostile_names import HOSTILE

from shelfcast.service.ledger import SalesLedger, SoldRow
from shelfcast.service.settings import ServiceError

DAY = date(2024, 3, 1)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty database."""
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path / 'sales.sqlite3'}"
        return
    server = str(request.getfixturevalue("postgres_url"))
    yield server
    engine = sa.create_engine(server.replace("postgresql", "postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS shelfcast_sales")
    engine.dispose()


@pytest.fixture
def ledger(url: str) -> Iterator[SalesLedger]:
    opened = SalesLedger(url)
    yield opened
    opened.close()


def kept(ledger: SalesLedger) -> list[tuple[object, ...]]:
    return [tuple(row) for row in ledger.after(date(2000, 1, 1)).itertuples(index=False)]


def test_a_sale_is_kept_once_and_corrected_by_a_later_number(ledger: SalesLedger) -> None:
    assert ledger.put([SoldRow("a", DAY, 1), SoldRow("b", DAY, 2), SoldRow("a", DAY, 3)]) == 2
    for _ in range(2):
        ledger.put([SoldRow("b", DAY, 2)])
        assert kept(ledger) == [("a", DAY, 3.0), ("b", DAY, 2.0)]
    assert ledger.after(DAY).empty


def test_names_are_kept_as_they_are(ledger: SalesLedger) -> None:
    ledger.put([SoldRow(name, DAY, 1) for name in HOSTILE])
    assert sorted(name for name, _, _ in kept(ledger)) == sorted(HOSTILE)


def test_more_rows_than_a_statement_takes_are_kept_all_or_none(ledger: SalesLedger) -> None:
    many = [SoldRow(f"P{n:05}", DAY, n) for n in range(12_001)]
    with pytest.raises(sa.exc.SQLAlchemyError):
        ledger.put([*many, SoldRow("Z", DAY, None)])  # type: ignore[arg-type]
    assert kept(ledger) == []
    assert ledger.put(many) == len(kept(ledger)) == len(many)


def test_writers_of_the_same_rows_in_other_orders_wait_for_each_other(url: str) -> None:
    ledgers = [SalesLedger(url) for _ in range(3)]
    rows = [SoldRow(f"P{n:04}", DAY, n) for n in range(2000)]
    orders = [rows, rows[::-1], rows[1000:] + rows[:1000]]
    with ThreadPoolExecutor(3) as threads:
        for _ in range(3):
            assert list(threads.map(lambda ledger, order: ledger.put(order), ledgers, orders)) == [2000] * 3
    assert len(kept(ledgers[0])) == 2000
    for ledger in ledgers:
        ledger.close()


def test_the_service_keeps_what_is_posted_there(
    url: str, served: Callable[..., TestClient], catalog_model: Path
) -> None:
    client = served(catalog_model, database=url)
    last = client.get("/v1/models").json()["last_day"]
    body = {"sales": [{"unique_id": "P0000003", "ds": last, "y": 4}, {"unique_id": "a new one", "ds": last, "y": 1}]}
    for _ in range(2):
        assert client.post("/v1/sales", json=body).json() == {"kept": 2}
    ledger = client.app.state.services.ledger  # type: ignore[attr-defined]
    assert [row[::2] for row in kept(ledger)] == [("P0000003", 4.0), ("a new one", 1.0)]
    body["sales"][0]["unique_id"] = "half\0"
    assert client.post("/v1/sales", json=body).status_code == 422


def test_a_database_that_fails_is_a_503_that_does_not_tell_where_it_is(
    served: Callable[..., TestClient], catalog_model: Path, tmp_path: Path
) -> None:
    client = served(catalog_model, database=f"sqlite:///{tmp_path / 'secret.sqlite3'}")
    with sqlite3.connect(tmp_path / "secret.sqlite3") as database:
        database.execute("DROP TABLE shelfcast_sales")
    database.close()
    last = client.get("/v1/models").json()["last_day"]
    answer = client.post("/v1/sales", json={"sales": [{"unique_id": "a", "ds": last, "y": 4}]})
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_a_database_that_cannot_be_opened_is_an_error_without_its_url(tmp_path: Path) -> None:
    for url in ("mysql://u:secret@host/x", "nonsense", f"sqlite:///{tmp_path}/absent/x.sqlite3"):
        with pytest.raises(ServiceError) as error:
            SalesLedger(url)
        assert "secret" not in str(error.value)
