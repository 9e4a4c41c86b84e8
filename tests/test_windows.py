from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import torch

from shelfcast.errors import HistoryError
from shelfcast.features.calendar import CALENDAR_NAMES, calendar_features
from shelfcast.features.lags import lag_features
from shelfcast.panel import DAY, Panel
from shelfcast.recipe import ClassicRecipe
from shelfcast.windows import Scaling, Windows, make_rows, split_days

RECIPE = ClassicRecipe()


def counting_panel(products: int, days: int) -> Panel:
    """Product n sells 100 n + d + 1 on day d, so that every number tells where it is from."""
    sales = 100 * np.arange(products)[:, None] + np.arange(days) + 1
    return Panel.of(
        sales.astype(np.float32),
        np.datetime64("2024-02-26") + np.arange(days),
        [f"p{i:02}" for i in range(products)],
    )


def feature_names(products: Iterable[str], recipe: ClassicRecipe) -> list[str]:
    """The names of the columns of `make_rows`, in order."""
    return [f"lag_{lag}:{product}" for product in products for lag in recipe.lags] + CALENDAR_NAMES


def test_43_products_and_lags_1_to_3_make_windows_of_3_by_132() -> None:
    panel = counting_panel(43, 30)
    rows = torch.from_numpy(make_rows(panel, RECIPE))
    window, target = Windows(rows, torch.from_numpy(panel.sales.T), range(5, 30), 3, 3)[0]
    assert window.shape == (3, 132)
    assert target.shape == (43,)


def test_a_window_holds_exactly_the_days_drawn_in_the_docstring() -> None:
    """The slow twin: every cell of every window, from the definition."""
    panel, recipe = counting_panel(2, 12), ClassicRecipe(lags=(1, 2, 3, 5), seq_len=3)
    rows, oldest = make_rows(panel, recipe), max(recipe.lags)
    windows = Windows(
        torch.from_numpy(rows), torch.from_numpy(panel.sales.T), range(recipe.context_days, 12), oldest, 3
    )
    names = feature_names(panel.products, recipe)
    assert rows.shape[1] == len(names)
    for index, day in enumerate(range(recipe.context_days, 12)):
        window, target = windows[index]
        for step, d in enumerate((day - 2, day - 1, day)):
            expected = {f"lag_{lag}:p{n:02}": panel.sales[n, d - lag] for n in range(2) for lag in recipe.lags}
            date = panel.dates[d].astype(object)
            expected |= {
                "month": date.month,
                "day_of_week": date.weekday(),
                "is_weekend": date.weekday() >= 5,
            }
            assert dict(zip(names, window[step].tolist(), strict=True)) == expected
        assert target.tolist() == panel.sales[:, day].tolist()


def test_the_last_row_is_tomorrow_and_knows_today() -> None:
    panel = counting_panel(2, 12)
    last = dict(zip(feature_names(panel.products, RECIPE), make_rows(panel, RECIPE)[-1].tolist(), strict=True))
    assert last["lag_1:p01"] == panel.sales[1, -1]
    assert last["day_of_week"] == (panel.last_day + DAY).astype(object).weekday()


def test_the_calendar_knows_leap_days_months_and_weekends() -> None:
    dates = np.arange(np.datetime64("1968-01-01"), np.datetime64("2032-01-01"), 97 * DAY)
    for row, date in zip(calendar_features(dates), dates.astype(object), strict=True):
        assert row.tolist() == [date.month, date.weekday(), date.weekday() >= 5]


def test_lags_of_all_days_are_found_without_a_loop_over_them() -> None:
    sales = np.random.default_rng(0).random((3, 20)).astype(np.float32)
    lags = (1, 4, 7)
    fast = lag_features(sales, lags)
    for day in range(7, 21):
        for k, lag in enumerate(lags):
            assert np.array_equal(fast[:, k, day - 7], sales[:, day - lag])


def test_a_scaling_made_from_its_numbers_is_the_same_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    rows, targets = rng.random((20, 7)).astype(np.float32) * 37, rng.random((20, 2)).astype(np.float32) * 11
    scaling = Scaling.fit(rows, targets)
    again = Scaling.from_arrays(scaling.to_arrays())
    assert np.array_equal(scaling.features.transform(rows.copy()), again.features.transform(rows.copy()))
    assert np.array_equal(scaling.targets.inverse_transform(targets), again.targets.inverse_transform(targets))


def test_days_are_split_in_order_without_overlap() -> None:
    split = split_days(181, RECIPE, test_days=33)
    assert split.test == range(148, 181)
    assert split.fitted.start == RECIPE.context_days
    assert split.fitted.stop == split.validation.start
    assert split.validation.stop == split.test.start
    assert split_days(100, RECIPE).test == range(80, 100)
    assert split_days(100, RECIPE, test_days=0).without_validation().fitted == range(RECIPE.context_days, 100)


@pytest.mark.parametrize(("days", "test_days"), [(7, 3), (100, 95), (100, 100), (100, 200), (100, -1), (5, None)])
def test_too_few_days_are_an_error_that_says_so(days: int, test_days: int | None) -> None:
    with pytest.raises(HistoryError, match="days"):
        split_days(days, RECIPE, test_days)


def test_a_single_day_is_an_error_of_ours() -> None:
    with pytest.raises(HistoryError, match="One day"):
        split_days(1, RECIPE)
