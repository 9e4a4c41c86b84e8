"""The shops of the benchmark: M5's wide file and calendar, the door's shops, and data that reach further."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.shops import load_shop, m5_weeks
from shelfcast.errors import HistoryError, SalesError, SourceError
from shelfcast.panel import DAY

DAYS = 12  # so that d_10 comes after d_2
EVENTS = ((4, "event_name_1", "Feast"), (4, "event_name_2", "Fair"), (14, "event_name_2", "Feast"))
PRICES = {  # by week; the list ends a week before the calendar, and has weeks, items and stores that the shop lacks
    ("FOODS_1", "CA_1"): {11101: 1.5, 11102: 1.75},
    ("FOODS_1", "TX_1"): {11100: 9.0, 11101: 2.5, 11102: 2.25, 11109: 9.0},
    ("FOODS_2", "CA_1"): {11102: 4.0},
    ("FOODS_2", "TX_1"): {11101: 3.0},
    ("FOODS_1", "WI_9"): {11101: 9.0},
    ("HOBBIES_9", "CA_1"): {11102: 9.0},
}


def write_m5(data: Path, days: int = DAYS) -> pd.DataFrame:
    """Two items in two stores, its day columns out of order, its calendar longer than its sales."""
    rng = np.random.default_rng(0)
    keys = [(item, store) for store in ("CA_1", "TX_1") for item in ("FOODS_2", "FOODS_1")]
    wide = pd.DataFrame(keys, columns=["item_id", "store_id"])
    wide["id"] = wide["item_id"] + "_" + wide["store_id"] + "_validation"
    wide["dept_id"], wide["cat_id"], wide["state_id"] = "FOODS_X", "FOODS", wide["store_id"].str[:2]
    for day in sorted(range(1, days + 1), key=str):
        wide[f"d_{day}"] = rng.integers(0, 300, len(keys)).astype(np.int16)
    wide.loc[0, ["d_1", "d_2"]] = 0
    dates = pd.date_range("2011-01-29", periods=days + 5)
    calendar = pd.DataFrame({"date": dates.strftime("%Y-%m-%d"), "wm_yr_wk": 11101 + np.arange(days + 5) // 7})
    calendar["d"] = [f"d_{day}" for day in range(1, days + 6)]
    calendar[["event_name_1", "event_name_2"]] = None
    for day, column, event in EVENTS:
        calendar.loc[day, column] = event
    for state in ("CA", "TX", "WI"):
        calendar[f"snap_{state}"] = rng.integers(0, 2, days + 5)
    prices = pd.DataFrame(
        [(store, item, week, price) for (item, store), listed in PRICES.items() for week, price in listed.items()],
        columns=["store_id", "item_id", "wm_yr_wk", "sell_price"],
    )
    (data / "m5").mkdir(parents=True)
    wide.to_parquet(data / "m5" / "sales.parquet")
    calendar.to_parquet(data / "m5" / "calendar.parquet")
    prices.astype({"wm_yr_wk": np.int16}).to_parquet(data / "m5" / "prices.parquet")
    return wide


def test_m5_is_every_item_in_every_store_by_name_and_day(tmp_path: Path) -> None:
    wide = write_m5(tmp_path)
    panel = load_shop("m5_stores", tmp_path)
    assert panel.products.tolist() == ["FOODS_1_CA_1", "FOODS_1_TX_1", "FOODS_2_CA_1", "FOODS_2_TX_1"]
    assert (str(panel.dates[0]), str(panel.last_day)) == ("2011-01-29", "2011-02-09")
    for n, (item, store) in enumerate(zip(panel.attributes["item_id"], panel.attributes["store_id"], strict=True)):
        row = wide[(wide["item_id"] == item) & (wide["store_id"] == store)].iloc[0]
        assert panel.sales[n].tolist() == [row[f"d_{day}"] for day in range(1, DAYS + 1)]
        assert panel.attributes["state_id"][n] == store[:2]
    launched_later = panel.on_sale[panel.products.tolist().index("FOODS_2_CA_1")]
    assert launched_later.tolist() == [False, False, *[True] * (DAYS - 2)]


def test_m5_items_are_sums_over_stores_and_a_store_is_its_own_shop(tmp_path: Path) -> None:
    wide = write_m5(tmp_path)
    items, one_store = load_shop("m5_items", tmp_path), load_shop("m5_CA_1", tmp_path)
    assert items.products.tolist() == one_store.products.tolist() == ["FOODS_1", "FOODS_2"]
    days = [f"d_{day}" for day in range(1, DAYS + 1)]
    assert items.sales.tolist() == wide.groupby("item_id")[days].sum().to_numpy().tolist()
    in_store = wide[wide["store_id"] == "CA_1"].sort_values("item_id")
    assert one_store.sales.tolist() == in_store[days].to_numpy().tolist()
    assert items.attributes["cat_id"].tolist() == ["FOODS", "FOODS"]


def test_m5_departments_are_sums_over_the_items_of_a_store_and_know_no_covariates(tmp_path: Path) -> None:
    wide = write_m5(tmp_path)
    panel = load_shop("m5_departments", tmp_path)
    assert panel.products.tolist() == ["FOODS_X_CA_1", "FOODS_X_TX_1"]
    days = [f"d_{day}" for day in range(1, DAYS + 1)]
    assert panel.sales.tolist() == wide.groupby("store_id")[days].sum().to_numpy().tolist()
    assert panel.attributes["state_id"].tolist() == ["CA", "TX"]
    assert panel.covariates is None


def listed_price(item: str, store: str, day: int) -> float:
    """That of the day's week, of the last listed week afterwards; NaN if there is none."""
    return PRICES[item, store].get(min(11101 + day // 7, 11102), np.nan)


def test_m5_prices_are_those_of_the_item_in_its_store_in_the_week(tmp_path: Path) -> None:
    write_m5(tmp_path)
    panel = load_shop("m5_stores", tmp_path)
    covariates = panel.covariates
    assert covariates is not None
    assert covariates.prices is not None
    assert covariates.days == DAYS + 5  # also those after the sales
    for n, (item, store) in enumerate(zip(panel.attributes["item_id"], panel.attributes["store_id"], strict=True)):
        expected = [listed_price(item, store, day) for day in range(DAYS + 5)]
        np.testing.assert_array_equal(covariates.prices[n], np.float32(expected))
    one_store = load_shop("m5_CA_1", tmp_path).covariates
    assert one_store is not None
    np.testing.assert_array_equal(one_store.prices, covariates.prices[[0, 2]])


def test_m5_prices_of_an_item_are_the_mean_over_the_stores_that_list_it(tmp_path: Path) -> None:
    write_m5(tmp_path)
    covariates = load_shop("m5_items", tmp_path).covariates
    assert covariates is not None
    weeks = [[2.0, 2.0, 2.0], [3.0, 4.0, 4.0]]
    np.testing.assert_array_equal(covariates.prices, np.repeat(weeks, 7, axis=1)[:, : DAYS + 5])


def test_m5_benefit_days_are_those_of_the_products_state(tmp_path: Path) -> None:
    write_m5(tmp_path)
    calendar = pd.read_parquet(tmp_path / "m5" / "calendar.parquet")
    of_state = {state: calendar[f"snap_{state}"].tolist() for state in ("CA", "TX", "WI")}
    assert of_state["CA"] != of_state["TX"] != of_state["WI"]
    for shop, states in (("m5_stores", ["CA", "TX"] * 2), ("m5_CA_1", ["CA", "CA"])):
        covariates = load_shop(shop, tmp_path).covariates
        assert covariates is not None
        assert covariates.names.signals == ("snap",)
        assert covariates.signals["snap"].of(slice(None)).tolist() == [of_state[state] for state in states]
    everywhere = load_shop("m5_items", tmp_path).covariates  # an item is sold in several states
    assert everywhere is not None
    assert everywhere.names.signals == ("snap_CA", "snap_TX", "snap_WI")
    for state, days in of_state.items():
        assert everywhere.signals[f"snap_{state}"].of(slice(None)).tolist() == [days, days]


def test_m5_events_are_on_their_days_whichever_column_names_them(tmp_path: Path) -> None:
    write_m5(tmp_path)
    for shop in ("m5_items", "m5_CA_1", "m5_stores"):
        covariates = load_shop(shop, tmp_path).covariates
        assert covariates is not None
        days = {name: np.flatnonzero(flags).tolist() for name, flags in covariates.events.items()}
        assert days == {"Fair": [4], "Feast": [4, 14]}


def test_m5_covariates_reach_as_far_as_the_calendar_whatever_day_is_the_last(tmp_path: Path) -> None:
    write_m5(tmp_path)
    panel = load_shop("m5_items", tmp_path, until="2011-02-01")
    assert len(panel.dates) == 4
    assert panel.covariates is not None
    assert panel.covariates.days == DAYS + 5


def test_m5_ends_where_its_files_end(tmp_path: Path) -> None:
    write_m5(tmp_path, days=30)
    assert str(load_shop("m5_items", tmp_path).last_day) == "2011-02-27"
    assert str(load_shop("m5_items", tmp_path, until="2011-02-05").last_day) == "2011-02-05"


def test_the_week_of_a_day_is_the_calendars(tmp_path: Path) -> None:
    write_m5(tmp_path)
    panel = load_shop("m5_items", tmp_path)
    assert m5_weeks(tmp_path / "m5", panel.dates).tolist() == [11101] * 7 + [11102] * 5
    with pytest.raises(SourceError, match="lacks some of the days"):
        m5_weeks(tmp_path / "m5", panel.dates + 6 * DAY)


def test_a_calendar_that_is_too_short_is_an_error_that_names_the_day(tmp_path: Path) -> None:
    write_m5(tmp_path)
    path = tmp_path / "m5" / "calendar.parquet"
    pd.read_parquet(path).iloc[:10].to_parquet(path)
    with pytest.raises(SourceError, match="d_11"):
        load_shop("m5_stores", tmp_path)


def test_any_shop_comes_through_the_door_by_its_path(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=5).strftime("%Y-%m-%d").tolist()
    pd.DataFrame({"date": days, "product": "tea", "quantity": range(5)}).to_csv(tmp_path / "tea.csv", index=False)
    panel = load_shop(str(tmp_path / "tea.csv"), tmp_path, until="2024-01-04")
    assert panel.sales.tolist() == [[0, 1, 2, 3]]


def test_the_sample_shop_needs_no_data(tmp_path: Path) -> None:
    assert load_shop("sample", tmp_path).sales.shape == (200, 730)


def test_what_cannot_be_loaded_is_an_error_of_ours(tmp_path: Path) -> None:
    for name in ("coffee", "m5_stores", "no such shop"):
        with pytest.raises(SourceError, match=r"exist|no file"):
            load_shop(name, tmp_path)
    with pytest.raises(SalesError, match="YYYY-MM-DD"):
        load_shop("sample", tmp_path, until="yesterday")
    with pytest.raises(HistoryError):
        load_shop("sample", tmp_path, until="2000-01-01")


@pytest.mark.shops
@pytest.mark.parametrize(
    ("name", "products", "least_days", "first_day"),
    [
        ("coffee", 80, 181, "2023-01-01"),
        ("store_item", 500, 1735, "2013-01-01"),
        ("online_retail", 4019, 335, "2010-12-01"),
        ("m5_CA_1", 3049, 1913, "2011-01-29"),
    ],
)
def test_the_real_shops_are_whole(shops_dir: Path, name: str, products: int, least_days: int, first_day: str) -> None:
    panel = load_shop(name, shops_dir)
    assert len(panel.products) == products
    assert len(panel.dates) >= least_days
    assert str(panel.dates[0]) == first_day
