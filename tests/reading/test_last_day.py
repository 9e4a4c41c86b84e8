"""A last day that was cut short is noticed, a whole one is not doubted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shelfcast.panel import Panel
from shelfcast.reading import read_sales
from shelfcast.reading.last_day import partial_last_day


def receipts(days: int, last_hour: int, seed: int = 0) -> pd.DataFrame:
    """A shop open from 8 to 20 o'clock; on the last day the file was taken at `last_hour`."""
    rng = np.random.default_rng(seed)
    stamps = [
        pd.Timestamp("2024-01-01") + pd.Timedelta(days=day, seconds=int(second))
        for day in range(days)
        for second in rng.integers(8 * 3600, (last_hour if day == days - 1 else 20) * 3600, 60)
    ]
    return pd.DataFrame({"timestamp": stamps, "item": rng.integers(0, 9, len(stamps)).astype(str), "quantity": 1})


def weekly_shop(days: int, seed: int = 0) -> Panel:
    """30 products of 20 units a day, half as many at week-ends, Poisson; Sundays closed."""
    rng = np.random.default_rng(seed)
    week = np.array([1, 1, 1, 1, 1, 0.5, 0])  # 2024-01-01 is a Monday
    sales = rng.poisson(20 * week[np.arange(days) % 7], size=(30, days))
    return Panel.of(
        sales.astype(np.float32), np.datetime64("2024-01-01") + np.arange(days), [str(i) for i in range(30)]
    )


def with_last(panel: Panel, share: float) -> Panel:
    sales = panel.sales.copy()
    sales[:, -1] = np.floor(sales[:, -1] * share)
    return Panel.of(sales, panel.dates, panel.products)


@pytest.mark.parametrize("days", [12, 70])
def test_a_file_taken_at_noon_is_noticed_by_its_times(days: int) -> None:
    _, report = read_sales(receipts(days, last_hour=12))
    assert report.partial_last_day is not None
    before = str(np.datetime64("2024-01-01") + days - 2)
    assert "last receipt is at 11:5" in report.partial_last_day
    assert f"--until {before}." in report.partial_last_day
    assert report.partial_last_day in report.lines()[-1]
    _, cut = read_sales(receipts(days, last_hour=12), until=before)
    assert cut.partial_last_day is None


def test_closed_days_are_not_compared_with() -> None:
    frame = receipts(70, last_hour=13)  # the last day is a Sunday, 2024-03-10
    closed = frame.timestamp.dt.normalize().isin(pd.to_datetime(["2024-02-25", "2024-03-03"]))
    assert "last receipt is at 12:5" in str(read_sales(frame[~closed])[1].partial_last_day)


def test_a_whole_day_is_not_doubted_by_its_times() -> None:
    assert [read_sales(receipts(40, 20, seed))[1].partial_last_day for seed in range(9)] == [None] * 9


@pytest.mark.parametrize("column", ["text", "time", "none"])
def test_times_may_stand_in_a_column_of_their_own(column: str) -> None:
    frame = receipts(40, last_hour=12)
    stamps = frame.pop("timestamp")
    times = {
        "text": stamps.dt.strftime("%H:%M:%S"),
        "time": stamps.dt.time,
        "none": stamps.dt.strftime("%H:%M:%S").where(stamps.index != 9, "noon"),
    }[column]
    _, report = read_sales(frame.assign(date=stamps.dt.date, time=times))
    if column == "none":
        assert "Time of day: none ('time' does not hold times such as 18:05)." in report.lines()
        assert report.partial_last_day is None  # 60 receipts a day, on the last too
    else:
        assert "Time of day: 'time' (tells whether the last day is whole)." in report.lines()
        assert report.partial_last_day is not None


@pytest.mark.parametrize("days", [32, 60, 120])
def test_a_day_of_few_units_is_noticed(days: int) -> None:
    panel = weekly_shop(days)
    assert panel.sales[:, -1].any()
    assert partial_last_day(panel, None) is None
    sentence = partial_last_day(with_last(panel, 0.3), None)
    assert sentence is not None
    assert "units, where a" in sentence
    assert f"--until {panel.dates[-2]}." in sentence


def test_a_day_of_few_products_is_noticed() -> None:
    panel = weekly_shop(61)
    sales = panel.sales.copy()
    sales[5:, -1] = 0
    sales[:5, -1] *= 5  # as many units as usual
    sentence = partial_last_day(Panel.of(sales, panel.dates, panel.products), None)
    assert sentence is not None
    assert "5 products sold, where a Friday usually sees 30" in sentence


def test_no_whole_day_of_a_weekly_shop_is_doubted() -> None:
    panel = weekly_shop(200)
    assert [partial_last_day(panel.until(day), None) for day in panel.dates[10:]] == [None] * 190


def test_a_young_shop_is_not_judged() -> None:
    assert partial_last_day(with_last(weekly_shop(25), 0.1), None) is None
    assert read_sales(receipts(4, last_hour=12))[1].partial_last_day is None


def test_a_few_units_more_or_less_are_chance() -> None:
    sales = np.full((1, 60), 5, dtype=np.float32)
    sales[0, -1] = 2
    panel = Panel.of(sales, np.datetime64("2024-01-01") + np.arange(60), ["a"])
    assert partial_last_day(panel, None) is None
    assert partial_last_day(Panel.of(100 * sales, panel.dates, ["a"]), None) is not None
