"""Cold starts: products without a history, with a few days of it, and back after a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from shelfcast import Panel, Status
from shelfcast.ahead import cold_starts
from shelfcast.covariates import Covariates
from shelfcast.models import cold_start
from shelfcast.models.cold_start import Company, with_cold_starts
from shelfcast.networks.catalog import OUTPUTS
from shelfcast.panel import Floats

T, H = 300, 14
OLD, NEW = 10, 24  # products on sale from the first day on, and launched ones, half of each department


def shop(extra: int = 1) -> Panel:
    """Departments `x` of 20 and `y` of 5 units a day, Sundays thrice as much; the last `extra` products never sold."""
    N = OLD + NEW + extra
    level = np.where(np.arange(N) % 2 == 0, 20.0, 5.0)[:, None] * np.where(np.arange(T) % 7 == 6, 3, 1) / (9 / 7)
    sales = np.random.default_rng(0).poisson(level).astype(np.float32)
    for n in range(NEW):
        sales[OLD + n, : 40 + 5 * n] = 0
    sales[OLD + NEW :] = 0
    departments = np.where(np.arange(N) % 2 == 0, "x", "y")
    dates = np.datetime64("2023-01-02") + np.arange(T)
    return Panel.of(sales, dates, [f"p{n:02}" for n in range(N)], attributes={"department": departments})


def nothing(panel: Panel) -> dict[str, Floats]:
    return {name: np.zeros((len(panel.products), H), np.float32) for name in OUTPUTS}


def means(panel: Panel, row: int, said: Mapping[str, Floats] | None = None) -> np.ndarray:
    return with_cold_starts(panel, said or nothing(panel))["mean"][row].astype(np.float64)


def test_a_product_without_a_history_sells_as_its_department_did_at_that_age() -> None:
    panel = shop(extra=2)
    x, y = means(panel, OLD + NEW), means(panel, OLD + NEW + 1)
    assert 17 < x.mean() < 23
    assert 4 < y.mean() < 6
    sundays = (T + np.arange(H)) % 7 == 6
    assert 2.5 < x[sundays].mean() / x[~sundays].mean() < 3.5


def test_its_few_days_count_and_the_more_of_them_the_more_the_network() -> None:
    panel = shop()
    row = OLD + NEW
    panel.sales[row, -3:], panel.status[row, -3:] = 100, Status.ON_SALE
    assert cold_starts(panel, H)[row]
    alone = means(panel, row)  # the network says 0
    said = nothing(panel)
    said["mean"][row] = 40
    assert np.allclose(means(panel, row, said) - alone, 40 * 3 / (3 + 7), atol=1e-3)
    assert 40 < alone.mean() / 0.7 < 110  # five times as much as its peers, by three days


def test_a_product_that_comes_back_sells_as_it_did_before() -> None:
    panel = shop(extra=0)
    sales, status = panel.sales.copy(), panel.status.copy()
    away = slice(150, T - 2)
    sales[0, away], status[0, away] = 0, Status.NOT_ON_SALE
    sales[0, :150] *= 4
    sales[0, -2:] = 4 * 20
    back = replace(panel, sales=sales, status=status)
    assert cold_starts(back, H).tolist() == [True] + [False] * (OLD + NEW - 1)
    assert 60 < means(back, 0).mean() / (7 / 9) < 100


def test_a_product_that_is_gone_is_no_cold_start() -> None:
    panel = shop(extra=0)
    sales = panel.sales.copy()
    sales[0, 200:] = 0
    gone = Panel.of(sales, panel.dates, panel.products, attributes=panel.attributes)
    assert gone.status[0, -1] == Status.UNKNOWN
    assert not cold_starts(gone, H).any()


def test_products_of_a_like_price_count_more() -> None:
    panel = shop()
    prices = np.ones((OLD + NEW + 1, T + H), np.float32)
    dear = np.arange(OLD, OLD + NEW, 4)
    sales = panel.sales.copy()
    sales[dear] = np.round(sales[dear] / 10)
    prices[dear] = 9
    for price, low, high in ((1.0, 16, 24), (9.0, 1, 6)):
        prices[OLD + NEW] = price
        told = replace(panel, sales=sales, covariates=Covariates(T + H, prices))
        assert low < means(told, OLD + NEW).mean() < high


def test_quantiles_never_cross_and_the_others_stay_as_they_were() -> None:
    panel = shop()
    said = nothing(panel)
    said["mean"] += 1
    blended = with_cold_starts(panel, said)
    units = np.stack([blended[name][OLD + NEW] for name in OUTPUTS[1:]])
    assert (np.diff(units, axis=0) >= 0).all()
    for name in OUTPUTS:
        np.testing.assert_array_equal(blended[name][: OLD + NEW], said[name][: OLD + NEW])


@pytest.mark.parametrize("days", [1, 20])
def test_a_shop_in_which_everything_is_new_is_left_to_the_network(days: int) -> None:
    panel = shop().tail(days)
    np.testing.assert_array_equal(with_cold_starts(panel, nothing(panel))["mean"], nothing(panel)["mean"])


def test_all_cold_starts_at_once_are_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = shop()
    sales, status = panel.sales.copy(), panel.status.copy()
    for row, days in ((OLD, 3), (OLD + 1, 17), (3, 9)):  # two new ones and one that comes back
        status[row, -days:] = Status.ON_SALE
        status[row, -60:-days] = Status.NOT_ON_SALE
        sales[row, -60:-days] = 0
    status[OLD : OLD + 2, :-60] = Status.NOT_ON_SALE
    sales[OLD : OLD + 2, :-60] = 0
    prices = np.ones((len(sales), T + H), np.float32) * np.arange(1, len(sales) + 1, dtype=np.float32)[:, None]
    prices[OLD + 1] = np.nan
    told = replace(panel, sales=sales, status=status, covariates=Covariates(T + H, prices, lists=False))
    cold = cold_starts(told, H)
    assert cold.sum() == 4
    company = Company.of(told)
    rows = np.arange(len(sales))
    together = company.blended(nothing(told), rows, sales, status, cold)
    monkeypatch.setattr(cold_start, "_AT_A_TIME", 1)
    for row in np.flatnonzero(cold):
        alone = company.blended(nothing(told), rows, sales, status, rows == row)
        for name in OUTPUTS:
            np.testing.assert_allclose(together[name][row], alone[name][row], rtol=1e-6)
        assert together["mean"][row].all()
