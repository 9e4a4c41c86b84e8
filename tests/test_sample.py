"""The sample shop: what it promises about the truth, and what a shop must show in its sales."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from shelfcast.errors import RecipeError
from shelfcast.panel import Status
from shelfcast.sample import SampleShop, sample_blocks, sample_shop, write_sample
from shelfcast.sample.calendar import Calendar
from shelfcast.sample.demand import draw_demand
from shelfcast.sample.plan import FAMILY, STORES, Plan, make_offers, make_plan
from shelfcast.sample.streams import Streams

ARRAYS = ("expected", "demand", "dispersion", "price", "promotion", "stock", "complements", "substitutes")
PANEL_ARRAYS = ("sales", "status", "dates", "products")


@pytest.fixture(scope="module")
def shop() -> SampleShop:
    """The default shop."""
    return sample_shop()


@pytest.fixture(scope="module")
def mall() -> SampleShop:
    """A larger shop, in which an effect is seen over the chance, without stock-outs."""
    return sample_shop(products=1000, days=400, stock_outs=False, launches=False)


def make_small_plan(days: int, planted: tuple[tuple[int, int], ...] = ()) -> Plan:
    dates = np.datetime64("2024-12-01") + np.arange(days)
    stores = np.zeros((len(STORES), days))
    pairs = np.array(planted, dtype=np.int64).reshape(-1, 2)
    return make_plan(Streams(5), 6, dates, Calendar.of(dates), stores, pairs, launches=True)


def contents(shop: SampleShop) -> dict[str, NDArray[Any]]:
    return (
        {name: getattr(shop, name) for name in ARRAYS}
        | {name: getattr(shop.panel, name) for name in PANEL_ARRAYS}
        | dict(shop.panel.attributes)
    )


def usual(shop: SampleShop) -> NDArray[np.float64]:
    """`[N, T]` sales over the product's mean on that weekday without promotion: about 1 on a usual day."""
    sales = shop.panel.sales.astype(np.float64)
    weekday = (shop.panel.dates.astype(np.int64) + 3) % 7
    ratio = np.zeros_like(sales)
    for k in range(7):
        days = weekday == k
        quiet = ~shop.promotion[:, days]
        mean = (sales[:, days] * quiet).sum(axis=1) / quiet.sum(axis=1)
        ratio[:, days] = sales[:, days] / np.maximum(mean, 0.01)[:, None]
    return ratio


