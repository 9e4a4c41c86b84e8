"""Returns, what is no product, and spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from shelfcast.errors import ColumnError, HistoryError, SalesError
from shelfcast.reading import read_sales
from shelfcast.reading.spikes import find_spikes


def lines(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["date", "item", "qty", "customer_id"])


def test_what_is_cancelled_the_same_day_nets_and_a_later_return_is_left_out() -> None:
    frame = lines(
        [
            ("2024-01-01", "a", 10, "u"),
            ("2024-01-02", "a", 6, "u"),
            ("2024-01-02", "a", -6, "u"),
            ("2024-01-03", "a", 5, "v"),
            ("2024-01-03", "a", -3, "u"),
        ]
    )
    panel, report = read_sales(frame)
    assert panel.sales.tolist() == [[10, 0, 5]]
    assert (report.cancelled_rows, report.cancelled_units, report.later_rows, report.later_units) == (1, 6, 1, 3)
    assert report.units == report.balance == 15
    netted, report = read_sales(frame, returns="net")
    assert netted.sales.tolist() == [[10, 0, 2]]
    assert report.later_rows == 0
    assert report.column_options["returns"] == "net"


def test_without_customers_a_return_cancels_a_sale_of_as_many_units() -> None:
    frame = lines(
        [
            ("2024-01-01", "a", 10, ""),
            ("2024-01-02", "a", 6, ""),
            ("2024-01-02", "a", 3, ""),
            ("2024-01-02", "a", -3, ""),
            ("2024-01-02", "a", -2, ""),
        ]
    )
    for source in (frame, frame.drop(columns="customer_id")):
        panel, report = read_sales(source)
        assert panel.sales.tolist() == [[10, 6]]
        assert (report.cancelled_units, report.later_units) == (3, 2)


def test_on_the_first_day_of_a_product_nothing_older_can_come_back() -> None:
    panel, report = read_sales(
        lines([("2024-01-01", "a", 5, ""), ("2024-01-01", "a", -2, ""), ("2024-01-02", "a", 1, "")])
    )
    assert panel.sales.tolist() == [[3, 1]]
    assert report.cancelled_units == 2


def test_a_later_return_changes_no_earlier_day() -> None:
    before = [("2024-01-01", "a", 5, "u"), ("2024-01-02", "a", 7, "v")]
    whole, _ = read_sales(lines([*before, ("2024-01-03", "a", -7, "v"), ("2024-01-03", "b", 1, "v")]))
    np.testing.assert_array_equal(whole.sales[0, :2], read_sales(lines(before))[0].sales[0])


LEDGER = pd.DataFrame(
    {
        "Posting Date": ["2024-01-14", "2024-01-14", "2024-01-15", "2024-01-16", "2024-01-17"],
        "Entry Type": ["Purchase", "Sale", "Sale", "Sale", "Purchase"],
        "Item No.": "tea",
        "Quantity": [100, -3, -4, -5, 50],
    }
)


def test_sales_that_are_booked_as_negative_units_are_an_error() -> None:
    wanted = r"column 'Quantity': most .* negative \(3 of them\).*Turn their sign, and keep the rows that are sales"
    with pytest.raises(ColumnError, match=wanted):
        read_sales(LEDGER)
    with pytest.raises(ColumnError, match=wanted):
        read_sales(LEDGER[LEDGER["Entry Type"] == "Sale"], returns="net")
    zeros = LEDGER.assign(Quantity=[0, -3, 0, -5, 4])
    with pytest.raises(ColumnError, match=r"negative \(2 of them\)"):  # what is zero is no sale
        read_sales(zeros)
    sales = LEDGER[LEDGER["Entry Type"] == "Sale"].assign(Quantity=[3, 4, 5])
    assert read_sales(sales)[0].sales.tolist() == [[3, 4, 5]]


def test_a_wide_table_of_negative_units_is_an_error() -> None:
    frame = pd.DataFrame({"item": ["tea", "cup"], "2024-01-01": [-1, -2], "2024-01-02": [-1, 4]})
    with pytest.raises(ColumnError, match=r"the data frame: most .* negative \(3 of them\)"):
        read_sales(frame)


def test_half_of_the_rows_or_a_day_that_follows_others_may_be_returns() -> None:
    frame = lines([("2024-01-01", "a", 10, "u"), ("2024-01-02", "a", -2, "u")])
    assert read_sales(frame)[0].sales.tolist() == [[10, 0]]
    assert read_sales(frame.tail(1), least_days=1)[0].sales.tolist() == [[0]]


def test_what_is_no_product_is_excluded_by_id_list_and_pattern() -> None:
    frame = lines(
        [("2024-01-01", i, 1, "") for i in ("POST", "M", "gift_1", "gift_2", "85123")]
        + [("2024-01-02", "85123", 1, "")]
    )
    for patterns in (["POST,M", "gift_*"], ["POST", "M", "re:gift_\\d"], ["re:[A-Z]+", "gift_?"]):
        panel, report = read_sales(frame, exclude=patterns)
        assert panel.products.tolist() == ["85123"]
        assert (report.excluded_rows, report.excluded_units) == (4, 4)
        assert report.units == report.balance
        assert list(read_sales(frame, **report.column_options)[0].products) == ["85123"]
    with pytest.raises(HistoryError, match="excluded"):
        read_sales(frame, exclude=["*"])
    with pytest.raises(SalesError, match="no regular expression"):
        read_sales(frame, exclude=["re:("])


def test_spikes_are_reported_and_cut_if_wanted() -> None:
    days = pd.date_range("2024-01-01", periods=40)
    units = np.where(np.arange(40) == 30, 5000, 5 + np.arange(40) % 3)
    frame = pd.DataFrame({"date": days, "item": "a", "qty": units})
    panel, report = read_sales(frame)
    assert (report.spikes, float(panel.sales.max())) == (1, 5000)
    cut, report = read_sales(frame, winsorize=True)
    assert float(cut.sales[0, 30]) < 100
    assert report.units == pytest.approx(report.balance)
    np.testing.assert_array_equal(np.delete(cut.sales, 30, axis=1), np.delete(panel.sales, 30, axis=1))


def test_no_later_day_makes_a_spike() -> None:
    sales = np.random.default_rng(0).poisson(3, (20, 120)) * (
        1 + 40 * (np.random.default_rng(1).random((20, 120)) < 0.02)
    )
    whole, part = find_spikes(sales), find_spikes(sales[:, :80])
    early = whole.day < 80
    np.testing.assert_array_equal(
        np.sort(whole.product[early] * 120 + whole.day[early]), np.sort(part.product * 120 + part.day)
    )
    np.testing.assert_allclose(np.sort(whole.usual[early]), np.sort(part.usual))
