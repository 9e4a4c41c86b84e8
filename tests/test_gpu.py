"""The catalog recipe on a GPU, where there is one: what it says there is what it says on the CPU."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from shelfcast import Panel, sample_shop
from shelfcast.models import recording
from shelfcast.models.catalog import CatalogModel
from shelfcast.models.state import NightlyState
from shelfcast.panel import Floats
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no CUDA device")

RECIPE = CatalogRecipe(seq_len=30, filters=6, hidden=8, head=8, steps=12, batch_size=8)
DAYS = 430


@pytest.fixture(scope="module")
def shop() -> Panel:
    return sample_shop(40, DAYS).panel


def fitted(shop: Panel, device: str) -> CatalogModel:
    split = split_days(DAYS, RECIPE, test_days=0).without_validation()
    return CatalogModel.fit(shop, RECIPE, split, torch.device(device))[0]


def farthest(one: dict[str, Floats], other: dict[str, Floats]) -> float:
    """The largest difference, over 1 unit or the forecast, whichever is more."""
    return max(float((np.abs(one[name] - other[name]) / np.maximum(1, np.abs(one[name]))).max()) for name in one)


def test_a_recorded_step_learns_what_a_step_as_it_is_learns(shop: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = fitted(shop, "cuda")  # with two sets of shapes: 4 or 3 origins of a crop are asked for farther days
    monkeypatch.setattr(recording, "_WARM_UP", 99)
    assert farthest(recorded.ahead(shop, 9), fitted(shop, "cuda").ahead(shop, 9)) < 1e-3
    assert farthest(recorded.ahead(shop, 9), fitted(shop, "cpu").ahead(shop, 9)) < 1e-2


def test_forecasts_are_those_of_the_cpu(shop: Panel) -> None:
    here = fitted(shop, "cpu")
    there = CatalogModel.from_tensors(here.to_tensors(), RECIPE, shop, torch.device("cuda"))
    assert farthest(here.ahead(shop, 28), there.ahead(shop, 28)) < 1e-4
    assert farthest(here.next_days(shop, 28), there.next_days(shop, 28)) < 1e-4


def test_small_blocks_and_the_nightly_state_give_the_same_forecasts(shop: Panel) -> None:
    model = fitted(shop, "cuda")
    blocks = copy.copy(model)
    blocks.block = 7
    assert farthest(model.ahead(shop, 28), blocks.ahead(shop, 28)) < 1e-5
    state = NightlyState.anchored(model, shop.until(shop.dates[-2]))
    state.update(shop.tail(1))
    tomorrow = {name: days[:, -1:] for name, days in model.next_days(shop, 2).items()}
    assert farthest(state.forecast(1), tomorrow) < 1e-5
