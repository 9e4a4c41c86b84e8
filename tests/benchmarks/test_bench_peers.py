"""The contestants: none sees a day before its time, and each does both tasks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import settings
from benchmarks.contract import Forecast, Model
from benchmarks.models import MODELS, make
from benchmarks.peers import recipes
from benchmarks.peers.ridge import _own_features
from shelfcast import Forecaster, Panel
from shelfcast.evaluation.baselines import BASELINES, baseline_forecasts
from shelfcast.recipe import make_recipe

D = 9

PEERS = [
    pytest.param(name, marks=pytest.mark.slow if entry.family == "neural" else ()) for name, entry in MODELS.items()
]
# Other people's packages warn of what is to come.
pytestmark = pytest.mark.filterwarnings("ignore")


def shop(products: int = 6, days: int = 120, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    dates = np.datetime64("2024-01-01") + np.arange(days)
    week = 1 + 0.5 * (dates.astype(np.int64) % 7 == 2)
    sales = rng.poisson(rng.uniform(1, 20, (products, 1)) * week, (products, days)).astype(np.float32)
    sales[0, :100] = 0  # launched late
    attributes = {"store": np.array(["east", "west"] * products)[:products]}
    return Panel.of(sales, dates, [f"p{i}" for i in range(products)], attributes=attributes)


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    few: dict[str, dict[str, Any]] = {"classic": {"epochs": 2}, "catalog": {"steps": 5}}
    monkeypatch.setattr(recipes, "make_recipe", lambda name, **given: make_recipe(name, **given, **few[name]))
    monkeypatch.setattr(settings, "LIGHTGBM_ROUNDS", 20)
    monkeypatch.setattr(settings, "AUTO_ETS", settings.AUTO_ETS | {"model": "ANA"})
    monkeypatch.setattr(settings, "NEURAL", settings.NEURAL | {"max_steps": 2, "val_check_steps": 1})


def fitted(name: str, panel: Panel) -> Model:
    for package in MODELS[name].packages:
        pytest.importorskip(package, reason=f"{package} is not installed: the extra `bench` has it")
    model = make(name, seed=0, horizon=D)
    model.fit(panel.until(panel.dates[-1 - D]))
    return model


def outputs(forecast: Forecast) -> list[Any]:
    return [values for values in (forecast.mean, forecast.median) if values is not None]


@pytest.mark.parametrize("name", PEERS)
def test_both_tasks_come_out_of_one_fit(name: str) -> None:
    panel = shop()
    model = fitted(name, panel)
    for forecast in (
        model.ahead(panel.until(panel.dates[-1 - D]), D),
        model.next_day(panel.until(panel.dates[-2]), D),
    ):
        for values in outputs(forecast):
            assert values.shape == (6, D)
            assert values.dtype == np.float32
            assert np.isfinite(values).all()


@pytest.mark.parametrize("name", PEERS)
def test_a_day_changes_no_forecast_before_the_day_after_it(name: str) -> None:
    panel, at = shop(), -4  # the fourth last day sells a hundred times as much
    changed = Panel.of(panel.sales.copy(), panel.dates, panel.products, attributes=panel.attributes)
    changed.sales[:, at] = 100 * panel.sales[:, at] + 100
    said = [outputs(fitted(name, each).next_day(each.until(each.dates[-2]), D)) for each in (panel, changed)]
    for before, after in zip(*said, strict=True):
        np.testing.assert_allclose(before[:, : at + 1], after[:, : at + 1], rtol=1e-5)
        if name not in ("seasonal_naive", "same_weekday_4"):  # these see it a week later
            assert not np.allclose(before[:, at + 1], after[:, at + 1], rtol=1e-3)


@pytest.mark.parametrize("name", PEERS)
def test_the_first_day_ahead_is_the_first_next_day(name: str) -> None:
    panel = shop(days=400)  # longer than any contestant looks back
    model = fitted(name, panel)
    ahead = model.ahead(panel.until(panel.dates[-1 - D]), D)
    next_day = model.next_day(panel.until(panel.dates[-2]), D)
    for one, other in zip(outputs(ahead), outputs(next_day), strict=True):
        np.testing.assert_allclose(one[:, 0], other[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", list(BASELINES))
def test_a_baseline_says_what_the_house_says(name: str) -> None:
    panel = shop()
    said = fitted(name, panel).next_day(panel.until(panel.dates[-2]), D).mean
    assert said.tolist() == baseline_forecasts(panel, D)[name].tolist()


def test_the_baselines_ahead_use_the_last_days_again() -> None:
    panel = shop()
    history = panel.until(panel.dates[-1 - D])
    y = history.sales.astype(np.float64)
    expected = {
        "naive": [y[:, -1]] * D,
        "mean_7": [y[:, -7:].mean(axis=1)] * D,
        "seasonal_naive": [y[:, -7 + d % 7] for d in range(D)],
        "same_weekday_4": [np.mean([y[:, -7 * week + d % 7] for week in (1, 2, 3, 4)], axis=0) for d in range(D)],
    }
    for name, days in expected.items():
        said = fitted(name, panel).ahead(history, D).mean
        np.testing.assert_allclose(said[1:], np.stack(days, axis=1)[1:], rtol=1e-6)  # p0 has few days on sale


def test_the_ridges_features_equal_slow_loops() -> None:
    sales = shop(days=90).sales
    level, own = _own_features(sales, 5)
    for n in range(len(sales)):
        for day in range(5):
            past = sales[n, : 90 - 4 + day].astype(float).tolist()
            recent = {days: sum(past[-days:]) / min(days, len(past)) for days in (7, 28, 56, 364)}
            expected_level = max((recent[28] * 28 + recent[364] * 14) / 42, 0.02)
            week = [[past[-7 * w] for w in range(1, weeks + 1)] for weeks in (4, 8)]
            expected = [past[-lag] for lag in (1, 2, 3, 7, 14, 21, 28)]
            expected += [recent[7], recent[28], recent[56], *(sum(w) / len(w) for w in week)]
            assert level[n, day] == pytest.approx(expected_level)
            assert own[n, day].tolist() == pytest.approx([value / expected_level for value in expected])


def test_the_ridge_learns_that_a_day_repeats_the_one_three_days_before() -> None:
    rng = np.random.default_rng(1)
    sales = np.zeros((20, 400))
    sales[:, :3] = rng.uniform(5, 50, (20, 3))
    for day in range(3, 400):
        sales[:, day] = sales[:, day - 3]
    panel = Panel.of(sales, np.datetime64("2023-01-01") + np.arange(400), [f"p{n:02}" for n in range(20)])
    said = fitted("ridge", panel).ahead(panel.until(panel.dates[-1 - D]), D).mean
    assert np.abs(said - panel.sales[:, -D:]).mean() < 0.1 * panel.sales.std()


def test_lightgbm_forecasts_a_mean_and_a_median_that_differ_where_sales_are_skewed() -> None:
    rng = np.random.default_rng(2)
    sales = 1.0 * rng.poisson(0.3, (30, 120)) * rng.integers(1, 8, (30, 120))
    panel = Panel.of(sales, np.datetime64("2024-01-01") + np.arange(120), [f"p{n:02}" for n in range(30)])
    said = fitted("lightgbm", panel).next_day(panel.until(panel.dates[-2]), D)
    assert said.median is not None
    assert said.mean.mean() == pytest.approx(sales.mean(), rel=0.3)
    assert said.median.mean() < 0.5 * said.mean.mean()


def test_our_recipe_forecasts_what_its_backtest_does() -> None:
    panel = shop()
    said = fitted("classic", panel).next_day(panel.until(panel.dates[-2]), D).mean
    backtest = Forecaster("classic", seed=0, epochs=2).backtest(panel, test_days=D)
    assert said.tolist() == backtest.forecasts["classic"].tolist()


def test_classic_gets_ahead_by_recursion_on_its_own_forecasts_and_is_marked() -> None:
    panel = shop()
    history = panel.until(panel.dates[-1 - D])
    model = fitted("classic", panel)
    said = model.ahead(history, D).mean
    told = Panel.of(
        np.hstack([history.sales, said]), panel.dates, panel.products, attributes=panel.attributes
    )  # as if what was forecast had been sold
    assert said == pytest.approx(model.next_day(told.until(told.dates[-2]), D).mean, rel=1e-5)
    assert said[:, 1:] != pytest.approx(said[:, :1].repeat(D - 1, 1), rel=1e-3)
    assert {name for name, entry in MODELS.items() if entry.recursive} == {"classic", "ridge", "lightgbm"}
