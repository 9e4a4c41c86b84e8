"""Sales of months and weeks are refused in words that say so."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from shelfcast.errors import ColumnError
from shelfcast.reading import read_sales


def refused(frame: pd.DataFrame, match: str, **options: Any) -> None:
    with pytest.raises(ColumnError, match=match) as caught:
        read_sales(frame, **options)
    assert "Forecasts are of days: give receipts" in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-01", "2024-02"),
        ("01/2024", "02/2024"),
        ("2024M01", "2024M02"),
        ("Jan 2024", "Februar 2024"),
        ("janv. 24", "févr. 24"),
        ("2024-W05", "2024-W06"),
    ],
)
def test_months_are_refused_as_rows_and_as_columns(first: str, second: str) -> None:
    rows = pd.DataFrame({"date": [first, second], "item": "tea", "quantity": [30, 40]})
    refused(rows, rf"column 'date' holds months or weeks such as '{first}'")
    refused(rows.rename(columns={"date": "Monat"}), "no column of days but one of months or weeks, 'Monat'")
    refused(rows.rename(columns={"date": "when"}), "column 'when' holds months", time_col="when")
    wide = pd.DataFrame({"item": ["tea", "milk"], first: [30, 1], second: [40, 2]})
    refused(wide, rf"columns of months or weeks, '{first}' to '{second}'")


def test_numbers_of_months_are_refused_and_full_dates_are_not() -> None:
    rows = pd.DataFrame({"date": [202401, 202402, 202403], "item": "tea", "quantity": 3})
    refused(rows, "'202401'")
    refused(rows.assign(year=2024, month=[1, 2, 3]).drop(columns="date"), "'month'")
    panel, _ = read_sales(rows.assign(date=["Jan 5, 2024", "5 Feb 2024", "2024-03-01"]))
    assert panel.sales.sum() == 9
