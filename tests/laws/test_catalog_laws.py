"""Laws 1, 2, 3, 6 and 7 for the catalog recipe, on random panels; each is shown to fail when its fault is planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from shelfcast import crops
from shelfcast.crops import Shelf
from shelfcast.features.totals import Totals
from shelfcast.models import catalog_training
from shelfcast.models.catalog import CatalogModel
from shelfcast.networks.catalog import OUTPUTS
from shelfcast.panel import Floats, Panel, Status
from shelfcast.recipe import CatalogRecipe
from shelfcast.windows import split_days

TINY = CatalogRecipe(seq_len=20, filters=6, hidden=6, head=8, steps=4, batch_size=4, horizon=8)
N, T, TEST = 6, 420, 5
CPU = torch.device("cpu")


def random_panel(seed: int, days: int = T) -> Panel:
    """Slow and fast products in two stores, late launches, sold-out days and one closed day."""
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.uniform(0.2, 30, (N, 1)), (N, days)).astype(np.float32)
    status = np.full((N, days), Status.ON_SALE, np.uint8)
    sales[1, : days // 2], status[1, : days // 2] = 0, Status.NOT_ON_SALE
    sales[2, 200:230] = 0  # out of stock, and nobody wrote it down
    status[rng.random((N, days)) < 0.02] = Status.SOLD_OUT
    sales[:, 300], status[:, 300] = 0, Status.CLOSED
    dates = np.datetime64("2023-01-01") + np.arange(days)
    stores = np.array(["A", "B"] * (N // 2))
    return Panel.of(sales, dates, [f"p{i}" for i in range(N)], status, {"store": stores})


def with_days_changed(panel: Panel, first: int, seed: int) -> Panel:
    sales = panel.sales.copy()
    sales[:, first:] = np.random.default_rng(seed).poisson(90, sales[:, first:].shape)
    return replace(panel, sales=sales)


def fitted(panel: Panel, recipe: CatalogRecipe = TINY) -> CatalogModel:
    return CatalogModel.fit(panel, recipe, split_days(len(panel.dates), recipe, TEST), CPU)[0]


@pytest.fixture(scope="module")
def model() -> CatalogModel:
    return fitted(random_panel(0))


def same_tensors(one: CatalogModel, other: CatalogModel) -> bool:
    a, b = one.to_tensors(), other.to_tensors()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def close(one: dict[str, Floats], other: dict[str, Floats]) -> bool:
    return all(np.allclose(one[name], other[name], rtol=1e-5, atol=1e-6) for name in OUTPUTS)


# Law 1: the future


def the_future_changes_no_weight() -> bool:
    """No day after the fitted ones does, the validation days neither."""
    panel, fitted_days = random_panel(0), split_days(T, TINY, TEST).fitted
    return same_tensors(fitted(panel), fitted(with_days_changed(panel, fitted_days.stop, seed=1)))


def the_future_changes_no_forecast(model: CatalogModel) -> bool:
    """Changing day d and later leaves the forecasts of day d and earlier as they are, for every test day d."""
    panel = random_panel(0)
    before = model.next_days(panel, TEST)  # for days T-TEST+1 .. T
    for target in range(T - TEST + 1, T):
        after = model.next_days(with_days_changed(panel, target, seed=2), TEST)
        known = target - (T - TEST + 1) + 1
        if not all(np.array_equal(before[name][:, :known], after[name][:, :known]) for name in OUTPUTS):
            return False
        assert not np.array_equal(before["mean"], after["mean"])  # the law is not empty
    return True


def test_the_future_changes_no_weight_and_no_forecast(model: CatalogModel) -> None:
    assert the_future_changes_no_weight()
    assert the_future_changes_no_forecast(model)


def test_learning_from_days_after_the_fitted_ones_breaks_the_law_of_the_future(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    init = catalog_training._Sampler.__init__

    def too_far(self: Any, shelf: Shelf, fitted: range, *rest: Any) -> None:
        init(self, shelf, range(fitted.start, fitted.stop + 28), *rest)

    monkeypatch.setattr(catalog_training._Sampler, "__init__", too_far)
    assert not the_future_changes_no_weight()


@pytest.mark.parametrize(
    ("family", "days"),
    [("recent_channels", 1), ("follow_levels", 1), ("weekday_profile", 7), ("totals", 1), ("year_ago", 364)],
)
def test_a_feature_that_is_too_new_breaks_the_law_of_the_future(
    family: str, days: int, monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    if family == "totals":
        of = Totals.of.__func__  # type: ignore[attr-defined]

        def newer(cls: type[Totals], *arguments: Any) -> Totals:
            totals: Totals = of(cls, *arguments)
            return replace(totals, now=totals.now.roll(-days, dims=1))

        monkeypatch.setattr(Totals, "of", classmethod(newer))
    elif family == "year_ago":
        monkeypatch.setattr("shelfcast.features.year_ago.YEAR", 364 - days)
    else:
        feature = getattr(crops, family)

        def newer_days(sales: Tensor, *rest: Any, **settings: Any) -> Any:
            return feature(sales.roll(-days, dims=1), *rest, **settings)

        monkeypatch.setattr(crops, family, newer_days)
    try:
        assert not the_future_changes_no_forecast(model)
    except IndexError:
        assert family == "year_ago"  # a crop holds no days after its origins that a feature could look at


def test_a_convolution_that_looks_ahead_breaks_the_law_of_the_future(
    monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    def centred(x: Tensor, around: tuple[int, int]) -> Tensor:
        return torch.nn.functional.pad(x, (around[0] // 2, around[0] - around[0] // 2))

    monkeypatch.setattr("shelfcast.networks.catalog.pad", centred)
    assert not the_future_changes_no_forecast(model)


# Law 2: the company


def blocks_do_not_matter(model: CatalogModel) -> bool:
    panel = random_panel(1)
    whole = model.next_days(panel, 5), model.ahead(panel, 9)
    model.block = 2
    in_blocks = model.next_days(panel, 5), model.ahead(panel, 9)
    model.block = 1024
    return all(close(one, other) for one, other in zip(whole, in_blocks, strict=True))


def test_the_size_of_a_block_does_not_matter(model: CatalogModel) -> None:
    assert blocks_do_not_matter(model)


def test_totals_of_a_block_break_the_law_of_company(monkeypatch: pytest.MonkeyPatch, model: CatalogModel) -> None:
    init = Shelf.__init__

    def own_totals(
        self: Shelf, panel: Panel, groups: Any, totals: Totals, rows: slice, seq_len: int, ahead: int
    ) -> None:
        block = replace(panel, sales=np.where(np.isin(np.arange(N), np.arange(N)[rows])[:, None], panel.sales, 0))
        init(self, panel, groups, Shelf.totals_of(block, groups, seq_len, ahead, CPU), rows, seq_len, ahead)

    monkeypatch.setattr(Shelf, "__init__", own_totals)
    assert not blocks_do_not_matter(model)


def test_an_embedding_by_the_place_in_the_block_breaks_the_law_of_company(
    monkeypatch: pytest.MonkeyPatch, model: CatalogModel
) -> None:
    init = Shelf.__init__

    def by_place(self: Shelf, *arguments: Any) -> None:
        init(self, *arguments)
        self.products = torch.arange(len(self.sales))

    monkeypatch.setattr(Shelf, "__init__", by_place)
    assert not blocks_do_not_matter(model)


# Law 3: the order


def permuted_products_permute_the_forecasts(model: CatalogModel, embeddings_too: bool) -> bool:
    panel, order = random_panel(3), np.array([3, 0, 4, 1, 5, 2])
    moved = replace(
        panel,
        sales=panel.sales[order],
        status=panel.status[order],
        attributes={name: values[order] for name, values in panel.attributes.items()},
    )
    tensors = model.to_tensors()
    tensors["groups"] = tensors["groups"][order]
    if embeddings_too:
        tensors["network.product_embedding.weight"] = tensors["network.product_embedding.weight"][order]
    permuted = CatalogModel.from_tensors(tensors, TINY, model.products, CPU)
    one, other = permuted.ahead(moved, 9), model.ahead(panel, 9)
    return close(one, {name: values[order] for name, values in other.items()})


def test_permuted_products_permute_the_forecasts(model: CatalogModel) -> None:
    assert permuted_products_permute_the_forecasts(model, embeddings_too=True)


def test_embeddings_in_another_order_than_the_products_break_the_law_of_order(model: CatalogModel) -> None:
    assert not permuted_products_permute_the_forecasts(model, embeddings_too=False)


def test_rows_of_the_panel_may_come_in_any_order(model: CatalogModel) -> None:
    panel, order = random_panel(0), np.array([3, 0, 4, 1, 5, 2])
    attributes = {name: values[order] for name, values in panel.attributes.items()}
    again = Panel.of(panel.sales[order], panel.dates, panel.products[order], panel.status[order], attributes)
    assert same_tensors(model, fitted(again))


# Law 6: saving


def a_loaded_model_forecasts_the_same_bits(model: CatalogModel, path: Path, dtype: torch.dtype) -> bool:
    panel = random_panel(4)
    tensors = model.to_tensors()
    groups = tensors.pop("groups")
    save_file({name: t.to(dtype).to(torch.float32) for name, t in tensors.items()} | {"groups": groups}, path)
    loaded = CatalogModel.from_tensors(load_file(path), TINY, model.products, CPU)
    one, other = loaded.ahead(panel, 9), model.ahead(panel, 9)
    return all(np.array_equal(one[name], other[name]) for name in OUTPUTS)


def test_a_loaded_model_forecasts_the_same_bits(model: CatalogModel, tmp_path: Path) -> None:
    assert a_loaded_model_forecasts_the_same_bits(model, tmp_path / "weights.safetensors", torch.float32)


def test_weights_rounded_on_the_way_break_the_law_of_saving(model: CatalogModel, tmp_path: Path) -> None:
    assert not a_loaded_model_forecasts_the_same_bits(model, tmp_path / "weights.safetensors", torch.bfloat16)


# Law 7: again


def the_same_seed_gives_the_same_bytes() -> bool:
    panel = random_panel(5)
    torch.manual_seed(1)
    first = fitted(panel)
    torch.manual_seed(2)  # the caller's random state must not matter
    return same_tensors(first, fitted(panel))


def test_the_same_data_recipe_and_seed_give_the_same_bytes() -> None:
    assert the_same_seed_gives_the_same_bytes()
    panel = random_panel(5)
    assert not same_tensors(fitted(panel), fitted(panel, replace(TINY, seed=1)))


def test_draws_by_the_global_random_state_break_the_law_of_again(monkeypatch: pytest.MonkeyPatch) -> None:
    multinomial = torch.multinomial

    def careless(share: Tensor, count: int, replacement: bool, generator: torch.Generator) -> Tensor:
        return multinomial(share, count, replacement)

    monkeypatch.setattr(torch, "multinomial", careless)
    assert not the_same_seed_gives_the_same_bytes()


def test_training_leaves_the_callers_random_state_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    fitted(random_panel(6))
    assert torch.equal(torch.rand(3), expected)
