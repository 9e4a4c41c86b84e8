"""The M5 measure against a slow twin that follows the competition's guide word by word."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.wrmsse import LEVELS, Wrmsse, m5_revenue
from shelfcast import Panel
from shelfcast.errors import SourceError

ITEMS = {
    "HOBBIES_1_001": "HOBBIES_1",
    "HOBBIES_2_001": "HOBBIES_2",
    "FOODS_1_001": "FOODS_1",
    "FOODS_1_002": "FOODS_1",
}
STORES = ("CA_1", "CA_2", "TX_1")
DAYS, AHEAD = 60, 7


def hierarchy() -> tuple[Panel, np.ndarray, np.ndarray, np.ndarray]:
    """A history that begins late for some, their revenue, and seven days with a forecast."""
    rng = np.random.default_rng(3)
    keys = [(item, store) for item in ITEMS for store in STORES]
    sales = rng.poisson(rng.uniform(0.5, 30, (len(keys), 1)), (len(keys), DAYS)).astype(np.float32)
    sales[4, :20] = 0
    dates = np.datetime64("2015-01-01") + np.arange(DAYS)
    attributes = {
        "item_id": np.array([item for item, _ in keys]),
        "dept_id": np.array([ITEMS[item] for item, _ in keys]),
        "cat_id": np.array([ITEMS[item][:-2] for item, _ in keys]),
        "store_id": np.array([store for _, store in keys]),
        "state_id": np.array([store[:2] for _, store in keys]),
    }
    history = Panel.of(sales, dates, [f"{item}_{store}" for item, store in keys], attributes=attributes)
    revenue = rng.uniform(0, 100, len(keys))
    y = rng.poisson(10, (len(keys), AHEAD)).astype(np.float32)
    return history, revenue, y, rng.uniform(0, 20, y.shape).astype(np.float32)


def slow_wrmsse(history: Panel, revenue: np.ndarray, y: np.ndarray, forecast: np.ndarray) -> float:
    total = 0.0
    for attributes in LEVELS:
        groups: dict[tuple[str, ...], list[int]] = {}
        for n in range(len(history.products)):
            groups.setdefault(tuple(str(history.attributes[a][n]) for a in attributes), []).append(n)
        for members in groups.values():
            past = [sum(float(history.sales[n, t]) for n in members) for t in range(DAYS)]
            while past[0] == 0:
                past.pop(0)
            scale = sum((b - a) ** 2 for a, b in pairwise(past)) / (len(past) - 1)
            squares = [sum(float(forecast[n, d]) - float(y[n, d]) for n in members) ** 2 for d in range(AHEAD)]
            weight = sum(revenue[n] for n in members) / sum(revenue)
            total += weight * (sum(squares) / AHEAD / scale) ** 0.5
    return total / 12


def test_the_measure_equals_its_slow_twin() -> None:
    history, revenue, y, forecast = hierarchy()
    fast = Wrmsse(history, revenue).score(y, forecast)
    assert fast == pytest.approx(slow_wrmsse(history, revenue, y, forecast), rel=1e-6)


def test_it_has_twelve_levels_and_a_perfect_forecast_is_zero_on_each() -> None:
    history, revenue, y, forecast = hierarchy()
    measure = Wrmsse(history, revenue)
    assert measure.by_level(y, y).tolist() == [0.0] * 12
    assert (measure.by_level(y, forecast) > 0).all()


def test_a_shift_between_two_stores_is_no_error_on_the_levels_above_them() -> None:
    history, revenue, y, _ = hierarchy()
    forecast = y.copy()
    forecast[0] += 1
    forecast[1] -= 1  # the same item in the other store of the state
    wrong = Wrmsse(history, revenue).by_level(y, forecast) > 0
    at_fault = [level for level, off in zip(LEVELS, wrong, strict=True) if off]
    assert at_fault == [level for level in LEVELS if "store_id" in level]


def test_what_earns_nothing_weighs_nothing() -> None:
    history, revenue, y, forecast = hierarchy()
    revenue[3:] = 0
    item_store = Wrmsse(history, revenue, [("item_id", "store_id")])
    worse = forecast.copy()
    worse[5] += 1000
    assert item_store.score(y, worse) == item_store.score(y, forecast)


def write_prices(m5: Path, history: Panel, price: dict[str, float]) -> None:
    dates = pd.date_range(str(history.dates[0]), str(history.last_day))
    weeks = 11101 + np.arange(len(dates)) // 7
    m5.mkdir()
    pd.DataFrame({"date": dates.strftime("%Y-%m-%d"), "wm_yr_wk": weeks}).to_parquet(m5 / "calendar.parquet")
    rows = [
        (store, item, week, price[item] * (1 + (week % 2)))
        for item in ITEMS
        for store in STORES
        for week in np.unique(weeks).tolist()
    ]
    columns = ["store_id", "item_id", "wm_yr_wk", "sell_price"]
    pd.DataFrame(rows, columns=columns).sample(frac=1, random_state=0).to_parquet(m5 / "prices.parquet")


def test_revenue_is_units_times_the_price_of_their_week_over_the_last_28_days(tmp_path: Path) -> None:
    history, *_ = hierarchy()
    price = dict(zip(ITEMS, (1.0, 2.5, 0.25, 8.0), strict=True))
    write_prices(tmp_path / "m5", history, price)
    revenue = m5_revenue(tmp_path / "m5", history)
    for n, item in enumerate(history.attributes["item_id"].tolist()):
        expected = sum(
            float(history.sales[n, t]) * price[item] * (1 + ((11101 + t // 7) % 2)) for t in range(DAYS - 28, DAYS)
        )
        assert revenue[n] == pytest.approx(expected)


def test_a_sale_without_a_price_is_an_error_that_names_it(tmp_path: Path) -> None:
    history, *_ = hierarchy()
    write_prices(tmp_path / "m5", history, dict.fromkeys(ITEMS, 1.0))
    path = tmp_path / "m5" / "prices.parquet"
    prices = pd.read_parquet(path)
    prices[prices["item_id"] != "FOODS_1_002"].to_parquet(path)
    with pytest.raises(SourceError, match="FOODS_1_002_CA_1 sold on"):
        m5_revenue(tmp_path / "m5", history)
    with pytest.raises(SourceError, match="does not exist"):
        m5_revenue(tmp_path, history)
