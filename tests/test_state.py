"""The nightly state: it forecasts what a full pass forecasts, promotions and prices included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from shelfcast import Panel, Status, sample_shop
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.day_ring import DayRing
from shelfcast.models.state import NightlyState
from shelfcast.panel import Floats
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

RECIPE = CatalogRecipe(seq_len=14, filters=4, hidden=4, head=4, steps=3, batch_size=4)
DAYS = 430  # more than the days that a state keeps


@pytest.fixture(scope="module")
def shop() -> Panel:
    panel = sample_shop(12, DAYS).panel
    status, sales = panel.status.copy(), panel.sales.copy()
    for n in range(12):  # a third is sold out on each of the last days, on different ones
        status[n, -20 + n % 3 :: 3], sales[n, -20 + n % 3 :: 3] = Status.SOLD_OUT, n % 2
    return replace(panel, status=status, sales=sales)


@pytest.fixture(scope="module")
def model(shop: Panel) -> CatalogModel:
    split = split_days(DAYS, RECIPE, test_days=0).without_validation()
    return CatalogModel.fit(shop, RECIPE, split, torch.device("cpu"))[0]


def close(one: dict[str, Floats], other: dict[str, Floats]) -> bool:
    return all(np.allclose(one[name], other[name], rtol=1e-5, atol=1e-5) for name in one)


def last(forecasts: dict[str, Floats]) -> dict[str, Floats]:
    return {name: values[:, -1:] for name, values in forecasts.items()}


def test_an_anchored_state_forecasts_what_the_model_does(shop: Panel, model: CatalogModel) -> None:
    state = NightlyState.anchored(model, shop)
    assert close(state.forecast(7), model.ahead(shop, 7))
    assert close(state.forecast(1), model.ahead(shop, 1))


def a_night_equals_a_full_pass(shop: Panel, model: CatalogModel) -> bool:
    state = NightlyState.anchored(model, shop.until(shop.dates[-2]))
    state.update(shop.tail(1))
    assert state.last_day == shop.last_day
    return close(state.forecast(1), last(model.next_days(shop, 2)))


def test_a_night_equals_a_full_pass_from_the_anchor(shop: Panel, model: CatalogModel) -> None:
    assert a_night_equals_a_full_pass(shop, model)
    status, sales = shop.status.copy(), shop.sales.copy()
    status[:, -1], sales[:, -1] = Status.CLOSED, 0  # all of it
    assert a_night_equals_a_full_pass(replace(shop, status=status, sales=sales), model)


def test_days_kept_in_the_place_of_others_break_the_law_of_two_speeds(
    shop: Panel, model: CatalogModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = DayRing.fill
    monkeypatch.setattr(DayRing, "fill", lambda self, day, columns, values: fill(self, day - 1, columns, values))
    assert not a_night_equals_a_full_pass(shop, model)


def test_a_night_that_takes_an_empty_shelf_for_no_demand_breaks_the_law_of_two_speeds(
    shop: Panel, model: CatalogModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NightlyState, "_demand", lambda self, sales, status: sales)
    assert not a_night_equals_a_full_pass(shop, model)


def test_small_blocks_give_the_same_state(shop: Panel, model: CatalogModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = NightlyState.anchored(model, shop).to_tensors()
    monkeypatch.setattr(model, "block", 5)
    for name, tensor in NightlyState.anchored(model, shop).to_tensors().items():
        assert torch.allclose(tensor.double(), whole[name].double(), rtol=1e-5, atol=1e-5, equal_nan=True), name
