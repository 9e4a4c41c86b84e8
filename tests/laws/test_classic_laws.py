"""Laws 1, 3, 6 and 7 for the classic recipe, on random panels; each is shown to fail when its fault is planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from shelfcast import windows
from shelfcast.models import classic
from shelfcast.models.classic import ClassicModel
from shelfcast.panel import Panel
from shelfcast.recipe import ClassicRecipe
from shelfcast.windows import Scaling, split_days

RECIPE = ClassicRecipe(epochs=4, filters=8, hidden=8, batch_size=8)
N, T, TEST = 5, 80, 10
CPU = torch.device("cpu")


def random_panel(seed: int, products: int = N, days: int = T) -> Panel:
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.uniform(0.5, 30, (products, 1)), (products, days))
    dates = np.datetime64("2024-01-01") + np.arange(days)
    return Panel.of(sales.astype(np.float32), dates, [f"p{i:02}" for i in range(products)])


def with_days_changed(panel: Panel, first: int, seed: int) -> Panel:
    sales = panel.sales.copy()
    sales[:, first:] = np.random.default_rng(seed).poisson(500, sales[:, first:].shape)
    return Panel.of(sales, panel.dates, panel.products)


def fitted(panel: Panel) -> ClassicModel:
    return ClassicModel.fit(panel, RECIPE, split_days(len(panel.dates), RECIPE, TEST), CPU)[0]


def same_tensors(one: ClassicModel, other: ClassicModel) -> bool:
    a, b = one.to_tensors(), other.to_tensors()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# Law 1: the future


def the_future_changes_no_weight_and_no_scaler() -> bool:
    panel = random_panel(0)
    return same_tensors(fitted(panel), fitted(with_days_changed(panel, T - TEST, seed=1)))


def the_future_changes_no_forecast(model: ClassicModel, panel: Panel) -> bool:
    """Changing day d and later leaves the forecasts of day d and earlier as they are, for every test day d."""
    before = model.forecast(panel, TEST)  # for days T-TEST+1 .. T
    for target in range(T - TEST + 1, T):
        after = model.forecast(with_days_changed(panel, target, seed=2), TEST)
        known = target - (T - TEST + 1) + 1
        if not np.array_equal(before[:, :known], after[:, :known]):
            return False
        assert not np.array_equal(before, after)  # the change is seen afterwards: the law is not empty
    return True


def test_the_future_changes_no_weight_no_scaler_and_no_forecast() -> None:
    assert the_future_changes_no_weight_and_no_scaler()
    panel = random_panel(0)
    assert the_future_changes_no_forecast(fitted(panel), panel)


def test_a_scaler_fitted_on_all_days_breaks_the_law_of_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    everything: dict[str, NDArray[np.float32]] = {}
    rows_of = windows.make_rows

    def remember(panel: Panel, recipe: ClassicRecipe) -> NDArray[np.float32]:
        everything["rows"], everything["targets"] = rows_of(panel, recipe), panel.sales.T
        return rows_of(panel, recipe)

    fit = Scaling.fit
    monkeypatch.setattr(classic, "make_rows", remember)
    monkeypatch.setattr(
        Scaling, "fit", classmethod(lambda cls, rows, targets: fit(everything["rows"], everything["targets"]))
    )
    assert not the_future_changes_no_weight_and_no_scaler()


def test_an_epoch_chosen_on_test_days_breaks_the_law_of_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    train = classic.train

    def peeking(network, batches, watched, **settings):  # type: ignore[no-untyped-def]
        return train(network, batches, {"validation": watched["test"]}, **settings)

    monkeypatch.setattr(classic, "train", peeking)
    monkeypatch.setattr(
        "test_classic_laws.RECIPE",
        ClassicRecipe(epochs=40, filters=8, hidden=8, batch_size=8, learning_rate=0.02),
    )
    assert not the_future_changes_no_weight_and_no_scaler()


def test_a_window_that_holds_its_target_breaks_the_law_of_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = random_panel(0)
    model = fitted(panel)
    lag_features = windows.lag_features

    def a_day_too_new(sales: NDArray[np.float32], lags: tuple[int, ...]) -> NDArray[np.float32]:
        return np.roll(lag_features(sales, lags), -1, axis=2)

    monkeypatch.setattr(windows, "lag_features", a_day_too_new)
    assert not the_future_changes_no_forecast(model, panel)


# Law 3: the order


def permuted(model: ClassicModel, order: NDArray[np.intp]) -> ClassicModel:
    """The same model with product `order[i]` in place `i`."""
    lags = len(RECIPE.lags)
    columns = np.concatenate([(order[:, None] * lags + np.arange(lags)).ravel(), N * lags + np.arange(3)])
    tensors = model.to_tensors()
    for name, tensor in tensors.items():
        if name == "network.convolutions.0.weight":
            tensors[name] = tensor[:, columns].contiguous()
        elif name.startswith(("network.dense", "scaling.targets")):
            tensors[name] = tensor[order]
        elif name.startswith("scaling.features"):
            tensors[name] = tensor[columns]
    return ClassicModel.from_tensors(tensors, RECIPE, model.products, CPU)


def permuted_products_permute_the_forecasts(
    permute: Callable[[ClassicModel, NDArray[np.intp]], ClassicModel],
) -> bool:
    panel, order = random_panel(3), np.array([3, 0, 4, 1, 2])
    model = fitted(panel)
    moved = Panel.of(panel.sales[order], panel.dates, panel.products)
    return np.allclose(
        permute(model, order).forecast(moved, TEST), model.forecast(panel, TEST)[order], rtol=1e-5, atol=1e-6
    )


def test_permuted_products_permute_the_forecasts() -> None:
    assert permuted_products_permute_the_forecasts(permuted)


def test_outputs_in_another_order_than_the_inputs_break_the_law_of_order() -> None:
    assert not permuted_products_permute_the_forecasts(lambda model, order: permuted(model, np.roll(order, 1)))


def test_rows_of_the_panel_may_come_in_any_order() -> None:
    panel, order = random_panel(3), np.array([3, 0, 4, 1, 2])
    again = Panel.of(panel.sales[order], panel.dates, panel.products[order])
    assert same_tensors(fitted(panel), fitted(again))


# Law 6: saving


def a_loaded_model_forecasts_the_same_bits(path: Path, dtype: torch.dtype) -> bool:
    panel = random_panel(4)
    model = fitted(panel)
    save_file({name: t.to(dtype).to(torch.float32) for name, t in model.to_tensors().items()}, path)
    loaded = ClassicModel.from_tensors(load_file(path), RECIPE, model.products, CPU)
    return np.array_equal(loaded.forecast(panel, TEST), model.forecast(panel, TEST))


def test_a_loaded_model_forecasts_the_same_bits(tmp_path: Path) -> None:
    assert a_loaded_model_forecasts_the_same_bits(tmp_path / "weights.safetensors", torch.float32)


def test_weights_rounded_on_the_way_break_the_law_of_saving(tmp_path: Path) -> None:
    assert not a_loaded_model_forecasts_the_same_bits(tmp_path / "weights.safetensors", torch.bfloat16)


# Law 7: again


def the_same_seed_gives_the_same_bytes() -> bool:
    panel = random_panel(5)
    torch.manual_seed(1)
    first = fitted(panel)
    torch.manual_seed(2)  # the caller's random state must not matter
    return same_tensors(first, fitted(panel))


def test_the_same_data_recipe_and_seed_give_the_same_bytes() -> None:
    assert the_same_seed_gives_the_same_bytes()
    other = ClassicModel.fit(
        random_panel(5), ClassicRecipe(**{**vars(RECIPE), "seed": 1}), split_days(T, RECIPE, TEST), CPU
    )[0]
    assert not same_tensors(fitted(random_panel(5)), other)


def test_shuffling_by_the_global_random_state_breaks_the_law_of_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loader = classic.DataLoader
    monkeypatch.setattr(
        classic, "DataLoader", lambda data, size, shuffle, generator: loader(data, size, shuffle=shuffle)
    )
    assert not the_same_seed_gives_the_same_bytes()


def test_training_leaves_the_callers_random_state_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    fitted(random_panel(6))
    assert torch.equal(torch.rand(3), expected)
