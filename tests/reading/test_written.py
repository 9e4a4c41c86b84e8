"""Dates and numbers as people write them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from shelfcast.errors import ColumnError, SalesError, ValueInRowError
from shelfcast.reading import read_sales


def shop(days: list[Any], units: list[Any] | None = None, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"Datum": days, "Artikel": "001", "Menge": units or [1] * len(days)} | columns)


@pytest.mark.parametrize(
    ("days", "order"),
    [
        (["01.12.2010", "13.12.2010"], "day-first"),
        (["1/12/10", "13/12/10 8:26"], "day-first"),
        (["12/1/2010 8:26", "12/13/2010 17:01:30"], "month-first"),
        (["12/1/2010 8:26 AM", "12/13/2010 5:01 PM"], "month-first"),
        (["1 Dec 2010", "13. Dezember 2010"], None),
        (["Dec 1, 2010", "December 13, 2010"], None),
        (["1 déc. 2010", "13-DIC-2010"], None),
        (["20101201", "20101213"], None),
        (["2010-12-01T00:00:00", "2010-12-13T08:00:00.000"], None),
    ],
)
def test_the_order_of_day_and_month_is_told_and_said(days: list[str], order: str | None) -> None:
    panel, report = read_sales(shop(days))
    assert panel.dates[[0, -1]].astype(str).tolist() == ["2010-12-01", "2010-12-13"]
    assert report.day_order == order
    assert any("comes first" in line for line in report.lines()) == (order is not None)
    assert report.column_options.get("date_format") == order


def test_an_order_that_cannot_be_told_is_asked_for() -> None:
    frame = shop(["01/02/2024", "02/03/2024"])
    with pytest.raises(ColumnError, match=r"'01/02/2024'.*--date-format day-first"):
        read_sales(frame)
    for format, first in (("day-first", "2024-02-01"), ("month-first", "2024-01-02"), ("%m/%d/%Y", "2024-01-02")):
        panel, report = read_sales(frame, date_format=format)
        assert str(panel.dates[0]) == first
        assert report.column_options["date_format"] == format
    with pytest.raises(SalesError, match="no way to write dates"):
        read_sales(frame, date_format="iso")


@pytest.mark.parametrize(
    ("days", "row"),
    [(["13/01/2024", "14/01/2024", "01/31/2024"], 2), (["2024-01-01", "2024-01-02", "03/01/2024"], 2)],
)
def test_a_date_that_is_not_written_like_the_others_is_an_error(days: list[str], row: int) -> None:
    with pytest.raises(ValueInRowError, match=rf"row {row} .*'Datum'"):
        read_sales(shop(days))


def test_a_day_is_a_local_day() -> None:
    frame = shop(["2024-01-01T23:30:00Z", "2024-01-03T23:30:00+00:00"])
    assert str(read_sales(frame)[0].dates[0]) == "2024-01-01"
    panel, report = read_sales(frame, timezone="Europe/Berlin")
    assert panel.dates[[0, -1]].astype(str).tolist() == ["2024-01-02", "2024-01-04"]
    assert "Europe/Berlin" in "\n".join(report.lines())
    stamps = frame.assign(Datum=pd.to_datetime(frame["Datum"], utc=True))
    assert read_sales(stamps, timezone="Europe/Berlin")[0].dates.tolist() == panel.dates.tolist()
    with pytest.raises(SalesError, match="time zone 'Mars'"):
        read_sales(frame, timezone="Mars")


@pytest.mark.parametrize(
    ("units", "read"),
    [
        (["1.234,5", "2 €"], [1234.5, 2]),
        (["1,234.5", "$2"], [1234.5, 2]),
        (["1,5", "2"], [1.5, 2]),
        (["1.000.000", "2"], [1_000_000, 2]),
        (["1 234", "2,5"], [1234, 2.5]),
        (["1'234.50", "CHF 2"], [1234.5, 2]),
        (["1.234", "1200"], [1.234, 1200]),
        (["0.125", "1.250"], [0.125, 1.25]),
        (["1,234", "2,5"], [1.234, 2.5]),
    ],
)
def test_decimals_are_told_over_the_whole_column(units: list[str], read: list[float]) -> None:
    panel, report = read_sales(shop(["2024-01-01", "2024-01-02"], units))
    assert panel.sales[0].tolist() == pytest.approx(read)
    assert panel.products.tolist() == ["001"]
    assert (report.column_options.get("decimal") == ",") == any("comma" in line for line in report.lines())


def test_decimals_that_cannot_be_told_are_asked_for() -> None:
    frame = shop(["2024-01-01", "2024-01-02"], ["1,234", "2"])
    with pytest.raises(ColumnError, match=r"'1,234'.*--decimal"):
        read_sales(frame)
    assert read_sales(frame, decimal=".")[0].sales.tolist() == [[1234, 2]]
    assert read_sales(frame, decimal=",")[0].sales[0].tolist() == pytest.approx([1.234, 2])


def test_ids_are_trimmed_and_normalised_and_keep_their_case() -> None:
    frame = shop(["2024-01-01"] * 3 + ["2024-01-02"], Artikel=["Cafe\u0301 ", "Café", "café", "01"])
    assert read_sales(frame)[0].products.tolist() == ["01", "Café", "café"]


def test_numbered_days_ask_for_their_start() -> None:
    frame = pd.DataFrame({"DAY": [1, 3], "PRODUCT_ID": ["a", "a"], "QUANTITY": [3, 4]})
    with pytest.raises(ColumnError, match=r"numbers of days.*--start-date"):
        read_sales(frame)
    panel, _ = read_sales(frame, start_date="2024-01-31")
    assert panel.dates.astype(str).tolist() == ["2024-01-31", "2024-02-01", "2024-02-02"]
