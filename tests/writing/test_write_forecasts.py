"""Forecasts into a database: as often as one likes, the same rows once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from shelfcast.errors import DatabaseError
from shelfcast.writing import write_forecasts


def forecasts(cutoff: str = "2024-01-31", days: int = 2, mean: float = 1.5, **columns: Any) -> pd.DataFrame:
    last = pd.Timestamp(cutoff)
    ds = [last + pd.Timedelta(days=day) for day in range(1, days + 1)]
    frame = pd.DataFrame({"unique_id": ["=a"] * days + ["b"] * days, "store": "s", "ds": ds * 2, "cutoff": last})
    return frame.assign(mean=mean, **{"lo-80": 0.5, "on_sale": True}, **columns)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "SQLite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    return str(request.getfixturevalue("postgres_url"))


def stored(url: str, name: str) -> pd.DataFrame:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        table = pd.read_sql(sa.text(f"SELECT * FROM {name} ORDER BY unique_id, cutoff, ds"), connection)
    engine.dispose()
    return table


def test_rows_are_written_once_and_replaced_by_their_key(url: str) -> None:
    said = write_forecasts(forecasts(), url, "forecasts")
    assert said == f"4 rows in table 'forecasts' of the {'SQLite' if 'sqlite' in url else 'PostgreSQL'} database"
    write_forecasts(forecasts(mean=2.5), url, "forecasts")
    table = stored(url, "forecasts")
    assert table["mean"].tolist() == [2.5] * 4
    assert table["unique_id"].tolist() == ["=a", "=a", "b", "b"]  # a database runs no cell
    assert table["ds"].astype(str).tolist() == ["2024-02-01", "2024-02-02"] * 2
    assert table["lo-80"].tolist() == [0.5] * 4
    assert table["on_sale"].astype(bool).all()
    write_forecasts(forecasts(days=3, mean=3.5), url, "forecasts")
    write_forecasts(forecasts("2024-02-01", mean=4.5), url, "forecasts")
    table = stored(url, "forecasts")
    assert table.groupby(table["cutoff"].astype(str))["mean"].agg(list).tolist() == [[3.5] * 6, [4.5] * 4]


def test_a_table_of_another_kind_is_refused_and_left_alone(url: str) -> None:
    write_forecasts(forecasts(), url, "curves")
    with pytest.raises(DatabaseError, match="lacks the column 'hi-80'"):
        write_forecasts(forecasts(**{"hi-80": 2.0}), url, "curves")
    with pytest.raises(DatabaseError, match="has the column 'lo-80'"):
        write_forecasts(forecasts(mean=9.0).drop(columns="lo-80"), url, "curves")
    assert stored(url, "curves")["mean"].tolist() == [1.5] * 4
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    forecasts().to_sql("loose", engine, index=False)
    engine.dispose()
    with pytest.raises(DatabaseError, match="no key of unique_id, cutoff, ds"):
        write_forecasts(forecasts(), url, "loose")


def test_it_is_all_or_nothing(url: str) -> None:
    write_forecasts(forecasts(), url, "whole")
    broken = forecasts(mean=7.0)
    broken.loc[3, "unique_id"] = None
    with pytest.raises(DatabaseError, match="cannot be used"):
        write_forecasts(broken, url, "whole")
    assert stored(url, "whole")["mean"].tolist() == [1.5] * 4


def test_a_database_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="unable to open") as caught:
        write_forecasts(forecasts(), f"sqlite:///{tmp_path}/secret/x.db", "forecasts")
    assert "secret" not in str(caught.value)
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE VIEW forecasts AS SELECT 1 AS x")
    connection.close()
    with pytest.raises(DatabaseError):
        write_forecasts(forecasts(), f"sqlite:///{tmp_path}/x.db", "forecasts")
