"""The distribution of a sum of days, from forecasts of a model that is right or wrong in known ways."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from shelfcast.errors import ModelFolderError
from shelfcast.evaluation.cumulated import LEVELS, CumulatedErrors, at_level, class_rows
from shelfcast.evaluation.verdict import DemandClass
from shelfcast.panel import Floats, Panel, Status

N, T, D = 300, 200, 60


def shop(seed: int, level_error: float = 0.0, N: int = N) -> tuple[Panel, Floats]:
    """Poisson demand, and its true mean, times a wrong level that lasts for four weeks."""
    rng = np.random.default_rng(seed)
    rate = np.random.default_rng(1).uniform(np.log(0.1), np.log(30), (N, 1))
    mean = np.broadcast_to(np.exp(rate), (N, T)).astype(np.float32)
    level = np.exp(rng.normal(0, level_error, (N, -(-T // 28)))).repeat(28, axis=1)[:, :T]
    sales = rng.poisson(mean * level).astype(np.float32)
    dates = np.datetime64("2024-01-01") + np.arange(T)
    status = np.full((N, T), Status.ON_SALE, dtype=np.uint8)
    return Panel.of(sales, dates, [f"p{i:05}" for i in range(N)], status), mean


def knows(mean: Floats, panel: Panel) -> object:
    def ahead(known: Panel, horizon: int) -> Mapping[str, Floats]:
        day = len(known.dates)
        assert day + horizon <= len(panel.dates), "no day after the last"
        return {"mean": mean[:, day : day + horizon]}

    return ahead


@pytest.mark.parametrize("level_error", [0.0, 0.3])
@pytest.mark.parametrize("days", [1, 7, 12, 14])
def test_an_interval_of_a_sum_holds_its_share_of_other_days(level_error: float, days: int) -> None:
    panel, mean = shop(2, level_error)
    errors = CumulatedErrors.of(panel, knows(mean, panel), D)  # type: ignore[arg-type]
    others, _ = shop(3, level_error)
    held = []
    for first in range(0, T - days, 28):
        forecast = mean[:, first : first + days].sum(axis=1, dtype=np.float64)
        sums = errors.sums(forecast, class_rows(panel), np.full(N, days))
        low, high = errors.interval(sums, 0.8)
        sold = others.sales[:, first : first + days].sum(axis=1)
        held.append((sold >= low) & (sold <= high))
    assert np.mean(held) == pytest.approx(0.8, abs=0.04)
    if level_error and days == 14:  # adding up the quantiles of days, as if they were independent, does not
        spread = 1.28 * np.sqrt(forecast)
        naive = [(sold >= forecast - spread) & (sold <= forecast + spread)]
        assert np.mean(naive) < 0.6


def test_the_errors_are_those_of_a_slow_twin() -> None:
    """One pool of all products: each error of a week counted by hand, in units, by its rank."""
    panel, mean = shop(4)
    status = np.full_like(panel.status, Status.ON_SALE)
    status[150, -D + 3 :] = Status.NOT_ON_SALE
    panel = Panel(panel.sales, status, panel.dates, panel.products)
    mean = np.full_like(mean, 5.0)
    errors = CumulatedErrors.of(panel, knows(mean, panel), 7)  # type: ignore[arg-type]
    assert errors.origins <= 7
    origin, found = T - 8, []
    for n in range(N):
        total = 0.0
        for day in range(origin + 1, T):
            total += float(panel.sales[n, day])
        if (status[n, origin + 1 :] != Status.NOT_ON_SALE).all():
            found.append(total)
    sums = errors.sums(np.array([35.0]), np.array([0]), np.array([7]))[0]
    assert len(found) == N - 1
    common, expected, a = (1 + sum(found)) / (1 + 35.0 * len(found)), [], float(errors.curvature[-1])
    farther = 3.0777 / 1.2816 * 1.5**0.5  # Student's t with one degree of freedom

    def scaled(units: float) -> float:
        return float(2 / a**0.5 * np.arcsinh((a * (units + 0.5)) ** 0.5))

    for total in found:
        for sign in (1, -1):
            place = scaled(total) - scaled(35 * common) + scaled(35 * common ** (sign * farther))
            expected.append(max(np.sinh(max(place, 0.0) * a**0.5 / 2) ** 2 / a - 0.5, 0.0))
    np.testing.assert_allclose(sums, np.quantile(expected, LEVELS), rtol=0.02, atol=0.76)  # spread over its unit


def test_days_sold_out_do_not_hide_the_best_days() -> None:
    """Sales cut off at the mean: told which days those were, the errors are those of what was asked for."""
    panel, mean = shop(10, N=2000)
    stock = np.ceil(mean * 1.05)
    cut = (panel.sales > stock) & (np.abs(7 * mean - 60) < 40)  # the products of one pool
    sales = np.where(cut, stock, panel.sales)
    told = np.where(cut, Status.SOLD_OUT, Status.ON_SALE).astype(np.uint8)
    highest = []
    for units, status in ((panel.sales, panel.status), (sales, told), (sales, panel.status)):
        seen = Panel(units, status, panel.dates, panel.products)
        errors = CumulatedErrors.of(seen, knows(mean, seen), D)  # type: ignore[arg-type]
        highest.append(errors.sums(np.array([60.0]), np.array([0]), np.array([7]))[0, 180])
    asked, uncut, sold = highest
    assert uncut == pytest.approx(asked, rel=0.04)
    assert sold < 0.93 * asked


def test_a_slow_product_keeps_its_share_of_zeros() -> None:
    panel, mean = shop(5, N=2000)
    errors = CumulatedErrors.of(panel, knows(mean, panel), D)  # type: ignore[arg-type]
    for forecast in (0.7, 1.5, 3.0):
        sums = errors.rounded(errors.sums(np.array([forecast]), np.array([2]), np.array([7])))
        assert (sums == 0).mean() == pytest.approx(np.exp(-forecast), abs=0.05)
        assert sums.mean() == pytest.approx(forecast, rel=0.1)


def test_no_days_have_no_demand_and_longer_sums_are_larger() -> None:
    panel, mean = shop(6, 0.2)
    errors = CumulatedErrors.of(panel, knows(mean, panel), D)  # type: ignore[arg-type]
    days = np.array([0, 1, 3, 9, 28, 60])
    sums = errors.sums(3.0 * days, np.zeros(6, np.int64), days)
    assert (sums[0] == 0).all()
    assert (np.diff(sums, axis=1) >= 0).all()
    assert (np.diff(sums.mean(axis=1)) > 0).all()


def test_few_test_days_give_short_sums() -> None:
    panel, mean = shop(7)
    errors = CumulatedErrors.of(panel, knows(mean, panel), 5)  # type: ignore[arg-type]
    assert errors.horizons.tolist() == [1, 2, 3, 4, 5]
    assert np.isfinite(errors.sums(np.array([140.0]), np.array([0]), np.array([28]))).all()


def test_a_quantile_is_read_between_the_middles_of_the_parts() -> None:
    sums = np.array([[1.0, 2.0, 4.0, 8.0]])
    levels = [0.0, 0.125, 0.25, 0.375, 0.75, 1.0]
    assert [at_level(sums, np.array([level]))[0] for level in levels] == [1, 1, 1.5, 2, 6, 8]


def test_classes_are_places_among_the_kinds_of_demand() -> None:
    panel, _ = shop(8)
    names = [list(DemandClass)[place] for place in class_rows(panel)]
    assert {DemandClass.SMOOTH, DemandClass.INTERMITTENT} <= set(names)


def test_what_is_kept_makes_the_same_again_and_what_is_damaged_is_refused() -> None:
    panel, mean = shop(9)
    errors = CumulatedErrors.of(panel, knows(mean, panel), D)  # type: ignore[arg-type]
    arrays = errors.to_arrays()
    again = CumulatedErrors.from_arrays(arrays)
    days = np.array([11])
    same = [e.sums(np.array([20.0]), np.array([0]), days) for e in (errors, again)]
    np.testing.assert_array_equal(*same)
    with pytest.raises(ModelFolderError, match="another shape"):
        CumulatedErrors.from_arrays(arrays | {"errors": np.zeros((1, 2))})
    with pytest.raises(ModelFolderError, match="another shape"):
        CumulatedErrors.from_arrays({})
