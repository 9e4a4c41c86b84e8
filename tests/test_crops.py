"""Crops of the catalog recipe, against slow twins that look up one origin at a time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import torch

from shelfcast.crops import Inputs, Shelf
from shelfcast.features.calendar import SEASON_NAMES, season_features
from shelfcast.features.level import follow_levels
from shelfcast.features.recent import RECENT_NAMES
from shelfcast.features.rolling import days_since, spaced_sum
from shelfcast.features.year_ago import YEAR_AGO_NAMES
from shelfcast.models.catalog import group_rows
from shelfcast.panel import Panel, Status

T, L = 500, 30
CPU = torch.device("cpu")


def panel() -> Panel:
    rng = np.random.default_rng(0)
    sales = rng.poisson(np.array([[0.3], [4.0], [60.0]]), (3, T)).astype(np.float32)
    status = np.full((3, T), Status.ON_SALE, np.uint8)
    status[rng.random((3, T)) < 0.1] = Status.SOLD_OUT
    sales[1, :100], status[1, :100] = 0, Status.NOT_ON_SALE
    sales[2, 430:445] = 0  # an outage that nobody recorded
    dates = np.datetime64("2022-03-01") + np.arange(T)
    return Panel.of(sales, dates, ["a", "b", "c"], status, {"store": np.array(["X", "Y", "X"])})


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    groups = group_rows(panel())
    totals = Shelf.totals_of(panel(), groups, L, 90, CPU)
    return Shelf(panel(), groups, totals, slice(None), L, 90)


def at(shelf: Shelf, values: torch.Tensor) -> np.ndarray:  # type: ignore[type-arg]
    """The days of the panel."""
    return values[:, shelf.first_day : shelf.first_day + T].numpy()


def test_a_spaced_sum_is_the_sum_of_the_days_it_names() -> None:
    x = torch.arange(40, dtype=torch.float32).square()[None]
    expected = sum(x[0, 39 - 7 * j] for j in range(4))
    assert spaced_sum(x, 4, 7)[0, 39] == expected
    assert spaced_sum(x, 4, 7)[0, 8] == x[0, 8] + x[0, 1]


def test_days_since_are_counted_up_to_the_most() -> None:
    happened = torch.tensor([[False, True, False, False, False, False, True]])
    assert days_since(happened, most=3).tolist() == [[3, 0, 1, 2, 3, 3, 0]]


def test_the_level_of_an_outage_is_kept_and_fades() -> None:
    rng = np.random.default_rng(1)
    sales = torch.from_numpy(rng.poisson(20, (1, 200)).astype(np.float32))
    sales[0, 150:] = 0
    levels = follow_levels(sales, torch.ones(1, 200, dtype=torch.bool))
    assert not levels.outage[0, :150].any()
    assert levels.outage[0, 152:].all()
    assert levels.level[0, 155] > 0.8 * levels.level[0, 149]
    assert levels.level[0, 175] < 0.6 * levels.level[0, 149]
    assert levels.level.min() > 0


def test_zeros_of_a_slow_product_are_no_outage() -> None:
    sales = torch.from_numpy(np.random.default_rng(2).poisson(0.2, (1, 300)).astype(np.float32))
    assert not follow_levels(sales, torch.ones(1, 300, dtype=torch.bool)).outage.any()


def test_recent_sales_are_those_up_to_the_origin_over_its_level(shelf: Shelf) -> None:
    sales, in_stock, level = panel().sales, at(shelf, shelf.in_stock), at(shelf, shelf.levels.level)
    first = 420
    crop = shelf.crop(torch.arange(3), torch.full((3,), first), L)
    for n in range(3):
        for place in (0, L - 1):
            t = first + place
            told = dict(zip(RECENT_NAMES, crop.channels[n, place].tolist(), strict=False))
            scale = level[n, t]
            assert told["lag_1"] == pytest.approx(min(sales[n, t] / scale, 12), rel=1e-5)
            assert told["lag_28"] == pytest.approx(min(sales[n, t - 27] / scale, 12), rel=1e-5)
            assert told["mean_7"] == pytest.approx(min(sales[n, t - 6 : t + 1].mean() / scale, 4), rel=1e-5)
            for days in (28, 84, 364):
                window = slice(t - days + 1, t + 1)
                there = in_stock[n, window]
                mean = (sales[n, window][there].sum() + scale) / (there.sum() + 1)
                assert told[f"mean_{days}_in_stock"] == pytest.approx(min(mean / scale, 4), rel=1e-5)
            weekdays = [t + 1 - 7 * week for week in range(1, 5)]
            units = sum(sales[n, day] for day in weekdays if in_stock[n, day]) + level[n, weekdays[0]] / 2
            mean = units / (sum(in_stock[n, day] for day in weekdays) + 0.5)
            assert told["same_weekday_4"] == pytest.approx(min(mean / scale, 4), rel=1e-5)
            sold = np.flatnonzero((sales[n, : t + 1] > 0) & in_stock[n, : t + 1])
            assert told["days_since_sale"] == pytest.approx(np.log1p(t - sold[-1]) / 3, rel=1e-5)


def test_a_year_ago_is_the_same_weekday_52_weeks_before_the_target(shelf: Shelf) -> None:
    sales, level = panel().sales, at(shelf, shelf.levels.level)
    first = 480 - L + 1
    crop = shelf.crop(torch.arange(3), torch.full((3,), first), L)
    channels, dates = crop.ahead(torch.tensor([L - 1]), torch.tensor([1, 60]))
    for k, target in enumerate((481, 540)):
        around = sales[2, [target - 371, target - 364, target - 357]].mean()
        assert channels[2, 0, k, 3].item() == pytest.approx(min(around / level[2, 480], 4), rel=1e-5)
        assert channels[1, 0, k, 3 : 3 + len(YEAR_AGO_NAMES)].abs().sum() == 0  # on sale for less than a year
        day = date(2022, 3, 1) + timedelta(target)
        assert dates[0, 0, k, :7].argmax().item() == day.weekday()


def test_an_origin_is_told_the_same_wherever_its_crop_starts(shelf: Shelf) -> None:
    products = torch.arange(3)
    early = shelf.crop(products, torch.full((3,), 440), L)
    late = shelf.crop(products, torch.full((3,), 455), L)
    torch.testing.assert_close(early.channels[:, 15:], late.channels[:, : L - 15], rtol=1e-5, atol=1e-5)
    horizons = torch.tensor([1, 28, 90])
    one, other = early.ahead(torch.tensor([20]), horizons), late.ahead(torch.tensor([5]), horizons)
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_targets_are_the_sales_of_the_days_ahead_where_they_were_the_demand(shelf: Shelf) -> None:
    crop = shelf.crop(torch.arange(3), torch.full((3,), 400), L)
    y, counts = crop.targets(torch.tensor([0, 5]), torch.tensor([1, 7]))
    units = y * crop.level[:, [0, 5], None]
    days = np.array([[401, 407], [406, 412]])
    np.testing.assert_allclose(units, panel().sales[:, days], rtol=1e-5)
    assert np.array_equal(counts, panel().observed[:, days])


def test_the_inputs_are_as_many_as_are_told(shelf: Shelf) -> None:
    crop = shelf.crop(torch.arange(3), torch.full((3,), 400), L)
    channels, dates = crop.ahead(torch.arange(L), torch.tensor([1]))
    inputs = Inputs.of(attributes=1)
    assert (crop.channels.shape[2], channels.shape[3], dates.shape[3]) == (
        inputs.origin,
        inputs.target,
        inputs.calendar,
    )


def test_a_day_on_which_the_catalog_sold_next_to_nothing_is_closed() -> None:
    sales = np.random.default_rng(3).poisson(50, (4, 100)).astype(np.float32)
    sales[:, 60] = 0
    totals = Shelf.totals_of(
        Panel.of(sales, np.datetime64("2024-01-01") + np.arange(100), list("abcd")),
        np.zeros((4, 0), np.int64),
        L,
        1,
        CPU,
    )
    first = len(totals.closed) - 1 - 100
    assert np.flatnonzero(totals.closed[first:]).tolist() == [60]


def test_the_season_of_a_day_is_alike_on_both_sides_of_the_new_year() -> None:
    days = season_features(np.array(["2023-12-31", "2024-01-01", "2024-07-01"], dtype="datetime64[D]"))
    assert days.shape == (3, len(SEASON_NAMES))
    year = slice(7, 13)
    assert np.abs(days[0, year] - days[1, year]).max() < 0.1
    assert np.abs(days[0, year] - days[2, year]).max() > 1
