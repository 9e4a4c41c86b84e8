"""What a day was for a product: each kind planted, and what the forecast makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shelfcast import Forecaster, Panel, Status, read_sales
from shelfcast.ahead import days_since_start, status_ahead
from shelfcast.covariates import Covariates
from shelfcast.features.demand import demand, open_demand_by_block
from shelfcast.status import decide, store_rows

QUICK = {
    "classic": {"epochs": 40, "filters": 8, "hidden": 8},
    "catalog": {"seq_len": 20, "filters": 6, "hidden": 6, "head": 8, "steps": 30, "batch_size": 4},
}
ONE_STORE = np.zeros(4, np.int64)


def sold(N: int = 4, T: int = 140, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(20, (N, T)).astype(np.float32)


def shop(sales: np.ndarray, status: np.ndarray | None = None) -> Panel:
    dates = np.datetime64("2024-01-01") + np.arange(sales.shape[1])
    return Panel.of(sales, dates, [f"p{n}" for n in range(len(sales))], status)


# Decided


def test_a_day_without_a_row_is_zero_when_the_store_sold_and_closed_when_it_did_not() -> None:
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=60)})
    frame = frame.merge(pd.DataFrame({"store": ["A", "A", "B"], "item": ["x", "y", "x"]}), how="cross")
    frame["y"] = 10.0
    gone = (frame.ds == "2024-02-10") & (frame.store == "A")
    missing = (frame.ds == "2024-02-20") & (frame.store == "A") & (frame.item == "x")
    panel, report = read_sales(frame[~gone & ~missing])
    assert panel.products.tolist() == ["A/x", "A/y", "B/x"]
    assert panel.status[:, 40].tolist() == [Status.CLOSED, Status.CLOSED, Status.ON_SALE]
    assert (panel.status[:, 50] == Status.ON_SALE).all()
    assert panel.sales[:, 50].tolist() == [0, 10, 10]
    assert not panel.closed.any()
    assert report.closed == 2
    assert any("Closed: 2 product-days" in line for line in report.lines())


def test_the_store_is_known_by_the_name_of_its_column() -> None:
    A, B = np.array(["1", "2", "1"]), np.array(["n", "n", "s"])
    assert store_rows({"item": A, "Store_ID": B}, 3).tolist() == [0, 0, 1]
    assert store_rows({"item": A, "region": B}, 3).tolist() == [0, 0, 0]
    assert store_rows({}, 3).tolist() == [0, 0, 0]


def test_a_product_is_not_on_sale_before_its_first_sale_and_unknown_after_a_long_silence() -> None:
    sales = sold()
    sales[1, :30] = 0
    sales[2, 60:] = 0
    status = decide(sales, ONE_STORE)
    assert (status[1, :30] == Status.NOT_ON_SALE).all()
    assert (status[1, 30:] == Status.ON_SALE).all()
    assert (status[2, :88] == Status.ON_SALE).all()
    assert (status[2, 88:] == Status.UNKNOWN).all()
    sales[2, 130] = 5
    assert decide(sales, ONE_STORE)[2, 128:].tolist() == [Status.UNKNOWN] * 2 + [Status.ON_SALE] * 10


def test_a_slow_product_may_be_silent_for_longer() -> None:
    sales = sold(T=400)
    sales[3] = 0
    sales[3, 0:300:20] = 1
    status = decide(sales, ONE_STORE)[3]
    assert (status[:341] == Status.ON_SALE).all()  # its last sale on day 280, and three times 20 days
    assert (status[341:] == Status.UNKNOWN).all()


def test_days_on_which_the_shop_is_closed_are_no_silence() -> None:
    sales = sold()
    sales[:, 60:100] = 0
    status = decide(sales, ONE_STORE)
    assert (status[:, 60:100] == Status.CLOSED).all()
    assert (status[:, 100:] == Status.ON_SALE).all()


def test_a_listing_decides_and_a_product_that_it_does_not_know_goes_by_its_sales() -> None:
    sales, listed = sold(), np.zeros((4, 140), np.bool_)
    listed[0, 20:100] = True
    sales[0, :25], sales[0, 100:] = 0, 0
    sales[1, :30] = 0
    sales[0, 120] = 3  # sold though not listed: it was on sale
    status = decide(sales, ONE_STORE, listed)
    assert np.flatnonzero(status[0] == Status.ON_SALE).tolist() == [*range(20, 100), 120]
    assert (status[0, :20] == Status.NOT_ON_SALE).all()
    assert np.flatnonzero(status[1] == Status.ON_SALE).tolist() == list(range(30, 140))


def test_a_day_is_sold_out_only_on_sale_and_with_the_store_open() -> None:
    sales, sold_out = sold(), np.zeros((4, 140), np.bool_)
    sales[0, :30], sales[:, 50] = 0, 0
    sold_out[0, [10, 50, 70]] = True
    status = decide(sales, ONE_STORE, sold_out=sold_out)
    assert status[0, [10, 50, 70]].tolist() == [Status.NOT_ON_SALE, Status.CLOSED, Status.SOLD_OUT]


def test_newer_days_are_decided_with_the_older_ones() -> None:
    sales = sold()
    sales[:, 6::7] = 0
    whole = shop(sales)
    older, newer = whole.until(whole.dates[99]), whole.tail(40)
    sold_out = newer.status.copy()
    sold_out[0, 3] = Status.SOLD_OUT
    one_day = replace(whole.tail(1), status=np.full((4, 1), Status.ON_SALE, np.uint8))
    assert (older.followed_by(newer).status == whole.status).all()
    assert (older.followed_by(replace(newer, status=sold_out)).status != whole.status).sum() == 1
    assert (whole.until(whole.dates[138]).followed_by(one_day).status[:, -1] == Status.CLOSED).all()  # a Sunday


# Ahead


def test_what_is_known_of_the_days_ahead() -> None:
    sales = sold(5)
    sales[:, 6::7] = 0
    sales[1, 90:], sales[2] = 0, 0
    prices = np.full((5, 147), np.nan, np.float32)
    prices[3, :143], prices[4, 144:] = 1, 1  # leaves after three days, comes on the fifth
    sales[4, 140:] = 0
    sales[4, :140] = 0
    panel = replace(shop(sales), covariates=Covariates(147, prices))
    ahead = status_ahead(panel, 7)
    ON, OUT, SHUT, UNKNOWN = Status.ON_SALE, Status.NOT_ON_SALE, Status.CLOSED, Status.UNKNOWN
    assert ahead.tolist() == [
        [ON, ON, ON, ON, ON, ON, SHUT],
        [UNKNOWN] * 7,
        [UNKNOWN] * 7,
        [ON, ON, ON, OUT, OUT, OUT, OUT],
        [OUT, OUT, OUT, OUT, ON, ON, SHUT],
    ]


def test_days_since_a_product_came_or_came_back() -> None:
    sales = sold(5)
    sales[1, :130], sales[2, 30:136], sales[3] = 0, 0, 0
    sales[4, 50:70] = 0  # a gap that is no absence
    sales[:, 138] = 0  # closed
    assert days_since_start(shop(sales).status).tolist() == [139, 9, 3, 0, 139]


# Forecast


def masked(kind: Status) -> tuple[np.ndarray, np.ndarray]:
    """A shop of 20 units a day, the last days cut off: `[4, 140]` sales and status."""
    sales = sold()
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    if kind == Status.SOLD_OUT:
        sales[0, -20:], status[0, -20:] = 5, kind  # five were left every morning
    else:
        sales[:, -10:], status[:, -10:] = 0, kind
    return sales, status


def tomorrow(recipe: str, sales: np.ndarray, status: np.ndarray) -> float:
    forecaster = Forecaster(recipe, device="cpu", **QUICK[recipe]).fit(shop(sales, status), test_days=30)
    return float(forecaster.predict(horizon=1)["mean"].iloc[0])


@pytest.mark.parametrize("recipe", ["classic", "catalog"])
@pytest.mark.parametrize("kind", [Status.SOLD_OUT, Status.CLOSED])
def test_a_forecast_is_not_pulled_down_by_days_that_were_cut_off(recipe: str, kind: Status) -> None:
    assert 15 < tomorrow(recipe, *masked(kind)) < 25


@pytest.mark.parametrize("recipe", ["classic", "catalog"])
def test_the_same_days_taken_for_demand_would_pull_it_down(recipe: str) -> None:
    sales, status = masked(Status.SOLD_OUT)
    assert tomorrow(recipe, sales, np.full_like(status, Status.ON_SALE)) < 15


@pytest.mark.parametrize("recipe", ["classic", "catalog"])
def test_sundays_are_forecast_as_closed_and_monday_as_any_day(recipe: str) -> None:
    sales = sold()
    sales[:, 6::7] = 0
    forecaster = Forecaster(recipe, device="cpu", **QUICK[recipe]).fit(shop(sales).until("2024-05-18"), test_days=20)
    sunday = forecaster.predict(horizon=1)
    assert sunday["ds"].dt.day_name().unique().tolist() == ["Sunday"]
    assert sunday["status"].unique().tolist() == ["closed"]
    assert (sunday["mean"] == 0).all()
    assert sunday["on_sale"].all()
    monday = forecaster.predict(shop(sales).until("2024-05-19").tail(1), horizon=1)
    assert monday["status"].unique().tolist() == ["on sale"]
    assert monday["mean"].between(14, 26).all()
    assert forecaster.result is not None
    sundays = forecaster.result.dates.astype("datetime64[D]").astype(np.int64) % 7 == 3
    assert (forecaster.result.forecasts[recipe][:, sundays] == 0).all()
    assert not forecaster.result.observed[:, sundays].any()


def slow_demand(panel: Panel, whole_days_too: bool) -> np.ndarray:
    """A cell at a time."""
    filled = panel.sales.copy()
    for n, t in np.ndindex(*filled.shape):
        if panel.status[n, t] not in (Status.SOLD_OUT, Status.CLOSED) or (panel.closed[t] and not whole_days_too):
            continue
        by_any_weekday = whole_days_too or panel.status[n, t] == Status.SOLD_OUT
        for lags in ((7, 14, 21, 28), range(1, 29))[: 1 + by_any_weekday]:
            known = [panel.sales[n, t - k] for k in lags if t >= k and panel.observed[n, t - k]]
            if known:
                filled[n, t] = max(filled[n, t], np.mean(known, dtype=np.float64))
                break
    return filled


@pytest.mark.parametrize("days", [1, 5, 20, 90])
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_demand_is_that_of_a_loop_over_cells(share: float, days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shelfcast.features.demand._ROWS", 2)
    rng = np.random.default_rng(8)
    sales = rng.poisson(4, (5, days)).astype(np.float32)
    kinds = [Status.ON_SALE, Status.SOLD_OUT, Status.CLOSED, Status.NOT_ON_SALE]
    status = rng.choice(kinds, sales.shape, p=[0.9 - share / 2 - 0.05, share / 2, 0.05, 0.1]).astype(np.uint8)
    sales[status != Status.ON_SALE] *= rng.random((status != Status.ON_SALE).sum()) < 0.3
    status[:, days // 2], sales[:, days // 2] = Status.CLOSED, 0
    panel = shop(sales, status)
    np.testing.assert_allclose(demand(panel), slow_demand(panel, True), rtol=1e-6)
    blocks = list(open_demand_by_block(panel))
    np.testing.assert_allclose(np.concatenate(blocks), slow_demand(panel, False), rtol=1e-6)
    assert (blocks[0][:, days // 2] == 0).all()


def test_a_weekday_on_which_one_shop_is_always_closed_stays_without_demand() -> None:
    sales = np.full((2, 70), 10, np.float32)
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    sales[0, ::7], status[0, ::7] = 0, Status.CLOSED
    sales[0, 60:], status[0, 60:] = 0, Status.CLOSED  # and closed for days, of which one is such a day
    units = np.concatenate(list(open_demand_by_block(shop(sales, status))))
    assert units[0, :60].tolist() == sales[0, :60].tolist()
    assert units[0, 60:].tolist() == [10, 10, 10, 0, 10, 10, 10, 10, 10, 10]


def test_cut_off_days_count_as_what_such_days_sold_before() -> None:
    sales = np.tile(np.arange(1, 8, dtype=np.float32), (2, 10))
    status = np.full(sales.shape, Status.ON_SALE, np.uint8)
    sales[0, 60], status[0, 60] = 0, Status.SOLD_OUT
    sales[1, 60], status[1, 60] = 40, Status.SOLD_OUT  # sold more than usual before it ran out
    filled = demand(shop(sales, status))
    assert filled[:, 60].tolist() == [60 % 7 + 1, 40]
    filled[:, 60] = sales[:, 60]
    np.testing.assert_array_equal(filled, sales)
    assert demand(shop(sales)) is shop(sales).sales or np.array_equal(demand(shop(sales)), sales)