def promoted_well(shop: SampleShop, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the rows sell enough for an effect to show."""
    enough: NDArray[np.bool_] = shop.panel.sales[rows].mean(axis=1) > 2
    return enough


# The truth


@pytest.mark.parametrize("days", [2, 40])
def test_expected_is_the_mean_of_many_draws(days: int) -> None:
    plan = make_small_plan(days, planted=((5, 6),))
    error = np.zeros(plan.mean.shape)
    square, unconditional = np.zeros(plan.mean.shape), np.zeros(plan.mean.shape)
    followed: list[float] = []
    for seed in range(1500):
        demand, expected = draw_demand(plan, seed)
        error += demand - expected
        square += (demand - expected) ** 2
        unconditional += demand - plan.mean
        surge = demand[5, :-1] - plan.mean[5, :-1]
        followed.append(float((demand - expected)[6, 1:] @ surge))
    scale = np.sqrt(square.sum(axis=1))
    assert np.abs(error.sum(axis=1) / scale).max() < 4
    # What the leader sold yesterday tells nothing that is not in the expectation.
    assert abs(np.sum(followed)) / np.linalg.norm(followed) < 4
    if days == 2:  # the mean that forgets that each product sells is caught
        assert np.abs(unconditional.sum(axis=1) / scale).max() > 10


def test_demand_has_the_variance_that_is_stated(shop: SampleShop) -> None:
    expected = shop.expected.astype(np.float64)
    square = ((shop.demand - expected) ** 2).sum()
    stated = (expected + shop.dispersion[:, None] * expected**2).sum()
    assert square / stated == pytest.approx(1, abs=0.05)
    assert square / expected.sum() > 2  # Poisson counts would give 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_forecaster_has_something_to_gain(seed: int) -> None:
    shop = sample_shop(seed=seed)
    y, days = shop.panel.sales, range(702, 730)
    observed = shop.panel.observed[:, -28:]

    def rmse(forecast: NDArray[np.floating]) -> float:
        return float(np.sqrt(np.mean((forecast - y[:, -28:])[observed] ** 2)))

    best = rmse(shop.expected[:, -28:])
    assert rmse(y[:, -35:-7]) > 1.25 * best
    assert rmse(np.stack([y[:, day - 28 : day].mean(axis=1) for day in days], axis=1)) > 1.10 * best


# Again, and of any size


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = (contents(sample_shop(20, 60, seed)) for seed in (3, 3, 4))
    assert all(first[name].tobytes() == again[name].tobytes() for name in first)
    assert first["sales"].tobytes() != other["sales"].tobytes()


@pytest.mark.parametrize(("few", "many", "days"), [(7, 23, 50), (3, 3, 2), (999, 1012, 20)])
def test_a_path_does_not_depend_on_the_number_of_products(few: int, many: int, days: int) -> None:
    small, large = contents(sample_shop(few, days)), contents(sample_shop(many, days))
    for name in (*ARRAYS[:6], "sales", "status", "products", "category", "store"):
        np.testing.assert_array_equal(small[name], large[name][:few], err_msg=name)


def test_blocks_are_the_shop() -> None:
    whole = sample_shop(2007, 15)
    blocks = list(sample_blocks(2007, 15))
    assert [len(block.panel.products) for block in blocks] == [1000, 1000, 7]
    np.testing.assert_array_equal(np.concatenate([b.panel.sales for b in blocks]), whole.panel.sales)
    assert (blocks[0].panel.sales[:7] != blocks[2].panel.sales).any(axis=1).all()
    assert whole.substitutes.tolist() == [[row, row + 1] for row in range(0, 2007, FAMILY)]
    assert whole.complements.tolist() == [[row, row + 2] for row in range(0, 2005, FAMILY)]


@pytest.mark.parametrize("in_blocks", [False, True])
def test_the_covariates_are_what_the_owner_knows_on_the_last_day(in_blocks: bool) -> None:
    """The prices and promotions so far, and the holidays of the next 90 days: no promotion is planned."""
    shop = next(sample_blocks(7, 150)) if in_blocks else sample_shop(7, 150)
    panel, known = shop.panel, shop.panel.covariates
    assert known is not None
    assert known.prices is not None
    assert known.days == 150 + 90
    np.testing.assert_array_equal(known.prices[:, :150], shop.price)
    np.testing.assert_array_equal(known.prices[:, 150:], np.repeat(shop.price[:, -1:], 90, axis=1))
    promotion = known.signals["promotion"].of(slice(None))
    np.testing.assert_array_equal(promotion[:, :150], shop.promotion)
    assert shop.promotion.any()
    assert not promotion[:, 150:].any()
    days = panel.dates[0] + np.arange(240)
    told = {day: name for name, flags in known.events.items() for day in days[flags]}
    assert told == {day: name for day, name in shop.holidays.items() if days[0] <= day <= days[-1]}
    assert max(told) > panel.last_day


@settings(max_examples=60, deadline=None)
@given(
    products=st.integers(1, 12),
    days=st.integers(2, 45),
    seed=st.integers(0, 2**40),
    start=st.dates(date(1, 1, 1), date(9990, 1, 1)),
    stock_outs=st.booleans(),
    launches=st.booleans(),
)
def test_any_shop_is_sound(products: int, days: int, seed: int, start: date, stock_outs: bool, launches: bool) -> None:
    shop = sample_shop(products, days, seed, start.isoformat(), stock_outs=stock_outs, launches=launches)
    panel = shop.panel
    assert panel.sales.shape == (products, days)
    assert panel.dates[0] == np.datetime64(start)
    assert (panel.sales.sum(axis=1) >= 1).all()  # every product sells
    np.testing.assert_array_equal(panel.sales, np.minimum(shop.demand, shop.stock))
    sold_out = (shop.demand > shop.stock) | (shop.stock == 0)
    np.testing.assert_array_equal(panel.status == Status.SOLD_OUT, sold_out & panel.on_sale)
    assert stock_outs or not (panel.status == Status.SOLD_OUT).any()
    assert launches or panel.on_sale.all()
    assert (shop.demand[~panel.on_sale] == 0).all()
    assert (shop.stock[~panel.on_sale] == 0).all()
    assert np.isfinite(shop.expected).all()
    np.testing.assert_array_equal(shop.expected > 0, panel.on_sale)
    # On sale once, from a day to a day.
    assert (np.abs(np.diff(panel.on_sale, axis=1, prepend=False, append=False)).sum(axis=1) == 2).all()
    assert (shop.price > 0).all()
    assert not (shop.promotion & ~panel.on_sale).any()
    assert (panel.dates[-1] < np.array(list(shop.holidays))).any()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"products": 0}, "products"),
        ({"products": 2.5}, "products"),
        ({"products": 10**8}, "products"),
        ({"days": 1}, "days"),
        ({"seed": -1}, "seed"),
        ({"start": "tomorrow"}, "start"),
        ({"start": "NaT"}, "start"),
        ({"start": "-0044-03-15"}, "start"),
        ({"complements": [(0, 200)]}, "complements"),
        ({"complements": [(3, 3)]}, "complements"),
        ({"complements": [(0, 1), (1, 2)]}, "complements"),
        ({"complements": [(0, 2), (1, 2)]}, "complements"),
        ({"products": 1500, "complements": [(0, 1200)]}, "complements"),
    ],
)
def test_what_no_shop_can_have_is_said(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        sample_shop(**arguments)


# What a shop shows


def test_the_week_shows_and_differs_by_category(shop: SampleShop) -> None:
    weekend = (shop.panel.dates.astype(np.int64) + 3) % 7 >= 5
    category = shop.panel.attributes["category"]
    lift = {
        name: shop.panel.sales[category == name][:, weekend].mean()
        / shop.panel.sales[category == name][:, ~weekend].mean()
        for name in np.unique(category)
    }
    assert lift["garden"] > 1.5
    assert lift["stationery"] < 0.9


def test_the_year_and_the_holidays_show(shop: SampleShop) -> None:
    category, dates = shop.panel.attributes["category"], shop.panel.dates

    def mean(name: str, first: str, last: str) -> float:
        days = (dates >= np.datetime64(first)) & (dates <= np.datetime64(last))
        return float(shop.panel.sales[category == name][:, days].mean())

    assert mean("garden", "2024-05-01", "2024-05-28") > 2 * mean("garden", "2024-11-01", "2024-11-28")
    assert mean("toys", "2024-12-11", "2024-12-24") > 1.3 * mean("toys", "2024-11-06", "2024-11-19")
    holiday, wednesday = (dates == np.datetime64(day) for day in ("2024-12-25", "2024-12-11"))
    assert shop.panel.sales[:, holiday].sum() < 0.65 * shop.panel.sales[:, wednesday].sum()
    assert shop.holidays[np.datetime64("2024-12-25")] == "Christmas Day"
    assert shop.holidays[np.datetime64("2024-03-29")] == "Good Friday"


def test_there_are_fast_slow_and_intermittent_products(shop: SampleShop) -> None:
    rate = shop.panel.sales.sum(axis=1) / shop.panel.on_sale.sum(axis=1)
    for least, most in ((0, 0.5), (0.5, 5), (5, np.inf)):
        assert ((rate >= least) & (rate < most)).mean() > 0.15


def test_a_dearer_product_sells_less() -> None:
    n, T = 50, 300
    price, promotion, response = make_offers(
        Streams(1), np.full(n, 5.0), np.zeros(n), np.ones((n, T), dtype=np.bool_), np.arange(T)
    )
    assert not promotion.any()
    change = np.log(price / price[:, :1])
    assert (change != 0).any()
    np.testing.assert_array_equal(np.sign(response), -np.sign(change))


def test_a_promotion_is_cheaper_lifts_sales_and_pulls_some_forward(mall: SampleShop) -> None:
    rows = np.flatnonzero(promoted_well(mall, np.arange(1000)))
    promotion, ratio = mall.promotion[rows], usual(mall)[rows]
    starts = promotion[:, 1:] & ~promotion[:, :-1]
    assert (mall.price[rows][:, 1:] < mall.price[rows][:, :-1])[starts].all()
    assert ratio[promotion].mean() > 1.4
    week_after = np.zeros_like(promotion)
    week_after[:, 7:] = promotion[:, :-7] & ~promotion[:, 7:]
    after = np.zeros_like(promotion)
    after[:, 1:] = promotion[:, :-1] & ~promotion[:, 1:]
    assert ratio[after].mean() < 0.92
    assert ratio[after].mean() < ratio[week_after].mean() < ratio[~promotion & ~week_after].mean()


def test_substitutes_take_from_each_other_and_complements_rise_together(mall: SampleShop) -> None:
    ratio = usual(mall)

    def beside_a_promotion(pairs: NDArray[np.int64]) -> float:
        """Of the second product's usual sales, while only the first is promoted."""
        first, second = pairs[promoted_well(mall, pairs[:, 1])].T
        return float(ratio[second][mall.promotion[first] & ~mall.promotion[second]].mean())

    assert beside_a_promotion(mall.substitutes) < 0.9
    assert beside_a_promotion(mall.substitutes[:, ::-1]) < 0.9
    assert beside_a_promotion(mall.complements) > 1.15
    strangers = np.stack([mall.substitutes[:, 0], mall.substitutes[:, 0] + 3], axis=1)
    assert beside_a_promotion(strangers) == pytest.approx(1, abs=0.06)


def test_a_planted_follower_is_forecast_only_by_who_sees_its_leader() -> None:
    a, b = 3, 5
    planted = sample_shop(12, 500, complements=[(a, b)], stock_outs=False, launches=False)
    plain = sample_shop(12, 500, stock_outs=False, launches=False)
    assert [a, b] in planted.complements.tolist()
    assert [a, b] not in plain.complements.tolist()
    assert [b, b + 2] in plain.complements.tolist()
    assert b not in planted.complements[:, 0]  # a follower leads nobody

    def lagged(shop: SampleShop, first: int, second: int) -> float:
        return float(np.corrcoef(shop.panel.sales[first, :-1], shop.panel.sales[second, 1:])[0, 1])

    assert lagged(planted, a, b) > 0.5
    assert lagged(planted, a, b) > lagged(planted, b, a) + 0.3
    assert lagged(planted, a, b) > lagged(plain, a, b) + 0.3

    y = planted.panel.sales
    weekday = np.eye(7)[(planted.panel.dates.astype(np.int64) + 3) % 7]

    def error(*seen: int) -> float:
        """RMSE on the last 100 days of a least-squares fit on the weekday and three lags of each."""
        lags = [y[row, 3 - lag : 500 - lag] for row in seen for lag in (1, 2, 3)]
        inputs, target = np.column_stack([weekday[3:], *lags]), y[b, 3:]
        weights = np.linalg.lstsq(inputs[:-100], target[:-100], rcond=None)[0]
        return float(np.sqrt(np.mean((inputs[-100:] @ weights - target[-100:]) ** 2)))

    assert error(a, b) < 0.75 * error(b)


def test_stock_outs_cut_sales_and_never_raise_them(shop: SampleShop) -> None:
    full = sample_shop(stock_outs=False)
    np.testing.assert_array_equal(shop.demand, full.demand)
    np.testing.assert_array_equal(full.panel.sales, full.demand)
    assert (shop.panel.sales <= full.panel.sales).all()
    cut = shop.panel.sales < full.panel.sales
    assert (shop.panel.status[cut] == Status.SOLD_OUT).all()
    assert not (full.panel.status == Status.SOLD_OUT).any()
    assert 0.01 < (shop.panel.status == Status.SOLD_OUT).sum() / shop.panel.on_sale.sum() < 0.06


def test_some_products_come_and_some_go(shop: SampleShop) -> None:
    launched = ~shop.panel.on_sale[:, 0]
    delisted = ~shop.panel.on_sale[:, -1]
    assert 0.05 < launched.mean() < 0.3
    assert 0.02 < delisted.mean() < 0.2
    assert set(np.unique(shop.panel.status)) == {Status.NOT_ON_SALE, Status.ON_SALE, Status.SOLD_OUT}
    first_day = shop.panel.on_sale.argmax(axis=1)[launched]
    rows = np.flatnonzero(launched)
    new = np.mean([shop.expected[r, d : d + 14].sum() for r, d in zip(rows, first_day, strict=True)])
    known = np.mean([shop.expected[r, d + 70 : d + 84].sum() for r, d in zip(rows, first_day, strict=True)])
    assert new < known


# Files


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_sales_file_holds_three_columns_and_the_rest_lies_beside_it(ending: str, tmp_path: Path) -> None:
    shop = sample_shop(30, 80, seed=1)
    paths = write_sample(shop, tmp_path / f"shop.{ending}")
    assert sorted(tmp_path.iterdir()) == sorted(paths)

    def read(name: str) -> pd.DataFrame:
        path = tmp_path / f"shop{name}.{ending}"
        return pd.read_csv(path, parse_dates=["ds"]) if ending == "csv" else pd.read_parquet(path)

    sales = read("")
    assert sales.columns.tolist() == ["unique_id", "ds", "y"]
    assert pd.api.types.is_datetime64_any_dtype(sales["ds"])
    assert len(sales) == shop.panel.on_sale.sum() < 30 * 80
    back = sales.pivot(index="unique_id", columns="ds", values="y")
    assert back.index.tolist() == shop.panel.products.tolist()
    np.testing.assert_array_equal(back.columns.to_numpy(), shop.panel.dates)
    np.testing.assert_array_equal(back.notna(), shop.panel.on_sale)
    np.testing.assert_array_equal(back.fillna(0), shop.panel.sales)
    for name, column, truth in (
        ("prices", "price", shop.price),
        ("promotions", "promotion", shop.promotion),
        ("stock", "stock", shop.stock),
        ("truth", "expected", shop.expected),
    ):
        table = read(f".{name}")
        assert table.columns.tolist() == ["unique_id", "ds", column]
        assert table[["unique_id", "ds"]].equals(sales[["unique_id", "ds"]])
        np.testing.assert_allclose(table[column].astype(float), truth[shop.panel.on_sale], rtol=1e-6)
    assert read(".holidays")["ds"].tolist() == [pd.Timestamp(day) for day in shop.holidays]
    products = pd.read_csv(paths[5]) if ending == "csv" else read(".products")
    assert products.columns.tolist() == ["unique_id", "category", "store"]
    assert products["category"].tolist() == shop.panel.attributes["category"].tolist()


def test_the_sales_file_does_not_depend_on_the_truth(tmp_path: Path) -> None:
    shop = sample_shop(5, 30)
    blank = replace(
        shop,
        expected=shop.expected * 0,
        price=shop.price * 0,
        stock=shop.stock * 0,
        promotion=~shop.promotion,
    )
    first, second = (
        write_sample(shop, tmp_path / "a.parquet")[0],
        write_sample(blank, tmp_path / "b.parquet")[0],
    )
    assert first.read_bytes() == second.read_bytes()


def test_another_ending_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"shop\.xlsx"):
        write_sample(sample_shop(1, 2), tmp_path / "shop.xlsx")
