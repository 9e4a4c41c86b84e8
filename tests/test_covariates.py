"""Covariates: their days, products and files, and a model that was fitted with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from shelfcast import Forecaster, Panel
from shelfcast.covariates import CovariateNames, Covariates, Signal
from shelfcast.errors import SalesError
from shelfcast.models.catalog import CatalogModel
from shelfcast.panel import DAY
from shelfcast.tables import TableArguments

FILLED: TableArguments = {"fill_prices": "last", "fill_promotions": "none"}
N, T, DAYS = 4, 100, 112  # products, days of sales, days for which plans are known
QUICK = {"seq_len": 20, "filters": 6, "hidden": 6, "head": 8, "steps": 10, "batch_size": 4}


def known(seed: int = 0, days: int = DAYS) -> Covariates:
    """Prices with gaps, a promotion a product, a benefit day that a region shares, two events."""
    rng = np.random.default_rng(seed)
    prices = np.repeat(rng.uniform(1, 5, (N, days // 14)), 14, axis=1).astype(np.float32)
    prices[rng.random(prices.shape) < 0.05] = np.nan
    return Covariates(
        days,
        prices,
        {
            "promotion": Signal((rng.random((N, days)) < 0.3).astype(np.float32), np.arange(N)),
            "benefit": Signal(rng.random((2, days)).astype(np.float32), np.array([1, 0, 1, 1])),
        },
        {"feast": rng.random(days) < 0.1, "fair.big": rng.random(days) < 0.1},
    )


def shop(covariates: Covariates | None) -> Panel:
    sales = np.random.default_rng(1).poisson(8, (N, T)).astype(np.float32)
    dates, names = np.datetime64("2024-01-01") + np.arange(T), [f"p{n}" for n in range(N)]
    return Panel.of(sales, dates, names, attributes={"store": np.array(["A", "B"] * 2)}, covariates=covariates)


def told(covariates: Covariates | None, day: int) -> dict[str, Any]:
    """All that is known of one day of each product; NaN as None."""
    assert covariates is not None
    assert covariates.prices is not None
    prices = [None if np.isnan(price) else float(price) for price in covariates.prices[:, day]]
    signals = {name: signal.of(slice(None))[:, day].tolist() for name, signal in covariates.signals.items()}
    return {"price": prices} | signals | {name: bool(flags[day]) for name, flags in covariates.events.items()}


def unknown(prices: list[float | None] | None = None) -> dict[str, Any]:
    """What is told of a day of which nothing is known but these prices."""
    nothing = {"promotion": [0.0] * N, "benefit": [0.0] * N, "feast": False, "fair.big": False}
    return {"price": prices or [None] * N} | nothing


# The days


def test_days_are_those_that_are_asked_for() -> None:
    some = known().between(30, 50)
    assert some.days == 20
    for day in range(20):
        assert told(some, day) == told(known(), 30 + day)


def test_days_before_all_that_is_known_have_nothing_and_days_after_it_the_last_price() -> None:
    last = told(known(), DAYS - 1)["price"]
    for first, end in ((-3, DAYS + 5), (-3, 20), (90, DAYS + 5), (DAYS + 2, DAYS + 4)):
        some = known().between(first, end)
        assert some.days == end - first
        for day in range(first, end):
            expected = told(known(), day) if 0 <= day < DAYS else unknown(prices=last if day >= DAYS else None)
            assert told(some, day - first) == expected


def test_products_are_those_that_are_asked_for() -> None:
    rows = np.array([3, 1])
    some = known().select(rows)
    some.require(2, DAYS)
    for day in (0, 50):
        of_all = told(known(), day)
        assert told(some, day) == {
            name: [value[3], value[1]] if isinstance(value, list) else value for name, value in of_all.items()
        }


def test_newer_plans_replace_the_older_ones_from_their_first_day_on() -> None:
    older, newer = known(0), known(1).select(np.array([0, 2, 3]))
    both = older.followed_by(newer, 5, 40, np.array([1, 2]), np.array([2, 0]))
    assert both.days == 40 + DAYS
    last = told(older, DAYS - 1)["price"]
    for day in range(both.days):
        mine = told(older, day - 5) if 5 <= day < 5 + DAYS else unknown(prices=last if day >= 5 else None)
        if day >= 40:
            its = told(newer, day - 40)
            for name, values in its.items():
                mine[name] = (
                    [mine[name][0], values[2], values[0], mine[name][3]] if isinstance(values, list) else values
                )
        assert told(both, day) == mine


def test_newer_plans_that_end_earlier_are_as_unknown_days_are() -> None:
    rows, newer = np.arange(N), known(1, days=14)
    both = known().followed_by(newer, 0, 60, rows, rows)
    assert told(both, 73) == told(newer, 13)
    assert told(both, 74) == unknown(prices=told(newer, 13)["price"])


def test_newer_plans_of_other_names_are_an_error_that_says_which() -> None:
    rows = np.arange(N)
    for newer, words in (
        (replace(known(), prices=None), "newer sales come with signals"),
        (replace(known(), events={}), r"promotion, those of the model with .* events fair\.big, feast"),
        (replace(known(), signals={"promo": known().signals["promotion"]}), "signals promo;"),
    ):
        with pytest.raises(SalesError, match=words):
            known().followed_by(newer, 0, 1, rows, rows)


# What they are made of


def test_arrays_make_the_same_again() -> None:
    whole = known()
    for some in (
        whole,
        replace(whole, prices=None),
        Covariates(DAYS, whole.prices),
        Covariates(DAYS, signals=whole.signals),
        Covariates(DAYS, events=whole.events),
    ):
        again = Covariates.from_arrays(some.to_arrays())
        assert again is not None
        assert (again.days, again.names) == (some.days, some.names)
        one, other = some.to_arrays(), again.to_arrays()
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name], equal_nan="event" not in name) for name in one)
    assert Covariates.from_arrays(Covariates(DAYS).to_arrays()) is None


def test_names_say_what_there_is() -> None:
    assert known().names == CovariateNames(True, ("benefit", "promotion"), ("fair.big", "feast"))
    assert str(known().names) == "prices; signals benefit, promotion; events fair.big, feast"
    assert str(Covariates(3, events={"feast": np.zeros(3, np.bool_)}).names) == "events feast"
    assert str(CovariateNames()) == "no covariates"


def flat(value: float, days: int = 3, rows: int = 2) -> NDArray[np.float32]:
    return np.full((rows, days), value, np.float32)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"prices": flat(1, days=4)}, r"Prices must be float32 \[rows, 3 days\], not float32 \[2, 4\]"),
        ({"prices": flat(1).astype(np.float64)}, "not float64"),
        ({"prices": flat(-0.01)}, "Prices must be finite and not negative"),
        ({"prices": flat(np.inf)}, "Prices must be finite"),
        ({"signals": {"promo": Signal(flat(1)[0], np.zeros(2, np.int64))}}, "Signal 'promo' must be float32"),
        ({"signals": {"promo": Signal(flat(np.nan), np.zeros(2, np.int64))}}, "Signal 'promo' must be finite"),
        ({"signals": {"promo": Signal(flat(1), np.array([0, 2]))}}, "Signal 'promo' has 2 rows"),
        ({"signals": {"promo": Signal(flat(1), np.array([-1, 0]))}}, "Signal 'promo' has 2 rows"),
        ({"events": {"feast": np.zeros(4, np.bool_)}}, "Event 'feast' must be 3 booleans"),
        ({"events": {"feast": np.zeros(3)}}, "Event 'feast' must be 3 booleans"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_it(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SalesError, match=words):
        Covariates(3, **settings)


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        (Covariates(9, flat(1, 9, rows=3)), "Prices must be of 4 products, not 3"),
        (Covariates(9, signals={"promo": Signal(flat(1, 9), np.zeros(5, np.int64))}), "'promo' must be of 4 products"),
        (Covariates(8, flat(1, 8, rows=4)), "cover the 9 days of the panel; they end after 8"),
    ],
)
def test_covariates_of_other_products_or_fewer_days_make_no_panel(covariates: Covariates, words: str) -> None:
    dates = np.datetime64("2024-01-01") + np.arange(9)
    with pytest.raises(SalesError, match=words):
        Panel(flat(1, 9, rows=4), np.ones((4, 9), np.uint8), dates, np.array(list("abcd")), covariates=covariates)


# In a panel


def test_a_panel_of_some_days_keeps_what_is_known_of_the_days_after_them() -> None:
    panel = shop(known())
    early, late = panel.until(panel.dates[59]), panel.tail(30)
    assert early.covariates is not None
    assert late.covariates is not None
    assert (early.covariates.days, late.covariates.days) == (DAYS, DAYS - 70)
    for day in range(DAYS):
        assert told(early.covariates, day) == told(known(), day)
    for day in range(DAYS - 70):
        assert told(late.covariates, day) == told(known(), 70 + day)


def test_a_panel_of_some_products_in_any_order_has_their_covariates() -> None:
    panel, rows = shop(known()), np.array([3, 0, 2, 1])
    shuffled = Panel.of(panel.sales[rows], panel.dates, panel.products[rows], covariates=known().select(rows))
    assert told(shuffled.covariates, 9) == told(known(), 9)
    some = panel.select(["p3", "p1"])
    assert told(some.covariates, 9) == told(known().select(np.array([1, 3])), 9)


def test_newer_sales_bring_their_plans_and_leave_those_of_other_products() -> None:
    newer = replace(shop(known(1)), dates=shop(None).dates + 90 * DAY).select(["p1", "p2"])
    both = shop(known()).followed_by(newer)
    assert len(both.dates) == 90 + T
    for day in (89, 90, 95, 190, 90 + DAYS - 1):
        its = told(known(1), day - 90) if day >= 90 else {}
        mine = told(known(), day) if day < DAYS else unknown(prices=told(known(), DAYS - 1)["price"])
        for name, values in its.items():
            mine[name] = [mine[name][0], *values[1:3], mine[name][3]] if isinstance(values, list) else values
        assert told(both.covariates, day) == mine


def test_newer_sales_without_covariates_leave_the_own_plans_in_force() -> None:
    newer = replace(shop(None), dates=shop(None).dates + 90 * DAY)
    covariates = shop(known()).followed_by(newer).covariates
    assert covariates is not None
    assert covariates.days == 90 + T
    assert told(covariates, DAYS - 1) == told(known(), DAYS - 1)
    assert told(covariates, 90 + T - 1) == unknown(prices=told(known(), DAYS - 1)["price"])
    soon = shop(known()).followed_by(replace(shop(None), dates=shop(None).dates + 2 * DAY)).covariates
    assert soon is not None
    assert soon.days == DAYS  # the plans reach farther than the newer sales


def test_newer_sales_that_begin_earlier_move_the_own_plans_back() -> None:
    newer = replace(shop(None), dates=shop(None).dates - 2 * DAY)
    covariates = shop(known()).until("2024-03-01").followed_by(newer).covariates
    assert told(covariates, 0) == unknown()
    assert told(covariates, 2) == told(known(), 0)


# In a model


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster("catalog", device="cpu", **QUICK).fit(shop(known()), test_days=10, **FILLED)


def test_a_saved_model_forecasts_the_same_bits(fitted: Forecaster, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    loaded = Forecaster.load(tmp_path, device="cpu")
    pd.testing.assert_frame_equal(loaded.predict(), fitted.predict(), check_exact=True)
    newer = replace(shop(known(1)), dates=shop(None).dates + 8 * DAY).tail(12)
    pd.testing.assert_frame_equal(loaded.predict(newer), fitted.predict(newer), check_exact=True)
    changed = replace(known(), prices=known().prices * np.float32(1.2))  # type: ignore[operator]
    assert not loaded.predict(shop(changed))["mean"].equals(loaded.predict()["mean"])


def test_a_model_whose_signals_share_their_rows_is_saved(tmp_path: Path) -> None:
    """As benefit days of several regions do, that all concern every product."""
    rows, days = np.zeros(N, np.int64), np.ones((1, DAYS), np.float32)
    signals = {"east": Signal(days, rows), "west": Signal(days, rows)}
    panel = replace(shop(None), covariates=Covariates(DAYS, signals=signals))
    forecaster = Forecaster("catalog", device="cpu", **QUICK).fit(panel, test_days=10, **FILLED)
    forecaster.save(tmp_path)
    loaded = Forecaster.load(tmp_path, device="cpu").predict()
    pd.testing.assert_frame_equal(loaded, forecaster.predict(), check_exact=True)


def test_newer_sales_with_their_plans_move_the_days_ahead_on(fitted: Forecaster) -> None:
    newer = replace(shop(known(1)), dates=shop(None).dates + 8 * DAY)
    whole = shop(known()).followed_by(newer)
    pd.testing.assert_frame_equal(fitted.predict(newer), fitted.predict(whole), check_exact=True)
    without = fitted.predict(replace(newer, covariates=None))
    assert not without["mean"].equals(fitted.predict(newer)["mean"])


def test_the_days_ahead_do_not_depend_on_how_many_are_asked_for(fitted: Forecaster) -> None:
    """Nor do their events, of which the days before are told."""
    on_day = np.arange(DAYS)
    for day in range(T, T + 5):
        panel = shop(replace(known(), events={"feast": on_day == day, "fair.big": on_day < 0}))
        usual = fitted.predict(panel, horizon=8)
        for horizon in (1, 2, 3):
            both = fitted.predict(panel, horizon=horizon).merge(usual, on=["unique_id", "ds"])
            np.testing.assert_allclose(both["mean_x"], both["mean_y"], rtol=1e-5)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (None, "these sales come with no covariates"),
        (replace(known(), prices=None), "these sales come with signals benefit, promotion; events"),
        (replace(known(), events={"feast": known().events["feast"]}), "come with .*; events feast"),
    ],
)
def test_other_covariates_than_it_was_fitted_with_are_an_error_that_says_which(
    fitted: Forecaster, other: Covariates | None, words: str
) -> None:
    model = fitted._model
    assert isinstance(model, CatalogModel)
    for forecast in (model.ahead, model.next_days):
        with pytest.raises(SalesError, match=f"fitted with prices.*{words}"):
            forecast(shop(other), 3)
    if other is not None:
        with pytest.raises(SalesError, match=r"newer sales come with .*, those of the model with prices"):
            fitted.predict(shop(other))


def test_new_products_come_with_the_covariates_that_it_was_fitted_with(fitted: Forecaster, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    forecaster = Forecaster.load(tmp_path, device="cpu")
    with pytest.raises(SalesError, match=r"fitted with prices.*these sales come with no covariates"):
        forecaster.extend(shop(None))
    few = Forecaster("catalog", device="cpu", **QUICK).fit(shop(known()).select(["p1", "p2"]), test_days=10, **FILLED)
    assert len(few.extend(shop(known())).predict(horizon=3)) == 3 * N
