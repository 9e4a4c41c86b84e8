from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from shelfcast.errors import HistoryError
from shelfcast.evaluation import baselines
from shelfcast.evaluation.baselines import BASELINES, baseline_forecasts, baselines_ahead
from shelfcast.panel import Floats, Panel, Status

Baseline = Callable[[Panel, int], Floats]

LAGS = {
    "naive": [1, 2, 3, 4],
    "seasonal_naive": [7, 14, 21, 28],
    "mean_7": list(range(1, 8)),
    "mean_28": list(range(1, 29)),
    "same_weekday_4": [7, 14, 21, 28],
}
COPIES = {"naive", "seasonal_naive"}


def shop(N: int = 5, T: int = 50, seed: int = 0) -> Panel:
    """Sales with days on which a product was sold out, the shop closed or a product not yet there."""
    rng = np.random.default_rng(seed)
    sales = rng.poisson(3, (N, T)).astype(np.float32)
    status = rng.choice([Status.ON_SALE, Status.SOLD_OUT, Status.CLOSED], (N, T), p=[0.8, 0.1, 0.1])
    status[0, :20] = Status.NOT_ON_SALE
    sales[status == Status.NOT_ON_SALE] = 0
    return Panel.of(
        sales,
        np.datetime64("2024-01-01") + np.arange(T),
        [f"p{n}" for n in range(N)],
        status.astype(np.uint8),
    )


def slow_baseline(name: str, panel: Panel, test_days: int) -> np.ndarray:
    """A product and a day at a time."""
    N, T = panel.sales.shape
    forecast = np.zeros((N, test_days))
    for n in range(N):
        for d in range(test_days):
            days = [T - test_days + d - lag for lag in LAGS[name]]
            seen = [float(panel.sales[n, day]) for day in days if day >= 0 and panel.status[n, day] == Status.ON_SALE]
            if name in COPIES:
                as_sold = float(panel.sales[n, days[0]]) if days[0] >= 0 else 0.0
                forecast[n, d] = seen[0] if seen else as_sold
            else:
                forecast[n, d] = sum(seen) / len(seen) if seen else 0.0
    return forecast


def check_twin(name: str, baseline: Baseline) -> None:
    # 45 of 50 test days reach back beyond the first day.
    for test_days in (1, 9, 45, 49):
        panel = shop(seed=test_days)
        found = baseline(panel, test_days)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, slow_baseline(name, panel, test_days), rtol=1e-6)


def check_future(baseline: Baseline, test_days: int = 12) -> None:
    """Changing every value from day d on changes no forecast up to and with the one for d."""
    panel = shop()
    before = baseline(panel, test_days)
    for d in range(test_days):
        day = len(panel.dates) - test_days + d
        sales, status = panel.sales.copy(), panel.status.copy()
        sales[:, day:] += 100
        status[:, day:] = Status.ON_SALE
        after = baseline(replace(panel, sales=sales, status=status), test_days)
        np.testing.assert_array_equal(after[:, : d + 1], before[:, : d + 1])


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_equals_its_slow_twin(name: str) -> None:
    check_twin(name, BASELINES[name])


@pytest.mark.parametrize("name", BASELINES)
def test_no_baseline_sees_the_day_it_forecasts_or_a_later_one(name: str) -> None:
    check_future(BASELINES[name])


def test_a_baseline_that_sees_its_own_day_is_caught() -> None:
    def peeking(panel: Panel, test_days: int) -> Floats:
        return baselines._mean(panel, test_days, range(7))

    with pytest.raises(AssertionError):
        check_future(peeking)


def test_a_baseline_that_counts_sold_out_days_is_caught() -> None:
    def trusting(panel: Panel, test_days: int) -> Floats:
        everywhere = np.full_like(panel.status, Status.ON_SALE)
        return baselines.mean_28(replace(panel, status=everywhere), test_days)

    with pytest.raises(AssertionError):
        check_twin("mean_28", trusting)


def test_a_product_with_no_observed_day_to_look_back_on_is_forecast_zero() -> None:
    panel = shop()
    closed = replace(panel, status=np.full_like(panel.status, Status.CLOSED))
    for name in BASELINES.keys() - COPIES:
        assert (BASELINES[name](closed, 5) == 0).all()


def test_the_baselines_come_by_name_and_leave_the_panel_alone() -> None:
    panel = shop()
    sales = panel.sales.copy()
    forecasts = baseline_forecasts(panel, 49)
    assert list(forecasts) == ["naive", "seasonal_naive", "mean_7", "mean_28", "same_weekday_4"]
    assert {f.shape for f in forecasts.values()} == {(5, 49)}
    assert not any(np.shares_memory(f, panel.sales) for f in forecasts.values())
    np.testing.assert_array_equal(panel.sales, sales)


@pytest.mark.parametrize("test_days", [0, 50, 51])
def test_too_many_or_no_test_days_are_an_error_that_says_how_many_there_can_be(test_days: int) -> None:
    with pytest.raises(HistoryError, match="Choose from 1 to 49 test days"):
        baseline_forecasts(shop(), test_days)


def test_many_days_ahead_the_first_day_or_week_is_said_again() -> None:
    panel = shop()
    known = panel.until(panel.dates[-21])
    ahead = baselines_ahead(known, 20)
    for name, forecast in ahead.items():
        assert forecast.shape == (5, 20)
        np.testing.assert_array_equal(forecast[:, 0], BASELINES[name](panel, 20)[:, 0])
        if name in ("seasonal_naive", "same_weekday_4"):
            np.testing.assert_array_equal(forecast[:, :7], BASELINES[name](panel, 20)[:, :7])
            np.testing.assert_array_equal(forecast[:, 7:14], forecast[:, :7])
            assert (forecast[:, 1] != forecast[:, 0]).any()
        else:
            assert (forecast == forecast[:, :1]).all()
