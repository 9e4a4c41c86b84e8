"""The order list behind its doors: from a fitted model and a stock table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shelfcast import Forecaster, Panel
from shelfcast.cli import main
from shelfcast.errors import HistoryError
from shelfcast.planning import order_list
from shelfcast.planning.order_list import days_of_cover

QUICK = {"seq_len": 20, "filters": 6, "hidden": 6, "head": 8, "steps": 10, "batch_size": 4}
COLUMNS = ["unique_id", "order", "worth", "days_of_cover", "sell_out_probability", "sell_out_if_not_ordered"]
COLUMNS += ["sell_out_if_ordered", "demand", "lo-80", "hi-80", "reason"]


def shop(products: int = 5, days: int = 120) -> Panel:
    rng = np.random.default_rng(0)
    sales = rng.poisson(np.linspace(0.4, 20, products)[:, None], (products, days)).astype(np.float32)
    return Panel.of(sales, np.datetime64("2024-01-01") + np.arange(days), [f"p{i}" for i in range(products)])


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster("catalog", device="cpu", **QUICK).fit(shop(), test_days=30)


def test_a_row_a_product_the_most_worth_first(fitted: Forecaster) -> None:
    stock = pd.DataFrame({"unique_id": ["p4", "p0", "p3"], "on_hand": [0, 1000, 2]})
    table = order_list(fitted, stock)
    assert table.columns.tolist() == COLUMNS
    assert table["unique_id"].tolist() == ["p4", "p3", "p0"]
    assert (table["worth"].diff().dropna() <= 0).all()
    assert table["order"].iloc[-1] == 0
    assert table["sell_out_probability"].iloc[-1] == 0
    assert table["sell_out_probability"].iloc[0] > 0.9
    assert (table["sell_out_if_ordered"] <= 0.05 + 1e-9).all()
    assert (table["lo-80"] <= table["demand"]).all()
    assert (table["demand"] <= table["hi-80"] * 1.01).all()
    assert table["reason"].str.fullmatch(r"(Order|No order).*\.").all()
    assert table.attrs["defaults"]["lead_time"] == 1


def test_more_stock_never_means_a_larger_order_or_a_greater_risk(fitted: Forecaster) -> None:
    lists = [
        order_list(fitted, pd.DataFrame({"unique_id": ["p3"], "on_hand": [units], "lead_time": [3]}))
        for units in range(0, 260, 20)
    ]
    table = pd.concat(lists)
    for column in ("order", "sell_out_probability", "sell_out_if_not_ordered", "worth"):
        assert (table[column].diff().dropna() <= 1e-9).all(), column
    assert (table["days_of_cover"].diff().dropna() > 0).all()


def test_orders_are_whole_packs_of_at_least_the_least_order(fitted: Forecaster) -> None:
    stock = pd.DataFrame(
        {"unique_id": fitted.products, "on_hand": [0, 3, 60, 90, 20], "pack_size": 12, "min_order": 30}
    )
    by_level = order_list(fitted, stock)
    by_costs = order_list(fitted, stock.assign(unit_cost=2.0, price=3.0, salvage=1.0))
    for table in (by_level, by_costs):
        assert (table["order"] % 12 == 0).all()
        assert table["order"].isin([0]).any() or (table["order"] >= 36).all()
        assert ((table["order"] == 0) | (table["order"] >= 36)).all()
    both = by_level.merge(by_costs, on="unique_id")
    assert (both["order_x"] >= both["order_y"]).all()  # 95 % against 1 in 2
    assert by_costs["reason"].str.contains("a unit short costs 1.00 and a unit left 1.00").all()


def test_days_of_cover_are_those_of_a_slow_twin() -> None:
    rng = np.random.default_rng(0)
    mean = rng.uniform(0, 5, (50, 9)) * (rng.random((50, 9)) < 0.7)
    mean[0], position = 0.0, rng.uniform(0, 60, 50)
    position[1] = 0.0
    until = np.pad(np.cumsum(mean, axis=1), ((0, 0), (1, 0)))
    cover = days_of_cover(until, position)
    for row in range(1, 50):
        left, days, day = position[row], 0.0, 0
        while left > 0:
            asked = mean[row, day] if day < 9 else mean[row].mean()
            days += 1 if asked <= left else left / asked
            left, day = left - asked, day + 1
        if left == 0 or mean[row, min(day, 8)] > 0 or position[row] > 0:
            assert cover[row] >= days - 1e-9
            asked_until = until[row, 9] if cover[row] >= 9 else np.interp(cover[row], np.arange(10), until[row])
            assert asked_until <= position[row] + 1e-9
        if cover[row] < 9:
            assert np.interp(cover[row], np.arange(10), until[row]) == pytest.approx(position[row])
    assert cover[0] == 999


def test_a_saved_model_orders_the_same(fitted: Forecaster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fitted.save(tmp_path / "model")
    stock = pd.DataFrame({"unique_id": fitted.products, "on_hand": 7, "lead_time": 2})
    stock.to_csv(tmp_path / "stock.csv", index=False)
    command = ["order", str(tmp_path / "model"), "--stock", str(tmp_path / "stock.csv"), "--device", "cpu"]
    assert main([*command, "--out", str(tmp_path / "orders.csv")]) == 0
    written = pd.read_csv(tmp_path / "orders.csv")
    expected = order_list(fitted, stock)
    pd.testing.assert_frame_equal(written, expected, check_dtype=False)
    out = capsys.readouterr().out
    assert "the stock table has no review_period: 7 is taken" in out
    assert f"{(expected['order'] > 0).sum()} of 5 products to be ordered" in out

    stock.assign(lead_time=400).to_csv(tmp_path / "stock.csv", index=False)
    assert main(command) == 2
    assert "line 2, column 'lead_time': '400'" in capsys.readouterr().err


def test_a_model_that_forecasts_one_day_says_so(tmp_path: Path) -> None:
    forecaster = Forecaster("classic", device="cpu", epochs=1, filters=4, hidden=4).fit(shop(), test_days=5)
    with pytest.raises(HistoryError, match="classic model"):
        order_list(forecaster, pd.DataFrame({"unique_id": ["p1"], "on_hand": [1]}))
