"""The shops of the benchmark: M5's wide file and calendar, the door's shops, and data that reach further."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.shops import load_shop, m5_weeks
from shelfcast.errors import HistoryError, SalesError, SourceError

DAYS = 12  # so that d_10 comes after d_2


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
    (data / "m5").mkdir(parents=True)
    wide.to_parquet(data / "m5" / "sales.parquet")
    calendar.to_parquet(data / "m5" / "calendar.parquet")
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


def test_m5_ends_where_its_files_end(tmp_path: Path) -> None:
    write_m5(tmp_path, days=30)
    assert str(load_shop("m5_items", tmp_path).last_day) == "2011-02-27"
    assert str(load_shop("m5_items", tmp_path, until="2011-02-05").last_day) == "2011-02-05"


def test_the_week_of_a_day_is_the_calendars(tmp_path: Path) -> None:
    write_m5(tmp_path)
    panel = load_shop("m5_items", tmp_path)
    assert m5_weeks(tmp_path / "m5", panel.dates).tolist() == [11101] * 7 + [11102] * 5
    with pytest.raises(SourceError, match="lacks some of the days"):
        m5_weeks(tmp_path / "m5", panel.dates + 6)


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
